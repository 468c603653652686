"""RowList: a list of one-line rows of which only the visible ones are made, for a million of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions

Draw = Callable[[int], Content]


class RowList(ScrollView, can_focus=True):
    """Asks for a row's words when it is about to be seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "go(0)", "First", show=False),
        Binding("end,G", "go(-1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]
    DEFAULT_CSS = "RowList { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; height: 1fr; }"

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row."""

        rows: RowList
        index: int

        @property
        def control(self) -> RowList:
            return self.rows

    @dataclass
    class Selected(Message):
        """Enter, or a click on a row."""

        rows: RowList
        index: int

        @property
        def control(self) -> RowList:
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._count = 0
        self._draw: Draw = lambda _: Content("")
        self._cursor = 0

    @property
    def cursor(self) -> int:
        """The row under the cursor; 0 also when there is none."""
        return self._cursor

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._count

    def show(self, count: int, draw: Draw, cursor: int | None = None) -> None:
        """Show these rows; the cursor stays where it is, or goes to `cursor`. Posts nothing."""
        self._count, self._draw = count, draw
        self._cursor = max(0, min(self._cursor if cursor is None else cursor, count - 1))
        self._fit()
        self.call_after_refresh(self._see_cursor)

    def _fit(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count)
        self.refresh()

    def on_resize(self) -> None:
        self._fit()

    # --- the cursor

    def action_move(self, step: int) -> None:
        self.move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        self.move_to(self._cursor + step * max(1, self.size.height - 1))

    def action_go(self, end: int) -> None:
        self.move_to(self._count - 1 if end else 0)

    def action_choose(self) -> None:
        if self._count:
            self.post_message(self.Selected(self, self._cursor))

    def move_to(self, row: int) -> None:
        """Put the cursor on a row and tell."""
        row = max(0, min(row, self._count - 1))
        if row != self._cursor:
            self._cursor = row
            self.post_message(self.Highlighted(self, row))
        self._see_cursor()
        self.refresh()

    def _see_cursor(self) -> None:
        top, height = round(self.scroll_y), max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)

    async def _on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        row = offset.y + round(self.scroll_y) if offset is not None else self._count
        if row < self._count:
            self.move_to(row)
            self.action_choose()

    # --- drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row = y + round(self.scroll_y)
        base = self.visual_style
        if row >= self._count or width <= 0:
            return Strip.blank(width, base.rich_style)
        content = self._draw(row).truncate(width, ellipsis=True)
        if row == self._cursor:
            base += self._cursor_style
        strips = content.render_strips(width, 1, base, RenderOptions(self._get_style, {}))
        strip = strips[0] if strips else Strip([Segment("", base.rich_style)])
        return strip.adjust_cell_length(width, base.rich_style)

    @property
    def _cursor_style(self) -> Style:
        background, foreground = self.background_colors[1], self.visual_style.foreground
        if foreground is None:
            return Style(reverse=True)
        return Style(background=background.blend(foreground, 0.25 if self.has_focus else 0.12))
