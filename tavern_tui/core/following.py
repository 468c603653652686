"""What follows a reply by itself, as the user wants it, with SillyTavern's field names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoContinue:
    """Let a reply that is too short go on."""

    enabled: bool = False
    allow_chat_completions: bool = False
    """Also where a list of messages is sent, not one text."""
    target_length: int = 400
    """Tokens a message should have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoSwipe:
    """Have a reply that is no good written anew, as another swipe."""

    enabled: bool = False
    minimum_length: int = 0
    """Characters a reply must have; an empty one is shorter than any number but 0."""
    blacklist: tuple[str, ...] = ()
    """Words that should not be there: whole words, upper and lower case aside."""
    blacklist_threshold: int = 2
    """How many of them are too many; 0: any number is allowed."""
