"""Sections of a long text laid out as screen rows. Knows nothing of the screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from tavern_tui.ui.panes.chat.wrap import Piece, wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled piece of a longer text. Title and text are already clean."""

    key: str
    """What makes it the same section after an update: folding and cursor follow it."""
    title: str
    text: str
    note: str = ""
    """At the right end of the title line."""
    tone: str = "foreground"
    """Name of a theme colour."""
    folded: bool = False
    """Until the user folds or unfolds it."""
    mark: int | None = None
    """Offset in the text before which a divider stands."""
    mark_title: str = ""
    parent: str = ""
    """Key of the section whose folding hides this one, too."""


class RowKind(IntEnum):
    HEAD = 0
    TEXT = 1
    MARK = 2
    GAP = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the screen: which section, and which piece of its text."""

    section: int
    kind: RowKind
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A place where the searched words stand."""

    section: int
    start: int
    end: int


class Layout:
    """The rows of some sections at one width. Wrapped text is kept for the next layout."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._wrapped: dict[tuple[str, int], list[Piece]] = {}

    def lay(self, sections: Sequence[Section], folded: Iterable[str], width: int) -> None:
        """Rebuild the rows; texts that were there before are not wrapped again."""
        hidden = set(folded)
        used: dict[tuple[str, int], list[Piece]] = {}
        rows: list[Row] = []
        for index, section in enumerate(sections):
            if section.parent in hidden:
                continue
            if section.title:
                rows.append(Row(index, RowKind.HEAD))
            if section.key in hidden or not section.text:
                continue
            name = (section.text, width)
            lines = self._wrapped.get(name) or wrap(section.text, width)
            used[name] = lines
            rows.extend(_with_mark(index, section, lines))
            if section.title:
                rows.append(Row(index, RowKind.GAP))
        self._wrapped = used
        self.rows = rows

    def row_of(self, section: int, offset: int = -1) -> int:
        """The row of a section's title (offset -1) or of a place in its text; 0 if it has none."""
        found = 0
        for at, row in enumerate(self.rows):
            if row.section != section:
                continue
            if offset < 0:
                return at
            if row.kind is RowKind.TEXT and row.start <= offset:
                found = at
        return found


def _with_mark(index: int, section: Section, lines: Sequence[Piece]) -> Iterable[Row]:
    mark = section.mark
    for start, end, _ in lines:
        if mark is not None and start <= mark <= end:
            yield Row(index, RowKind.MARK)
            mark = None
        yield Row(index, RowKind.TEXT, start, end)


def find(sections: Sequence[Section], words: str) -> list[Match]:
    """Every place where `words` stand, whatever their case."""
    if not words:
        return []
    pattern = re.compile(re.escape(words), re.IGNORECASE)
    return [
        Match(index, found.start(), found.end())
        for index, section in enumerate(sections)
        for found in pattern.finditer(section.text)
    ]
