"""Frame: the chat in the middle, panes at its sides that fold away when there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import AwaitMount, Widget

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.benches import BENCHES, build_bench
from tavern_tui.ui.opening import Opening
from tavern_tui.ui.panes import PANES, build_pane
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.screens.sides import Sides, Width
from tavern_tui.ui.widgets.ground import Column, Row, ground
from tavern_tui.ui.widgets.key_line import KeyLine
from tavern_tui.ui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tavern_tui.services.preview import PromptPreview
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.ui.screens.bench import Bench


class Frame(Screen[None]):
    """Lays out the panes and keeps what the user chose to see."""

    tavern: Tavern
    """There once the first frame is out."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        self._ready = False
        self._sides = Sides(lambda: self.tavern.settings if self._ready else opening.settings)
        self._mounting: dict[str, AwaitMount] = {}

    def compose(self) -> ComposeResult:
        with Row(id="body"):
            yield Column(id="left", classes="side")
            yield ChatPane(enter_sends=self._opening.settings.enter_sends, id="chat")
            yield Column(id="right", classes="side")
        yield StatusLine(id="status")
        yield KeyLine()

    def render_lines(self, crop: Region) -> list[Strip]:
        return ground(super().render_lines, crop)

    @property
    def chat(self) -> ChatPane:
        return self.query_one("#chat", ChatPane)

    @property
    def status(self) -> StatusLine:
        return self.query_one("#status", StatusLine)

    def look_ahead(self) -> PromptPreview:
        """The prompt with what the composer holds now. May raise TavernError."""
        return self.tavern.session.preview(self.chat.written)

    def on_resize(self, event: events.Resize) -> None:
        self._sides.width = Width.of(event.size.width)
        self._arrange()

    def _arrange(self) -> None:
        """Show the sides there is room for; build panes that are seen for the first time."""
        sides = self._sides
        for side in ("left", "right"):
            column = self.query_one(f"#{side}", Vertical)
            column.display = sides.shows(side)
            column.set_class(sides.overlays, "-over")
            if column.display and self._ready:
                self._fill(column, side)

    def _fill(self, column: Vertical, side: str) -> None:
        wanted = [row.id for row in PANES.values() if row.side == side and self._sides.wants(row)]
        present = {child.id for child in column.children}
        self._mounting[side] = column.mount(*(build_pane(id, self) for id in wanted if id not in present))
        for child in column.children:
            child.display = child.id in wanted

    def _toggle(self, id: str) -> None:
        """Show and focus a pane; hide its side if it has the focus already."""
        pane = self._pane(id)
        if pane is not None and pane.has_focus_within:
            self._remember(self._sides.hide(PANES[id]))
            self._arrange()
            self.chat.focus_composer()
            return
        self._remember(self._sides.show(PANES[id]))
        self._arrange()
        self.call_after_refresh(self._focus_pane, id)

    def _remember(self, changes: dict[str, object]) -> None:
        try:
            self.tavern.change_settings(**changes)
        except TavernError as error:
            self._complain(error)

    def _focus_pane(self, id: str) -> None:
        for widget in self.query(PANES[id].focus):
            widget.focus()

    def _pane(self, id: str) -> Widget | None:
        """A pane that is on the screen now."""
        for pane in self.query(f"#{id}"):
            if pane.display and self._sides.shows(PANES[id].side):
                return pane
        return None

    def action_connections(self) -> None:
        self._toggle("connections")

    def action_characters(self) -> None:
        self._toggle("characters")

    def action_prompt(self) -> None:
        self._toggle("prompt")

    def action_logs(self) -> None:
        self._toggle("logs")

    async def action_open_bench(self, id: str) -> None:
        """Open a full screen for one kind of thing; what it changed is seen when it closes."""
        await self._open_bench(id)

    async def _open_bench(self, id: str) -> Bench:
        bench = build_bench(id, self.tavern)
        await self.app.push_screen(bench, lambda _: self._bench_closed())
        return bench

    def _bench_closed(self) -> None:
        self._inputs_changed()

    def _inputs_changed(self) -> None:
        """Something that goes into the prompt is different."""

    def action_back(self) -> None:
        self._close_overlay()
        self.chat.focus_composer()

    def _close_overlay(self) -> None:
        if self._sides.overlays:
            self._sides.close_overlay()
            self._arrange()

    async def reach(self, scope: str) -> DOMNode:
        """The node whose actions a scope of the key table means; its pane is opened first."""
        if scope == "app":
            return self.app
        if scope in ("chat", "messages"):
            return self.chat
        if scope in BENCHES:
            return await self._open_bench(scope)
        if scope not in PANES:
            return self
        self._remember(self._sides.show(PANES[scope]))
        self._arrange()
        await self._mounting[PANES[scope].side]
        return self.query_one(f"#{scope}")

    def _complain(self, error: TavernError) -> None:
        self.notify(
            clean_line(error.hint), title=clean_line(str(error)), severity="error", timeout=10, markup=False
        )
