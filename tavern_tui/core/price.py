"""What a model's tokens cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a token; None: unknown."""

    prompt: float | None = None
    reply: float | None = None
    cached: float | None = None
    """For a token of the prompt the service still knew; unknown: as much as any other."""

    def of(self, *, prompt: int, reply: int, cached: int = 0, surcharge: float = 0.0) -> float | None:
        """What a request cost, in US dollars; None: one of the two prices is unknown.

        `prompt`: all its tokens, `cached`: those among them that were known; `surcharge`: what keeping the
        prompt for the next request cost, as so many of its tokens."""
        if self.prompt is None or self.reply is None:
            return None
        known = min(max(cached, 0), prompt)
        per_known = self.prompt if self.cached is None else self.cached
        return (prompt - known + surcharge) * self.prompt + known * per_known + reply * self.reply
