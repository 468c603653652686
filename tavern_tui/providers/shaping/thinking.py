"""How much a model may think: from the effort setting to budgets (tokens) and levels (words)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.errors import UsageError

CLAUDE_LEAST = 1024
"""Anthropic takes no smaller budget."""
CLAUDE_MOST_AT_ONCE = 21333
"""Anthropic takes no larger one for replies that are not streamed."""
CLAUDE_SHARES = {"low": 0.1, "medium": 0.25, "high": 0.5, "max": 0.95}
CLAUDE_WORDS = {"min": "low", "low": "low", "medium": "medium", "high": "high", "max": "max"}

GOOGLE_SHARES = {"low": 0.1, "medium": 0.25, "high": 0.5, "max": 1.0}
GOOGLE_DECIDES = -1

EFFORTS = ("auto", "min", "low", "medium", "high", "max")


def claude_budget(effort: str, *, max_tokens: int, stream: bool) -> int | None:
    """Tokens Claude may think, of a reply's `max_tokens`; None: it is not told to think.
    Raises UsageError for an effort that does not exist."""
    if _known(effort) == "auto":
        return None
    share = CLAUDE_SHARES.get(effort, 0.0)
    budget = max(int(max_tokens * share), CLAUDE_LEAST)
    return budget if stream else min(budget, CLAUDE_MOST_AT_ONCE)


def claude_effort(effort: str) -> str | None:
    """The word for Claude models that choose their budget themselves; None: theirs to choose.
    Raises UsageError for an effort that does not exist."""
    return CLAUDE_WORDS.get(_known(effort))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Budget:
    """Gemini models that are given a number of tokens."""

    off: int = 0
    """For the least effort."""
    least: int = 0
    most: int


_BUDGETS = {
    "flash-lite": _Budget(least=512, most=24576),
    "flash": _Budget(most=24576),
    "pro": _Budget(off=128, least=128, most=32768),
}
"""By a word in the model's id; the first that is found counts."""

_LEVELS: Mapping[str, Mapping[str, str]] = {
    "3.7-flash": {"min": "low", "low": "low", "medium": "medium", "high": "high", "max": "high"},
    "flash": {"min": "minimal", "low": "low", "medium": "medium", "high": "high", "max": "high"},
    "pro": {"min": "low", "low": "low", "medium": "low", "high": "high", "max": "high"},
}
"""The same for Gemini 3, which is given a word."""


def google_thinking(effort: str, *, model: str, max_tokens: int) -> int | str | None:
    """A budget in tokens (-1: the model decides), a level, or None where there is nothing to say.
    Raises UsageError for an effort that does not exist."""
    _known(effort)
    if "gemini-3" in model:
        levels = next((row for word, row in _LEVELS.items() if word in model), {})
        return levels.get(effort)
    row = next((row for word, row in _BUDGETS.items() if word in model), None)
    if row is None:
        return None
    match effort:
        case "auto":
            return GOOGLE_DECIDES
        case "min":
            return row.off
        case _:
            return min(max(int(max_tokens * GOOGLE_SHARES[effort]), row.least), row.most)


def _known(effort: str) -> str:
    if effort not in EFFORTS:
        raise UsageError(f"The reasoning effort is one of {', '.join(EFFORTS)}, not {effort[:40]!r}.")
    return effort
