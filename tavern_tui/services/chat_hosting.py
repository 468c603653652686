"""ChatHosting: what every open chat is given - a persona, a cast, a file and ears for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character, Group
from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.persona import Persona
from tavern_tui.core.settings import Settings
from tavern_tui.services.character_chats import CharacterChats
from tavern_tui.services.chat_join import Joined
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.events import MessageAdded, MessageChanged
from tavern_tui.services.group_chats import GroupChats
from tavern_tui.services.groups import GroupService
from tavern_tui.services.library import Library
from tavern_tui.services.personas import PersonaService, persona_for
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal
from tavern_tui.services.tabs import Tabs
from tavern_tui.storage.backups import backup_chat, version_path
from tavern_tui.storage.chat_guard import ChatGuard
from tavern_tui.storage.chats import ChatFile
from tavern_tui.storage.folders import Folders

if TYPE_CHECKING:
    pass


TEMPORARY = "Not kept"
"""The title of chats without a file."""


class ChatHosting:
    """The part of `Tavern` that open chats live on."""

    def __init__(
        self,
        *,
        folders: Folders,
        settings: SettingsService,
        connections: ConnectionService,
        library: Library,
        desk: PromptDesk,
        now: Callable[[], datetime],
        problems: list[str],
        notices: Signal[str],
    ) -> None:
        self._folders = folders
        self._settings = settings
        self._desk = desk
        self._now = now
        self.connections = connections
        self.library = library
        self.problems = problems
        """Sentences about files that could not be used as they are."""
        self.notices = notices
        """Sentences for the user that are no errors; some come from the thread that lists cards."""
        self.groups = GroupService(folders, library, self._warn, now)
        self.groups.changed.listen(self._recast)
        library.card_kept.listen(self._take_card)
        self._chats = CharacterChats(
            folders=folders, library=library, desk=desk, store=self._store, warn=self._warn, now=now
        )
        self._group_chats = GroupChats(
            folders=folders,
            groups=self.groups,
            desk=desk,
            store=self._store,
            meet=self._meet,
            warn=self._warn,
            now=now,
        )
        self.personas = PersonaService(folders, lambda: self.session, self._play_as)
        self.opened: Signal[ChatSession] = Signal()
        self._plays: Persona | None = None
        """The persona of the command line."""
        self.tabs = Tabs(self._unsaved_session(Character(name="", file="")))

    async def _close_all(self) -> None:
        """Close every open chat. Raises WriteFailed after the last, if one could not be written."""
        failed: TavernError | None = None
        for session in self.tabs.sessions:
            try:
                await session.aclose()
            except TavernError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    @property
    def session(self) -> ChatSession:
        """The chat that is looked at."""
        session = self.tabs.current.session
        assert session is not None  # a tab is read when one goes to it
        return session

    @property
    def settings(self) -> Settings:
        return self._settings.value

    def _warn(self, sentence: str) -> None:
        self.problems.append(sentence)
        self.notices.send(sentence)

    def _meet(self, session: ChatSession) -> None:
        """Play as whom the command line, the chat, the character or group, or habit wants."""
        session.persona = self._plays or persona_for(
            session.chat,
            session.identity,
            self.personas.all(),
            self._settings.value.current_persona,
            self.personas.default,
        )

    @property
    def persona(self) -> Persona:
        """Who the user is in the chat that is looked at."""
        return self.session.persona

    async def use_persona(self, file: str) -> None:
        """Play as this persona from now on. Raises UsageError."""
        for persona in self.library.personas():
            if persona.file == file:
                self._play_as(persona)
                self.opened.send(self.session)
                return
        raise UsageError(f'There is no persona "{file}".')

    def _play_as(self, persona: Persona) -> None:
        """The persona in force changed, or what is said of it; other tabs hear what is said."""
        self.session.persona = persona
        for session in self.tabs.sessions:
            if persona.file and session.persona.file == persona.file:
                session.persona = persona
        if persona.file and persona.file != self.settings.current_persona:
            self._settings.change(current_persona=persona.file)

    def _recast(self, group: Group) -> None:
        """A group was changed: open chats of it go on with the new cast."""
        for session in self.tabs.sessions:
            turns = session.turns
            if turns is None or turns.group.id != group.id:
                continue
            if group.members == turns.group.members:
                session.recast(replace(turns.cast, group=group))
            else:
                session.recast(self.groups.cast(group))

    def _take_card(self, character: Character) -> None:
        """A card was written: open chats go on with what it says now."""
        for session in self.tabs.sessions:
            session.take_card(character)

    def _store(self, file: ChatFile, owner: str, *, begin: Callable[[], object] | None = None) -> ChatStore:
        """Keeps a chat, with copies of earlier versions if the user wants them."""

        def back_up(path: Path) -> None:
            if self.settings.backups:
                backup_chat(self._folders, path, owner, self._now())

        return ChatStore(
            file,
            drafts=self._folders.drafts,
            back_up=back_up,
            begin=begin,
            guard=ChatGuard(self._folders.open_chats, file.path),
            aside=lambda: version_path(self._folders, owner, self._now()),
        )

    def _watch(self, session: ChatSession) -> None:
        """Hear what other programs do with an open chat."""

        def join(joined: Joined) -> None:
            session.join(joined.messages)
            for index in joined.respelled:
                session.changed.send(MessageChanged(index))
            for index in range(joined.first, joined.first + len(joined.messages)):
                session.changed.send(MessageAdded(index))

        session.store.joined.listen(join)
        session.store.changed_elsewhere.listen(lambda state: self._warn(str(state)))
        for other in session.store.hold():
            self._warn(
                f'The chat "{session.chat.title}" is open in another tavern-tui, too (process {other.pid}). '
                "What is written in one appears in the other with its next message."
            )

    def _unsaved_session(self, character: Character) -> ChatSession:
        return ChatSession(character=character, chat=Chat(title=""), store=ChatStore(None), desk=self._desk)
