"""PromptInputs: everything one prompt is made from, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tavern_tui.core.character import Character, Group
from tavern_tui.core.chat import Message
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.lorebook import LinkedBook, LoreSettings
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import (
    AuthorsNote,
    CharacterNote,
    ChatPreset,
    Injection,
    PromptOptions,
    RegexScript,
)
from tavern_tui.core.prompt import Medium
from tavern_tui.core.template import (
    ContextTemplate,
    InstructTemplate,
    ReasoningTemplate,
    SystemPrompt,
)
from tavern_tui.core.tokens import TokenCounter

PLACEHOLDER = "[Start a new chat]"
"""The user message that is made up where a strict server wants one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShape:
    """The prompt is one string, laid out by templates."""

    context: ContextTemplate
    instruct: InstructTemplate | None = None
    """None: plain `Name: text` lines."""
    system_prompt: SystemPrompt = field(default_factory=SystemPrompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatShape:
    """The prompt is a list of role-tagged messages, laid out by a prompt-manager preset."""

    preset: ChatPreset
    post_processing: str = ""
    """How the list is reshaped for strict servers: see `tavern_tui.prompt.post_process.MODES`."""
    placeholder: str = PLACEHOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCast:
    """A group together with the cards of its members, in the group's order."""

    group: Group
    members: tuple[Character, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptInputs:
    """What a prompt is made from. The same inputs always give the same prompt."""

    shape: TextShape | ChatShape
    character: Character
    """Who answers; in a group, the member whose turn it is."""
    group: GroupCast | None = None
    persona: Persona = field(default_factory=Persona)
    messages: Sequence[Message] = ()
    """The whole chat. For `regenerate` and `swipe`, the reply being replaced is still the last."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """The chat's `chat_metadata`: variables, overrides, timed lore, ..."""
    chat_name: str = ""
    generation: GenerationType = GenerationType.NORMAL
    user_input: str = ""
    """What is typed in the composer and not in `messages` yet. A normal generation sends it."""
    quiet_prompt: str = ""
    quiet_name: str = ""
    books: Sequence[LinkedBook] = ()
    lore: LoreSettings = field(default_factory=LoreSettings)
    note: AuthorsNote = field(default_factory=AuthorsNote)
    default_note: str = ""
    """The note new chats get; for the macro `{{defaultAuthorsNote}}`."""
    character_note: CharacterNote = field(default_factory=CharacterNote)
    injections: Sequence[Injection] = ()
    summary: str = ""
    options: PromptOptions = field(default_factory=PromptOptions)
    reasoning: ReasoningTemplate = field(default_factory=ReasoningTemplate)
    regex_scripts: Sequence[RegexScript] = ()
    context_size: int = 8192
    """Tokens."""
    response_length: int = 350
    """Tokens."""
    counter: TokenCounter
    now: datetime
    """Local time, aware."""
    seed: int = 0
    """All dice of this build are thrown from it."""
    global_variables: Mapping[str, object] = field(default_factory=dict)
    model: str = ""
    character_tags: tuple[str, ...] = ()
    """Ids of the tags the user gave the character, for lore filters."""
    api: str = ""
    """Provider id; signatures of reasoning go back only to where they came from."""
    tools: Sequence[Tool] = ()
    """What the model may call. Earlier calls are part of the prompt only where there are some."""
    media: Mapping[str, Medium] = field(default_factory=dict)
    """The files of the chat's pictures and sounds the model takes, by the address in their messages."""
    attached: Mapping[str, object] = field(default_factory=dict)
    """What the files that wait in the composer put into the `extra` of the typed message."""
    dry_run: bool = False
    """A preview: timed lore effects are read but not advanced."""

    @property
    def room(self) -> int:
        """Tokens the prompt may have."""
        return self.context_size - self.response_length
