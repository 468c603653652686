"""Containers that show nothing but their ground."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.strip import Strip


def ground(draw: Callable[[Region], list[Strip]], crop: Region) -> list[Strip]:
    """The lines of a widget without border and padding whose lines are all the same, from one of them.

    Textual keeps every line of a widget and every piece it was cut into where others stand before it, at
    1.5 kB apiece: for the screen's empty containers alone a tenth of what the program holds at rest. The one
    line is drawn by Textual with its filters, which `Widget.BLANK` would leave out."""
    return draw(Region(crop.x, 0, crop.width, 1)) * crop.height if crop.height else []


class Row(Horizontal):
    """A `Horizontal` without border and padding."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return ground(super().render_lines, crop)


class Column(Vertical):
    """A `Vertical` without border and padding."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return ground(super().render_lines, crop)


class Boxed(Vertical):
    """A `Vertical` with a border of one cell around it, and nothing of its own inside but ground."""

    def render_lines(self, crop: Region) -> list[Strip]:
        draw, last = super().render_lines, self.outer_size.height - 1
        inner = draw(Region(crop.x, 1, crop.width, 1)) if crop.height else []
        return [
            strip
            for y in crop.line_range
            for strip in (inner if 0 < y < last else draw(Region(crop.x, y, crop.width, 1)))
        ]
