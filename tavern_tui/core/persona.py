"""Who the user is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class PersonaPosition(IntEnum):
    """Where the persona description goes. 1 is an old alias of 0."""

    IN_PROMPT = 0
    AFTER_CHAR = 1
    TOP_OF_NOTE = 2
    BOTTOM_OF_NOTE = 3
    AT_DEPTH = 4
    NONE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A name and a description the user plays under."""

    name: str = "User"
    file: str = ""
    """The avatar's file name: SillyTavern's identity of the persona. Empty: not a saved one."""
    description: str = ""
    title: str = ""
    position: PersonaPosition = PersonaPosition.IN_PROMPT
    depth: int = 2
    role: int = 0
    """0 system, 1 user, 2 assistant."""
    lorebook: str = ""
    connections: tuple[tuple[str, str], ...] = ()
    """(`character` | `group`, id) pairs this persona is bound to."""
    source: Mapping[str, object] = field(default_factory=dict)
