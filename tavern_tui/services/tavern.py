"""Tavern: what is open now - settings, connections, library and one chat session."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tavern_tui.core.character import Character, Group
from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import TavernError, UnreadableFile, UsageError, WriteFailed
from tavern_tui.core.persona import Persona
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.core.settings import Settings
from tavern_tui.services.character_chats import CharacterChats
from tavern_tui.services.chat_join import Joined
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.events import MessageAdded, MessageChanged
from tavern_tui.services.group_chats import GroupChats
from tavern_tui.services.groups import GroupService
from tavern_tui.services.library import Library
from tavern_tui.services.log import LogView
from tavern_tui.services.notes import NoteService
from tavern_tui.services.personas import PersonaService, persona_for
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.backups import backup_chat, version_path
from tavern_tui.storage.cards import read_card
from tavern_tui.storage.chat_guard import ChatGuard
from tavern_tui.storage.chats import ChatFile, ChatListing, list_chats
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.lorebooks import read_lorebook
from tavern_tui.storage.presets import TextPreset, lengths_from, read_any_preset, samplers_from_chat
from tavern_tui.storage.templates import TemplateStore
from tavern_tui.storage.themes import load_themes
from tavern_tui.storage.trash import Trashed

if TYPE_CHECKING:
    from tavern_tui.services.branches import Branches
    from tavern_tui.services.chat_export import ChatExporter
    from tavern_tui.services.chat_files import ChatFiles
    from tavern_tui.services.chat_places import ChatOwner, ChatPlaces
    from tavern_tui.services.chat_stats import ChatStatistics
    from tavern_tui.services.connection_offers import ConnectionOffers
    from tavern_tui.services.lorebooks import LorebookService
    from tavern_tui.services.presets import PresetService
    from tavern_tui.services.regex import RegexService
    from tavern_tui.services.samplers import SamplerService
    from tavern_tui.services.search import SearchService
    from tavern_tui.services.templates import TemplateService

ChatSummary = ChatListing


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetValues:
    """What a text-completion preset file sets."""

    samplers: Mapping[str, SamplerValue]
    lengths: Mapping[str, int]
    """`max_tokens` and `context_size`, where the preset has them."""


class Tavern:
    """One per program; the app and the command line both drive it."""

    def __init__(
        self,
        *,
        folders: Folders,
        settings: SettingsService,
        connections: ConnectionService,
        library: Library,
        desk: PromptDesk,
        setup: SetupService,
        templates: TemplateStore,
        log: LogView,
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
        self.tools = desk.tools
        self.attachments = desk.attachments
        self.groups = GroupService(folders, library, self._warn, now)
        self.groups.changed.listen(self._recast)
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
        self.notes = NoteService(folders, setup, lambda: self.session)
        self.personas = PersonaService(folders, lambda: self.session, self._play_as)
        self._setup = setup
        self._templates = templates
        self.log = log
        self.problems = problems
        """Sentences about files that could not be used as they are."""
        self.notices = notices
        """Sentences for the user that are no errors; some come from the thread that lists cards."""
        self.opened: Signal[ChatSession] = Signal()
        self.settings_changed = settings.changed
        self.counted = desk.counts.counted
        self._plays: Persona | None = None
        """The persona of the command line."""
        self.session: ChatSession = self._unsaved_session(Character(name="", file=""))

    # --- what the editing screens need, loaded with the first of them

    @cached_property
    def lorebooks(self) -> LorebookService:
        """All books and the links of the open chat."""
        from tavern_tui.services.lorebooks import LorebookService

        return LorebookService(
            folders=self._folders,
            library=self.library,
            setup=self._setup,
            personas=self.personas,
            session=lambda: self.session,
        )

    @cached_property
    def presets(self) -> PresetService:
        """The presets and the prompt manager's prompts."""
        from tavern_tui.services.presets import PresetService

        return PresetService(
            self._folders, self.library.presets, self.connections, self._desk, lambda: self.session
        )

    @cached_property
    def samplers(self) -> SamplerService:
        """The samplers of the connection that answers."""
        from tavern_tui.services.samplers import SamplerService

        return SamplerService(self.connections, self.presets)

    @cached_property
    def templates(self) -> TemplateService:
        """Context, instruct and system prompt templates."""
        from tavern_tui.services.templates import TemplateService

        return TemplateService(
            self._folders, self._templates, self.connections, self._desk, self._setup, lambda: self.session
        )

    @cached_property
    def regex(self) -> RegexService:
        """The global regex scripts, the preset's and the open character's."""
        from tavern_tui.services.regex import RegexService

        return RegexService(self._folders, self._setup, self.connections, self._desk, lambda: self.session)

    @cached_property
    def offers(self) -> ConnectionOffers:
        """What a connection can be given: presets and templates."""
        from tavern_tui.services.connection_offers import ConnectionOffers

        return ConnectionOffers(self.connections, self.templates, self.presets)

    # --- chats as files

    @cached_property
    def chat_places(self) -> ChatPlaces:
        """Whose chats there are, and where they lie."""
        from tavern_tui.services.chat_places import ChatPlaces

        return ChatPlaces(self._folders, self.library, self.groups)

    @cached_property
    def chat_files(self) -> ChatFiles:
        """Chats renamed, copied, deleted and brought back."""
        from tavern_tui.services.chat_files import ChatFiles

        return ChatFiles(
            folders=self._folders,
            places=self.chat_places,
            groups=self.groups,
            session=lambda: self.session,
            open_chat=self.open_chat_of,
            renamed=lambda title: self._settings.change(current_chat=title),
            restored=lambda: self.library.changed.send(None),
            warn=self._warn,
        )

    @cached_property
    def branches(self) -> Branches:
        """Branches and checkpoints of the open chat."""
        from tavern_tui.services.branches import Branches

        return Branches(
            files=self.chat_files,
            places=self.chat_places,
            groups=self.groups,
            session=lambda: self.session,
            open_chat=self.open_chat_of,
        )

    @cached_property
    def exporter(self) -> ChatExporter:
        """Chats as files for people and other programs."""
        from tavern_tui.services.chat_export import ChatExporter

        return ChatExporter(
            places=self.chat_places,
            library=self.library,
            groups=self.groups,
            desk=self._desk,
            session=lambda: self.session,
            now=self._now,
        )

    @cached_property
    def search(self) -> SearchService:
        """Words in all chats."""
        from tavern_tui.services.search import SearchService

        return SearchService(self._folders, self.chat_places)

    @cached_property
    def statistics(self) -> ChatStatistics:
        """How much was written, by whom, with which models and when."""
        from tavern_tui.services.chat_stats import ChatStatistics

        return ChatStatistics(self.chat_places)

    # --- settings

    @property
    def settings(self) -> Settings:
        return self._settings.value

    def change_settings(self, **fields: Any) -> None:
        """Replace these fields of the settings; saved at once. Raises WriteFailed."""
        self._settings.change(**fields)

    def themes(self) -> list[dict[str, Any]]:
        """All themes, the user's own included."""
        return load_themes(self._folders, self._warn)

    def _warn(self, sentence: str) -> None:
        self.problems.append(sentence)
        self.notices.send(sentence)

    # --- opening

    async def start(self, card: str | None = None) -> None:
        """Open `card` (a file or a character), or what was open last, or the bundled character."""
        for sentence in tuple(self.problems):
            self.notices.send(sentence)
        self.connections.ask_soon()
        if card is not None:
            await self._open_wanted(card)
            return
        if await self._open_group_again():
            return
        wanted = self.settings.current_character
        if wanted and self.library.has(wanted):
            titles = [one.title for one in list_chats(self._folders.chats_of(wanted))]
            if self.settings.current_chat in titles:
                await self.open_chat(wanted, self.settings.current_chat)
            else:
                await self.open_character(wanted)
            return
        await self.open_character(self._first_character())

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
            await self.open_character(self.library.find(card).file)

    async def open_character(self, file: str) -> ChatSession:
        """Open a character with its latest chat, or a new one. Raises DataError."""
        return await self._show(lambda: self._chats.open(file))

    async def open_chat(self, character_file: str, title: str) -> ChatSession:
        """Open one of a character's chats. Raises DataError."""
        return await self._show(lambda: self._chats.open(character_file, title))

    async def open_group(self, id: str, title: str = "") -> ChatSession:
        """Open a group with this chat, or the one that was open in it last, or a new one.

        Raises UsageError, DataError."""
        return await self._show(lambda: self._group_chats.open(id, title))

    async def _open_group_again(self) -> bool:
        """Open the group that was open last; False: it was a character, or it cannot be opened."""
        id, title = self.settings.current_group, self.settings.current_chat
        if not self.groups.has(id):
            return False
        try:
            known = title in (chat.title for chat in self.groups.chats(id))
            await self.open_group(id, title if known else "")
        except TavernError as error:
            self._warn(f"{error} {error.hint}".strip())
            return False
        return True

    async def open_chat_of(self, owner: ChatOwner, title: str) -> ChatSession:
        """Open a chat of a character or group; without a title, begin a new one.

        Raises UsageError, DataError."""
        if owner.is_group:
            id = owner.id
            return await (
                self.open_group(id, title) if title else self._show(lambda: self._group_chats.new(id))
            )
        if title:
            return await self.open_chat(owner.id, title)
        character = self.library.character(owner.id)
        return await self._show(lambda: self._chats.new(character))

    async def switch_chat(self, title: str) -> ChatSession:
        """Open another chat of whoever is open. Raises UsageError, DataError."""
        if self.session.group is not None:
            return await self.open_group(self.session.group.id, title)
        return await self.open_chat(self.session.character.file, title)

    async def new_chat(self) -> ChatSession:
        """Begin a new chat with the open character or group."""
        group, character = self.session.group, self.session.character
        if group is not None:
            return await self._show(lambda: self._group_chats.new(group.id))
        return await self._show(lambda: self._chats.new(character))

    async def delete_group(self, id: str) -> Trashed:
        """Move a group and its chats to the trash; `groups.restore` brings them back.

        Where it is open, somebody else is opened. Raises UsageError, DataError, WriteFailed."""
        if self.session.group is not None and self.session.group.id == id:
            await self.open_character(self._first_character())
        return self.groups.delete(id)

    async def _show(self, make: Callable[[], ChatSession]) -> ChatSession:
        """Open what `make` gives. What was open is saved first: it may be the same file."""
        await self.session.aclose()
        session = self.session = make()
        self._meet(session)
        self._watch(session)
        with contextlib.suppress(WriteFailed):  # a full disk is no reason not to read a chat
            self._remember_open(session)
        self.opened.send(session)
        return session

    def _remember_open(self, session: ChatSession) -> None:
        if session.group is not None:
            self._settings.change(current_group=session.group.id, current_chat=session.chat.title)
        else:
            self._settings.change(
                current_group="", current_character=session.character.file, current_chat=session.chat.title
            )

    def _meet(self, session: ChatSession) -> None:
        """Play as whom the command line, the chat, the character or group, or habit wants."""
        self._desk.persona = self._plays or persona_for(
            session.chat,
            session.identity,
            self.personas.all(),
            self._settings.value.current_persona,
            self.personas.default,
        )

    def _recast(self, group: Group) -> None:
        """A group was changed: an open chat of it goes on with the new cast."""
        turns = self.session.turns
        if turns is None or turns.group.id != group.id:
            return
        if group.members == turns.group.members:
            self.session.recast(replace(turns.cast, group=group))
        else:
            self.session.recast(self.groups.cast(group))

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
        """Hear what other programs do with the open chat."""

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

    # --- the command line's one turn

    async def open_once(
        self,
        *,
        character: str | None = None,
        group: str | None = None,
        persona: str | None = None,
        lorebooks: Sequence[Path] = (),
        chat: Path | None = None,
        chat_preset: Path | None = None,
        save: bool = True,
    ) -> ChatSession:
        """A session for one turn without a screen; the settings stay as they are.

        `character`: a card file, or a name; None: the bundled one. `group`: instead, a group's
        name or id. `chat`: the file to go on with or to begin; None: a new chat in the data
        folder. Raises TavernError."""
        self._desk.extra_books = tuple(read_lorebook(path) for path in lorebooks)
        if chat_preset is not None:
            preset = read_any_preset(chat_preset)
            self._desk.chat_preset = None if isinstance(preset, TextPreset) else preset
        self._plays = self._named_persona(persona)
        session = self._one_session(character, group, chat)
        if session.readonly_reason:
            raise TavernError(session.readonly_reason, hint=UnreadableFile.hint)
        if not save:
            session.store = ChatStore(None)
        self.session = session
        self._meet(session)
        self._watch(session)
        return session

    def _one_session(self, character: str | None, group: str | None, chat: Path | None) -> ChatSession:
        if group is None:
            who = self._card_or_name(character)
            return self._chats.load(who, chat) if chat is not None else self._chats.new(who)
        if character is not None or chat is not None:
            raise UsageError("A group goes with neither a character nor a chat file.")
        return self._group_chats.new(self.groups.find(group).id)

    def _card_or_name(self, wanted: str | None) -> Character:
        if wanted is None:
            return self.library.bundled()
        path = Path(wanted).expanduser()
        if path.is_file():
            warnings: list[str] = []
            found = read_card(path, warnings)
            self.problems += warnings
            return found
        return self.library.find(wanted)

    def _named_persona(self, name: str | None) -> Persona | None:
        if name is None:
            return None
        for persona in self.library.personas():
            if name in (persona.name, persona.file):
                return persona
        return Persona(name=name)

    def preset_samplers(self, path: Path) -> PresetValues:
        """The samplers and lengths of a preset file. Raises DataError."""
        preset = read_any_preset(path)
        if isinstance(preset, TextPreset):
            return PresetValues(samplers=preset.samplers, lengths=preset.lengths)
        return PresetValues(
            samplers=samplers_from_chat(preset),
            lengths=lengths_from(preset.source),
        )

    def check_template(self, name: str) -> str:
        """The name of an instruct template as we know it. Raises UsageError."""
        if name in ("none", "auto"):
            return name
        for known in self.connections.template_names():
            if known.casefold() == name.casefold():
                return known
        raise UsageError(
            f'There is no instruct template "{name}".',
            hint=f"Known: {', '.join(self.connections.template_names())}.",
        )

    # --- around the open chat

    @property
    def persona(self) -> Persona:
        return self._desk.persona

    async def use_persona(self, file: str) -> None:
        """Play as this persona from now on. Raises UsageError."""
        for persona in self.library.personas():
            if persona.file == file:
                self._play_as(persona)
                self.opened.send(self.session)
                return
        raise UsageError(f'There is no persona "{file}".')

    def _play_as(self, persona: Persona) -> None:
        """The persona in force changed, or what is said of it."""
        self._desk.persona = persona
        if persona.file and persona.file != self.settings.current_persona:
            self._settings.change(current_persona=persona.file)

    def chats(self) -> list[ChatSummary]:
        """The chats of the open character or group, the one changed last first."""
        if self.session.group is not None:
            return self.groups.chats(self.session.group.id)
        if not self.session.character.file:
            return []
        return list_chats(self._folders.chats_of(self.session.character))

    async def close(self) -> None:
        """Stop what runs, save what is not saved, let go of the servers."""
        await self.session.aclose()
        if "search" in self.__dict__:
            self.search.close()
        await self._desk.aclose()
        await self.connections.aclose()
        self.log.close()
