"""Target: where the words of a reply go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tavern_tui.core.chat import Message


@dataclass(slots=True)
class Target:
    """The message a reply is written into."""

    index: int | None = None
    before: Message | None = None
    """As it was; put back when nothing arrives. None: a new message."""
    prefix: str = ""
    """Text that stays in front of what arrives (continue)."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What the new message or swipe carries besides its text."""
