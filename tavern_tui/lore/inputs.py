"""What a lore scan is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tavern_tui.core.lorebook import LinkedBook, LoreEntry, LoreSettings, LoreSource
from tavern_tui.core.prompt import LoreVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSources:
    """Texts besides the chat that an entry may ask to have scanned."""

    persona_description: str = ""
    character_description: str = ""
    character_personality: str = ""
    character_depth_prompt: str = ""
    scenario: str = ""
    creator_notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanInput:
    """Everything one scan depends on."""

    books: Sequence[LinkedBook]
    settings: LoreSettings
    messages: Sequence[str]
    """Newest first, after regex scripts and reasoning, with `Name: ` in front when names are scanned."""
    sources: MatchSources
    injections: Sequence[str]
    """Values of the injections that are scanned, in the order of their keys."""
    generation_type: str
    character_file: str
    """The speaker's avatar file name without ending."""
    character_tags: Sequence[str] | None
    """Tag ids of the speaker. None: the speaker has no list of tags, and tag filters do not count."""
    room: int
    """Tokens of the context without those of the response."""
    count: Callable[[str], int]
    substitute: Callable[[str], str]
    rng: Random
    timed: Mapping[str, object]
    """`chat_metadata.timedWorldInfo`."""
    dry_run: bool = False
    """A preview: sticky and cooldown count as in a real send, but no changes of them are returned."""
    forced: Collection[tuple[str, int]] = ()
    """(book name, uid) of entries something else (similarity search) has chosen."""
    key_time_limit: float = 0.05
    """Seconds one regex key may search one text."""
    message_numbers: Sequence[int] = ()
    """Index in the chat of each of `messages`, for the wording of verdicts. May be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveEntry:
    """An entry that takes part in the prompt."""

    book: str
    source: LoreSource
    entry: LoreEntry
    content: str
    """Without decorators, macros resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What a scan found."""

    entries: tuple[ActiveEntry, ...] = ()
    """In the order they were activated."""
    verdicts: tuple[LoreVerdict, ...] = ()
    """One per entry of every book that takes part, in the order they are scanned."""
    timed: Mapping[str, object] | None = None
    """New value of `chat_metadata.timedWorldInfo`, or None if nothing changed."""
    warnings: tuple[str, ...] = ()
    overflow: bool = False
    """At least one entry was left out because the budget was used up."""
