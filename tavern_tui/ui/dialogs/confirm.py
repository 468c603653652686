"""Confirm: yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from tavern_tui.ui.dialogs.dialog import Dialog


class Confirm(Dialog[bool]):
    """Asks before something that cannot be undone. The answer is True, False or None."""

    hint = "y  yes    n  no    Esc  cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
        Binding("left,right", "app.focus_next", "Other", show=False),
    ]

    def __init__(self, title: str, question: str, *, yes: str = "Yes", no: str = "No") -> None:
        super().__init__(title)
        self._question = question
        self._yes = yes
        self._no = no

    def body(self) -> ComposeResult:
        yield Static(self._question, markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self._yes, id="yes", variant="primary", compact=True)
            yield Button(self._no, id="no", compact=True)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
