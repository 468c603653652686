"""Fields of lorebook entries under the names they have in SillyTavern's files, read and written as text."""

from __future__ import annotations

import json
from difflib import SequenceMatcher

from tavern_tui.core.errors import UsageError
from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.lore.books import entry_from_json, entry_to_json
from tavern_tui.lore.fields import WORLD

FIELDS = frozenset(key for _, key, _ in WORLD) - {"uid"}
ALIKE = 0.6
"""How much of two texts must be the same for one to be found by the other."""
_WORDS = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


def field_of(entry: LoreEntry, key: str) -> object:
    """A field's value as it stands in a world file. Raises UsageError for an unknown one."""
    return {**entry_to_json(LoreEntry(uid=entry.uid)), **entry_to_json(entry)}[_known(key)]


def with_field(entry: LoreEntry, key: str, text: str) -> LoreEntry:
    """The entry with another value, in the form the field has; keys are parted by commas.

    Raises UsageError for an unknown field or a value it cannot have."""
    raw: dict[str, object] = {**entry_to_json(entry), _known(key): _value(field_of(entry, key), text)}
    odd: list[str] = []
    changed = entry_from_json(raw, warnings=odd)
    if odd:
        raise UsageError(f'The field "{key}" cannot be {text[:40]!r}.')
    return changed


def find_entry(book: Lorebook, key: str, text: str) -> LoreEntry | None:
    """The entry whose field has, holds, or is most like this text; None: there is none like it."""
    wanted = text.strip().casefold()
    best: tuple[float, LoreEntry | None] = (ALIKE, None)
    for entry in book.entries:
        value = field_of(entry, key)
        for one in value if isinstance(value, list) else [value]:
            alike = _alike(wanted, str(one).casefold())
            if alike > best[0]:
                best = alike, entry
    return best[1]


def _alike(wanted: str, held: str) -> float:
    if wanted == held:
        return 2.0
    if wanted and wanted in held:
        return 1 + len(wanted) / len(held)
    return SequenceMatcher(None, wanted[:200], held[:200]).ratio()


def _known(key: str) -> str:
    if key not in FIELDS:
        raise UsageError(
            f'An entry has no field "{key[:40]}".', hint=f"There are {', '.join(sorted(FIELDS))}."
        )
    return key


def _value(before: object, text: str) -> object:
    """`text` as a value of the same kind as the one before it."""
    if isinstance(before, str):
        return text
    if isinstance(before, list):
        return _listed(text)
    word = text.strip().lower()
    if isinstance(before, bool):
        return _WORDS.get(word, text)
    if word in ("", "null"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _listed(text: str) -> object:
    if text.strip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return [word for part in text.split(",") if (word := part.strip())]
