"""What follows a reply by itself: it goes on to a length, or is written anew because it is too short."""

from __future__ import annotations

from dataclasses import dataclass

from tavern_tui.core.finish import FinishReason
from tavern_tui.services.events import ReplyEnded

MOST_SWIPES = 3
MOST_CONTINUES = 8
FINAL = frozenset({FinishReason.FILTER, FinishReason.TOOL})
"""Endings after which the same request would end the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The user's wishes; 0 switches each off."""

    continue_to: int = 0
    """Tokens a reply should have."""
    swipe_below: int = 0
    """Characters a reply must have."""


def wants_swipe(rules: Following, ended: ReplyEnded, swiped: int) -> bool:
    """Whether a reply is too short to keep."""
    if not rules.swipe_below or ended.stopped or ended.reason in FINAL or swiped >= MOST_SWIPES:
        return False
    return len(ended.text.strip()) < rules.swipe_below


def wants_more(rules: Following, ended: ReplyEnded, tokens: int, grew: int, continued: int) -> bool:
    """Whether a reply of `tokens` should go on; `grew`: characters the last request added."""
    if not rules.continue_to or ended.stopped or ended.reason in FINAL or continued >= MOST_CONTINUES:
        return False
    return grew > 0 and tokens < rules.continue_to
