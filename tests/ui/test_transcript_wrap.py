"""Lines fit the screen, lose no words and never cut what belongs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tavern_tui.ui.panes.chat.wrap import cells, chop, graphemes, screen_text, wrap


def lines(text: str, width: int) -> list[str]:
    return [text[piece.start : piece.end] for piece in wrap(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("one two three", 20, ["one two three"]),
        ("one two three", 8, ["one two", "three"]),
        ("one  two   three", 5, ["one", "two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a abcdefghij b", 4, ["a", "abcd", "efgh", "ij b"]),
        ("one\n\ntwo", 8, ["one", "", "two"]),
        ("exactly8 x", 8, ["exactly8", "x"]),
        ("日本語です", 4, ["日本", "語で", "す"]),
        ("日本語。です", 6, ["日本", "語。で", "す"]),
        ("彼は「はい」と", 6, ["彼は", "「は", "い」と"]),
        ("say 日本", 6, ["say 日", "本"]),
        ("die Fußgängerzone “so” ist", 18, ["die Fußgängerzone", "“so” ist"]),
        ("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 4, ["👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]),
        ("🇩🇪🇫🇷", 3, ["🇩🇪", "🇫🇷"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("👍🏽👍🏽", 2, ["👍🏽", "👍🏽"]),
        ("word 日本語 word more", 9, ["word 日本", "語 word", "more"]),
    ],
)
def test_lines(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


WORDS = st.text(st.sampled_from('ab "“—é日。「」👩\u200d❤\ufe0f🏽🇩\u0301\n\tด'), max_size=60)


@given(WORDS, st.integers(2, 30))
def test_every_line_fits_and_every_word_is_there(raw: str, width: int) -> None:
    text = screen_text(raw)
    pieces = wrap(text, width)
    assert all(cell_len(text[piece.start : piece.end].rstrip(" ")) <= width for piece in pieces)
    joined = "".join(text[piece.start : piece.end] + piece.join for piece in pieces)
    assert joined.replace(" ", "") == text.replace(" ", "")


@given(WORDS, st.integers(2, 30))
def test_code_keeps_its_spaces(raw: str, width: int) -> None:
    text = screen_text(raw)
    pieces = chop(text, width)
    assert all(cell_len(text[piece.start : piece.end]) <= width for piece in pieces)
    assert "".join(text[piece.start : piece.end] + piece.join for piece in pieces).rstrip(
        "\n"
    ) == text.rstrip("\n")


@given(WORDS)
def test_widths_are_those_textual_draws_with(raw: str) -> None:
    for line in screen_text(raw).split("\n"):
        assert cells(line) == cell_len(line)
        assert sum(size for _, _, size in graphemes(line)) == cell_len(line)


def test_joiners_outside_emoji_are_dropped() -> None:
    assert screen_text("ශ්\u200dරී 👩\u200d👧 a\u200d") == "ශ්රී 👩\u200d👧 a"
