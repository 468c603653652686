"""Books that are broken, endless or malicious: they load, say what is odd, and stay usable."""

from __future__ import annotations

import json
import time

import pytest

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import LinkedBook, LoreSource
from tavern_tui.lore.books import lorebook_from_json, lorebook_to_json
from tavern_tui.prompt.build import build_prompt
from tavern_tui.storage.lorebooks import read_lorebook
from tests.lore.builders import a_scan, an_entry
from tests.prompt.builders import text_inputs, user

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "entries",
    [
        {"0": None, "1": [], "2": "mill", "3": 7},
        {"x": {"key": "no list", "content": {"a": 1}, "order": "high", "probability": "often"}},
        [{"key": ["mill"], "content": None, "depth": -3, "position": 99}],
        "not entries at all",
        None,
    ],
)
def test_a_malformed_book_loads_and_says_what_is_odd(entries) -> None:
    warnings: list[str] = []
    book = lorebook_from_json("Odd", {"entries": entries, "kept": [1]}, warnings)
    assert warnings
    assert all('"Odd"' in one for one in warnings)
    assert lorebook_to_json(book)["kept"] == [1]
    a_scan(*book.entries, chat=["mill"])


@pytest.mark.parametrize("data", [[], "book", 7, None])
def test_what_is_no_book_is_refused_with_its_name(data) -> None:
    with pytest.raises(DataError, match="Odd"):
        lorebook_from_json("Odd", data)


@pytest.mark.parametrize("key", ["a" * 10 * MEGABYTE, "/" + "(a|b)" * 200_000 + "/", "{{" * MEGABYTE])
def test_a_key_of_ten_megabytes_harms_only_itself(key) -> None:
    found = a_scan(an_entry(key, uid=1), an_entry("mill", uid=2), chat=["the mill " + "a" * 1000])
    assert [one.entry.uid for one in found.entries] == [2]


@pytest.mark.parametrize("key", [r"/(a+)+$/", r"/(a|aa)+$/", r"/(.*)*b/", r"/^(([a-z])+.)+[A-Z]([a-z])+$/"])
def test_a_regex_that_would_take_for_ever_is_skipped_and_named(key) -> None:
    found = a_scan(an_entry(key, uid=1), an_entry("mill", uid=2), chat=["mill " + "a" * 5000 + "!"])
    assert [one.entry.uid for one in found.entries] in ([2], [1, 2])
    if 1 not in [one.entry.uid for one in found.entries]:
        verdict = next(one for one in found.verdicts if one.uid == 1)
        assert verdict.reason == "no key found" or found.warnings
    assert all("was skipped" in one for one in found.warnings)


def test_entries_that_feed_each_other_for_ever_come_to_an_end() -> None:
    ring = [an_entry(f"k{at}", uid=at, content=f"k{(at + 1) % 50}") for at in range(50)]
    found = a_scan(*ring, chat=["k7"])
    assert len(found.entries) == 50


def test_a_million_entries_load_and_a_prompt_is_built_with_them(tmp_path) -> None:
    """A fifth of a million here, so that the test stays short; everything is linear in their number."""
    count = 200_000
    path = tmp_path / "Big.json"
    entry = '{{"uid":{at},"key":["key{at}"],"content":"words of {at}"}}'
    lines = ",".join(f'"{at}":' + entry.format(at=at) for at in range(count))
    path.write_text('{"entries":{' + lines + "}}")
    before = time.process_time()
    book = read_lorebook(path)
    assert len(book.entries) == count
    linked = (LinkedBook(book=book, source=LoreSource.GLOBAL),)
    built = build_prompt(text_inputs(books=linked, messages=[user("Is key77777 here?")]))
    assert "words of 77777" in built.prompt.text
    assert len(built.lore) == count
    assert time.process_time() - before < 120, "a book may be slow, not endless"


def test_a_book_written_back_is_the_book_that_was_read() -> None:
    book = {"entries": {"3": {"uid": 3, "key": ["a"], "odd": {"deep": [None]}}, "bad": 5}, "name": "x"}
    again = lorebook_to_json(lorebook_from_json("x", book, []))
    assert json.loads(json.dumps(again)) == book
