"""MessageMenu: everything that can be done with a message, to be picked from a list or clicked."""

from __future__ import annotations

from textual import on, work

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.message_links import MessageLinks
from tavern_tui.ui.panes.chat.transcript import Transcript


class MessageMenu(MessageLinks):
    """The same actions as the keys have, for those who have no key in mind."""

    @on(Transcript.MenuAsked)
    def menu_asked(self, event: Transcript.MenuAsked) -> None:
        event.stop()
        self.transcript.cursor = event.index
        self.transcript.focus()
        self.action_message_menu()

    @on(Transcript.SwipeClicked)
    def swipe_clicked(self, event: Transcript.SwipeClicked) -> None:
        event.stop()
        if event.forward:
            self._ask(self._session.swipe_right(event.index))
        else:
            self._try(lambda: self._session.swipe_left(event.index))

    @work(exclusive=True, group="menu")
    async def action_message_menu(self) -> None:
        """Pick an action from the rows of the key table."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
        from tavern_tui.ui.keys import KEYS, shown_keys

        index = self._index
        if index < 0:
            return
        keymap = self._tavern.settings.keymap
        rows = [
            Choice(id=key.action, title=key.title, detail=f"{shown_keys(key, keymap)}  {key.help}")
            for key in KEYS
            if key.scope == "messages" and key.palette and key.action != "message_menu"
        ]
        name = self._session.chat.messages[index].name
        picked = await self.app.push_screen_wait(PickOne(clean_line(f"#{index} {name}"), rows))
        if picked is not None:
            await self.run_action(picked)
