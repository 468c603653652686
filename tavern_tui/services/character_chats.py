"""CharacterChats: opens the chats of characters, and begins new ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.greeting import first_message
from tavern_tui.services.library import Library
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.storage.chats import ChatFile, list_chats, new_chat_name, read_chat
from tavern_tui.storage.folders import Folders, inside

UNNAMED = "unnamed"
"""Where the chats of a card lie that is not in the library."""


class MakeStore(Protocol):
    """Keeps a chat's file; `owner` names its backups, `begin` is called before there is a file."""

    def __call__(
        self, file: ChatFile, owner: str, *, begin: Callable[[], object] | None = None
    ) -> ChatStore: ...


class CharacterChats:
    """Makes sessions of characters' chats."""

    def __init__(
        self,
        *,
        folders: Folders,
        library: Library,
        desk: PromptDesk,
        store: MakeStore,
        warn: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._folders = folders
        self._library = library
        self._desk = desk
        self._store = store
        self._warn = warn
        self._now = now

    def open(self, file: str, title: str = "") -> ChatSession:
        """A character's chat; without a title the one written last, or a new one. Raises DataError."""
        character = self._library.character(file)
        title = title or self.latest(file)
        return self.load(character, self._path(file, title)) if title else self.new(character)

    def latest(self, file: str) -> str:
        """The title of the chat written last; empty: there is none. Raises DataError."""
        return next((one.title for one in list_chats(self._folders.chats_of(file))), "")

    def is_there(self, file: str, title: str) -> bool:
        """Whether a character has a chat of this title."""
        try:
            return bool(title) and self._path(file, title).is_file()
        except (DataError, OSError):
            return False

    def has_draft(self, file: str, title: str) -> bool:
        """Whether something was typed in a chat that was never saved."""
        try:
            return bool(title) and bool(self._store(ChatFile(self._path(file, title)), file).draft)
        except DataError:
            return False

    def _path(self, file: str, title: str) -> Path:
        return inside(self._folders.chats_of(file), f"{title}.jsonl")

    def new(self, character: Character) -> ChatSession:
        """A new chat. Its file is written with the user's first message: chats that were only
        looked at should not fill the folder."""
        title = new_chat_name(character, self._now())
        file = ChatFile(self._folders.chats_of(character.file or UNNAMED) / f"{title}.jsonl")
        return self._greeted(character, Chat(title=title), self._store(file, _owner(character)))

    def load(self, character: Character, path: Path) -> ChatSession:
        """The chat in a file. An unreadable file gives a session that cannot be written."""
        try:
            loaded = read_chat(path)
        except UnreadableFile as error:
            self._warn(f"{error} {error.hint}")
            store = ChatStore(None, readonly_reason=str(error))
            return ChatSession(character=character, chat=Chat(title=path.stem), store=store, desk=self._desk)
        for sentence in loaded.warnings:
            self._warn(sentence)
        store = self._store(ChatFile(path, loaded), _owner(character))
        if not loaded.chat.messages:
            return self._greeted(character, loaded.chat, store)
        return ChatSession(character=character, chat=loaded.chat, store=store, desk=self._desk)

    def _greeted(self, character: Character, chat: Chat, store: ChatStore) -> ChatSession:
        """A session whose chat begins with the greeting."""
        session = ChatSession(character=character, chat=chat, store=store, desk=self._desk)
        greeting = first_message(
            character, self._now(), lambda text: self._desk.as_stored(session, character, text)
        )
        if greeting is not None:
            chat.messages.append(greeting)
        return session


def _owner(character: Character) -> str:
    return character.file or character.name
