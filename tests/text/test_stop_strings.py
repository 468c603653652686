"""Stop strings, whole and in streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.text.stop_strings import StopCutter, cut_at_stop, without_half_stop


def test_the_first_stop_string_ends_the_text() -> None:
    assert cut_at_stop("a\nUser: b</s>", ["</s>", "\nUser:", ""]) == ("a", True)
    assert cut_at_stop("abc", ["x"]) == ("abc", False)


@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [("Hi\nUse", "\nUser:", "Hi"), ("Hi\nUser:", "\nUser:", "Hi"), ("aab", "abab", "a"), ("aba", "abab", ""),
     ("Hi", "", "Hi"), ("", "x", ""), ("x\nUser: no", "\nUser:", "x\nUser: no")],
)  # fmt: skip
def test_half_a_stop_string_goes(text: str, stop: str, left: str) -> None:
    assert without_half_stop(text, stop) == left


LETTERS = st.text(alphabet="ab\n", max_size=12)


@given(st.lists(LETTERS, max_size=6), st.lists(LETTERS.filter(bool), max_size=3))
def test_a_stream_may_arrive_in_any_pieces(pieces: list[str], stops: list[str]) -> None:
    cutter = StopCutter(stops)
    got = "".join(cutter.feed(piece) for piece in pieces) + cutter.close()
    whole = "".join(pieces)
    kept, stopped = cut_at_stop(whole, stops)
    assert cutter.stopped == stopped
    assert got == kept or (stopped and _ends_earlier(got, whole, stops))


def _ends_earlier(got: str, whole: str, stops: list[str]) -> bool:
    """A long stop string that begins earlier may be completed later than a short one inside it."""
    return whole.startswith(got) and any(whole.startswith(stop, len(got)) for stop in stops)


def test_nothing_of_a_stop_string_is_shown() -> None:
    cutter = StopCutter(["\nUser:"])
    assert [cutter.feed(letter) for letter in "Hi\nUser: x"] == ["H", "i"] + [""] * 8
    assert cutter.stopped
    assert cutter.close() == ""


def test_what_was_held_back_comes_at_the_end() -> None:
    cutter = StopCutter(["\nUser:"])
    assert cutter.feed("Hi\nUs") == "Hi"
    assert cutter.close() == "\nUs"
