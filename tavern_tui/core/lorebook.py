"""Lorebook and its entries (World Info), with SillyTavern 1.19's fields and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class LorePosition(IntEnum):
    """Where an activated entry goes."""

    BEFORE_CHAR = 0
    AFTER_CHAR = 1
    NOTE_TOP = 2
    NOTE_BOTTOM = 3
    AT_DEPTH = 4
    EXAMPLES_TOP = 5
    EXAMPLES_BOTTOM = 6
    OUTLET = 7


class KeyLogic(IntEnum):
    """How the secondary keys count."""

    AND_ANY = 0
    NOT_ALL = 1
    NOT_ANY = 2
    AND_ALL = 3


class LoreSource(StrEnum):
    """Through which link a book takes part in a chat."""

    CHAT = "chat"
    PERSONA = "persona"
    CHARACTER = "character"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterFilter:
    """For which characters an entry counts."""

    exclude: bool = False
    names: tuple[str, ...] = ()
    """Avatar file names without ending."""
    tags: tuple[str, ...] = ()
    """Tag ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreEntry:
    """One entry of a lorebook. Names follow the file's, in snake case."""

    uid: int
    keys: tuple[str, ...] = ()
    secondary_keys: tuple[str, ...] = ()
    comment: str = ""
    content: str = ""
    constant: bool = False
    vectorized: bool = False
    """May be activated by similarity; has no effect on the keyword scan."""
    selective: bool = True
    """Secondary keys are looked at."""
    logic: KeyLogic = KeyLogic.AND_ANY
    order: int = 100
    position: LorePosition = LorePosition.BEFORE_CHAR
    depth: int = 4
    role: int = 0
    """For AT_DEPTH: 0 system, 1 user, 2 assistant."""
    outlet: str = ""
    disabled: bool = False
    ignore_budget: bool = False
    exclude_recursion: bool = False
    """Cannot be activated by the content of other entries."""
    prevent_recursion: bool = False
    """Its own content activates no others."""
    delay_until_recursion: int = 0
    """0: no; otherwise the recursion level from which it may be activated."""
    probability: float = 100
    use_probability: bool = True
    group: str = ""
    """Names of inclusion groups, comma separated."""
    group_override: bool = False
    group_weight: float = 100
    use_group_scoring: bool | None = None
    scan_depth: int | None = None
    case_sensitive: bool | None = None
    match_whole_words: bool | None = None
    sticky: int | None = None
    """Messages it stays active after an activation."""
    cooldown: int | None = None
    """Messages it cannot be activated again after that."""
    delay: int | None = None
    """Messages the chat must have before it may be activated."""
    match_persona_description: bool = False
    match_character_description: bool = False
    match_character_personality: bool = False
    match_character_depth_prompt: bool = False
    match_scenario: bool = False
    match_creator_notes: bool = False
    character_filter: CharacterFilter = CharacterFilter()
    triggers: tuple[str, ...] = ()
    """Generation types for which it counts; empty: all."""
    automation_id: str = ""
    display_index: int = 0
    source: Mapping[str, object] = field(default_factory=dict)
    """The JSON object as it was read (timed effects hash it); the writer lays the fields over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lorebook:
    """A book of entries. `name` is the world file's name without `.json`."""

    name: str
    entries: tuple[LoreEntry, ...] = ()
    source: Mapping[str, object] = field(default_factory=dict)
    """The file's JSON object without its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedBook:
    """A book together with the link that brings it into the chat."""

    book: Lorebook
    source: LoreSource


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreSettings:
    """Global scan settings, SillyTavern's `world_info_*`, with its shipped defaults."""

    depth: int = 2
    """Messages scanned."""
    min_activations: int = 0
    min_activations_depth_max: int = 0
    budget: int = 25
    """Percent of the prompt's room."""
    budget_cap: int = 0
    """Tokens; 0: none."""
    include_names: bool = True
    recursive: bool = True
    case_sensitive: bool = False
    match_whole_words: bool = True
    character_strategy: int = 1
    """0 evenly, 1 character first, 2 global first."""
    use_group_scoring: bool = False
    max_recursion_steps: int = 0
    """Scan passes at most; 0: no limit."""
