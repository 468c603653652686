"""TabScreen: several chats open at once, and whoever always answers in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import on, work

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.tab_bar import TabBar, TabLabel
from tavern_tui.ui.screens.frame import Frame

if TYPE_CHECKING:
    from tavern_tui.services.chat_places import ChatOwner
    from tavern_tui.services.tabs import Tab


class TabScreen(Frame):
    """Opens, closes and walks through tabs."""

    def _show_tabs(self) -> None:
        """Bring the bar up to date."""
        tabs = self.tavern.tabs
        self.query_one(TabBar).show(
            TabLabel(
                name=tab.name, title=tab.title, current=tab is tabs.current, busy=tab.busy, news=tab.news
            )
            for tab in tabs
        )

    @work(exclusive=True, group="open")
    async def _do(self, change: Callable[[], Awaitable[object]]) -> None:
        try:
            await change()
        except TavernError as error:
            self._complain(error)

    def _go(self, tab: Tab) -> None:
        self._do(lambda: self.tavern.go_to(tab))

    # --- walking

    def action_next_tab(self) -> None:
        self._walk(1)

    def action_previous_tab(self) -> None:
        self._walk(-1)

    def _walk(self, step: int) -> None:
        if len(self.tavern.tabs) == 1:
            self.notify("This is the only chat that is open. Alt+O opens another beside it.", markup=False)
            return
        self._go(self.tavern.tabs.next_to(step))

    @on(TabBar.Picked)
    def tab_picked(self, event: TabBar.Picked) -> None:
        event.stop()
        self._at(event.at, self._go)

    @on(TabBar.Closed)
    def tab_closed(self, event: TabBar.Closed) -> None:
        event.stop()
        self._at(event.at, self._close)

    def _at(self, at: int, act: Callable[[Tab], object]) -> None:
        tabs = list(self.tavern.tabs)
        if at < len(tabs):
            act(tabs[at])

    @work(exclusive=True, group="open")
    async def action_tabs(self) -> None:
        """Pick one of the open chats."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        tabs = list(self.tavern.tabs)
        choices = [
            Choice(
                id=f"tab/{at}",
                title=tab.name,
                detail=f"{tab.title}{' · writing' if tab.busy else ' · new' if tab.news else ''}",
                marked=tab is self.tavern.tabs.current,
            )
            for at, tab in enumerate(tabs)
        ]
        picked = await self.app.push_screen_wait(PickOne("Open chats", choices))
        if picked is not None:
            self._go(tabs[int(picked.removeprefix("tab/"))])

    # --- opening, closing, moving

    @work(exclusive=True, group="open")
    async def action_new_tab(self) -> None:
        """Pick a character or group and open it in a tab of its own."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        names = self.tavern.chat_places.names()
        owners = sorted(names, key=lambda owner: names[owner].casefold())
        choices = [
            Choice(
                id=owner.key,
                title=names[owner],
                detail="group" if owner.is_group else "",
            )
            for owner in owners
        ]
        picked = await self.app.push_screen_wait(PickOne("Open in a new tab", choices))
        owner = next((one for one in owners if one.key == picked), None)
        if owner is not None:
            self._do(lambda: self._open_in_tab(owner))

    async def _open_in_tab(self, owner: ChatOwner) -> None:
        """Whom one talks to already gets a new chat beside the old one."""
        tavern = self.tavern
        if any(tab.owner == owner for tab in tavern.tabs):
            await tavern.new_chat(owner, tab=True)
        else:
            await tavern.open_owner(owner, tab=True)
        self.chat.focus_composer()

    def action_close_tab(self) -> None:
        self._close(self.tavern.tabs.current)

    def _close(self, tab: Tab) -> None:
        self._do(lambda: self.tavern.close_tab(tab))

    def action_tab_left(self) -> None:
        self.tavern.move_tab(-1)

    def action_tab_right(self) -> None:
        self.tavern.move_tab(1)

    # --- how messages look

    @work(exclusive=True, group="open")
    async def action_look(self) -> None:
        """Choose how messages stand there, and what is said beside the names; seen at once."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
        from tavern_tui.ui.panes.chat.look import FACTS, STYLES, Look

        while True:
            look = Look.of(self.tavern.settings)
            styles = [
                Choice(id=f"style/{name}", title=name.capitalize(), detail=words, marked=name == look.style)
                for name, words in STYLES.items()
            ]
            facts = [
                Choice(
                    id=f"fact/{name}",
                    title=f"{'Hide' if name in look.facts else 'Show'} {words}",
                    detail="beside the name",
                )
                for name, words in FACTS.items()
            ]
            shows = self.tavern.settings.show_avatars
            avatar = Choice(
                id="avatar/",
                title=f"{'Hide' if shows else 'Show'} the picture of who speaks",
                detail="needs the extra `images`",
            )
            picked = await self.app.push_screen_wait(PickOne("How messages look", [*styles, *facts, avatar]))
            if picked is None:
                return
            what, _, name = picked.partition("/")
            if what == "avatar":
                self._remember({"show_avatars": not shows})
            elif what == "style":
                self._remember({"message_style": name})
            else:
                kept = tuple(one for one in FACTS if (one in look.facts) != (one == name))
                self._remember({"message_facts": kept, "show_timestamps": False})

    # --- tools

    @work(exclusive=True, group="open")
    async def action_tools(self) -> None:
        """Look through the tools models may call, and the servers they come from."""
        from tavern_tui.ui.panes.samplers.tools import manage_tools

        await manage_tools(self, self.tavern)

    # --- who always answers

    @work(exclusive=True, group="open")
    async def action_bind(self) -> None:
        """Let the connection that answers now always answer in this chat, or with this character."""
        from tavern_tui.services.bindings import Bound
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        session, bindings = self.tavern.session, self.tavern.bindings
        current = self.tavern.connections.current.name
        choices: list[Choice] = []
        for what, who in ((Bound.CHAT, "this chat"), (Bound.OWNER, f"all chats with {session.name}")):
            held = bindings.of(what)
            detail = f"now: {held}" if held is not None else "now: whoever is chosen"
            choices.append(Choice(id=f"bind/{what}", title=f"{current} always in {who}", detail=detail))
            if held is not None:
                choices.append(Choice(id=f"free/{what}", title=f"Whoever is chosen in {who}", detail=detail))
        picked = await self.app.push_screen_wait(PickOne("Who always answers here?", choices))
        if picked is None:
            return
        act, _, name = picked.partition("/")
        try:
            if act == "bind":
                made = bindings.bind(Bound(name))
                self.notify(f"From now on: {clean_line(str(made))}.", markup=False)
            else:
                bindings.release(Bound(name))
                self.notify("Whoever is chosen answers again.", markup=False)
        except TavernError as error:
            self._complain(error)
