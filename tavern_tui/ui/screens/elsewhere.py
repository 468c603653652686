"""WatchingScreen: hears what other programs write into the open chat, and asks where both wrote."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual import on, work

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.screens.tabs import TabScreen

if TYPE_CHECKING:
    from tavern_tui.services.chat_store import ChatChangedElsewhere

AGAIN = 5.0
"""Seconds after which a key is reason enough for another look at the file. There is no timer: an idle
program sleeps, and nothing is written without a look."""


class WatchingScreen(TabScreen):
    """Two versions of a chat are never mixed without asking; what was only added joins by itself."""

    _asked: ChatChangedElsewhere | None = None
    """What the user was asked about last; nobody is asked twice by themselves."""

    _looked = 0.0

    def _watch_file(self) -> None:
        self.watch(self.app, "app_focus", self._look_again, init=False)

    def _look_again(self, focused: bool) -> None:
        if focused:
            self._look()

    def on_key(self) -> None:
        """Somebody is here; terminals that tell nothing of their focus have this only."""
        self._look_now_and_then()

    @on(ChatPane.Typed)
    def _look_now_and_then(self) -> None:
        if self._ready and time.monotonic() - self._looked >= AGAIN:
            self._look()

    def _look(self) -> None:
        """Take in what was added; where there are two versions, ask."""
        self._looked = time.monotonic()
        try:
            settled = self.tavern.chat_files.look()
        except TavernError as error:
            self._complain(error)
            return
        state = self.tavern.chat_files.elsewhere
        if not settled and state is not self._asked and len(self.app.screen_stack) == 1:
            self._asked = state
            self.action_whose()

    @work(exclusive=True, group="open")
    async def action_whose(self) -> None:
        """Choose between our version of the open chat and another program's."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        files = self.tavern.chat_files
        state = files.elsewhere
        if state is None:
            self.notify("No other program changed this chat.", markup=False)
            return
        theirs = "another chat is opened" if state.removed else "it is opened"
        choices = [
            Choice(id="mine", title="Mine into the file", detail="the other one is kept as a copy"),
            Choice(id="theirs", title="Theirs", detail=f"{theirs}; mine is kept as a copy"),
            Choice(id="later", title="Decide later", detail="mine is kept beside it meanwhile"),
        ]
        what = "removed" if state.removed else "changed"
        title = f"{clean_line(state.path.name)} was {what} by another program"
        picked = await self.app.push_screen_wait(PickOne(title, choices))
        try:
            if picked == "mine":
                copy = files.keep_mine()
                where = f" The other one is {copy}." if copy is not None else ""
                self.notify(clean_line(f"Your version is in the file.{where}"), markup=False)
            elif picked == "theirs":
                await files.take_theirs()
                self.notify(clean_line(f"Your version is kept as {state.kept}."), markup=False)
        except TavernError as error:
            self._complain(error)
