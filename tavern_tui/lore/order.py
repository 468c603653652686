"""Which entries take part in a scan, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tavern_tui.core.lorebook import LinkedBook, LoreEntry, LoreSource
from tavern_tui.lore.decorators import split_decorators
from tavern_tui.lore.probes import Probe, probes_of

EVENLY, CHARACTER_FIRST, GLOBAL_FIRST = 0, 1, 2

# A book that comes in by several links counts under the first of these.
_PRECEDENCE = (LoreSource.GLOBAL, LoreSource.CHAT, LoreSource.PERSONA, LoreSource.CHARACTER)


NO_MATCH = "no key found"


@dataclass(slots=True, eq=False)
class Listed:
    """An entry in its place in the scan, and what the scan has found out about it."""

    book: str
    source: LoreSource
    entry: LoreEntry
    content: str
    """Without decorators."""
    probe: Probe
    """What is known of the entry before the scan."""
    activates: bool = False
    """`@@activate`."""
    stays_out: bool = False
    """`@@dont_activate`."""
    forced: bool = False
    barred: str = ""
    """Why it cannot take part in this scan at all; empty: it can."""
    sticky: bool = False
    active: bool = False
    failed: bool = False
    """Its probability roll failed; it is not rolled again in this scan."""
    reason: str = ""
    """Why it is active, or why not as far as is known."""
    is_quiet: bool = False
    """None of its keys occurs in what was scanned so far; only new texts need a look."""


def list_entries(books: Sequence[LinkedBook], strategy: int) -> list[Listed]:
    """Every entry of `books` in scan order: chat, persona, then character and global."""
    sources = _by_source(books)
    chat, persona = _ranked(sources[LoreSource.CHAT]), _ranked(sources[LoreSource.PERSONA])
    character, everywhere = sources[LoreSource.CHARACTER], sources[LoreSource.GLOBAL]
    if strategy == EVENLY:
        rest = _ranked([*everywhere, *character])
    elif strategy == GLOBAL_FIRST:
        rest = _ranked(everywhere) + _ranked(character)
    else:
        rest = _ranked(character) + _ranked(everywhere)
    return chat + persona + rest


def _by_source(books: Sequence[LinkedBook]) -> dict[LoreSource, list[Listed]]:
    seen: set[str] = set()
    found: dict[LoreSource, list[Listed]] = {}
    for source in _PRECEDENCE:
        found[source] = []
        for linked in books:
            if linked.source is source and linked.book.name not in seen:
                seen.add(linked.book.name)
                found[source].extend(_listed(linked))
    return found


def _listed(linked: LinkedBook) -> Iterable[Listed]:
    name = linked.book.name
    for entry, probe in zip(linked.book.entries, probes_of(linked.book.entries), strict=True):
        if not entry.content.startswith("@@"):
            quiet = probe.keys is not None
            yield Listed(
                name,
                linked.source,
                entry,
                entry.content,
                probe,
                is_quiet=quiet,
                reason=NO_MATCH if quiet else "",
            )
            continue
        found = split_decorators(entry.content)
        yield Listed(name, linked.source, entry, found.content, probe, found.activates, found.stays_out)


def _ranked(entries: list[Listed]) -> list[Listed]:
    return sorted(entries, key=lambda listed: -listed.entry.order)
