"""OpenChats: which chats are open in tabs, and how a chat comes to be open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import DataError, TavernError, UsageError, WriteFailed
from tavern_tui.services.chat_hosting import ChatHosting
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connection_list import BINDING
from tavern_tui.services.session import ChatSession
from tavern_tui.services.tabs import Tab
from tavern_tui.storage.chats import ChatListing, list_chats
from tavern_tui.storage.trash import Trashed

if TYPE_CHECKING:
    from tavern_tui.services.bindings import Bindings


TEMPORARY = "Not kept"
"""The title of chats without a file."""


class OpenChats(ChatHosting):
    """The part of `Tavern` that opens chats. A chat is never open twice: who opens it again goes to its
    tab."""

    @cached_property
    def bindings(self) -> Bindings:
        """Which connection answers in which chats."""
        from tavern_tui.services.bindings import Bindings

        return Bindings(self._settings, self.connections, lambda: self.session, self._warn)

    # --- the start

    async def start(self, card: str | None = None) -> None:
        """Open `card` (a file or a character), or what was open last, or the bundled character; the
        other tabs of the last run come back, too."""
        for sentence in tuple(self.problems):
            self.notices.send(sentence)
        self.connections.ask_soon()
        kept = self.settings.tabs
        try:
            await self._open_first(card)
        finally:
            if kept:
                self.tabs.restore(kept)
                self._remember_open()
                self.tabs.changed.send(None)

    async def _open_first(self, card: str | None) -> None:
        if card is not None:
            await self._open_wanted(card)
            return
        if await self._open_group_again():
            return
        wanted, title = self.settings.current_character, self.settings.current_chat
        if not wanted or not self.library.has(wanted):
            await self.open_character(self._first_character())
            return
        if self._chats.is_there(wanted, title) or self._chats.has_draft(wanted, title):
            await self.open_chat(wanted, title)
        else:
            await self.open_character(wanted)

    def _first_character(self) -> str:
        """Who to open when nothing was open before: whoever was talked to last, else anybody,
        else the bundled character, who then moves into the library."""
        files = [one.file for one in self.library.characters()]
        if not files:
            return self.library.settle_bundled().file
        return max(files, key=self._last_talk)

    def _last_talk(self, file: str) -> float:
        chats = list_chats(self._folders.chats_of(file))
        return chats[0].modified.timestamp() if chats else 0.0

    async def _open_wanted(self, card: str) -> None:
        path = Path(card)
        if await asyncio.to_thread(path.is_file):
            said = await self.library.import_file(path)
            if said.character is None:
                raise UsageError(f"{path} is not a character card.", hint="Use `tavern-tui import` for it.")
            await self.open_character(said.character.file)
        else:
            await self._open_named(card)

    async def _open_named(self, name: str) -> None:
        """Open a character or, failing that, a group."""
        try:
            owner = ChatOwner(id=self.library.find(name).file)
        except UsageError as nobody:
            try:
                owner = ChatOwner(id=self.groups.find(name).id, is_group=True)
            except UsageError:
                raise nobody from None
        await self.open_owner(owner)

    async def _open_group_again(self) -> bool:
        """Open the group that was open last; False: it was a character, or it cannot be opened."""
        id, title = self.settings.current_group, self.settings.current_chat
        if not self.groups.has(id):
            return False
        try:
            known = title in (chat.title for chat in self.groups.chats(id))
            known = known or self._group_chats.has_draft(id, title)
            await self.open_group(id, title if known else "")
        except TavernError as error:
            self._warn(f"{error} {error.hint}".strip())
            return False
        return True

    # --- opening. `tab`: in a tab of its own, beside what is open

    async def open_character(self, file: str, *, tab: bool = False) -> ChatSession:
        """Open a character with its latest chat, or a new one. Raises DataError."""
        title = self._chats.latest(file)
        return await self._show(lambda: self._chats.open(file, title), ChatOwner(id=file), title, tab)

    async def open_chat(self, character_file: str, title: str, *, tab: bool = False) -> ChatSession:
        """Open one of a character's chats. Raises DataError."""
        owner = ChatOwner(id=character_file)
        return await self._show(lambda: self._chats.open(character_file, title), owner, title, tab)

    async def open_group(self, id: str, title: str = "", *, tab: bool = False) -> ChatSession:
        """Open a group with this chat, or the one that was open in it last, or a new one.

        Raises UsageError, DataError."""
        title = title or self._group_chats.usual(id)
        owner = ChatOwner(id=id, is_group=True)
        return await self._show(lambda: self._group_chats.open(id, title), owner, title, tab)

    @property
    def owner(self) -> ChatOwner:
        """Whom the chat that is looked at is with."""
        return ChatOwner.of_session(self.session)

    async def open_owner(self, owner: ChatOwner, *, tab: bool = False) -> ChatSession:
        """Open a character or group with the latest chat, or a new one. Raises UsageError, DataError."""
        if owner.is_group:
            return await self.open_group(owner.id, tab=tab)
        return await self.open_character(owner.id, tab=tab)

    async def open_chat_of(self, owner: ChatOwner, title: str, *, tab: bool = False) -> ChatSession:
        """Open a chat of a character or group; without a title, begin a new one.

        Raises UsageError, DataError."""
        if not title:
            return await self.new_chat(owner, tab=tab)
        if owner.is_group:
            return await self.open_group(owner.id, title, tab=tab)
        return await self.open_chat(owner.id, title, tab=tab)

    async def switch_chat(self, title: str, *, tab: bool = False) -> ChatSession:
        """Open another chat of whoever is open. Raises UsageError, DataError."""
        return await self.open_chat_of(ChatOwner.of_session(self.session), title, tab=tab)

    async def new_chat(self, owner: ChatOwner | None = None, *, tab: bool = False) -> ChatSession:
        """Begin a new chat with a character or group (whoever is open). Raises UsageError, DataError."""
        if owner is None:
            here = self.session
            owner = ChatOwner.of_session(here)
            if not owner.is_group:  # also one whose card is not in the library
                return await self._show(lambda: self._chats.new(here.character), owner, "", tab)
        if owner.is_group:
            id = owner.id
            return await self._show(lambda: self._group_chats.new(id), owner, "", tab)
        character = self.library.character(owner.id)
        return await self._show(lambda: self._chats.new(character), owner, "", tab)

    async def temporary_chat(self) -> ChatSession:
        """Begin a chat with whoever is open that is kept nowhere."""
        here = self.session

        def make() -> ChatSession:
            if here.group is not None:
                session = self._group_chats.new(here.group.id)
            else:
                session = self._chats.new(here.character)
            session.store = ChatStore(None)
            session.chat.title = TEMPORARY
            return session

        return await self._show(make, ChatOwner.of_session(here), "", tab=False)

    async def delete_group(self, id: str) -> Trashed:
        """Move a group and its chats to the trash; `groups.restore` brings them back.

        Where it is open, somebody else is opened. Raises UsageError, DataError, WriteFailed."""
        for open_tab in [one for one in self.tabs if one.owner == ChatOwner(id=id, is_group=True)]:
            if len(self.tabs) > 1:
                await self.close_tab(open_tab)
            else:
                await self.open_character(self._first_character())
        return self.groups.delete(id)

    async def _show(
        self, make: Callable[[], ChatSession], owner: ChatOwner, title: str, tab: bool
    ) -> ChatSession:
        """Open what `make` gives. What was open in the tab is saved first."""
        here = self.tabs.current
        there = self.tabs.of(owner, title) if title else None
        if there is not None and there is not here:
            return await self.go_to(there)
        if tab and there is None and here.owner.id:
            session = make()
            self._leave()
            self.tabs.add(session)
        else:
            if there is not None:
                await self.session.aclose()  # it may be the same file
            session = make()
            if there is None:
                await self.session.aclose()
            self.tabs.put(session)
        self._meet(session)
        self._watch(session)
        self._arrive(session)
        return session

    # --- tabs

    async def go_to(self, tab: Tab) -> ChatSession:
        """Look at another tab; what happens in this one goes on. Raises UsageError, DataError: the tab's
        chat cannot be read any more."""
        session = tab.session
        if tab is self.tabs.current and session is not None:
            return session
        if session is None:
            session = self._reopened(tab)
        self._leave()
        tab.session = session
        self.tabs.look_at(tab)
        self._arrive(session)
        return session

    async def close_tab(self, tab: Tab | None = None) -> ChatSession:
        """Close a tab (the current one); a reply on its way is stopped and kept. The last tab stays.

        Raises UsageError."""
        tab = tab or self.tabs.current
        if len(self.tabs) == 1:
            raise UsageError("This is the only tab.", hint="Ctrl+C leaves the program.")
        if tab is self.tabs.current:
            await self._go_to_any(tab)
        if tab.session is not None:
            await tab.session.aclose()
        self.tabs.remove(tab)
        self._remember_open()
        self.tabs.changed.send(None)
        return self.session

    async def _go_to_any(self, leaving: Tab) -> None:
        """Look at the nearest tab that can be read; those that cannot are closed."""
        tabs = list(self.tabs)
        at = tabs.index(leaving)
        for other in [*tabs[at + 1 :], *reversed(tabs[:at])]:
            try:
                await self.go_to(other)
            except TavernError as error:
                self._warn(f"{error} {error.hint}".strip())
                self.tabs.remove(other)
                continue
            return
        raise UsageError("No other tab can be opened.")

    def move_tab(self, step: int) -> None:
        """Let the current tab change places with the one before it (-1) or after it (1)."""
        self.tabs.move(step)
        self._remember_open()
        self.tabs.changed.send(None)

    def _reopened(self, tab: Tab) -> ChatSession:
        owner = tab.owner
        if owner.is_group:
            session = self._group_chats.open(owner.id, tab.title)
        else:
            session = self._chats.open(owner.id, tab.title)
        self._meet(session)
        self._watch(session)
        return session

    def _leave(self) -> None:
        """The user looks away: here, whoever answers now goes on answering."""
        self.session.away = self.connections.current, self.connections.status

    def _arrive(self, session: ChatSession) -> None:
        session.away = None
        if self.connections.is_bound or self._may_be_bound(session):
            self.bindings.apply(session)
        self._remember_open()
        self.opened.send(session)
        self.tabs.changed.send(None)

    def _may_be_bound(self, session: ChatSession) -> bool:
        return bool(self.settings.bindings) or BINDING in session.chat.metadata

    def _remember_open(self) -> None:
        """Keep which chats are open, for the next start."""
        session = self.session
        fields: dict[str, object] = {"current_chat": session.chat.title, "tabs": self.tabs.written()}
        if session.group is not None:
            fields["current_group"] = session.group.id
        else:
            fields |= {"current_group": "", "current_character": session.character.file}
        with contextlib.suppress(WriteFailed):  # a full disk is no reason not to read a chat
            self._settings.change(**fields)

    def chats(self) -> list[ChatListing]:
        """The chats of the open character or group, the one changed last first."""
        if self.session.group is not None:
            return self.groups.chats(self.session.group.id)
        if not self.session.character.file:
            return []
        with contextlib.suppress(DataError):
            return list_chats(self._folders.chats_of(self.session.character))
        return []
