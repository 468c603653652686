"""wrap: plain text cut into lines that fit, with the place of each in the text."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """(start, end) of each screen line of `text`. Breaks at spaces where it can; tabs count as one.

    The space at which a line was broken belongs to neither line."""
    width = max(1, width)
    lines: list[tuple[int, int]] = []
    start = 0
    while True:
        end = text.find("\n", start)
        if end < 0:
            end = len(text)
        _wrap_line(text, start, end, width, lines)
        if end == len(text):
            return lines
        start = end + 1


def _wrap_line(text: str, start: int, end: int, width: int, lines: list[tuple[int, int]]) -> None:
    while True:
        if end - start <= width and (end - start) * 2 <= width:
            lines.append((start, end))
            return
        fits = _fits(text, start, end, width)
        if fits >= end:
            lines.append((start, end))
            return
        space = text.rfind(" ", start + 1, fits + 1)
        if space > start:
            lines.append((start, space))
            start = space + 1
        else:
            lines.append((start, fits))
            start = fits


def _fits(text: str, start: int, end: int, width: int) -> int:
    """Where the text that fits into `width` cells ends; at least one character is taken."""
    limit = min(end, start + width)
    piece = text[start:limit]
    if piece.isascii():
        return limit
    if cell_len(piece) <= width:
        return limit
    cells = 0
    for at in range(start, limit):
        cells += get_character_cell_size(text[at])
        if cells > width:
            return max(start + 1, at)
    return limit
