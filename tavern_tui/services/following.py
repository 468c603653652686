"""What follows a reply by itself: it goes on to a length, or is written anew because it is no good."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tavern_tui.core.finish import FinishReason
from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.services.events import ReplyEnded

MOST_SWIPES = 3
MOST_CONTINUES = 8
LEAST_GROWTH = 5
"""Characters: a model that adds no more than so many has come to its end."""
FINAL = frozenset({FinishReason.FILTER, FinishReason.TOOL})
"""Endings after which the same request would end the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The user's wishes, for the connection that answers."""

    more: AutoContinue = field(default_factory=AutoContinue)
    anew: AutoSwipe = field(default_factory=AutoSwipe)


def wants_swipe(rules: AutoSwipe, ended: ReplyEnded, swiped: int) -> bool:
    """Whether a reply is too short to keep, or has too many words nobody wants."""
    if not rules.enabled or ended.stopped or ended.reason in FINAL or swiped >= MOST_SWIPES:
        return False
    text = ended.text.strip()
    if len(text) < rules.minimum_length:
        return True
    return 0 < rules.blacklist_threshold <= count_words(text, rules.blacklist)


def wants_more(rules: AutoContinue, ended: ReplyEnded, tokens: int, grew: int, continued: int) -> bool:
    """Whether a message of `tokens` should go on; `grew`: characters the last request added."""
    if not rules.enabled or ended.stopped or ended.reason in FINAL or continued >= MOST_CONTINUES:
        return False
    return grew > LEAST_GROWTH and tokens < rules.target_length


def count_words(text: str, words: tuple[str, ...]) -> int:
    """How often one of these words stands in a text, whole and in any case."""
    wanted = sorted(filter(None, (word.strip() for word in words)), key=len, reverse=True)
    if not wanted:
        return 0
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, wanted))})(?!\w)"
    return len(re.findall(pattern, text, re.IGNORECASE))
