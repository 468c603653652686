"""Who the model plays: Character, Group, and a card's words as the prompt sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from tavern_tui.core.lorebook import Lorebook

USUAL_TALKATIVENESS = 0.5
"""Of a card that does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthPrompt:
    """A note of the card that is put `depth` messages above the end of the chat."""

    text: str = ""
    depth: int = 4
    role: str = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A character card, whatever its version and container."""

    name: str
    file: str = ""
    """The card's file name without its ending: SillyTavern's identity of the character."""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_message: str = ""
    example_messages: str = ""
    alternate_greetings: tuple[str, ...] = ()
    group_only_greetings: tuple[str, ...] = ()
    system_prompt: str = ""
    post_history: str = ""
    depth_prompt: DepthPrompt = DepthPrompt()
    lorebook: Lorebook | None = None
    """The book inside the card (`character_book`)."""
    world: str = ""
    """Name of the linked world file (`extensions.world`)."""
    tags: tuple[str, ...] = ()
    creator: str = ""
    creator_notes: str = ""
    version: str = ""
    nickname: str = ""
    talkativeness: float = USUAL_TALKATIVENESS
    """How readily they speak by themselves in a group, 0 to 1."""
    favourite: bool = False
    source: Mapping[str, object] = field(default_factory=dict)
    """The card's JSON object as it was read; the writer lays the fields over it."""


class GroupStrategy(IntEnum):
    """Who speaks next (`activation_strategy`)."""

    NATURAL = 0
    LIST = 1
    MANUAL = 2
    POOLED = 3


class GroupMode(IntEnum):
    """Whose cards the prompt shows (`generation_mode`)."""

    SWAP = 0
    APPEND = 1
    APPEND_DISABLED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group chat's cast."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    """Avatar file names (with ending), in order."""
    disabled: tuple[str, ...] = ()
    strategy: GroupStrategy = GroupStrategy.NATURAL
    mode: GroupMode = GroupMode.SWAP
    join_prefix: str = ""
    join_suffix: str = ""
    allow_self_responses: bool = False
    auto_mode_delay: float = 5.0
    """Seconds."""
    favourite: bool = False
    avatar_url: str = ""
    hide_muted_sprites: bool = False
    chat_id: str = ""
    """The chat that is open in the group: its file's name without ending."""
    chats: tuple[str, ...] = ()
    """All chats of the group, in the order they were begun."""
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFields:
    """A card's words, ready for the prompt: trimmed, overrides of the chat applied, groups joined.

    Which macros are already resolved is the prompt builder's business
    (see `tavern_tui.prompt`)."""

    description: str = ""
    personality: str = ""
    scenario: str = ""
    persona: str = ""
    example_messages: str = ""
    system: str = ""
    post_history: str = ""
    depth_prompt: str = ""
    creator_notes: str = ""
    version: str = ""
    first_message: str = ""
    alternate_greetings: tuple[str, ...] = ()
