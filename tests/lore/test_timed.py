"""Sticky, cooldown, delay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tavern_tui.core.lorebook import LoreEntry, LoreSettings

from .builders import a_scan, an_entry, uids

NEWEST = LoreSettings(depth=1)


def play(entry: LoreEntry, lengths: Mapping[int, bool], timed: Any = None) -> dict[int, bool]:
    """Scan at each chat length, with the key in the newest message or not."""
    active = {}
    for length, has_key in lengths.items():
        chat = ["x"] * (length - 1) + ["key" if has_key else "x"]
        found = a_scan(entry, chat=chat, settings=NEWEST, timed=timed)
        timed = found.timed if found.timed is not None else timed
        active[length] = bool(uids(found))
    return active


def test_sticky_then_cooldown() -> None:
    entry = an_entry("key", sticky=2, cooldown=2)
    heard = {3: True, 4: False, 5: True, 6: True, 7: True}
    assert play(entry, heard) == {3: True, 4: True, 5: False, 6: False, 7: True}


def test_delay_needs_a_chat_of_that_length() -> None:
    assert play(an_entry("key", delay=4), {3: True, 4: True}) == {3: False, 4: True}


def test_replacing_a_reply_forgets_what_it_began() -> None:
    entry = an_entry("key", cooldown=5)
    first = a_scan(entry, chat=["x", "key"], settings=NEWEST)
    again = a_scan(entry, chat=["x", "key"], settings=NEWEST, timed=first.timed)
    later = a_scan(entry, chat=["x", "key", "y", "key"], settings=NEWEST, timed=first.timed)
    assert (uids(first), uids(again), uids(later)) == ([0], [0], [])


def test_an_edited_entry_loses_its_effects() -> None:
    entry = an_entry("key", sticky=5)
    timed = a_scan(entry, chat=["key"], settings=NEWEST).timed
    assert uids(a_scan(entry, chat=["key", "x"], settings=NEWEST, timed=timed)) == [0]
    edited = replace(entry, content="other words")
    assert uids(a_scan(edited, chat=["key", "x"], settings=NEWEST, timed=timed)) == []


def test_a_preview_scans_the_same_and_changes_nothing() -> None:
    entry = an_entry("key", sticky=5)
    timed = a_scan(entry, chat=["key"], settings=NEWEST).timed
    preview = a_scan(entry, chat=["key", "x"], settings=NEWEST, timed=timed, dry_run=True)
    assert uids(preview) == [0]
    assert preview.timed is None


def test_nothing_to_remember_is_no_change() -> None:
    assert a_scan(an_entry("key"), chat=["key"]).timed is None
    timed = a_scan(an_entry("key", sticky=5), chat=["key"]).timed
    assert a_scan(an_entry("key", sticky=5), chat=["key", "x"], timed=timed).timed is None


def test_what_is_stored_has_sillytaverns_form_and_keeps_foreign_keys() -> None:
    found = a_scan(an_entry("key", uid=4, sticky=2), chat=["x", "key"], timed={"other": 1})
    assert found.timed is not None
    effect = dict(found.timed["sticky"]["world.4"])  # type: ignore[index]  # JSON
    assert isinstance(effect.pop("hash"), int)
    assert effect == {"start": 2, "end": 4, "protected": False}
    assert found.timed["other"] == 1


def test_odd_stored_effects_are_named_and_skipped() -> None:
    odd: Any = {"sticky": {"world.0": "x", "world.1": {"start": None, "end": True}}, "cooldown": 7}
    found = a_scan(an_entry("key", sticky=2), chat=["key"], timed=odd)
    assert uids(found) == [0]
    assert len(found.warnings) == 2
