"""TwoUp: two widgets beside one another where there is room, else one above the other."""

from __future__ import annotations

from textual import events
from textual.containers import Container

ROOM = 110
"""Columns from which two stand beside one another."""


class TwoUp(Container):
    """Turns by itself when the terminal changes its width."""

    DEFAULT_CSS = """
    TwoUp { layout: vertical; height: 1fr; }
    TwoUp > * { width: 1fr; height: 1fr; }
    TwoUp.-beside { layout: horizontal; }
    """

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= ROOM, "-beside")
