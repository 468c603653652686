"""CautiousEstimate: counts high, while the true counts are on their way and the room is short."""

from __future__ import annotations

from math import ceil

from tavern_tui.core.tokens import TokenCounter
from tavern_tui.tokens.estimate import EstimateCounter, utf8_length

BYTES_PER_TOKEN = 2.0
"""Fewer than any writing system needs with the tokenisers in use: Chinese with Llama 2's, at 2.1."""


class CautiousEstimate:
    """Implements `core.tokens.TokenCounter`. Never exact, and hardly ever too low."""

    def __init__(self, estimate: TokenCounter | None = None) -> None:
        """`estimate` knows what a message costs besides its text."""
        self._estimate = estimate or EstimateCounter()

    @property
    def name(self) -> str:
        return "a cautious estimate"

    @property
    def exact(self) -> bool:
        return False

    def count(self, text: str) -> int:
        return ceil(utf8_length(text) / BYTES_PER_TOKEN)

    def count_message(self, role: str, content: str, name: str = "") -> int:
        if not content:
            return 0
        around = self._estimate.count_message(role, content, name) - self._estimate.count(content)
        return max(0, around) + self.count(content)

    def count_loose(self, text: str) -> int:
        around = self._estimate.count_loose(text) - self._estimate.count(text)
        return max(0, around) + self.count(text)
