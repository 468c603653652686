"""ChatFiles: chats renamed, copied, deleted and brought back, whether they are open or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.services.chat_places import ENDING, ChatOwner, ChatPlaces, checked_title
from tavern_tui.services.chat_store import ChatChangedElsewhere
from tavern_tui.services.events import MessageChanged
from tavern_tui.services.groups import GroupService
from tavern_tui.services.session import ChatSession
from tavern_tui.services.signal import Signal
from tavern_tui.services.tabs import Tab, Tabs
from tavern_tui.storage.chats import ChatFile, ChatListing, LoadedChat, read_chat
from tavern_tui.storage.chats.moving import copy_chat, move_chat
from tavern_tui.storage.chats.tail import journal_of
from tavern_tui.storage.file_age import keeping_its_age
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.trash import Trashed, erase, list_trash, move_to_trash, restore

COPY = "{title} - Copy"


class ChatFiles:
    """What one does with whole chats. Everything raises UsageError, DataError, WriteFailed, and has
    changed nothing then."""

    def __init__(
        self,
        *,
        folders: Folders,
        places: ChatPlaces,
        groups: GroupService,
        tabs: Tabs,
        open_chat: Callable[[ChatOwner, str], Awaitable[ChatSession]],
        close_tab: Callable[[Tab], Awaitable[object]],
        renamed: Callable[[], None],
        restored: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        """`open_chat` opens a chat, or with an empty title a new one; `renamed` is called when a chat
        in a tab has another title, `restored` when something came back from the trash."""
        self._folders = folders
        self._places = places
        self._groups = groups
        self._tabs = tabs
        self._open_chat = open_chat
        self._close_tab = close_tab
        self._renamed = renamed
        self._restored = restored
        self._warn = warn
        self.changed: Signal[ChatOwner] = Signal()
        """Whose chats are others now."""

    def _session(self) -> ChatSession:
        session = self._tabs.current.session
        assert session is not None  # the tab that is looked at is read
        return session

    def _open(self, owner: ChatOwner, title: str) -> ChatSession | None:
        """The chat as it is open in one of the tabs."""
        tab = self._tabs.of(owner, title)
        return tab.session if tab is not None else None

    # --- what there is

    def owner(self) -> ChatOwner:
        """Whom the open chat is with."""
        return ChatOwner.of_session(self._session())

    def chats(self, owner: ChatOwner | None = None) -> list[ChatListing]:
        """The chats of an owner (of the open chat's), the one changed last first."""
        return self._places.chats(owner or self.owner())

    def is_open(self, owner: ChatOwner, title: str) -> bool:
        """Whether this is the chat that is looked at."""
        return self._tabs.of(owner, title) is self._tabs.current

    def free_title(self, owner: ChatOwner, title: str) -> str:
        """The title, or the first one like it that no chat has yet."""
        return free_name(self._places.folder(owner), title, ENDING)

    def save_if_new(self, owner: ChatOwner, title: str) -> None:
        """A chat that gets a name or a copy is one to keep: write it if it has no file yet."""
        session = self._open(owner, title)
        path = session.store.path if session is not None else None
        if session is not None and path is not None and (session.store.header_changed or not path.exists()):
            session.store.rewrite(session.chat)

    # --- other names

    async def rename(self, owner: ChatOwner, old: str, new: str) -> str:
        """Give a chat another title, and return it. What is open goes on in the renamed file, and
        chats that name it as parent, branch or checkpoint follow; one that cannot be written is
        named in a notice."""
        new = checked_title(new)
        if new == old:
            return new
        if any(tab.busy for tab in self._tabs if tab.owner == owner):
            raise UsageError("A reply is still arriving.", hint="Wait for it, or press Esc to stop it.")
        tab = self._tabs.of(owner, old)
        session = tab.session if tab is not None else None
        if session is not None and not self._look(session):
            raise UsageError(str(session.store.elsewhere), hint="Choose first.")
        self.save_if_new(owner, old)
        source, target = self._places.existing(owner, old), self._places.path(owner, new)
        await asyncio.to_thread(move_chat, source, target)
        if owner.is_group:
            try:
                self._groups.rename_chat(owner.id, old, new)
            except TavernError:
                move_chat(target, source)
                raise
        if tab is not None:
            tab.rename(new)
            if session is not None:
                session.store.follow(target)
            self._renamed()
        await self._rename_links(owner, old, new)
        self.changed.send(owner)
        return new

    async def duplicate(self, owner: ChatOwner, title: str, copy: str = "") -> str:
        """Copy a chat; returns the copy's title (`copy`, or one made from the old title)."""
        self.save_if_new(owner, title)
        source = self._places.existing(owner, title)
        wanted = checked_title(copy) if copy else self.free_title(owner, COPY.format(title=title))
        target = self._places.path(owner, wanted)
        await asyncio.to_thread(copy_chat, source, target)
        if owner.is_group:
            try:
                self._groups.add_chat(owner.id, wanted)
            except TavernError:
                target.unlink(missing_ok=True)
                raise
        self.changed.send(owner)
        return wanted

    # --- the trash

    async def delete(self, owner: ChatOwner, title: str) -> Trashed | None:
        """Move a chat to the trash; `restore` brings it back. Where it is open, another chat of the
        owner is opened, or a new one. None: it was never saved."""
        path = self._places.path(owner, title)
        tab = self._tabs.of(owner, title)
        was_open = tab is self._tabs.current
        if tab is not None and not was_open:
            await self._close_tab(tab)
        if was_open:
            others = [one.title for one in self._places.chats(owner) if one.title != title]
            await self._open_chat(owner, others[0] if others else "")
        elif not path.is_file():
            raise UsageError(f'There is no chat "{title[:80]}".')
        try:
            trashed = self._to_trash(owner, title, path) if path.exists() else None
        except TavernError:
            if was_open:
                await self._open_chat(owner, title)
            raise
        self.changed.send(owner)
        return trashed

    def trash(self) -> list[Trashed]:
        """Everything in the trash, the latest first: chats, characters, groups."""
        return list_trash(self._folders)

    async def restore(self, trashed: Trashed) -> None:
        """Put back what was deleted, of whatever kind it is."""
        owner = ChatOwner.of_key(trashed.owner)
        if owner is not None and owner.is_group and not self._groups.has(owner.id):
            raise UsageError(
                f"The group of the chat {trashed.title} is gone.", hint="Bring the group back first."
            )
        await asyncio.to_thread(restore, self._folders, trashed)
        if owner is None:
            self._restored()
            return
        if owner.is_group:
            for path in trashed.paths:
                if path.endswith(ENDING):
                    self._groups.add_chat(owner.id, Path(path).name.removesuffix(ENDING))
        self.changed.send(owner)

    async def empty_trash(self, *trashed: Trashed) -> int:
        """Delete these for good, or else everything in the trash; returns how many things."""
        return await asyncio.to_thread(erase, self._folders, *(one.id for one in trashed))

    # --- other programs

    @property
    def elsewhere(self) -> ChatChangedElsewhere | None:
        """Another program changed the open chat's file in a way that cannot be joined with ours; until
        `keep_mine` or `take_theirs`, ours is kept beside it. `session.store.changed_elsewhere` tells."""
        return self._session().store.elsewhere

    def look(self) -> bool:
        """Take in what other programs wrote into the open chat; False: one has to choose. Cheap where
        nothing changed, and does nothing while a reply is on its way. For a timer, or the moment the
        window is looked at again."""
        return self._look(self._session())

    def keep_mine(self) -> Path | None:
        """Settle `elsewhere` with our version. Returns where the other one is kept; None: it had been
        removed."""
        session = self._session()
        copy = session.store.keep_mine(session.chat)
        self.changed.send(self.owner())
        return copy

    async def take_theirs(self) -> ChatSession:
        """Settle `elsewhere` with the version in the file, and open it; ours is kept among the copies.
        Where the file was removed, another chat is opened."""
        session, owner = self._session(), self.owner()
        await session.aclose()
        session.store.take_theirs(session.chat)
        title = session.chat.title
        if not self._places.path(owner, title).is_file():
            others = [one.title for one in self._places.chats(owner)]
            title = others[0] if others else ""
        return await self._open_chat(owner, title)

    # --- inside

    def _look(self, session: ChatSession) -> bool:
        if session.busy or session.readonly_reason:
            return session.store.elsewhere is None
        return session.store.look(session.chat)

    def _to_trash(self, owner: ChatOwner, title: str, path: Path) -> Trashed:
        trashed = move_to_trash(self._folders, path, journal_of(path), title=title, owner=owner.key)
        if owner.is_group:
            try:
                self._groups.forget_chat(owner.id, title)
            except TavernError:
                restore(self._folders, trashed)
                raise
        return trashed

    async def _rename_links(self, owner: ChatOwner, old: str, new: str) -> None:
        read = [session for session in self._tabs.sessions if ChatOwner.of_session(session) == owner]
        for session in read:
            self._rename_in_open(session, old, new)
        open_paths = {session.store.path for session in read}
        for path in self._places.paths(owner):
            if path not in open_paths:
                try:
                    await asyncio.to_thread(_rename_in_file, path, old, new)
                except TavernError as error:
                    self._warn(f'A link to the chat "{new}" could not be changed. {error}')

    def _rename_in_open(self, session: ChatSession, old: str, new: str) -> None:
        from tavern_tui.storage.chats.links import renamed_links, renamed_parent

        messages = session.chat.messages
        changed = renamed_parent(session.chat.metadata, old, new)
        for index, message in enumerate(messages):
            renamed = renamed_links(message, old, new)
            if renamed is not message:
                changed = True
                messages[index] = renamed
                session.changed.send(MessageChanged(index))
        if changed:
            try:
                session.store.rewrite(session.chat)
            except TavernError as error:
                self._warn(f'A link to the chat "{new}" could not be changed. {error}')


def _rename_in_file(path: Path, old: str, new: str) -> None:
    """Let the links of one chat follow. Its date stays, for lists are ordered by it."""
    from tavern_tui.storage.chats.links import mentions, renamed_links, renamed_parent

    if not mentions(path, old):
        return
    loaded = read_chat(path)
    if not isinstance(loaded, LoadedChat):
        return
    chat = loaded.chat
    messages = [renamed_links(message, old, new) for message in chat.messages]
    if not renamed_parent(chat.metadata, old, new) and messages == chat.messages:
        return
    chat.messages[:] = messages
    with keeping_its_age(path):
        ChatFile(path, loaded).rewrite(chat)
