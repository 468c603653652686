"""ReplyMeter: what the status line says while a reply is on its way, and after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tavern_tui.services.events import (
    ReasoningGrew,
    ReplyEnded,
    ReplyGrew,
    ReplyProgress,
    ReplyStarted,
    SessionEvent,
)
from tavern_tui.text.clean import clean_line

SILENCE = 2.0
"""Seconds without a word after which the screen says so."""
CHARACTERS_PER_TOKEN = 4.0
"""For the speed shown while a reply streams; the figure after it is the server's."""


@dataclass(slots=True)
class ReplyMeter:
    """Watches one reply. Times are monotonic seconds, passed in."""

    started: float
    heard: float = field(init=False)
    first_word: float | None = None
    characters: int = 0
    doing: str = "sending"

    def __post_init__(self) -> None:
        self.heard = self.started

    def watch(self, event: SessionEvent, now: float) -> None:
        self.heard = now
        match event:
            case ReplyStarted():
                self.doing = "waiting"
            case ReplyProgress(done=done, total=total, note=note):
                self.doing = clean_line(note) or f"reading the prompt {done:,}/{total:,}"
            case ReasoningGrew(delta=delta):
                self._count(delta, now)
                self.doing = "thinking"
            case ReplyGrew(delta=delta):
                self._count(delta, now)
                self.doing = "writing"
            case _:
                pass

    def _count(self, delta: str, now: float) -> None:
        if self.first_word is None:
            self.first_word = now
        self.characters += len(delta)

    def sentence(self, now: float) -> str:
        """`writing · about 24 tokens/s`, `waiting · nothing for 4 s`."""
        silent = now - self.heard
        if silent >= SILENCE:
            return f"{self.doing} · nothing for {silent:.0f} s"
        if self.first_word is not None and now - self.first_word >= 0.2:
            speed = self.characters / CHARACTERS_PER_TOKEN / (now - self.first_word)
            return f"{self.doing} · about {speed:.0f} tokens/s"
        return self.doing


def summary(ended: ReplyEnded) -> str:
    """`210 tokens · 24.1 tokens/s · first word after 0.4 s`."""
    parts = ["stopped"] if ended.stopped else []
    if ended.tokens:
        parts.append(f"{ended.tokens:,} tokens")
    writing = ended.seconds - (ended.first_token or 0.0)
    if ended.tokens and writing > 0:
        parts.append(f"{ended.tokens / writing:,.1f} tokens/s")
    if ended.first_token is not None:
        parts.append(f"first word after {ended.first_token:.1f} s")
    if ended.cost:
        parts.append(dollars(ended.cost))
    return " · ".join(parts) or "nothing came"


def dollars(cost: float) -> str:
    """`$0.0021`, `$1.25`."""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}" if cost >= 0.0001 else "under $0.0001"
