"""The frame all dialogs share: a title, a body, a line of hints, Escape to leave."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tavern_tui.text.clean import clean_line

T = TypeVar("T")


class Dialog(ModalScreen[T | None]):
    """A window over the others. Its answer is None when it was left with Escape."""

    CSS_PATH = Path(__file__).with_name("dialogs.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-roomy")]

    hint = ""
    """What the keys do here, in the bottom line."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="window") as window:
            window.border_title = Content(clean_line(self._title))
            window.border_subtitle = Content(self.hint)
            yield from self.body()

    def body(self) -> ComposeResult:
        """What stands between title and hints."""
        yield Static()

    def action_cancel(self) -> None:
        self.dismiss(None)
