"""Everything a macro may know, handed in by the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from tavern_tui.core.character import CardFields
from tavern_tui.core.chat import Message
from tavern_tui.core.template import (
    ContextTemplate,
    InstructTemplate,
    ReasoningTemplate,
    SystemPrompt,
)


@dataclass(slots=True)
class Variables:
    """Chat and global variables. Copies: the caller decides whether to keep the changes."""

    chat: dict[str, object] = field(default_factory=dict)
    everywhere: dict[str, object] = field(default_factory=dict)
    chat_changed: bool = False
    everywhere_changed: bool = False


@dataclass(slots=True, kw_only=True)
class MacroContext:
    """What macros read. One per build; `variables`, `banned` and `warnings` are written to."""

    user: str = "User"
    char: str = ""
    members: tuple[str, ...] = ()
    """Names of all group members in order; empty outside groups."""
    enabled_members: tuple[str, ...] = ()
    card: CardFields = field(default_factory=CardFields)
    example_blocks: str = ""
    """`{{mesExamples}}`: formatted for the current shape of prompt."""
    system_prompt: SystemPrompt = field(default_factory=SystemPrompt)
    prefer_character_prompt: bool = True
    messages: Sequence[Message] = ()
    """The whole chat, hidden messages included."""
    swiping: bool = False
    """The last message is being replaced and does not count."""
    first_included: int | None = None
    """Index of the first message that fitted the last request."""
    input: str = ""
    generation_type: str = "normal"
    last_generation_type: str = ""
    model: str = ""
    max_context: int = 8192
    max_response: int = 350
    instruct: InstructTemplate | None = None
    """None: instruct mode is off."""
    context: ContextTemplate = field(default_factory=ContextTemplate)
    reasoning: ReasoningTemplate = field(default_factory=ReasoningTemplate)
    authors_note: str = ""
    char_authors_note: str = ""
    default_authors_note: str = ""
    outlets: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    """More names -> text (`summary`, ...); they win over the table."""
    variables: Variables = field(default_factory=Variables)
    now: datetime = field(default_factory=lambda: datetime(2000, 1, 1).astimezone())
    """Local time, aware. Callers that have a clock pass it."""
    rng: Random = field(default_factory=lambda: Random(0))
    chat_name: str = ""
    """For `{{pick}}`: the chat's file name, or its parent's for branches."""
    chat_id_hash: int | None = None
    pick_reroll_seed: str = ""
    legacy: bool = False
    """Use SillyTavern's legacy macro engine."""
    banned: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """One sentence for each thing that was left as literal text."""
