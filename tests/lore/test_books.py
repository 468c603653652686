"""World files, character books and other programs' lorebooks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import CharacterFilter, KeyLogic, Lorebook, LorePosition
from tavern_tui.lore.books import (
    entry_from_json,
    entry_to_json,
    from_character_book,
    import_lorebook,
    lorebook_from_json,
    lorebook_to_json,
    to_character_book,
)

from .builders import an_entry

WORLD: dict[str, Any] = {
    "name": "Valley",
    "entries": {
        "10": {"uid": 10, "key": ["late"], "content": "ten", "x-unknown": {"a": [1]}},
        "2": {
            "uid": 2,
            "key": ["mill"],
            "keysecondary": ["wheel"],
            "delayUntilRecursion": True,
            "position": 4,
            "selectiveLogic": 3,
            "characterFilter": {"isExclude": True, "names": ["ann"], "tags": []},
            "scanDepth": 5,
            "extensions": {"mod": 1},
        },
    },
    "extensions": {"foreign": True},
}


def test_fields_are_read() -> None:
    book = lorebook_from_json("valley", WORLD)
    second, tenth = book.entries  # whole-number keys are in ascending order, as in JavaScript
    assert (book.name, second.uid, tenth.uid) == ("valley", 2, 10)
    assert second.keys == ("mill",)
    assert second.logic is KeyLogic.AND_ALL
    assert second.position is LorePosition.AT_DEPTH
    assert second.delay_until_recursion == 1
    assert second.character_filter == CharacterFilter(exclude=True, names=("ann",))
    assert (tenth.order, tenth.probability, tenth.scan_depth) == (100, 100, None)


def test_a_world_file_comes_back_as_it_was() -> None:
    warnings: list[str] = []
    written = lorebook_to_json(lorebook_from_json("valley", WORLD, warnings))
    assert written == WORLD
    assert list(written) == list(WORLD)
    assert list(written["entries"]["10"]) == list(WORLD["entries"]["10"])  # type: ignore[index]  # JSON
    assert warnings == []


def test_a_change_touches_its_key_and_no_other() -> None:
    book = lorebook_from_json("valley", WORLD)
    changed = replace(book.entries[0], content="new", order=7)
    written = entry_to_json(changed)
    assert written == {**WORLD["entries"]["2"], "content": "new", "order": 7}
    assert entry_from_json(written) == replace(changed, source=written)


def test_a_new_entry_is_written_whole_and_reads_back() -> None:
    entry = an_entry("a", uid=3, position=LorePosition.OUTLET, outlet="law", triggers=("swipe",), sticky=2)
    written = entry_to_json(entry)
    assert written["key"] == ["a"]
    assert written["disable"] is False
    assert replace(entry_from_json(json.loads(json.dumps(written))), source={}) == entry


def test_oddities_are_named_once_per_entry_and_lose_nothing() -> None:
    odd = {
        "entries": {
            "0": {"uid": 0, "key": "not a list", "order": "high", "position": 99, "depth": None},
            "1": "no entry",
            "2": {"uid": 0, "key": ["k"]},
            "3": {"key": ["k"], "order": "12", "probability": 1e400, "constant": 1},
        }
    }
    warnings: list[str] = []
    book = lorebook_from_json("odd", odd, warnings)
    assert [entry.uid for entry in book.entries] == [0, 2, 3]
    assert (book.entries[0].keys, book.entries[0].order) == ((), 100)
    assert (book.entries[2].order, book.entries[2].constant) == (12, True)
    assert len(warnings) == 4
    assert "key, order, position" in warnings[0]
    written: Any = lorebook_to_json(book)
    assert written["entries"]["1"] == "no entry"
    assert written["entries"]["0"] == odd["entries"]["0"]


def test_entries_may_be_a_list() -> None:
    book = lorebook_from_json("b", {"entries": [{"key": ["a"]}, {"key": ["b"], "uid": 5}]})
    assert [entry.uid for entry in book.entries] == [0, 5]


@pytest.mark.parametrize("data", [None, 3, "x", []])
def test_no_object_is_no_lorebook(data: object) -> None:
    with pytest.raises(DataError):
        lorebook_from_json("b", data)
    with pytest.raises(DataError):
        import_lorebook("b", data)
    with pytest.raises(DataError):
        from_character_book(data, "b")


CARD: dict[str, Any] = {
    "name": "Hives",
    "scan_depth": 7,
    "x-book": 1,
    "extensions": {},
    "entries": [
        {
            "id": 4,
            "keys": ["bee"],
            "secondary_keys": ["queen"],
            "content": "Bees.",
            "insertion_order": 50,
            "enabled": False,
            "selective": True,
            "position": "after_char",
            "priority": 10,
            "use_regex": False,
            "extensions": {"position": 4, "depth": 1, "role": 2, "selectiveLogic": 2, "x": "y"},
        },
        {
            "keys": ["hive"],
            "content": "Hives.",
            "insertion_order": 1,
            "enabled": True,
            "position": "before_char",
        },
    ],
}


def test_a_cards_book_becomes_a_world() -> None:
    book = from_character_book(CARD, "Mara")
    hive, bee = book.entries
    assert book.name == "Hives"
    assert (bee.uid, bee.keys, bee.secondary_keys, bee.order) == (4, ("bee",), ("queen",), 50)
    assert (bee.position, bee.depth, bee.role, bee.logic) == (LorePosition.AT_DEPTH, 1, 2, KeyLogic.NOT_ANY)
    assert bee.disabled
    assert (hive.uid, hive.position, hive.disabled) == (1, LorePosition.BEFORE_CHAR, False)
    assert from_character_book({"entries": []}, "Mara").name == "Mara's Lorebook"


def test_an_unchanged_book_goes_back_into_its_card_as_it_was() -> None:
    assert to_character_book(from_character_book(CARD, "Mara")) == CARD
    nameless = {"entries": CARD["entries"], "extensions": {}}
    assert to_character_book(from_character_book(nameless, "Mara")) == nameless


def test_a_book_saved_as_world_still_knows_its_card() -> None:
    book = from_character_book(CARD, "Mara")
    saved = json.loads(json.dumps(lorebook_to_json(book)))
    assert to_character_book(lorebook_from_json(book.name, saved)) == CARD


def test_an_edited_entry_keeps_the_cards_foreign_keys() -> None:
    book = from_character_book(CARD, "Mara")
    edited = replace(book, entries=(book.entries[0], replace(book.entries[1], content="More bees.")))
    written: Any = to_character_book(edited)["entries"]
    assert written[0]["content"] == "More bees."
    assert written[0]["priority"] == 10
    assert written[0]["extensions"]["x"] == "y"
    assert written[1] == CARD["entries"][1]


def test_a_world_goes_into_a_card_and_back() -> None:
    entry = an_entry("k", uid=8, position=LorePosition.EXAMPLES_TOP, outlet="o", probability=30, sticky=3)
    card: Any = to_character_book(Lorebook(name="W", entries=(entry,)))
    assert card["name"] == "W"
    assert card["entries"][0]["position"] == "after_char"
    assert card["entries"][0]["use_regex"] is True
    back = from_character_book(json.loads(json.dumps(card)), "Mara").entries[0]
    assert replace(back, source={}, display_index=0) == entry


def test_novelai() -> None:
    data = {
        "lorebookVersion": 5,
        "entries": [
            {
                "keys": ["a"],
                "text": "T",
                "displayName": "N",
                "contextConfig": {"budgetPriority": 400},
                "enabled": False,
            }
        ],
    }
    entry = import_lorebook("n", data).entries[0]
    assert (entry.keys, entry.content, entry.comment, entry.order) == (("a",), "T", "N", 400)
    assert entry.disabled
    assert not entry.selective


def test_agnai() -> None:
    data = {
        "kind": "memory",
        "entries": [{"keywords": ["a"], "entry": "T", "name": "N", "weight": 3, "enabled": True}],
    }
    entry = import_lorebook("n", data).entries[0]
    assert (entry.keys, entry.content, entry.comment, entry.order, entry.disabled) == (
        ("a",),
        "T",
        "N",
        3,
        False,
    )


def test_risu() -> None:
    data = {
        "type": "risu",
        "data": [
            {
                "key": "a, b",
                "secondkey": "c",
                "content": "T",
                "alwaysActive": True,
                "insertorder": 9,
                "selective": True,
            }
        ],
    }
    entry = import_lorebook("n", data).entries[0]
    assert (entry.keys, entry.secondary_keys, entry.order) == (("a", "b"), ("c",), 9)
    assert entry.constant
    assert not entry.use_probability


def test_a_bare_character_book_is_recognised() -> None:
    assert import_lorebook("mine", CARD).entries[1].keys == ("bee",)
    assert import_lorebook("mine", {"spec": "lorebook_v3", "data": CARD}).name == "mine"
    assert import_lorebook("valley", WORLD) == lorebook_from_json("valley", WORLD)
    with pytest.raises(DataError):
        import_lorebook("x", {"foo": 1})


RECORDED = sorted((Path(__file__).resolve().parents[2].parent / "shared" / "parity").glob("*-lore-*.json"))


@pytest.mark.skipif(not RECORDED, reason="The recorded prompts are not on this machine.")
def test_recorded_world_files_round_trip() -> None:
    for path in RECORDED:
        case = json.loads(path.read_text(encoding="utf-8"))
        for name, data in case.get("lorebooks", {}).items():
            warnings: list[str] = []
            assert lorebook_to_json(lorebook_from_json(name, data, warnings)) == data
            assert warnings == []
