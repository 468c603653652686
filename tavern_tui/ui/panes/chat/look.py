"""Look: how messages stand on the screen - their style, and what is said beside the names."""

from __future__ import annotations

from dataclasses import dataclass

from tavern_tui.core.settings import Settings

STYLES = {
    "flat": "Name above, text across the whole width",
    "bubble": "A box around each message, yours to the right",
    "document": "Prose without names, like a story",
}
"""Message styles, with what they look like."""
FACTS = {
    "time": "when it was sent",
    "model": "which model wrote it",
    "tokens": "how many tokens it has",
    "seconds": "how long it took",
    "speed": "tokens per second",
    "cost": "what it cost",
}
"""What can stand beside a name."""
USUAL_FACTS = ("model", "tokens", "seconds", "cost")
BORDER = 2
"""Cells of a bubble's border on each side, with the blank beside it."""
_ROOMY = 50
"""From this width on, bubbles leave room at their other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the user chose."""

    style: str = "flat"
    facts: tuple[str, ...] = USUAL_FACTS
    thinking: str = "folded"
    """`folded` (it says that there is some), `unfolded` or `hidden`."""

    @classmethod
    def of(cls, settings: Settings, *, unfolds: bool = False) -> Look:
        """The look the settings ask for; what they name wrongly is left out. `unfolds`: thinking is shown
        in full at first."""
        wanted = {*settings.message_facts, *(("time",) if settings.show_timestamps else ())}
        style = settings.message_style if settings.message_style in STYLES else "flat"
        thinking = ("unfolded" if unfolds else "folded") if settings.show_reasoning else "hidden"
        return cls(style=style, facts=tuple(name for name in FACTS if name in wanted), thinking=thinking)

    @property
    def is_boxed(self) -> bool:
        return self.style == "bubble"

    def place(self, width: int, speaker: str) -> tuple[int, int]:
        """How many cells a message's text stands in from the left, and how wide it is."""
        if not self.is_boxed:
            return 0, width
        aside = width // 6 if width >= _ROOMY else 0
        inner = max(1, width - 2 * BORDER - aside)
        return BORDER + (aside if speaker == "user" else 0), inner
