"""GroupChats: opens the chats of groups, and begins new ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from random import Random

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError, TavernError, UnreadableFile
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.services.character_chats import MakeStore
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.greeting import first_messages
from tavern_tui.services.group_turns import GroupTurns
from tavern_tui.services.groups import GroupService
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.storage.chats import ChatFile, LoadedChat, NewChat, read_chat
from tavern_tui.storage.chats.listing import humanised
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.groups import CHAT_ENDING, chat_path, chat_paths, old_metadata


class GroupChats:
    """Makes sessions of groups' chats."""

    def __init__(
        self,
        *,
        folders: Folders,
        groups: GroupService,
        desk: PromptDesk,
        store: MakeStore,
        meet: Callable[[ChatSession], None],
        warn: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        """`meet` decides as whom the user plays in a session."""
        self._folders = folders
        self._groups = groups
        self._desk = desk
        self._store = store
        self._meet = meet
        self._warn = warn
        self._now = now

    def open(self, id: str, title: str = "") -> ChatSession:
        """A group's chat; without a title the one that was open last, or a new one.

        An unreadable file gives a session that cannot be written. Raises UsageError, DataError."""
        cast = self._groups.cast(self._groups.get(id))
        title = title or self._usual_chat(cast)
        path = chat_path(self._folders, title)
        try:
            loaded = read_chat(path)
        except UnreadableFile as error:
            self._warn(f"{error} {error.hint}")
            store = ChatStore(None, readonly_reason=str(error))
            return self._session(cast, Chat(title=title), store)
        for sentence in loaded.warnings:
            self._warn(sentence)
        if isinstance(loaded, NewChat):
            return self._begin(cast, title, loaded)
        with contextlib.suppress(TavernError):  # a folder that cannot be written can still be read
            self._groups.keep_chat(id, title)
        chat = loaded.chat
        if not chat.metadata:
            chat.metadata.update(old_metadata(cast.group, title))
        session = self._session(cast, chat, self._store(ChatFile(path, loaded), id))
        if not chat.messages:
            self._greet(session)
        return session

    def new(self, id: str) -> ChatSession:
        """A new chat. Its file, and its name in the group's file, are written with the first
        message: chats that were only looked at should not fill the folder."""
        cast = self._groups.cast(self._groups.get(id))
        return self._begin(cast, self._new_title(), None)

    def usual(self, id: str) -> str:
        """The chat that is opened where none is named. Raises UsageError, DataError."""
        return self._usual_chat(self._groups.cast(self._groups.get(id)))

    def has_draft(self, id: str, title: str) -> bool:
        """Whether something was typed in a chat that was never saved."""
        try:
            return bool(title) and bool(self._store(ChatFile(chat_path(self._folders, title)), id).draft)
        except DataError:
            return False

    def _begin(self, cast: GroupCast, title: str, loaded: LoadedChat | NewChat | None) -> ChatSession:
        id = cast.group.id
        file = ChatFile(chat_path(self._folders, title), loaded)
        store = self._store(file, id, begin=lambda: self._groups.keep_chat(id, title))
        session = self._session(cast, Chat(title=title), store)
        self._greet(session)
        return session

    def _usual_chat(self, cast: GroupCast) -> str:
        """The chat the group's file names, else the one written last, else a new one."""
        group = cast.group
        there = {path.name.removesuffix(CHAT_ENDING): path for path in chat_paths(self._folders, group)}
        if group.chat_id in there:
            return group.chat_id
        if there:
            return max(there, key=lambda title: there[title].stat().st_mtime)
        return group.chat_id if self._can_be(group.chat_id) else self._new_title()

    def _can_be(self, title: str) -> bool:
        """Whether a chat can have this name; a group file may say anything."""
        try:
            return bool(title) and bool(chat_path(self._folders, title))
        except DataError:
            return False

    def _new_title(self) -> str:
        return free_name(self._folders.group_chats, humanised(self._now()), CHAT_ENDING)

    def _session(self, cast: GroupCast, chat: Chat, store: ChatStore) -> ChatSession:
        turns = GroupTurns(cast)
        return ChatSession(
            character=_last_speaker(turns, chat.messages),
            chat=chat,
            store=store,
            desk=self._desk,
            turns=turns,
        )

    def _greet(self, session: ChatSession) -> None:
        self._meet(session)
        dice = Random()
        members = session.cast.members if session.cast is not None else ()
        session.chat.messages += first_messages(
            members,
            self._now(),
            dice,
            lambda member, text: self._desk.as_stored(session, member, text, dice.getrandbits(48)),
        )


def _last_speaker(turns: GroupTurns, messages: list[Message]) -> Character:
    """Who spoke last of those who are still there; before anybody has, the first of them."""
    for message in reversed(messages):
        author = turns.author(message)
        if author is not None:
            return author
    return next(iter(turns.cast.members), Character(name=turns.group.name))
