"""MessageLinks: a message's links, opened only after a look at where they lead; and its words to select."""

from __future__ import annotations

from textual import on, work

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.panes.chat.message_more import MessageMore
from tavern_tui.ui.panes.chat.transcript import Transcript

HOST_FIRST = 90
"""Characters of an address in a list."""


class MessageLinks(MessageMore):
    """What is done with single places in a message."""

    def action_message_links(self) -> None:
        if self._index >= 0:
            self._show_links(self._index)

    @on(Transcript.LinkClicked)
    def link_clicked(self, event: Transcript.LinkClicked) -> None:
        event.stop()
        self._show_links(event.index)

    @work(exclusive=True, group="edit")
    async def _show_links(self, index: int) -> None:
        """Pick a link, see its whole address and what is odd about it, then open or copy it."""
        from tavern_tui.services.browser import open_address
        from tavern_tui.text.links import links_in
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        message = self._session.chat.messages[index]
        cited = message.extra.get("citations")
        sources = [one for one in cited if isinstance(one, str)] if isinstance(cited, list) else []
        links = links_in(self._session.shown_text(index), sources)
        if not links:
            self.notify("There is no link in this message.", markup=False)
            return
        rows = [
            Choice(id=f"l/{at}", title=link.host, detail=f"{link.label} {link.url}".strip()[:HOST_FIRST])
            for at, link in enumerate(links)
        ]
        picked = "l/0" if len(links) == 1 else await self.app.push_screen_wait(PickOne("Links", rows))
        if picked is None:
            return
        link = links[int(picked.removeprefix("l/"))]
        acts = [
            Choice(id="copy", title="Copy the address", detail=link.url),
            Choice(id="open", title="Open it in the browser", detail=" ".join(link.warnings)),
        ]
        title = f"{link.url}  {' '.join(link.warnings)}".strip()
        act = await self.app.push_screen_wait(PickOne(title, acts, placeholder=link.host))
        if act == "copy":
            self.app.copy_to_clipboard(link.url)
            self.notify("Copied the address.", timeout=3, markup=False)
        elif act == "open":
            try:
                open_address(link.url)
            except TavernError as error:
                self._complain(error)

    @work(exclusive=True, group="edit")
    async def action_message_select(self) -> None:
        """The message's words as text in which keys select; what is selected is copied."""
        from tavern_tui.ui.dialogs.select_text import SelectText

        index = self._index
        if index < 0:
            return
        message = self._session.chat.messages[index]
        words = clean_text(self._session.shown_text(index))
        text = await self.app.push_screen_wait(SelectText(clean_line(f"#{index} {message.name}"), words))
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {len(text):,} characters.", timeout=3, markup=False)
