"""Messages become lines: heads, thoughts, blocks; and growing texts the same lines as finished ones."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tavern_tui.core.chat import Message, Swipe
from tavern_tui.text import markup
from tavern_tui.text.inline import BOLD, CODE, ITALIC, SPEECH
from tavern_tui.ui.panes.chat.heights import Heights
from tavern_tui.ui.panes.chat.highlight import COMMENT, KEYWORD
from tavern_tui.ui.panes.chat.layout import LEAD, NAME, Layout
from tavern_tui.ui.panes.chat.message import TranscriptMessage, shown
from tavern_tui.ui.panes.chat.stream import Stream


def texts(message: TranscriptMessage, width: int = 40) -> list[str]:
    return [line.text for line in Layout(message, width).lines]


def test_a_message_is_a_head_a_body_and_an_empty_line() -> None:
    message = TranscriptMessage(name="Mira", text="One.\n\nTwo.", swipe=2, swipes=5, note="12 tokens")
    assert texts(message) == ["Mira                 12 tokens · ‹ 2/5 ›", "One.", "", "Two.", ""]


def test_styles_survive_the_end_of_a_line() -> None:
    lines = Layout(TranscriptMessage(name="", text='*aaa bbb* "ccc **ddd**"'), 8).lines
    assert [(line.text, list(line.runs)) for line in lines[1:-1]] == [
        ("aaa bbb", [(0, 7, ITALIC)]),
        ('"ccc', [(0, 4, SPEECH)]),
        ('ddd"', [(0, 3, SPEECH | BOLD), (3, 4, SPEECH)]),
    ]


def test_lists_and_quotes_hang() -> None:
    body = texts(TranscriptMessage(name="", text="- one two three\n> four five six"), 10)[1:-1]
    assert body == ["• one two", "  three", "▎ four", "▎ five six"]
    head = Layout(TranscriptMessage(name="", text="- one"), 10).lines[1]
    assert head.runs == [(0, 2, LEAD)]


def test_the_head_fits_whatever_is_in_it() -> None:
    message = TranscriptMessage(name="日本" * 30 + "\x1b[2J\n", note="a long model name · 300 tokens")
    for width in range(1, 60):
        head = Layout(message, width).lines[0]
        assert cell_len(head.text) <= width
    assert Layout(message, 20).lines[0].runs[0][2] == NAME


def test_reasoning_is_one_line_until_it_is_unfolded() -> None:
    message = TranscriptMessage(
        name="Mira", text="Hi.", reasoning="First this.\nThen that.", reasoning_seconds=3
    )
    assert texts(message) == ["Mira", "▸ thought for 3.0 s", "Hi.", ""]
    message.unfolded = True
    assert texts(message) == ["Mira", "▾ thought for 3.0 s", "┊ First this.", "┊ Then that.", "", "Hi.", ""]


def test_a_message_of_a_chat_says_what_is_known_of_it() -> None:
    swipe = Swipe(
        text="Hi",
        started_at="2024-05-01T10:00:00Z",
        finished_at="2024-05-01T10:00:12Z",
        extra={"model": "org/tiny-7b", "token_count": 42, "reasoning": "hm", "reasoning_duration": 3000},
    )
    entry = shown(Message(name="Mira", is_user=False, swipes=(Swipe(text="x"), swipe), shown=1))
    assert (entry.note, entry.swipe, entry.swipes) == ("tiny-7b · 42 tokens · 12 s", 2, 2)
    assert (entry.reasoning, entry.reasoning_seconds, entry.speaker) == ("hm", 3.0, "character")


@pytest.mark.parametrize(
    "extra", [{"model": 3, "token_count": "x", "reasoning_duration": []}, {"token_count": True}]
)
def test_odd_values_in_a_file_are_left_out(extra: dict[str, object]) -> None:
    swipe = Swipe(text="Hi", started_at="yesterday", finished_at="2024-05-01", extra=extra)
    assert shown(Message(name="", is_user=True, swipes=(swipe,))).note == ""


HOSTILE = '\x1b[31m\x07\x9b\u202e\u2066\u200f\u061c\ud800\r\x00\x7f\u2028\U000e0041*"`\n- |\t# \u0301\u200d👩'


@given(st.text(st.sampled_from(HOSTILE + "ab "), max_size=60), st.integers(1, 30), st.booleans())
def test_hostile_text_shows_no_control_characters(text: str, width: int, streaming: bool) -> None:
    message = TranscriptMessage(
        name=text, text=text, reasoning=text, note=text, unfolded=True, streaming=streaming
    )
    for line in Layout(message, width).lines:
        kinds = {unicodedata.category(one) for one in line.text if one != "\u200d"}
        assert not kinds & {"Cc", "Cs", "Zl", "Zp", "Cf"}
        position = 0
        for start, end, _flags in line.runs:
            assert position <= start < end <= len(line.text)
            position = end


MARKS = ("*", "**", '"', "“", "`", "```", "\n", "\n\n", " ", "word ", "日本", "- ", "> ", "# ", "---", "\r")
OTHERS = ("\u0301", "👩", "\u200d", "| a |\n|--|\n", "\t", "\x1b", "longerword", "_", "  ")
PIECES = st.sampled_from(MARKS + OTHERS)


@given(st.lists(PIECES, max_size=40), st.lists(st.integers(0, 80), max_size=6), st.integers(1, 20))
def test_any_split_into_deltas_gives_the_lines_of_the_whole(
    pieces: list[str], cuts: list[int], width: int
) -> None:
    text = "".join(pieces).lstrip()  # a reply has no blank before it
    message = TranscriptMessage(name="Mira", streaming=True)
    stream, layout = Stream(message), Layout(message, width)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(edges):
        before = list(layout.lines)
        stream.feed(text[start:end])
        first = layout.extend(stream.take())
        assert all(line is old for line, old in zip(layout.lines[:first], before, strict=False))
        assert not any(
            line is old for line, old in zip(layout.lines[first:][:1], before[first:], strict=False)
        )
    assert message.text == text
    assert seen(layout) == seen(Layout(message, width))
    message.streaming = False
    whole = TranscriptMessage(name="Mira", text=text)
    assert seen(Layout(message, width, like=layout)) == seen(Layout(whole, width))


def test_the_blank_a_model_begins_with_is_not_shown() -> None:
    stream = Stream(TranscriptMessage(name="Mira", streaming=True))
    stream.feed(" ")
    assert stream.take() == ""
    stream.feed(" Well")
    stream.feed(" met.")
    assert stream.take() == "Well met."
    assert Stream(TranscriptMessage(name="Mira", text=" Well", streaming=True)).take() == "Well"


@given(st.lists(PIECES, max_size=60), st.lists(st.integers(0, 120), max_size=6), st.integers(1, 200))
def test_a_long_paragraph_grows_in_parts_that_look_like_one(
    pieces: list[str], cuts: list[int], longest: int
) -> None:
    text = "".join(pieces).lstrip()
    whole = TranscriptMessage(name="Mira", text=text)
    with patch.object(markup, "LONG", 8), patch.object(markup, "_LONGEST", longest):
        message = TranscriptMessage(name="Mira", streaming=True)
        stream, layout = Stream(message), Layout(message, 12)
        edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
        for start, end in pairwise(edges):
            stream.feed(text[start:end])
            layout.extend(stream.take())
        assert seen(layout) == seen(Layout(message, 12))
        message.streaming = False
        grown = Layout(message, 12, like=layout)
        assert seen(grown) == seen(Layout(whole, 12))
    with patch.object(markup, "LONG", 8), patch.object(markup, "_LONGEST", 10**6):
        divided = Layout(whole, 12)
    assert seen(divided) == seen(Layout(whole, 12))


@given(st.lists(PIECES, max_size=40), st.lists(PIECES, max_size=40), st.integers(0, 80), st.text(max_size=3))
def test_a_layout_made_from_another_is_like_a_fresh_one(
    before: list[str], after: list[str], cut: int, thoughts: str
) -> None:
    old = TranscriptMessage(name="Mira", text="".join(before), streaming=True)
    kept = old.text[:cut]
    new = TranscriptMessage(name="Mi", text=kept + "".join(after), reasoning=thoughts, unfolded=True)
    assert seen(Layout(new, 10, like=Layout(old, 10))) == seen(Layout(new, 10))


def seen(layout: Layout) -> list[tuple[object, ...]]:
    return [(line.text, tuple(line.runs), line.join, line.indent) for line in layout.lines]


@given(st.lists(st.integers(1, 9), max_size=400), st.data())
def test_heights_find_what_a_walk_would_find(rows: list[int], data: st.DataObject) -> None:
    heights = Heights()
    heights.reset(rows)
    for _ in range(5):
        match data.draw(st.integers(0, 2)):
            case 0:
                at, new = (
                    data.draw(st.integers(0, len(rows))),
                    data.draw(st.lists(st.integers(1, 9), max_size=200)),
                )
                rows[at:at] = new
                heights.insert(at, new)
            case 1 if rows:
                at = data.draw(st.integers(0, len(rows) - 1))
                del rows[at]
                heights.remove(at)
            case 2 if rows:
                at, height = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(1, 99))
                assert heights.set(at, height) == height - rows[at]
                rows[at] = height
    assert heights.total == sum(rows)
    for index in range(0, len(rows), 7):
        assert heights.find(sum(rows[:index])) == (index, 0)
        assert heights.top(index) == sum(rows[:index])
        assert heights.find(sum(rows[: index + 1]) - 1) == (index, rows[index] - 1)
    assert heights.find(sum(rows) + 3) == (len(rows), 3)


def test_sources_are_cleaned_cut_and_numbered() -> None:
    urls = ("https://a.example/" + "x" * 90, "\x1b[2Jhttps://b.example")
    for width in range(1, 50):
        lines = Layout(TranscriptMessage(name="", text="So.", sources=urls), width).lines
        assert all(cell_len(line.text) <= width for line in lines)
        assert not any("\x1b" in line.text for line in lines)
    assert texts(TranscriptMessage(name="", text="So.", sources=urls), 24)[2:] == [
        "", "[1] https://a.example/x…", "[2] ␛[2Jhttps://b.examp…", "",
    ]  # fmt: skip


def test_lines_that_look_otherwise_are_not_taken_over() -> None:
    text = "One.\n\n# Two\n\nThree.\n"
    old = Layout(TranscriptMessage(name="Ann", text=text), 20)
    hidden = Layout(TranscriptMessage(name="Ann", text=text, hidden=True), 20, like=old)
    same = Layout(TranscriptMessage(name="Ann", text=text + "More."), 20, like=old)
    assert seen(hidden)[1:] == seen(old)[1:]
    assert not any(line is before for line, before in zip(hidden.lines, old.lines, strict=True))
    assert same.lines[1] is old.lines[1]


def test_code_is_coloured_where_its_language_is_known() -> None:
    code = 'def f(x):\n    return "a" + 1  # why'
    lines = Layout(TranscriptMessage(name="", text=f"```python\n{code}\n```"), 20).lines[1:-1]
    flags = {line.text[a:b]: run for line in lines for a, b, run in line.runs}
    assert flags["def"] == flags["return"] == CODE | KEYWORD
    assert flags["# why"] == CODE | COMMENT
    for line in lines:
        assert [start for start, _, _ in line.runs] == [0, *(end for _, end, _ in line.runs[:-1])]
        assert line.runs[-1][1] == len(line.text)
    plain = Layout(TranscriptMessage(name="", text=f"```nonsense\n{code}\n```"), 60).lines[1:-1]
    assert [len(line.runs) for line in plain] == [1, 1]


@given(
    st.text(max_size=300), st.sampled_from(["python", "c", "json", "html", "bash", "x"]), st.integers(4, 60)
)
def test_any_code_is_covered_by_its_runs_once(code: str, language: str, width: int) -> None:
    for line in Layout(TranscriptMessage(name="", text=f"```{language}\n{code}\n```"), width).lines:
        ends = [0]
        for start, end, _ in line.runs:
            assert ends[-1] <= start < end <= len(line.text)
            ends.append(end)
