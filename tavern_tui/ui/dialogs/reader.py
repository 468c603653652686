"""Reader: a longer text to look at."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tavern_tui.text.clean import clean_text
from tavern_tui.ui.dialogs.dialog import Dialog


class Reader(Dialog[bool]):
    """Shows a text until it is put away."""

    hint = "↑↓  scroll    y  copy    Enter, Esc  back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "cancel", "Back", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = clean_text(text)

    def body(self) -> ComposeResult:
        with VerticalScroll(id="reader"):
            yield Static(self._text, markup=False)

    def on_mount(self) -> None:
        self.query_one("#reader").focus()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied.", timeout=3, markup=False)
