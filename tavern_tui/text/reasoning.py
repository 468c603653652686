"""A model's thinking: taken out of its text, whole or streamed, and put back into prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.text.stop_strings import begun
from tavern_tui.text.whitespace import SPACES, js_trim


@dataclass(frozen=True, slots=True)
class SplitText:
    """A text and the thinking that was in it."""

    text: str
    reasoning: str = ""
    found: bool = False
    """There was a complete block of thinking."""


def split_reasoning(
    text: str, template: ReasoningTemplate, *, strict: bool = True, trim: bool = True
) -> SplitText:
    """Take the first block of thinking out of a whole text.

    `strict`: only a block at the very start counts (after white space). `trim`: both parts lose
    the white space at their ends. Without a complete block the text stays as it is."""
    prefix, suffix = template.prefix, template.suffix
    if not prefix or not suffix:
        return SplitText(text)
    starts = _possible_starts(text, prefix) if strict else (max(0, text.find(prefix)),)
    start = next((start for start in starts if text.startswith(prefix, start)), -1)
    end = text.find(suffix, start + len(prefix)) if start >= 0 else -1
    if end < 0:
        return SplitText(text)
    reasoning = text[start + len(prefix) : end]
    rest = text[:start] + text[end + len(suffix) :]
    if trim:
        reasoning, rest = js_trim(reasoning), js_trim(rest)
    return SplitText(rest, reasoning, True)


class _State(Enum):
    START = auto()
    THINKING = auto()
    GAP = auto()
    """After the block, before the first word of the text."""
    TEXT = auto()


class SplitPiece(NamedTuple):
    """What one piece of a stream adds."""

    text: str = ""
    reasoning: str = ""


class ReasoningSplitter:
    """Splits a stream into thinking and text, however it is cut into pieces.

    The stream must begin with the prefix (white space may come first), else all of it is text.
    Thinking that is never closed stays thinking. What is emitted has no white space at the start
    of the thinking, at its end, or between it and the text."""

    def __init__(self, template: ReasoningTemplate, *, opened: bool = False) -> None:
        """`opened`: the prompt ended inside a block, so the stream begins with thinking."""
        self._prefix, self._suffix = template.prefix, template.suffix
        active = bool(self._prefix and self._suffix)
        self._state = (_State.THINKING if opened else _State.START) if active else _State.TEXT
        self._held = ""
        self._thought = opened
        """Some thinking was emitted: white space is no longer at its start."""

    @property
    def thinking(self) -> bool:
        """Whether the stream is inside a block now."""
        return self._state is _State.THINKING

    def feed(self, piece: str) -> SplitPiece:
        """More of the stream."""
        data, self._held = self._held + piece, ""
        reasoning = ""
        if self._state is _State.START:
            data = self._begin(data)
        if self._state is _State.THINKING:
            reasoning, data = self._think(data)
        if self._state is _State.GAP:
            data = data.lstrip(SPACES)
            self._state = _State.TEXT if data else _State.GAP
        return SplitPiece(data if self._state is _State.TEXT else "", reasoning)

    def close(self) -> SplitPiece:
        """The stream has ended; returns what was held back."""
        held, self._held = self._held, ""
        if self._state is _State.THINKING:
            return SplitPiece(reasoning=held.rstrip(SPACES))
        return SplitPiece(text=held)

    def _begin(self, data: str) -> str:
        """Decide whether the stream begins with a block; undecided data is held back."""
        for start in _possible_starts(data, self._prefix):
            if data.startswith(self._prefix, start):
                self._state = _State.THINKING
                return data[start + len(self._prefix) :]
            if self._prefix.startswith(data[start:]):
                self._held = data
                return ""
        self._state = _State.TEXT
        return data

    def _think(self, data: str) -> tuple[str, str]:
        """(thinking to emit, text after the block); a possible end of the block is held back."""
        end = data.find(self._suffix)
        if end >= 0:
            self._state = _State.GAP
            return self._emitted(data[:end].rstrip(SPACES)), data[end + len(self._suffix) :]
        safe = len(data) - begun(data, self._suffix)
        emitted = data[:safe].rstrip(SPACES)
        self._held = data[len(emitted) :]
        return self._emitted(emitted), ""

    def _emitted(self, thought: str) -> str:
        thought = thought if self._thought else thought.lstrip(SPACES)
        self._thought = self._thought or bool(thought)
        return thought


def _possible_starts(text: str, prefix: str) -> range:
    """Where `prefix` may stand with nothing but white space before it."""
    lead = len(text) - len(text.lstrip(SPACES))
    own_lead = len(prefix) - len(prefix.lstrip(SPACES))
    return range(max(0, lead - own_lead), lead + 1)


def with_reasoning(
    text: str,
    reasoning: str,
    template: ReasoningTemplate,
    substitute: Callable[[str], str],
    *,
    continued: bool = False,
) -> str:
    """A message's text with its thinking in front, as the model wrote it.

    When the message is `continued` and has no text yet, the block is left open for the model to
    go on thinking. Without thinking the text stays as it is."""
    if not reasoning:
        return text
    opened = substitute(template.prefix) + reasoning
    if continued and not text:
        return opened
    return opened + substitute(template.suffix) + substitute(template.separator) + text
