"""What `extent.py` relies on in Textual: attributes that are not quite public."""

from __future__ import annotations

from unittest.mock import patch

from textual.app import App, ComposeResult
from textual.geometry import Offset, Size
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tavern_tui.ui.panes.chat.extent import set_extent, set_position


class Numbers(ScrollView):
    DEFAULT_CSS = "Numbers { overflow-x: hidden; overflow-y: scroll; }"

    def render_line(self, y: int) -> Strip:
        return Strip.blank(self.size.width)


class Stage(App[None]):
    def compose(self) -> ComposeResult:
        yield Numbers()


async def test_the_extent_reaches_textual_and_its_scrollbar_without_a_layout() -> None:
    app = Stage()
    async with app.run_test(size=(30, 10)) as pilot:
        view = app.query_one(Numbers)
        await pilot.pause()
        with patch.object(Screen, "_refresh_layout", side_effect=AssertionError("a layout")):
            set_extent(view, 500)
            set_position(view, 120)
            await pilot.pause()
        bar = view.vertical_scrollbar
        assert (bar.window_virtual_size, bar.window_size, bar.position) == (500, 10, 120)
        assert (view.virtual_size, view.max_scroll_y) == (Size(view.size.width, 500), 490)
        assert view.scroll_offset == Offset(0, 120)


async def test_scrolling_goes_on_from_the_position_that_was_set_and_ends_at_the_extent() -> None:
    app = Stage()
    async with app.run_test(size=(30, 10)) as pilot:
        view = app.query_one(Numbers)
        set_extent(view, 500)
        set_position(view, 120)
        view.scroll_page_up(animate=False)
        await pilot.pause()
        assert view.scroll_y == 110
        view.scroll_to(y=9_999, animate=False)
        await pilot.pause()
        assert view.scroll_y == 490


async def test_the_scrollbar_can_be_left_where_it_is() -> None:
    app = Stage()
    async with app.run_test(size=(30, 10)):
        view = app.query_one(Numbers)
        set_extent(view, 500)
        set_position(view, 120)
        set_extent(view, 700, bar=False)
        set_position(view, 300, bar=False)
        bar = view.vertical_scrollbar
        assert (bar.window_virtual_size, bar.position) == (500, 120)
        assert (view.virtual_size.height, view.scroll_y) == (700, 300)
