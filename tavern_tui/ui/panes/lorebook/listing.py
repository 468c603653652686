"""The rows of the lorebook list: books, and the entries of those that are unfolded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from tavern_tui.core.lorebook import Lorebook, LoreEntry, LorePosition, LoreSource
from tavern_tui.services.lorebooks import BookRow, tokens_of
from tavern_tui.text.clean import clean_line

SORTS = ("in the file's order", "by order", "by title", "by tokens")
PLACES = {
    LorePosition.BEFORE_CHAR: "↑char",
    LorePosition.AFTER_CHAR: "↓char",
    LorePosition.NOTE_TOP: "↑note",
    LorePosition.NOTE_BOTTOM: "↓note",
    LorePosition.AT_DEPTH: "@",
    LorePosition.EXAMPLES_TOP: "↑ex",
    LorePosition.EXAMPLES_BOTTOM: "↓ex",
    LorePosition.OUTLET: "outlet",
}
MARKS = {
    LoreSource.GLOBAL: "everywhere",
    LoreSource.CHARACTER: "character",
    LoreSource.CHAT: "chat",
    LoreSource.PERSONA: "persona",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a book, or an entry of it."""

    book: BookRow
    entry: LoreEntry | None = None


def lines_of(
    books: Sequence[BookRow],
    read: Callable[[BookRow], Lorebook | None],
    unfolded: Mapping[str, bool],
    words: str,
    sort: int,
) -> list[Line]:
    """What the list shows. With search words: every entry of every book that has them all."""
    wanted = words.casefold().split()
    lines: list[Line] = []
    for row in books:
        if not wanted and not unfolded.get(row.name):
            lines.append(Line(row))
            continue
        book = read(row)
        entries = () if book is None else book.entries
        found = [entry for entry in entries if _has(entry, wanted)] if wanted else list(entries)
        if found or not wanted:
            lines.append(Line(row))
            lines += [Line(row, entry) for entry in _sorted(found, sort)]
    return lines


def _has(entry: LoreEntry, words: Sequence[str]) -> bool:
    text = "\n".join((entry.comment, *entry.keys, *entry.secondary_keys, entry.content)).casefold()
    return all(word in text for word in words)


def _sorted(entries: list[LoreEntry], sort: int) -> list[LoreEntry]:
    match sort:
        case 1:
            return sorted(entries, key=lambda entry: -entry.order)
        case 2:
            return sorted(entries, key=lambda entry: title_of(entry).casefold())
        case 3:
            return sorted(entries, key=lambda entry: -tokens_of(entry.content))
        case _:
            return entries


def title_of(entry: LoreEntry) -> str:
    """What an entry is called: its title, else its first keys."""
    return clean_line(entry.comment or ", ".join(entry.keys[:3]) or f"entry {entry.uid}")


def draw_book(row: BookRow, entries: int | None, unfolded: bool) -> Content:
    """A book: where it is active, and how many entries it has if that is known."""
    where = ", ".join(MARKS[link] for link in row.links)
    parts = ["in the card" if row.embedded else "", where if not row.embedded else ""]
    about = " · ".join(part for part in (*parts, f"{entries:,}" if entries is not None else "") if part)
    return Content.assemble(
        ("▾ " if unfolded else "▸ ", "$primary"),
        (clean_line(row.name) or "(without a name)", "bold" if row.links else ""),
        (f"  {about}" if about else "", "$success" if row.links else "$foreground-muted"),
    )


def draw_entry(entry: LoreEntry) -> Content:
    """An entry: how it becomes active, its title, where it goes, what it costs."""
    sign, style = _sign(entry)
    place = PLACES[entry.position] + (str(entry.depth) if entry.position is LorePosition.AT_DEPTH else "")
    return Content.assemble(
        (f"  {sign} ", style),
        (title_of(entry), "$foreground-disabled" if entry.disabled else ""),
        (f"  {place} {entry.order} · {tokens_of(entry.content)} t", "$foreground-muted"),
    )


def _sign(entry: LoreEntry) -> tuple[str, str]:
    if entry.disabled:
        return "○", "$foreground-disabled"
    if entry.constant:
        return "●", "$primary"
    return ("≈", "$accent") if entry.vectorized else ("◐", "$success")
