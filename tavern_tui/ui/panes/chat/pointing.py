"""What stands in a column of a message's line, for the mouse."""

from __future__ import annotations

from tavern_tui.text.inline import LINK
from tavern_tui.ui.panes.chat.layout import Layout, swipe_counter
from tavern_tui.ui.panes.chat.spans import GUTTER
from tavern_tui.ui.panes.chat.wrap import cells, graphemes


def swipe_arrow(layout: Layout, at: int, x: int) -> int | None:
    """-1 or 1 in the left or right half of a swipe counter; None elsewhere."""
    counter = swipe_counter(layout.message)
    if at or not counter or not layout.lines[0].text.endswith(counter):
        return None
    column = _column(layout, x) - cells(layout.lines[0].text) + len(counter)
    if not 0 <= column < len(counter):
        return None
    return 1 if column >= len(counter) // 2 else -1


def is_link(layout: Layout, at: int, x: int) -> bool:
    """Whether a link stands there."""
    line = layout.lines[at] if at < len(layout.lines) else None
    if line is None or not any(flags & LINK for _, _, flags in line.runs):
        return False
    column, place = _column(layout, x), 0
    for start, _, size in graphemes(line.text):
        if place <= column < place + size:
            return any(flags & LINK and a <= start < b for a, b, flags in line.runs)
        place += size
    return False


def _column(layout: Layout, x: int) -> int:
    """A column of the view as one of the text."""
    return x - GUTTER - layout.left
