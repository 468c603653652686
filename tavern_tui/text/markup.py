"""Role-play Markdown -> blocks of words with style runs, for the screen.

Blocks are found line by line. What a block is never depends on the lines after it, apart from the one
that is growing; `restart` says from where a text that grew must be read again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from tavern_tui.text.inline import CODE, HEADING, Run, is_closed, scan
from tavern_tui.text.table import is_delimiter, table_lines


class Kind(Enum):
    """What a block is."""

    PARAGRAPH = auto()
    HEADING = auto()
    ITEM = auto()
    QUOTE = auto()
    RULE = auto()
    FENCE = auto()
    TABLE = auto()


class Block(NamedTuple):
    """A block: its words without marks, with newlines where the source has them."""

    kind: Kind
    start: int
    """Offset of its first line in the source."""
    text: str
    runs: Sequence[Run] = ()
    first: str = ""
    """What stands in front of the first line: a bullet, a number, bars."""
    rest: str = ""
    """What stands in front of the other lines; as wide as `first`."""
    gap: bool = False
    """Whether an empty line separates it from the block before."""
    language: str = ""
    """Of a code block, as its fence names it."""


_FENCE = re.compile(r" {0,3}(?:`{3,}[^`]*|~{3,}.*)$")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?=\S)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_QUOTE = re.compile(r" {0,3}((?:>[ \t]?)*>)(?:[ \t]|$)")
_MARK = frozenset("#>-*+`~_0123456789|")
_BAR = "▎ "
_DEEPEST = 4
"""Levels of lists and quotes that are told apart."""


LONG = 2_000
"""Characters from which a paragraph is worth dividing."""
_LONGEST = 8 * LONG
"""From here on a paragraph is divided although a style is open."""


def parse(text: str, *, open_ended: bool = False, divide: bool = False) -> list[Block]:
    """The blocks of `text`, in order. `open_ended`: more may follow (see `tavern_tui.text.inline.scan`).

    `divide`: a long paragraph becomes several blocks without a gap, cut where a line ends and no style is
    open; so a text that grows without an empty line need not be read anew from its beginning."""
    return _Reader(text, open_ended, divide).blocks()


def restart(blocks: Sequence[Block], text: str) -> int:
    """Index of the first block that more text could change: the last one whose first line is complete."""
    for index in range(len(blocks) - 1, 0, -1):
        if text.find("\n", blocks[index].start) >= 0:
            return index
    return 0


class _Reader:
    """Goes through the lines of a text once."""

    __slots__ = ("_at", "_blocks", "_divide", "_gap", "_line", "_lines", "_open_ended", "_text")

    def __init__(self, text: str, open_ended: bool, divide: bool) -> None:
        self._text = text
        self._open_ended = open_ended
        self._divide = divide
        self._lines = text.split("\n")
        self._line = 0
        self._at = 0
        self._gap = False
        self._blocks: list[Block] = []

    def blocks(self) -> list[Block]:
        while self._line < len(self._lines):
            line = self._lines[self._line]
            if not line or line.isspace():
                self._next()
                self._gap = bool(self._blocks)
            else:
                self._block(line)
                self._gap = False
        return self._blocks

    def _next(self) -> None:
        self._at += len(self._lines[self._line]) + 1
        self._line += 1

    def _block(self, line: str) -> None:
        match self._kind(line):
            case Kind.FENCE:
                self._fence(line)
            case Kind.HEADING:
                self._heading(line)
            case Kind.RULE:
                self._blocks.append(Block(Kind.RULE, self._at, "", gap=self._gap))
                self._next()
            case Kind.QUOTE:
                self._quote(line)
            case Kind.ITEM:
                self._item(line)
            case Kind.TABLE:
                self._table()
            case _:
                self._paragraph()

    def _kind(self, line: str) -> Kind:
        """What block begins with `line`, the current one."""
        mark = line.lstrip(" \t")[0]
        if mark not in _MARK:
            return Kind.PARAGRAPH
        if mark in "`~" and _FENCE.match(line):
            return Kind.FENCE
        if mark == "#" and _HEADING.match(line):
            return Kind.HEADING
        if mark in "-*_" and _RULE.match(line):
            return Kind.RULE
        if mark == ">" and _QUOTE.match(line):
            return Kind.QUOTE
        if _ITEM.match(line) and not (mark == "*" and line.rstrip()[-1] == "*"):
            return Kind.ITEM
        if mark == "|" and self._table_begins():
            return Kind.TABLE
        return Kind.PARAGRAPH

    def _table_begins(self) -> bool:
        below = self._line + 1
        if below >= len(self._lines) or not is_delimiter(self._lines[below]):
            return False
        # A line that is still being written may turn out to be something else.
        return not (self._open_ended and below == len(self._lines) - 1)

    def _paragraph(self) -> None:
        start, enough = self._at, LONG
        self._next()
        while self._line < len(self._lines):
            line = self._lines[self._line]
            if not line or line.isspace() or self._kind(line) is not Kind.PARAGRAPH:
                break
            length = self._at - start
            if self._divide and length >= enough:
                if length >= _LONGEST or self._closed_there(start):
                    break
                enough = 2 * length
            self._next()
        self._add(Kind.PARAGRAPH, start, self._text[start : self._at - 1])

    def _closed_there(self, start: int) -> bool:
        """Whether a paragraph from `start` on could end before the current line: it must read the same with
        the line's end behind it and without."""
        part = self._text[start : self._at]
        return is_closed(part) and is_closed(part[:-1])

    def _add(
        self, kind: Kind, start: int, source: str, first: str = "", rest: str = "", base: int = 0
    ) -> None:
        """Only the last block can still be growing; the others are closed, whatever follows."""
        growing = self._open_ended and self._line >= len(self._lines)
        words, runs = scan(source, base, open_ended=growing)
        self._blocks.append(Block(kind, start, words, runs, first, rest, self._gap))

    def _heading(self, line: str) -> None:
        start = self._at
        self._next()
        self._add(Kind.HEADING, start, line.strip(" \t").lstrip("#").strip(" \t#"), base=HEADING)

    def _fence(self, line: str) -> None:
        start = self._at
        opening = line.lstrip(" ")
        mark = opening[: len(opening) - len(opening.lstrip(opening[0]))]
        self._next()
        inside = self._line
        while self._line < len(self._lines):
            bare = self._lines[self._line].strip(" ")
            if len(bare) >= len(mark) and bare == mark[0] * len(bare):
                break
            self._next()
        text = "\n".join(self._lines[inside : self._line])
        if self._line < len(self._lines):
            self._next()
        runs = ((0, len(text), CODE),) if text else ()
        language = opening[len(mark) :].strip().partition(" ")[0][:30]
        self._blocks.append(Block(Kind.FENCE, start, text, runs, gap=self._gap, language=language))

    def _quote(self, line: str) -> None:
        start, depth = self._at, 1
        inside: list[str] = []
        while self._line < len(self._lines) and (match := _QUOTE.match(self._lines[self._line])):
            depth = match[1].count(">") if not inside else depth
            inside.append(self._lines[self._line][match.end() :])
            self._next()
        bars = _BAR * min(depth, _DEEPEST)
        self._add(Kind.QUOTE, start, "\n".join(inside), bars, bars)

    def _item(self, line: str) -> None:
        match = _ITEM.match(line)
        assert match is not None
        start, inside = self._at, [line[match.end() :]]
        self._next()
        while self._line < len(self._lines):
            line = self._lines[self._line]
            if not line.startswith("  ") or line.isspace() or self._kind(line) is not Kind.PARAGRAPH:
                break
            inside.append(line.strip())
            self._next()
        level = min(len(match[1].expandtabs(4)) // 2, _DEEPEST)
        first = "  " * level + ("• " if match[2] in "-*+" else match[2] + " ")
        self._add(Kind.ITEM, start, "\n".join(inside), first, " " * len(first))

    def _table(self) -> None:
        start, rows = self._at, []
        while self._line < len(self._lines) and self._lines[self._line].lstrip().startswith("|"):
            rows.append(self._lines[self._line])
            self._next()
        self._blocks.append(Block(Kind.TABLE, start, "\n".join(table_lines(rows)), gap=self._gap))
