"""Tavern: what is open now - settings, connections, library and one chat session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tavern_tui.core.character import Character
from tavern_tui.core.errors import TavernError, UnreadableFile, UsageError
from tavern_tui.core.persona import Persona
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.library import Library
from tavern_tui.services.log import LogView
from tavern_tui.services.notes import NoteService
from tavern_tui.services.open_chats import OpenChats
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.cards import read_card
from tavern_tui.storage.chats import ChatListing
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.lorebooks import read_lorebook
from tavern_tui.storage.presets import TextPreset, lengths_from, read_any_preset, samplers_from_chat
from tavern_tui.storage.templates import TemplateStore
from tavern_tui.storage.themes import load_themes

if TYPE_CHECKING:
    from tavern_tui.services.avatars import Avatars
    from tavern_tui.services.branches import Branches
    from tavern_tui.services.chat_export import ChatExporter
    from tavern_tui.services.chat_files import ChatFiles
    from tavern_tui.services.chat_places import ChatPlaces
    from tavern_tui.services.chat_stats import ChatStatistics
    from tavern_tui.services.connection_offers import ConnectionOffers
    from tavern_tui.services.lorebooks import LorebookService
    from tavern_tui.services.presets import PresetService
    from tavern_tui.services.reasoning_templates import ReasoningTemplates
    from tavern_tui.services.regex import RegexService
    from tavern_tui.services.reply_settings import ReplySettings
    from tavern_tui.services.samplers import SamplerService
    from tavern_tui.services.search import SearchService
    from tavern_tui.services.templates import TemplateService
    from tavern_tui.services.tool_settings import ToolSettings

ChatSummary = ChatListing


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetValues:
    """What a text-completion preset file sets."""

    samplers: Mapping[str, SamplerValue]
    lengths: Mapping[str, int]
    """`max_tokens` and `context_size`, where the preset has them."""


class Tavern(OpenChats):
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
        super().__init__(
            folders=folders,
            settings=settings,
            connections=connections,
            library=library,
            desk=desk,
            now=now,
            problems=problems,
            notices=notices,
        )
        self.tools = desk.tools
        self.attachments = desk.attachments
        self.notes = NoteService(folders, setup, lambda: self.session)
        self._setup = setup
        self._templates = templates
        self.log = log
        self.settings_changed = settings.changed
        self.setup_changed = setup.changed
        self.counted = desk.counts.counted
        self.presets_changed: Signal[str] = Signal()
        """`presets.changed`, for those who do not need the presets themselves."""

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
            self._folders,
            self.library.presets,
            self.connections,
            self._desk,
            lambda: self.session,
            changed=self.presets_changed,
        )

    @cached_property
    def samplers(self) -> SamplerService:
        """The samplers of the connection that answers."""
        from tavern_tui.services.samplers import SamplerService

        return SamplerService(self.connections, self.presets)

    @cached_property
    def avatars(self) -> Avatars:
        """Pictures of who speaks."""
        from tavern_tui.services.avatars import Avatars

        return Avatars(self._folders)

    @cached_property
    def tool_settings(self) -> ToolSettings:
        """Which tools models may call, and where those come from."""
        from tavern_tui.services.tool_settings import ToolSettings

        return ToolSettings(self._settings, self.tools)

    @cached_property
    def replies(self) -> ReplySettings:
        """How thinking is read and shown, and what follows a reply by itself."""
        from tavern_tui.services.reply_settings import ReplySettings

        return ReplySettings(self._settings, self._setup)

    @cached_property
    def reasoning_templates(self) -> ReasoningTemplates:
        """The marks of thinking, by name."""
        from tavern_tui.services.reasoning_templates import ReasoningTemplates

        return ReasoningTemplates(self._folders, self._templates, self.replies)

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
            tabs=self.tabs,
            open_chat=self.open_chat_of,
            close_tab=self.close_tab,
            renamed=self._remember_open,
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

    @property
    def unfolds_thinking(self) -> bool:
        """Whether the chat shows what a model thought unfolded."""
        return self._setup.value.reasoning.auto_expand

    @property
    def replies_begin_with(self) -> str:
        """The words every reply begins with (SillyTavern's "Start Reply With")."""
        return self._setup.value.options.user_prompt_bias

    def begin_replies_with(self, words: str) -> None:
        """Let every reply begin with these words. Raises UnreadableFile, WriteFailed."""
        self._setup.change_option("user_prompt_bias", words)

    # --- settings

    def change_settings(self, **fields: Any) -> None:
        """Replace these fields of the settings; saved at once. Raises WriteFailed."""
        self._settings.change(**fields)

    def themes(self) -> list[dict[str, Any]]:
        """All themes, the user's own included."""
        return load_themes(self._folders, self._warn)

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
        self.tabs.put(session)
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

    async def close(self) -> None:
        """Stop what runs, save what is not saved, let go of the servers."""
        await self._close_all()
        if "search" in self.__dict__:
            self.search.close()
        await self._desk.aclose()
        await self.connections.aclose()
        self.log.close()
