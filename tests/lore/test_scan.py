"""Passes, recursion, budget, groups, filters: what takes part and what does not."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tavern_tui.core.lorebook import CharacterFilter, LinkedBook, Lorebook, LoreSettings, LoreSource
from tavern_tui.lore.scan import token_budget

from .builders import a_scan, an_entry, reason, uids

PLAIN = LoreSettings(recursive=False)


def test_what_an_entry_says_activates_others() -> None:
    chain = [
        an_entry("one", uid=0, content="two"),
        an_entry("two", uid=1, content="three"),
        an_entry("three", uid=2, content="one"),
    ]
    assert uids(a_scan(*chain, chat=["one"])) == [0, 1, 2]
    assert uids(a_scan(*chain, chat=["one"], settings=PLAIN)) == [0]
    assert uids(a_scan(*chain, chat=["one"], settings=LoreSettings(max_recursion_steps=2))) == [0, 1]


def test_recursion_may_be_prevented_on_both_sides() -> None:
    mute = an_entry("one", uid=0, content="two", prevent_recursion=True)
    heard = an_entry("two", uid=1)
    assert uids(a_scan(mute, heard, chat=["one"])) == [0]
    deaf = an_entry("two", uid=1, exclude_recursion=True)
    assert uids(a_scan(an_entry("one", uid=0, content="two"), deaf, chat=["one"])) == [0]


def test_a_delayed_entry_waits_for_its_level() -> None:
    starter = an_entry("one", uid=0, content="nothing")
    first = an_entry("one", uid=1, delay_until_recursion=1)
    second = an_entry("one", uid=2, delay_until_recursion=2)
    assert uids(a_scan(starter, first, second, chat=["one"])) == [0, 1, 2]
    assert uids(a_scan(first, chat=["one"])) == []  # one level, and nothing that recurses
    assert uids(a_scan(first, second, chat=["one"])) == [1, 2]


def test_the_entry_that_overflows_and_all_after_it_stay_out() -> None:
    entries = [an_entry("k", uid=uid, content="x" * 9, order=100 - uid) for uid in range(4)]
    found = a_scan(*entries, chat=["k"], settings=LoreSettings(budget_cap=25), room=1000)
    assert uids(found) == [0, 1]
    assert found.overflow
    assert reason(found, 2) == reason(found, 3) == "the lore budget is used up"


def test_entries_that_ignore_the_budget_come_in_after_the_overflow() -> None:
    entries = [an_entry("k", uid=uid, content="x" * 9, order=100 - uid) for uid in range(4)]
    free = an_entry("k", uid=9, content="x" * 99, order=1, ignore_budget=True)
    found = a_scan(*entries, free, chat=["k"], settings=LoreSettings(budget_cap=25), room=1000)
    assert uids(found) == [0, 1, 9]


@pytest.mark.parametrize(
    ("percent", "cap", "room", "budget"),
    [
        (25, 0, 7936, 1984),
        (10, 0, 1000, 100),
        (25, 70, 7936, 70),
        (0, 0, 100, 1),
        (300, 0, 100, 25),
        (25, 0, 2, 1),
    ],
)
def test_the_budget_is_a_share_of_the_room(percent: int, cap: int, room: int, budget: int) -> None:
    assert token_budget(LoreSettings(budget=percent, budget_cap=cap), room) == budget


def test_the_scan_widens_until_enough_entries_are_active() -> None:
    chat = [f"word{number}" for number in range(300, -1, -1)]
    entries = [an_entry(f"word{number}", uid=number) for number in (0, 40, 150, 299)]

    def active(**settings: Any) -> list[int]:
        return uids(a_scan(*entries, chat=chat, settings=LoreSettings(recursive=False, **settings)))

    assert active(min_activations=1) == [0]
    assert active(min_activations=2) == [0, 40]
    assert active(min_activations=3) == [0, 40, 150]
    assert active(min_activations=9) == [0, 40, 150, 299]
    assert active(min_activations=9, min_activations_depth_max=150) == [0, 40, 150]
    assert active(min_activations=9, min_activations_depth_max=149) == [0, 40]


def test_widening_in_leaps_finds_what_single_steps_find() -> None:
    chat = [f"w{number} x{number % 7}" for number in range(120, -1, -1)]
    entries = [an_entry(f"w{number}", uid=number, secondary_keys=("x3",)) for number in range(0, 120, 11)]
    for wanted in range(1, 8):
        leaping = a_scan(*entries, chat=chat, settings=LoreSettings(min_activations=wanted))
        stepping = a_scan(
            *entries, chat=chat, settings=LoreSettings(min_activations=wanted, max_recursion_steps=10_000)
        )
        assert uids(leaping) == uids(stepping)


def test_probability_is_rolled_once_per_scan() -> None:
    never = an_entry("k", uid=0, content="k", probability=0)
    other = an_entry("k", uid=1, content="k")
    found = a_scan(never, other, chat=["k"])
    assert uids(found) == [1]
    assert reason(found, 0) == "probability 0%, and the roll failed"
    assert uids(a_scan(an_entry("k", probability=0, use_probability=False), chat=["k"])) == [0]


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({"constant": True}, True),
        ({"content": "@@activate\ntext"}, True),
        ({"content": "@@activate now\ntext"}, False),
        ({"content": "@@dont_activate\ntext", "constant": True}, False),
        ({"content": "@@activate\n@@dont_activate\ntext"}, True),
        ({"content": "@@unknown\n@@@activate\ntext"}, True),
        ({"content": "@@dont_activate\n@@@activate\ntext", "constant": True}, False),
        ({"disabled": True, "constant": True}, False),
        ({"triggers": ("swipe",), "constant": True}, False),
        ({"triggers": ("normal",), "constant": True}, True),
        ({"character_filter": CharacterFilter(names=("ann",)), "constant": True}, True),
        ({"character_filter": CharacterFilter(names=("bob",)), "constant": True}, False),
        ({"character_filter": CharacterFilter(names=("ann",), exclude=True), "constant": True}, False),
        ({"character_filter": CharacterFilter(tags=("t",)), "constant": True}, True),
        ({"character_filter": CharacterFilter(tags=("u",)), "constant": True}, False),
        ({"character_filter": CharacterFilter(tags=("t",), exclude=True), "constant": True}, False),
    ],
)
def test_conditions(fields: dict[str, Any], active: bool) -> None:
    found = a_scan(an_entry("nowhere", **fields), chat=["x"], character_tags=["t"])
    assert uids(found) == ([0] if active else [])
    assert all(not entry.content.startswith("@@") for entry in found.entries)


def test_an_unknown_type_of_reply_counts_as_normal() -> None:
    entry = an_entry(constant=True, triggers=("normal",))
    assert uids(a_scan(entry, generation_type="whatever")) == [0]


def test_similarity_search_can_force_an_entry() -> None:
    assert uids(a_scan(an_entry("nowhere", uid=3), forced=[("world", 3)])) == [3]


def test_the_order_is_chat_persona_character_global() -> None:
    books = [
        LinkedBook(book=Lorebook(name=name, entries=(an_entry("k", uid=uid, order=uid),)), source=source)
        for uid, (name, source) in enumerate(
            [
                ("g", LoreSource.GLOBAL),
                ("c", LoreSource.CHARACTER),
                ("p", LoreSource.PERSONA),
                ("t", LoreSource.CHAT),
            ]
        )
    ]
    assert uids(a_scan(books=books, chat=["k"])) == [3, 2, 1, 0]
    assert uids(a_scan(books=books, chat=["k"], settings=LoreSettings(character_strategy=2))) == [3, 2, 0, 1]
    assert uids(a_scan(books=books, chat=["k"], settings=LoreSettings(character_strategy=0))) == [3, 2, 1, 0]


def test_a_book_linked_twice_counts_once() -> None:
    book = Lorebook(name="b", entries=(an_entry("k"),))
    books = [LinkedBook(book=book, source=source) for source in LoreSource]
    found = a_scan(books=books, chat=["k"])
    assert [entry.source for entry in found.entries] == [LoreSource.GLOBAL]


# -- groups ---------------------------------------------------------------------------------------


def test_of_a_group_one_entry_takes_part() -> None:
    entries = [an_entry("k", uid=uid, group="g") for uid in range(5)]
    drawn = {tuple(uids(a_scan(*entries, chat=["k"], rng=Random(seed)))) for seed in range(50)}
    assert drawn == {(uid,) for uid in range(5)}


def test_weights_decide_the_draw() -> None:
    entries = [an_entry("k", uid=0, group="g", group_weight=0), an_entry("k", uid=1, group="g")]
    assert {tuple(uids(a_scan(*entries, chat=["k"], rng=Random(seed)))) for seed in range(20)} == {(1,)}


def test_a_preferred_entry_of_the_highest_order_wins() -> None:
    entries = [
        an_entry("k", uid=0, group="g", order=300),
        an_entry("k", uid=1, group="g", order=20, group_override=True),
        an_entry("k", uid=2, group="g", order=200, group_override=True),
    ]
    found = a_scan(*entries, chat=["k"])
    assert uids(found) == [2]
    assert reason(found, 0) == 'another entry of its group "g" takes part'


def test_scoring_prefers_more_matching_keys() -> None:
    entries = [an_entry("a", uid=0, group="g", order=999), an_entry("a", "b", uid=1, group="g")]
    settings = LoreSettings(use_group_scoring=True)
    assert all(
        uids(a_scan(*entries, chat=["a b"], settings=settings, rng=Random(n))) == [1] for n in range(9)
    )


def test_a_group_that_is_active_takes_no_second_entry() -> None:
    entries = [an_entry("one", uid=0, group="g", content="two"), an_entry("two", uid=1, group="g")]
    assert uids(a_scan(*entries, chat=["one"])) == [0]
