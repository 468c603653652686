"""Branches: chats that begin in the middle of another, and the ways between them."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace as changed
from datetime import datetime
from pathlib import Path

from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.services.chat_files import ChatFiles
from tavern_tui.services.chat_places import ChatOwner, ChatPlaces, checked_title
from tavern_tui.services.chat_tree import ChatRecord, ChatTree, build_tree
from tavern_tui.services.events import MessageChanged
from tavern_tui.services.groups import GroupService
from tavern_tui.services.session import ChatSession
from tavern_tui.storage.chats import ChatFile
from tavern_tui.storage.chats.links import (
    BRANCHES,
    CHECKPOINT,
    PARENT,
    ChatLink,
    ChatLinks,
    LinkKind,
    links_in,
    read_links,
)
from tavern_tui.storage.folders import MAX_NAME_BYTES
from tavern_tui.storage.json_keep import as_list

NUMBERED = {LinkKind.BRANCH: " - Branch #{number}", LinkKind.CHECKPOINT: " - Checkpoint #{number}"}
"""What new chats are called after the chat they begin in, as SillyTavern does it."""
_OWN_NAMES = re.compile(r"(?: - (?:Branch|Checkpoint) #\d+)+$")
OF_THE_FILE = ("integrity", "lastInContextMessageId")
"""Metadata that is true of one file only."""


class Branches:
    """Branches and checkpoints of the open chat. Everything raises UsageError, DataError, WriteFailed,
    and has changed nothing then."""

    def __init__(
        self,
        *,
        files: ChatFiles,
        places: ChatPlaces,
        groups: GroupService,
        session: Callable[[], ChatSession],
        open_chat: Callable[[ChatOwner, str], Awaitable[ChatSession]],
    ) -> None:
        self._files = files
        self._places = places
        self._groups = groups
        self._session = session
        self._open_chat = open_chat

    # --- beginning new ones

    async def branch(self, index: int = -1, *, go: bool = True) -> str:
        """Begin a chat with the messages up to this one; returns its title. `go`: open it."""
        return await self._begin(LinkKind.BRANCH, index, "", go)

    async def checkpoint(
        self, index: int = -1, name: str = "", *, replace: bool = False, go: bool = False
    ) -> str:
        """Keep the chat up to this message as a chat of its own, which the message leads to.

        `replace`: let the message forget the checkpoint it has, whose chat stays. `go`: open it."""
        message = self._messages()[self._index(index)]
        held = _checkpoint(message)
        if held and not replace:
            raise UsageError(f'The message has a checkpoint already, "{held}".', hint="It can be replaced.")
        return await self._begin(LinkKind.CHECKPOINT, index, name, go)

    def forget_checkpoint(self, index: int) -> str:
        """Take the checkpoint from a message and return its title; the checkpoint's chat stays."""
        index = self._index(index)
        self._check_free()
        message = self._messages()[index]
        held = _checkpoint(message)
        if held:
            extra = {name: value for name, value in message.extra.items() if name != CHECKPOINT}
            self._put(index, message.with_shown(changed(message.swipe, extra=extra)))
        return held

    # --- the ways between them

    def parent(self) -> str:
        """The chat in which the open one began; empty: in none."""
        return links_in(self._session().chat).parent

    def checkpoint_of(self, index: int) -> str:
        """The title of a message's checkpoint, or the empty string."""
        return _checkpoint(self._messages()[self._index(index)])

    def checkpoints(self) -> list[ChatLink]:
        """The messages that have checkpoints."""
        return [one for one in links_in(self._session().chat).links if one.kind is LinkKind.CHECKPOINT]

    async def go(self, index: int) -> ChatSession:
        """Open a message's checkpoint."""
        title = self.checkpoint_of(index)
        if not title:
            raise UsageError("This message has no checkpoint.")
        return await self._open(title, f'The chat of the checkpoint "{title}" is not there any more.')

    async def back(self) -> ChatSession:
        """Open the chat in which the open one began."""
        title = self.parent()
        if not title:
            raise UsageError("This chat did not begin in another one.")
        return await self._open(title, f'The chat "{title}" in which this one began is not there any more.')

    async def tree(self, owner: ChatOwner | None = None) -> ChatTree:
        """All chats of an owner (of the open chat's), by where they began; unreadable ones are left
        out. `tree.around(title)` is the part with one chat."""
        session = self._session()
        owner = owner or self._files.owner()
        listed = await asyncio.to_thread(self._places.paths, owner)
        records = await asyncio.to_thread(lambda: [one for path in listed if (one := _record(path))])
        if owner == self._files.owner() and session.chat.messages:
            title = session.chat.title
            modified = next(
                (one.modified for one in records if one.title == title), datetime.now().astimezone()
            )
            fresh = ChatRecord(title=title, links=links_in(session.chat), modified=modified)
            records = [one for one in records if one.title != title] + [fresh]
        return build_tree(records)

    # --- inside

    async def _begin(self, kind: LinkKind, index: int, name: str, go: bool) -> str:
        self._check_free()
        session, owner = self._session(), self._files.owner()
        index = self._index(index)
        title = checked_title(name) if name.strip() else self._numbered(owner, kind)
        path = self._places.path(owner, title)
        if path.exists():
            raise DataError(f'There is a chat "{title}" already.')
        self._files.save_if_new(owner, session.chat.title)
        message = session.chat.messages[index]
        ChatFile(path).rewrite(_beginning(session.chat, index, title))
        try:
            if owner.is_group:
                self._groups.add_chat(owner.id, title)
            self._put(index, _linked(message, kind, title))
        except TavernError:
            self._take_back(owner, title, path)
            raise
        self._files.changed.send(owner)
        if go:
            await self._open_chat(owner, title)
        return title

    def _take_back(self, owner: ChatOwner, title: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        if owner.is_group and title in self._groups.get(owner.id).chats:
            self._groups.forget_chat(owner.id, title)

    def _numbered(self, owner: ChatOwner, kind: LinkKind) -> str:
        """The chat's title without what makes it a branch itself, and the first free number."""
        base = _OWN_NAMES.sub("", self._session().chat.title)
        folder = self._places.folder(owner)
        taken = {one.name.casefold() for one in folder.iterdir()} if folder.is_dir() else set()
        number = 1
        while True:
            ending = NUMBERED[kind].format(number=number)
            room = MAX_NAME_BYTES - len(ending)
            title = base.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + ending
            if f"{title}.jsonl".casefold() not in taken:
                return title
            number += 1

    async def _open(self, title: str, gone: str) -> ChatSession:
        owner = self._files.owner()
        if not self._places.path(owner, title).is_file():
            raise UsageError(gone)
        return await self._open_chat(owner, title)

    def _put(self, index: int, message: Message) -> None:
        session = self._session()
        before = session.chat.messages[index]
        session.chat.messages[index] = message
        try:
            session.store.update(session.chat, index)
        except TavernError:
            session.chat.messages[index] = before
            raise
        session.changed.send(MessageChanged(index))

    def _check_free(self) -> None:
        session = self._session()
        if session.readonly_reason:
            raise UsageError(session.readonly_reason)
        if session.busy:
            raise UsageError("A reply is still arriving.", hint="Wait for it, or press Esc to stop it.")

    def _messages(self) -> list[Message]:
        return self._session().chat.messages

    def _index(self, index: int) -> int:
        count = len(self._messages())
        if not -count <= index < count:
            raise UsageError("There is no such message.")
        return index % count


def _beginning(chat: Chat, index: int, title: str) -> Chat:
    """The chat that begins with the messages up to `index`."""
    metadata = {
        name: copy.deepcopy(value) for name, value in chat.metadata.items() if name not in OF_THE_FILE
    }
    return Chat(
        title=title,
        messages=chat.messages[: index + 1],
        metadata={**metadata, PARENT: chat.title},
        source=dict(chat.source),
    )


def _linked(message: Message, kind: LinkKind, title: str) -> Message:
    if kind is LinkKind.CHECKPOINT:
        return message.with_extra({CHECKPOINT: title})
    return message.with_extra({BRANCHES: [*as_list(message.extra.get(BRANCHES)), title]})


def _checkpoint(message: Message) -> str:
    held = message.extra.get(CHECKPOINT)
    return held if isinstance(held, str) else ""


def _record(path: Path) -> ChatRecord | None:
    try:
        links: ChatLinks = read_links(path)
        modified = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except (DataError, OSError):
        return None
    return ChatRecord(title=path.name.removesuffix(".jsonl"), links=links, modified=modified)
