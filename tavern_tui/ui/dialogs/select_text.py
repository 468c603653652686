"""SelectText: a text in which keys move and select, as in an editor; nothing can be changed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from tavern_tui.ui.dialogs.dialog import Dialog


class SelectText(Dialog[str]):
    """The answer is what was selected, or the whole text where nothing was."""

    hint = "arrows  move    Shift+arrows or v  select    y, Enter  copy    Esc  back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y,ctrl+c", "copy", "Copy", show=False, priority=True),
        Binding("v", "begin", "Select", show=False, priority=True),
        Binding("h,left", "step('left')", show=False, priority=True),
        Binding("l,right", "step('right')", show=False, priority=True),
        Binding("k,up", "step('up')", show=False, priority=True),
        Binding("j,down", "step('down')", show=False, priority=True),
        Binding("w", "step('word_right')", show=False, priority=True),
        Binding("b", "step('word_left')", show=False, priority=True),
        Binding("0,home", "step('line_start')", show=False, priority=True),
        Binding("$,end", "step('line_end')", show=False, priority=True),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text
        self._selecting = False

    def body(self) -> ComposeResult:
        yield TextArea(self._text, read_only=True, soft_wrap=True, id="text")

    def on_mount(self) -> None:
        self.add_class("-tall")
        self._area.focus()

    @property
    def _area(self) -> TextArea:
        return self.query_one("#text", TextArea)

    def action_begin(self) -> None:
        """From here on the keys select; again to let go."""
        self._selecting = not self._selecting
        if not self._selecting:
            self._area.move_cursor(self._area.cursor_location)

    def action_step(self, where: str) -> None:
        area, select = self._area, self._selecting
        match where:
            case "word_left":
                area.action_cursor_word_left(select)
            case "word_right":
                area.action_cursor_word_right(select)
            case "line_start":
                area.action_cursor_line_start(select)
            case "line_end":
                area.action_cursor_line_end(select)
            case _:
                getattr(area, f"action_cursor_{where}")(select)

    def action_copy(self) -> None:
        self.dismiss(self._area.selected_text or self._text)
