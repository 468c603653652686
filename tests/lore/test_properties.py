"""What holds for any book and any chat."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import LoreEntry, LoreSettings
from tavern_tui.lore.books import (
    entry_from_json,
    entry_to_json,
    from_character_book,
    import_lorebook,
    lorebook_from_json,
    lorebook_to_json,
    to_character_book,
)
from tavern_tui.lore.fields import WORLD
from tavern_tui.lore.place import place
from tavern_tui.lore.scan import token_budget

from .builders import a_scan, numbered

WORDS = st.sampled_from(
    ["one", "two", "three", "four", "/t(w|h)/", "/(a|b)+$/", "/[/", "", " ", "é", "one two"]
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)
SMALL = st.integers(-2, 5)
OPTIONAL = st.none() | SMALL
ENTRIES = st.builds(
    LoreEntry,
    uid=st.just(0),
    keys=st.lists(WORDS, max_size=3).map(tuple),
    secondary_keys=st.lists(WORDS, max_size=2).map(tuple),
    content=TEXTS | st.sampled_from(["@@activate\none", "@@dont_activate\none", "@@", "@@@x"]),
    constant=st.booleans(),
    order=SMALL,
    ignore_budget=st.booleans(),
    exclude_recursion=st.booleans(),
    prevent_recursion=st.booleans(),
    delay_until_recursion=SMALL,
    probability=st.sampled_from([0, 50, 100]),
    group=st.sampled_from(["", "a", "b", "a,b", " ,"]),
    group_override=st.booleans(),
    group_weight=SMALL,
    use_group_scoring=st.none() | st.booleans(),
    scan_depth=OPTIONAL,
    sticky=OPTIONAL,
    cooldown=OPTIONAL,
    delay=OPTIONAL,
)
BOOKS = st.lists(ENTRIES, max_size=8).map(lambda entries: numbered(*entries))
SETTINGS = st.builds(
    LoreSettings,
    depth=SMALL,
    min_activations=SMALL,
    min_activations_depth_max=SMALL,
    budget=st.integers(-10, 200),
    budget_cap=st.integers(-1, 60),
    recursive=st.booleans(),
    max_recursion_steps=st.integers(-1, 4),
    use_group_scoring=st.booleans(),
    character_strategy=SMALL,
)
CHATS = st.lists(TEXTS, max_size=8)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
RAW_ENTRIES = st.dictionaries(st.sampled_from([key for _, key, _ in WORLD] + ["x"]), JSON, max_size=8)


@settings(max_examples=200, deadline=None)
@given(BOOKS, SETTINGS, CHATS, st.integers(-5, 2000))
def test_any_scan_ends_and_agrees_with_itself(
    book: tuple[LoreEntry, ...], lore: LoreSettings, chat: list[str], room: int
) -> None:
    found = a_scan(*book, chat=chat, settings=lore, room=room)
    again = a_scan(*book, chat=chat, settings=lore, room=room)
    assert found == again
    assert len(found.verdicts) == len(book)
    assert {v.uid for v in found.verdicts if v.active} == {e.entry.uid for e in found.entries}
    assert len({e.entry.uid for e in found.entries}) == len(found.entries)
    assert all(verdict.reason for verdict in found.verdicts)
    place(found, lambda text, depth: text)
    later = a_scan(*book, chat=[*chat, "one", "two"], settings=lore, room=room, timed=found.timed)
    json.dumps(later.timed)


@settings(max_examples=200, deadline=None)
@given(BOOKS, SETTINGS, CHATS)
def test_the_budget_is_never_exceeded(
    book: tuple[LoreEntry, ...], lore: LoreSettings, chat: list[str]
) -> None:
    # What prevents recursion is, as in SillyTavern, not counted in later passes.
    bound = [entry for entry in book if not (entry.ignore_budget or entry.prevent_recursion)]
    found = a_scan(*bound, chat=chat, settings=lore, room=120)
    used = sum(len(active.content) for active in found.entries)
    assert used == 0 or used < token_budget(lore, 120)


@settings(max_examples=60, deadline=None)
@given(BOOKS, CHATS, st.integers(0, 9))
def test_leaps_change_nothing(book: tuple[LoreEntry, ...], chat: list[str], wanted: int) -> None:
    long_chat = chat * 4
    leaping = LoreSettings(min_activations=wanted, depth=1)
    stepping = LoreSettings(min_activations=wanted, depth=1, max_recursion_steps=10_000)
    first = a_scan(*book, chat=long_chat, settings=leaping, rng=Random(3))
    second = a_scan(*book, chat=long_chat, settings=stepping, rng=Random(3))
    assert first.entries == second.entries


@settings(max_examples=150, deadline=None)
@given(RAW_ENTRIES)
def test_any_entry_is_read_and_comes_back(raw: dict[str, object]) -> None:
    entry = entry_from_json(raw, key="3")
    written = entry_to_json(entry)
    assert all(written[key] is raw[key] for key in raw if key != "uid")
    assert entry_to_json(entry_from_json(written)) == written


RAW_BOOKS = st.fixed_dictionaries(
    {"entries": st.lists(RAW_ENTRIES | JSON) | st.dictionaries(st.text(max_size=3), RAW_ENTRIES)}
)


@settings(max_examples=150, deadline=None)
@given(JSON | RAW_BOOKS)
def test_any_json_is_a_lorebook_or_one_sentence(data: object) -> None:
    for read in (lorebook_from_json, import_lorebook):
        try:
            book = read("b", data, [])
        except DataError:
            continue
        assert len({entry.uid for entry in book.entries}) == len(book.entries)
        written = lorebook_to_json(lorebook_from_json("b", lorebook_to_json(book), []))
        assert lorebook_to_json(lorebook_from_json("b", written, [])) == written


@settings(max_examples=100, deadline=None)
@given(JSON | RAW_BOOKS)
def test_any_json_is_a_cards_book_or_one_sentence(data: object) -> None:
    try:
        book = from_character_book(data, "Ann", [])
    except DataError:
        return
    card = to_character_book(book)
    assert to_character_book(from_character_book(card, "Ann", [])) == card
