"""Words from outside cannot make a terminal do anything."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.text.clean import MAX_MARKS, clean_line, clean_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x9b2J", "⟨U+009B⟩2J"),
        ("a\x7fb\x00c", "a␡b␀c"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("ab\u202ecd", "ab⟨U+202E⟩cd"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("a\u2028b\u2029c", "a⟨U+2028⟩b⟨U+2029⟩c"),
        ("hi\U000e0041", "hi⟨U+E0041⟩"),
        ("\ufff9x\ufffb", "⟨U+FFF9⟩x⟨U+FFFB⟩"),
        ("\ud83d", "\ufffd"),
        ("soft\xadhyphen", "softhyphen"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(raw: str, shown: str) -> None:
    assert clean_text(raw) == shown


@pytest.mark.parametrize(
    "text",
    [
        'Plain, "quoted" *words*\n\tand tabs',
        "👩‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👍🏽 🇩🇪",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "e\u0301 नमस्ते ภาษาไทย שָׁלוֹם می‌خواهم",
        "日本語「テスト」",
    ],
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


def test_towers_of_accents_are_cut() -> None:
    cleaned = clean_text("Z" + "\u0301" * 5000 + "!")
    assert cleaned == "Z" + "\u0301" * MAX_MARKS + "…!"


def test_endless_chains_of_joined_emoji_fall_apart() -> None:
    assert "\u200d" not in clean_text("👩\u200d" * 500 + "👩")


def test_a_line_stays_a_line() -> None:
    assert clean_line("  one\r\ntwo\n\n\tthree \x1b") == "one two three ␛"


@given(st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b\r\n\t\u202e\u200d\u0301"), max_size=80))
def test_no_control_character_survives(text: str) -> None:
    cleaned = clean_text(text)
    bad = [
        one for one in cleaned if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in "\n\t"
    ]
    assert bad == []
    assert clean_text(cleaned) == cleaned


def test_hostile_text_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        started = time.process_time()
        for piece in ("\u0301", "👩\u200d", "\r", "\u202e", "👩\ufe0f"):
            clean_text(piece * size)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(80_000) < 40 * max(seconds(8_000), 0.002)
