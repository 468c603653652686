"""What must occur in the scanned texts for an entry to be worth a closer look."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tavern_tui.core.lorebook import LoreEntry
from tavern_tui.lore.keys import prepare_key


@dataclass(frozen=True, slots=True)
class Probe:
    """What can be said of an entry before any scan."""

    keys: tuple[str, ...] | None
    """Lower-case keys of which one must occur for it to match; None: keys alone do not tell."""
    words: frozenset[str]
    """Those of the keys that are one word of ASCII letters, digits and underscores."""
    phrases: tuple[str, ...]
    """The other keys."""
    whole_words: bool | None
    """Whether a key inside a longer word counts not; None: as the settings say."""
    always_takes_part: bool
    """Neither switched off nor bound to a kind of reply, a character or a length of the chat."""
    title: str


WORD = re.compile(r"[a-z0-9_]+", re.ASCII)
"""What stands between two places where whole-word matching sees an end of a word, in lower case."""

_KEPT_BOOKS = 32
_kept: dict[int, tuple[tuple[LoreEntry, ...], list[Probe]]] = {}
"""Identity of a book's entries -> the entries (which keeps the identity from being used again) and
their probes."""


def probes_of(entries: tuple[LoreEntry, ...]) -> list[Probe]:
    """What can be said of each entry beforehand.

    Made once for a book as long as it is in use: books do not change, their successors do."""
    held = _kept.get(id(entries))
    if held is not None and held[0] is entries:
        return held[1]
    probes = [_probe(entry) for entry in entries]
    while len(_kept) >= _KEPT_BOOKS:
        _kept.pop(next(iter(_kept)), None)
    _kept[id(entries)] = (entries, probes)
    return probes


def forget() -> None:
    """Forget all books, as if the program had just been started."""
    _kept.clear()


def _probe(entry: LoreEntry) -> Probe:
    keys = _keys(entry)
    return Probe(
        keys=keys,
        words=frozenset(key for key in keys or () if WORD.fullmatch(key)),
        phrases=tuple(key for key in keys or () if not WORD.fullmatch(key)),
        whole_words=entry.match_whole_words,
        always_takes_part=_always_takes_part(entry),
        title=_title(entry),
    )


def _always_takes_part(entry: LoreEntry) -> bool:
    only = entry.character_filter
    return not (entry.disabled or entry.triggers or only.names or only.tags or entry.delay)


def _title(entry: LoreEntry) -> str:
    return entry.comment or ", ".join(entry.keys[:3]) or f"entry {entry.uid}"


def _keys(entry: LoreEntry) -> tuple[str, ...] | None:
    """The lower-case keys of an entry that waits for nothing but a plain key of any case."""
    if not entry.keys or entry.constant or entry.scan_depth is not None or entry.case_sensitive:
        return None
    if entry.delay_until_recursion or entry.exclude_recursion:
        return None
    found: list[str] = []
    for key in entry.keys:
        if "{{" in key or "<" in key:
            return None
        prepared = prepare_key(key)
        if prepared.regex is not None or not prepared.piecewise:
            return None
        if prepared.lower:
            found.append(prepared.lower)
    return tuple(found)
