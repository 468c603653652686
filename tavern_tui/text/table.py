"""Rows of a Markdown table -> lines of equal columns, for a screen that draws characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import combining, east_asian_width

_DASHES = re.compile(r":?-+:?")
_MOST_COLUMNS = 30
_WIDEST = 240
"""Columns of wider tables are not padded: one long cell would make every row as long."""


def is_delimiter(line: str) -> bool:
    """Whether this is the row of dashes under a table's head."""
    return "|" in line and "-" in line and all(map(_DASHES.fullmatch, _cells(line)))


def table_lines(rows: Sequence[str]) -> list[str]:
    """`rows` (head, dashes, body) with their cells padded to the width of the column."""
    cells = [_cells(row) for at, row in enumerate(rows) if at != 1]
    count = max(len(row) for row in cells)
    widths = [
        max(map(_width, column)) for column in zip(*(_filled(row, count) for row in cells), strict=True)
    ]
    lines = [_joined(_filled(row, count), widths) for row in cells]
    lines.insert(1, "─┼─".join("─" * width for width in widths))
    return lines


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|", _MOST_COLUMNS)]


def _filled(row: list[str], count: int) -> list[str]:
    return row + [""] * (count - len(row))


def _joined(row: list[str], widths: list[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return " │ ".join(padded).rstrip()


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)
