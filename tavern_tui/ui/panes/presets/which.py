"""Which: the preset and the order that are shown, in two lines that can be clicked."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tavern_tui.text.clean import clean_line


class Which(Static):
    """A click on a line asks for another preset, or for another order."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Which { height: 2; margin-bottom: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @dataclass
    class Clicked(Message):
        """Another one, please: 0 the preset, 1 the order."""

        line: int

    def say(self, preset: str, connection: str, order: str) -> None:
        """Show this."""
        self.update(
            Content.assemble(
                (clean_line(preset), "bold $primary"),
                (" ▾ ", "$primary"),
                (f" of {clean_line(connection)}\n", "$foreground-muted"),
                (clean_line(order), "$foreground-muted"),
                (" ▾", "$foreground-muted"),
            ),
            layout=False,
        )

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked(event.y))
