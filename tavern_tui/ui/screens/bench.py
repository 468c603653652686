"""Bench: a full screen on which one kind of thing is listed and edited. Saves by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.widgets.form import Form
from tavern_tui.ui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

SAVE_AFTER = 0.4
"""Seconds of quiet after a change before it is written."""


class Bench(Screen[None]):
    """A list at the left, what is under its cursor at the right; one of the two where it is narrow.

    A subclass says its `scope` and `title`, fills `side` and `work_area`, writes in `save`, and calls
    `save_soon` after each change of the user."""

    CSS_PATH = Path(__file__).parent.parent / "styles" / "bench.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (96, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bench")]
    scope = ""
    title_text = ""
    home = "#bench-list"
    """Selector of the list that Escape goes back to, and then leaves."""

    def __init__(self, tavern: Tavern) -> None:
        super().__init__()
        self.tavern = tavern
        self._unsaved = False

    def compose(self) -> ComposeResult:
        yield Static(Content(self.title_text), id="bench-title")
        with Horizontal(id="bench-body"):
            with Vertical(id="bench-side"):
                yield from self.side()
            with Vertical(id="bench-work"):
                yield from self.work_area()
        yield Static("", id="bench-help", markup=False)
        yield KeyLine()

    def side(self) -> ComposeResult:
        """The left column; its list has the selector `home`."""
        yield Static()

    def work_area(self) -> ComposeResult:
        """The right column."""
        yield Static()

    # --- words

    def say_title(self, *parts: str) -> None:
        """The top line: what this is, and what is open in it."""
        words = " · ".join(clean_line(part) for part in (self.title_text, *parts) if part)
        self.query_one("#bench-title", Static).update(Content(words))

    def say_help(self, words: str) -> None:
        """The line above the keys: what the field under the cursor is for."""
        self.query_one("#bench-help", Static).update(Content(clean_line(words)))

    @on(Form.Looked)
    def field_looked(self, event: Form.Looked) -> None:
        event.stop()
        self.say_help(event.help)

    def complain(self, error: TavernError) -> None:
        """Say what went wrong and what to do."""
        self.notify(
            clean_line(error.hint), title=clean_line(str(error)), severity="error", timeout=10, markup=False
        )

    # --- one column where it is narrow

    def on_descendant_focus(self) -> None:
        focused = self.focused
        if focused is not None:
            work = self.query_one("#bench-work")
            self.set_class(work in focused.ancestors_with_self, "-working")

    # --- saving

    def save(self) -> None:
        """Write what was changed. Raises TavernError."""

    def save_soon(self) -> None:
        """Write the change once the user pauses; leaving writes it at once."""
        self._unsaved = True
        self._wait_and_save()

    @work(exclusive=True, group="save soon")
    async def _wait_and_save(self) -> None:
        from asyncio import sleep

        await sleep(SAVE_AFTER)
        self.save_now()

    def save_now(self) -> None:
        """Write what is not written yet."""
        if not self._unsaved:
            return
        self._unsaved = False
        try:
            self.save()
        except TavernError as error:
            self.complain(error)

    def action_leave(self) -> None:
        """From a field to the list; from the list back to the chat."""
        homes = self.query(self.home)
        home = homes.first() if homes else None
        if home is not None and home.display and not home.has_focus:
            self.remove_class("-working")
            home.focus()
            return
        self.save_now()
        self.dismiss(None)

    def on_unmount(self) -> None:
        self.save_now()
