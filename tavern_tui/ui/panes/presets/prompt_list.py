"""PromptList: rows that can be switched and moved, by key, by drag and by their arrows."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message

from tavern_tui.ui.panes.presets.lines import ARROW_CELLS, SWITCH_CELLS
from tavern_tui.ui.widgets.row_list import RowList


class PromptList(RowList):
    """A click on a row's sign switches it, one on its arrows moves it, a drag takes it along."""

    ALLOW_SELECT = False

    @dataclass
    class Switched(Message):
        """This row on or off, please."""

        index: int

    @dataclass
    class Dragged(Message):
        """This row to another's place, please."""

        index: int
        to: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.headings: frozenset[int] = frozenset()
        """Rows the cursor passes over."""
        self._held: int | None = None
        self._has_dragged = False

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, or on the next one if that is a heading."""
        row = max(0, min(row, self.count - 1))
        onward = range(row, self.count) if row > self.cursor else range(row, -1, -1)
        back = range(row, -1, -1) if row > self.cursor else range(row, self.count)
        super().move_to(next((at for at in (*onward, *back) if at not in self.headings), row))

    def action_page(self, step: int) -> None:
        self.move_to(self.cursor + step * max(1, self.size.height - 1))

    # --- the mouse

    def _row_at(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset_capture(self)
        row = offset.y + round(self.scroll_y)
        return row if 0 <= row < self.count else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._held, self._has_dragged = self._row_at(event), False
        if self._held is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        row = self._row_at(event)
        if self._held is None or row is None or row == self._held or row in self.headings:
            return
        self._has_dragged = True
        self.post_message(self.Dragged(self._held, row))
        self._held = row

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._held = None
        self.release_mouse()

    async def _on_click(self, event: events.Click) -> None:
        if self._has_dragged:
            self._has_dragged = False
            return
        row, offset = self._row_at(event), event.get_content_offset(self)
        if row is None or offset is None or row in self.headings:
            return
        from_right = self.scrollable_content_region.width - offset.x
        if offset.x < SWITCH_CELLS:
            self.move_to(row)
            self.post_message(self.Switched(row))
        elif row == self.cursor and from_right <= ARROW_CELLS:
            step = -1 if from_right == ARROW_CELLS else 1
            self.post_message(self.Dragged(row, row + step))
        else:
            await super()._on_click(event)
