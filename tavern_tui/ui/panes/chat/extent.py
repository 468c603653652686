"""Tells Textual how long a self-drawn widget is, without a layout of the whole screen.

Assigning `Widget.virtual_size` lays out the screen; these attributes, which are not quite public, do not.
They are used in this module only, and `tests/ui/test_transcript_extent.py` fails when Textual changes them.
"""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def set_extent(view: ScrollView, lines: int, *, bar: bool = True) -> None:
    """Let `view` be `lines` long. Does not move it, and does not paint it. `bar`: tell the scrollbar."""
    view.set_reactive(Widget.virtual_size, Size(view.size.width, lines))
    if bar and view.show_vertical_scrollbar:
        shown = view.vertical_scrollbar
        shown.window_virtual_size = lines
        shown.window_size = view.size.height


def set_position(view: ScrollView, line: int, *, bar: bool = True) -> None:
    """Let `line` be the first one on the screen, now and without a word to any watcher."""
    view.set_reactive(Widget.scroll_y, float(line))
    view.set_reactive(Widget.scroll_target_y, float(line))
    if bar and view.show_vertical_scrollbar:
        view.vertical_scrollbar.position = line
