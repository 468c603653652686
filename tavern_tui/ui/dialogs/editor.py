"""Editor: a text of many lines."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, TextArea

from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.widgets.completion import MacroArea


class Editor(Dialog[str]):
    """Lets a longer text be changed. The answer is the text, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("editor")]
    hint = "Ctrl+O  save    Esc  cancel"

    def __init__(self, title: str, text: str, *, save: str = "Save") -> None:
        super().__init__(title)
        self._text = text
        self._save = save
        self._warned = False

    def body(self) -> ComposeResult:
        yield MacroArea(self._text, id="text")
        with Horizontal(classes="buttons"):
            yield Button(self._save, id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self.add_class("-tall")
        area = self._area
        area.move_cursor(area.document.end)
        area.focus()

    @property
    def _area(self) -> TextArea:
        return self.query_one("#text", TextArea)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        self.dismiss(self._area.text)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave; changed text is thrown away only when asked twice."""
        if self._area.text == self._text or self._warned:
            self.dismiss(None)
            return
        self._warned = True
        self.notify("Esc again throws your changes away.", severity="warning", markup=False)

    @on(TextArea.Changed)
    def changed(self) -> None:
        self._warned = False
