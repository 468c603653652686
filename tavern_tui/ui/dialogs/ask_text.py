"""AskText: one line of text."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tavern_tui.ui.dialogs.dialog import Dialog


class AskText(Dialog[str]):
    """Asks for one line. The answer is the line, or None."""

    hint = "Enter  accept    Esc  cancel"

    def __init__(self, title: str, *, label: str = "", value: str = "", secret: bool = False) -> None:
        super().__init__(title)
        self._label = label
        self._value = value
        self._secret = secret

    def body(self) -> ComposeResult:
        if self._label:
            yield Static(self._label, classes="label", markup=False)
        yield Input(self._value, password=self._secret, id="line")

    @on(Input.Submitted)
    def accept(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)
