"""Chance: random, roll, and the pick that is the same here and in SillyTavern."""

from __future__ import annotations

from random import Random

import pytest

from tavern_tui.core.hashing import cyrb53
from tavern_tui.macros import substitute
from tavern_tui.macros.builtin.dice import arc4_fraction, options_of

from .builders import a_context, put, warnings_of


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("a", "b"), ("a", "b")),
        (("a::b, c",), ("a", "b, c")),
        (("a, b ,c",), ("a", "b", "c")),
        (("a\\, b, c",), ("a, b", "c")),
        (("a",), ("a",)),
        (("",), ("",)),
    ],
)
def test_options_are_divided_by_colons_or_else_by_commas(
    words: tuple[str, ...], options: tuple[str, ...]
) -> None:
    assert options_of(words) == options


def test_random_draws_each_option_from_the_dice_it_is_given() -> None:
    drawn = put("{{random::a::b::c}}" * 60, rng=Random(1))
    assert set(drawn) == {"a", "b", "c"}
    assert drawn == put("{{random::a::b::c}}" * 60, rng=Random(1))


@pytest.mark.parametrize("text", ["{{random a,b}}", "{{random:a,b}}", "{{random::a,b}}", "{{random a::b}}"])
def test_every_spelling_of_random(text: str) -> None:
    assert put(text) in ("a", "b")


@pytest.mark.parametrize(
    ("formula", "least", "most"),
    [("1d6", 1, 6), ("d6", 1, 6), ("20", 1, 20), ("3d4+2", 5, 14), ("2D2-9", -7, -5), ("1d1", 1, 1)],
)
def test_rolls_stay_within_the_dice(formula: str, least: int, most: int) -> None:
    rolled = {int(put(f"{{{{roll::{formula}}}}}", rng=Random(seed))) for seed in range(80)}
    assert min(rolled) >= least
    assert max(rolled) <= most
    assert len(rolled) > 1 or least == most


@pytest.mark.parametrize(
    "formula", ["", "x", "0", "1d0", "0d6", "d", "1d6+", "1d6 + 1", "1d" + "9" * 20, "١d٦"]
)
def test_what_is_no_formula_rolls_nothing(formula: str) -> None:
    assert put(f"[{{{{roll::{formula}}}}}]") == "[]"


def test_too_many_dice_are_refused() -> None:
    assert put("{{roll::999999999d6}}") == "{{roll::999999999d6}}"
    assert "1000 dice" in warnings_of("{{roll::999999999d6}}")[0]


def test_the_generator_is_seedrandoms() -> None:
    assert arc4_fraction("hello.") == 0.9282578795792454  # as its documentation says


@pytest.mark.parametrize("seed", ["", "0", "a" * 1000, "日本", "\ud800", "9007199254740991"])
def test_a_fraction_is_below_one_for_any_seed(seed: str) -> None:
    assert 0 <= arc4_fraction(seed) < 1


def test_pick_is_seeded_with_chat_text_and_place() -> None:
    text = "ab {{pick::a::b::c::d}}"
    seed = cyrb53(f"{cyrb53('chat')}-{cyrb53(text)}-3")
    expected = "abcd"[int(arc4_fraction(str(seed)) * 4)]
    assert put(text, chat_name="chat") == f"ab {expected}"
    seed = cyrb53(f"77-{cyrb53(text)}-3-again")
    expected = "abcd"[int(arc4_fraction(str(seed)) * 4)]
    assert put(text, chat_name="chat", chat_id_hash=77, pick_reroll_seed="again") == f"ab {expected}"


def test_pick_counts_its_place_after_old_spellings_but_hashes_the_text_as_it_was() -> None:
    text = "<USER> {{pick::a::b::c::d}}"
    seed = cyrb53(f"{cyrb53('')}-{cyrb53(text)}-{len('{{user}} ')}")
    assert put(text) == "Ann " + "abcd"[int(arc4_fraction(str(seed)) * 4)]


@pytest.mark.parametrize("legacy", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("before", ["😀", "😀 日本 ", "👩\u200d🎨{{noop}}", "\ud800", "{{reverse:🎨}} "])
def test_pick_counts_its_place_in_utf16_units_as_sillytavern_does(before: str, legacy: bool) -> None:
    choices = tuple(map(str, range(1000)))
    text = before + "{{pick::" + "::".join(choices) + "}}"
    shown = substitute(before, a_context(legacy=True)) if legacy else before
    place = len(shown.encode("utf-16-le", "surrogatepass")) // 2
    seed = cyrb53(f"{cyrb53('chat')}-{cyrb53(text)}-{place}")
    fraction = arc4_fraction(f"{seed}\0" if legacy else str(seed))
    assert put(text, legacy=legacy, chat_name="chat").endswith(choices[int(fraction * 1000)])


def test_pick_stays_the_same_and_depends_on_the_chat() -> None:
    text = "{{pick::a::b::c::d::e::f::g::h}}" * 12
    first = put(text, chat_name="one")
    assert first == put(text, chat_name="one", rng=Random(9))
    assert first != put(text, chat_name="two")
    assert first != put(text, chat_name="one", pick_reroll_seed="1")
    assert len(set(first)) > 3


def test_the_old_engine_seeds_pick_with_the_number_itself() -> None:
    text = "{{user}} {{pick::a::b::c::d}}"
    seed = cyrb53(f"{cyrb53('chat')}-{cyrb53(text)}-{len('Ann ')}")
    expected = "abcd"[int(arc4_fraction(f"{seed}\0") * 4)]
    context = a_context(legacy=True, chat_name="chat", pick_reroll_seed="ignored")
    assert substitute(text, context) == f"Ann {expected}"
