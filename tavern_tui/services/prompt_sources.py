"""PromptSources: presets, templates, scripts and books, as the connection and the chat choose them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreSource
from tavern_tui.core.preset import ChatPreset, RegexScript
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.prompt.inputs import ChatShape, TextShape
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.library import Library
from tavern_tui.services.preset_scripts import PresetScripts
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.presets import (
    PresetKind,
)
from tavern_tui.storage.templates import TemplateStore

if TYPE_CHECKING:
    from tavern_tui.services.generating import Conversation


class PromptSources:
    """What of the user's files goes into a prompt."""

    def __init__(
        self,
        *,
        connections: ConnectionService,
        library: Library,
        setup: SetupService,
        templates: TemplateStore,
        preset_scripts: PresetScripts,
        default_preset: Callable[[], ChatPreset],
    ) -> None:
        self.connections = connections
        self.extra_books: tuple[Lorebook, ...] = ()
        """Books of the command line, active for this run."""
        self.chat_preset: ChatPreset | None = None
        """A chat-completion preset in the place of the connection's."""
        self.preset_scripts = preset_scripts
        self._library = library
        self._setup = setup
        self._templates = templates
        self._default_preset = default_preset

    def _shape(self, character: Character) -> TextShape | ChatShape:
        connection = self.connections.current
        if self.connections.spec_of(connection).prompt_kind == "chat":
            return self.chat_shape(self._preset(connection.chat_preset), character)
        return self.text_shape()

    def chat_shape(self, preset: ChatPreset, character: Character) -> ChatShape:
        """How a preset lays a prompt of the current connection out: in the character's own order, if
        it has one."""
        from tavern_tui.prompt.post_process import stricter

        connection = self.connections.current
        own = preset.own_order(f"{character.file}.png")
        needed = self.connections.spec_of(connection).post_processing
        return ChatShape(
            preset=preset if own is None else replace(preset, order=own),
            post_processing=stricter(connection.post_processing, needed),
        )

    def text_shape(self) -> TextShape:
        """How the templates of the current connection lay a prompt out."""
        instruct, context = self._text_templates()
        return TextShape(context=context, instruct=instruct, system_prompt=self._system_prompt())

    def _preset(self, name: str) -> ChatPreset:
        if self.chat_preset is not None:
            return self.chat_preset
        return (self._library.chat_preset(name) if name else None) or self._default_preset()

    def _text_templates(self) -> tuple[InstructTemplate | None, ContextTemplate]:
        connection = self.connections.current
        name = self.connections.template.name
        instruct = self._templates.instruct(name) if name else None
        wanted = name if connection.context == "auto" else connection.context
        context = (self._templates.context(wanted) if wanted else None) or self._templates.default_context()
        return instruct, context

    def _system_prompt(self) -> SystemPrompt:
        name = self.connections.current.system_prompt
        return (
            self._templates.system_prompt(name) if name else None
        ) or self._templates.default_system_prompt()

    def regex_scripts(self, character: Character) -> tuple[RegexScript, ...]:
        """The scripts that run now: the global ones, the preset's and the character's."""
        connection, setup = self.connections.current, self._setup.value
        if self.connections.spec_of(connection).prompt_kind == "chat":
            preset = self.preset_scripts.allowed(setup, PresetKind.CHAT, connection.chat_preset)
        else:
            preset = self.preset_scripts.allowed(setup, PresetKind.TEXT, connection.text_preset)
        return setup.regex_scripts_for(character, preset)

    def _books(self, session: Conversation, character: Character) -> tuple[LinkedBook, ...]:
        """All books linked to this chat, in no particular order; a book linked twice counts once."""
        setup = self._setup.value
        links: list[tuple[str, LoreSource]] = [(name, LoreSource.GLOBAL) for name in setup.global_books]
        chat_book = session.chat.metadata.get("world_info")
        if isinstance(chat_book, str) and chat_book:
            links.append((chat_book, LoreSource.CHAT))
        if session.persona.lorebook:
            links.append((session.persona.lorebook, LoreSource.PERSONA))
        linked = [character.world] if character.world else []
        links += [(name, LoreSource.CHARACTER) for name in (*linked, *setup.books_of(character.file))]
        books: list[LinkedBook] = []
        for name, source in links:
            book = self._library.lorebook(name)
            if book is not None:
                books.append(LinkedBook(book=book, source=source))
        if character.lorebook is not None and not self._has_world(character.world):
            books.append(LinkedBook(book=character.lorebook, source=LoreSource.CHARACTER))
        books += [LinkedBook(book=book, source=LoreSource.GLOBAL) for book in self.extra_books]
        return tuple(books)

    def _has_world(self, name: str) -> bool:
        return bool(name) and self._library.lorebook(name) is not None
