"""SillyTavern's world files <-> Lorebook, and files of other programs -> Lorebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.lore.character_book import from_character_book, looks_like_character_book, to_character_book
from tavern_tui.lore.fields import WORLD, read_fields, write_fields
from tavern_tui.lore.importers import IMPORTERS

__all__ = [
    "entry_from_json",
    "entry_to_json",
    "from_character_book",
    "import_lorebook",
    "lorebook_from_json",
    "lorebook_to_json",
    "to_character_book",
]


def lorebook_from_json(name: str, data: object, warnings: list[str] | None = None) -> Lorebook:
    """A world file's JSON -> Lorebook. Oddities become sentences in `warnings`.

    Raises DataError if it is not an object. Entries that are no objects stay in `source`."""
    warnings = [] if warnings is None else warnings
    if not isinstance(data, Mapping):
        raise DataError(f'Lorebook "{name}": a world file should be a JSON object.')
    entries: list[LoreEntry] = []
    unreadable: dict[str, object] = {}
    taken: set[int] = set()
    for key, raw in _keyed_entries(name, data.get("entries"), warnings):
        if not isinstance(raw, Mapping):
            warnings.append(f'Lorebook "{name}": entry {key} is not an object and was skipped.')
            unreadable[key] = raw
            continue
        entry = entry_from_json(raw, book=name, key=key, warnings=warnings)
        if entry.uid in taken:
            warnings.append(f'Lorebook "{name}": uid {entry.uid} is used twice; one entry got a new one.')
            entry = replace(entry, uid=_free(taken, int(key) if _is_index(key) else 0))
        taken.add(entry.uid)
        entries.append(entry)
    return Lorebook(name=name, entries=tuple(entries), source={**data, "entries": unreadable})


def lorebook_to_json(book: Lorebook) -> dict[str, object]:
    """The world file of `book`, unknown keys and their order kept."""
    kept = book.source.get("entries")
    entries: dict[str, object] = {str(entry.uid): entry_to_json(entry) for entry in book.entries}
    for key, raw in kept.items() if isinstance(kept, Mapping) else ():
        entries.setdefault(str(key), raw)
    return {**book.source, "entries": entries}


def entry_from_json(
    raw: Mapping[str, object], *, book: str = "", key: str = "", warnings: list[str] | None = None
) -> LoreEntry:
    """One entry of a world file. Missing and unreadable values take the defaults."""
    found = read_fields(raw, WORLD)
    uid = found.fields.pop("uid", None)
    if not isinstance(uid, int):
        uid = int(key) if _is_index(key) else 0
    if found.oddities and warnings is not None:
        odd = ", ".join(found.oddities)
        warnings.append(f'Lorebook "{book}", entry {uid}: not readable and left at the default: {odd}.')
    return LoreEntry(uid=uid, source=dict(raw), **found.fields)  # type: ignore[arg-type]  # read by the table


def entry_to_json(entry: LoreEntry) -> dict[str, object]:
    """The JSON object of `entry` in a world file."""
    return write_fields(entry.source, entry, WORLD, whole="uid" not in entry.source)


def import_lorebook(name: str, data: object, warnings: list[str] | None = None) -> Lorebook:
    """A lorebook file of any program we know -> Lorebook called `name`.

    Knows world files, NovelAI, Agnai and RisuAI files, and bare character books of cards.
    Raises DataError if it is none of them."""
    warnings = [] if warnings is None else warnings
    if not isinstance(data, Mapping):
        raise DataError(f'"{name}" is not a lorebook: it should be a JSON object.')
    for recognises, convert in IMPORTERS:
        if recognises(data):
            return convert(name, data, warnings)
    inner = data.get("data")
    if data.get("spec") == "lorebook_v3" and isinstance(inner, Mapping):
        data = inner
    if looks_like_character_book(data):
        return replace(from_character_book(data, name, warnings), name=name)
    if "entries" not in data:
        raise DataError(f'"{name}" is not a lorebook of a kind this program knows.')
    return lorebook_from_json(name, data, warnings)


def _keyed_entries(name: str, raw: object, warnings: list[str]) -> Iterable[tuple[str, object]]:
    if isinstance(raw, Mapping):
        # JavaScript lists whole-number keys first, in ascending order; entries of equal order
        # depend on it.
        return sorted(((str(key), entry) for key, entry in raw.items()), key=_js_key_order)
    if isinstance(raw, list):
        return [(str(index), entry) for index, entry in enumerate(raw)]
    warnings.append(f'Lorebook "{name}": it has no entries.')
    return []


def _js_key_order(item: tuple[str, object]) -> tuple[bool, int]:
    return (False, int(item[0])) if _is_index(item[0]) else (True, 0)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 10 and (key == "0" or key[0] != "0")


def _free(taken: set[int], wanted: int) -> int:
    return wanted if wanted not in taken else max(taken) + 1
