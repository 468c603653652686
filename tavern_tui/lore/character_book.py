"""The book inside a card (`character_book`) <-> Lorebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.lore.fields import CARD, CARD_EXTENSIONS, position_in_card, read_fields, write_fields
from tavern_tui.lore.values import card_position

ORIGINAL = "originalData"
"""Key of a world file under which the card's own book is kept."""


def from_character_book(data: object, name: str, warnings: list[str] | None = None) -> Lorebook:
    """A card's book -> Lorebook. `name` is the character's; it names a book without a name.

    Raises DataError if `data` is not an object."""
    warnings = [] if warnings is None else warnings
    if not isinstance(data, Mapping):
        raise DataError(f'The lorebook of "{name}" should be a JSON object.')
    given = data.get("name")
    book = given if isinstance(given, str) and given else f"{name}'s Lorebook"
    entries: dict[int, LoreEntry] = {}
    for index, raw in enumerate(_entries(data)):
        if not isinstance(raw, Mapping):
            warnings.append(f'Lorebook "{book}": entry {index} is not an object and was skipped.')
            continue
        entry = _entry(raw, index, book, warnings)
        if entry.uid in entries:
            warnings.append(f'Lorebook "{book}": id {entry.uid} is used twice; one entry got a new one.')
            entry = _entry({**raw, "id": max(entries) + 1}, index, book, [])
        entries[entry.uid] = entry
    # As in a world file: whole numbers come first and in ascending order.
    ordered = sorted(entries.values(), key=lambda entry: (entry.uid < 0, max(entry.uid, 0)))
    return Lorebook(name=book, entries=tuple(ordered), source={"entries": {}, ORIGINAL: dict(data)})


def to_character_book(book: Lorebook) -> dict[str, object]:
    """The `character_book` of a card for `book`.

    A book that came from a card keeps that card's foreign keys, and what was not changed keeps
    its spelling."""
    kept = book.source.get(ORIGINAL)
    original: Mapping[str, Any] = kept if isinstance(kept, Mapping) else {}
    sources = _by_id(original)
    written = dict(original)
    if book.name != original.get("name") and not (
        not original.get("name") and original and book.name.endswith("'s Lorebook")
    ):
        written["name"] = book.name
    unreadable = [raw for raw in _entries(original) if not isinstance(raw, Mapping)]
    order = {uid: index for index, uid in enumerate(sources)}
    entries = sorted(book.entries, key=lambda entry: order.get(entry.uid, len(order)))
    written["entries"] = [_to_card(entry, sources.get(entry.uid)) for entry in entries] + unreadable
    written.setdefault("extensions", {})
    return written


def looks_like_character_book(data: Mapping[str, object]) -> bool:
    """Whether the entries are a list in the way cards write them."""
    entries = data.get("entries")
    return isinstance(entries, list) and any(
        isinstance(entry, Mapping) and "keys" in entry and "key" not in entry for entry in entries
    )


def _entries(data: Mapping[str, Any]) -> list[object]:
    entries = data.get("entries")
    if isinstance(entries, Mapping):
        return list(entries.values())
    return entries if isinstance(entries, list) else []


def _entry(raw: Mapping[str, object], index: int, book: str, warnings: list[str]) -> LoreEntry:
    found = read_fields(raw, CARD)
    extensions = raw.get("extensions")
    known = extensions if isinstance(extensions, Mapping) else {}
    inner = read_fields(known, CARD_EXTENSIONS)
    fields: dict[str, object] = {"position": card_position(raw.get("position")), "display_index": index}
    fields |= {"selective": False} if "selective" not in raw else {}
    fields |= found.fields | inner.fields
    uid = fields.pop("uid", index)
    if found.oddities or inner.oddities:
        odd = ", ".join(found.oddities + inner.oddities)
        warnings.append(f'Lorebook "{book}", entry {uid}: not readable and left at the default: {odd}.')
    source = {"extensions": dict(known)} if known else {}
    return LoreEntry(uid=uid, source=source, **fields)  # type: ignore[arg-type]  # read by the tables


def _by_id(original: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The card's entries by the uid they were read under."""
    found: dict[int, Mapping[str, Any]] = {}
    for index, raw in enumerate(_entries(original)):
        if isinstance(raw, Mapping):
            uid = read_fields(raw, CARD[:1]).fields.get("uid", index)
            uid = uid if isinstance(uid, int) and uid not in found else max(found, default=-1) + 1
            found[uid] = raw
    return found


def _to_card(entry: LoreEntry, source: Mapping[str, Any] | None) -> dict[str, object]:
    if source is not None and _same(_entry(source, 0, "", []), entry):
        return dict(source)
    base: Mapping[str, object] = source or {}
    written = write_fields(base, entry, CARD, whole=True)
    extensions = base.get("extensions", entry.source.get("extensions"))
    written["position"] = position_in_card(entry)
    if source is None:
        written["use_regex"] = True
    written["extensions"] = write_fields(
        extensions if isinstance(extensions, Mapping) else {}, entry, CARD_EXTENSIONS, whole=True
    )
    return written


def _same(first: LoreEntry, second: LoreEntry) -> bool:
    """Equal in everything a card's entry can say."""
    named = [name for name, _, _ in (*CARD[1:], *CARD_EXTENSIONS) if name != "display_index"]
    return all(getattr(first, name) == getattr(second, name) for name in named)
