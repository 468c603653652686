"""Mouse selection: places in the chat as Textual's offsets, and back to the words between two of them.

An offset's y is `key << 16 | line`: it names a line of a message, so that a selection stays where it is
while messages above it grow.
"""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from tavern_tui.ui.panes.chat.layout import Layout, Line
from tavern_tui.ui.panes.chat.spans import GUTTER

_LINE_BITS = 16
_LINE_MASK = (1 << _LINE_BITS) - 1


def place(key: int, line: int) -> int:
    """The y of a line of a message."""
    return key << _LINE_BITS | min(line, _LINE_MASK)


def key_and_line(y: int) -> tuple[int, int]:
    return y >> _LINE_BITS, y & _LINE_MASK


def selected_part(selection: Selection, y: int, length: int, left: int = 0) -> tuple[int, int] | None:
    """Which characters of the text of line `y`, which stands in by `left`, are selected; None: none."""
    span = selection.get_span(y)
    if span is None:
        return None
    start = max(0, span[0] - GUTTER - left)
    end = length if span[1] == -1 else min(length, span[1] - GUTTER - left)
    return (start, end) if start < end else None


def selected_text(layout: Layout, key: int, selection: Selection) -> str:
    """The selected words of one message: wrapped lines are joined as they were before."""
    parts: list[str] = []
    for at, line in enumerate(layout.lines):
        part = selected_part(selection, place(key, at), len(line.text), layout.left)
        if part is None and selection.get_span(place(key, at)) is None:
            continue
        parts.append(_own_words(line, *(part or (0, 0)), continues=bool(parts)))
        parts.append(line.join)
    return "".join(parts[:-1])


def _own_words(line: Line, start: int, end: int, *, continues: bool) -> str:
    """Without the indent of a line that goes on."""
    if continues:
        start = max(start, line.indent)
    return line.text[start:end].rstrip()


def whole_message(layout: Layout, key: int) -> Selection:
    """A selection of everything below the name."""
    last = max(0, len(layout.lines) - 2)
    return Selection(
        Offset(0, place(key, min(layout.first, last))),
        Offset(GUTTER + layout.left + len(layout.lines[last].text), place(key, last)),
    )
