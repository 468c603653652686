"""A preset's reasoning effort in the words of each service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.providers.dialects.chat.call import NO_SAMPLING_CLAUDE, ChatCall

Words = Mapping[str, str]

USUAL: Words = {"min": "low", "low": "low", "medium": "medium", "high": "high", "max": "high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How one service is told to think; `auto` is never said."""

    words: Words
    only: str = ""
    """Pattern of the models that know the word; empty: all."""
    never: str = ""
    """Pattern of models that do not."""
    families: tuple[tuple[str, Words], ...] = ()
    """Pattern of a model's id -> words that differ there. All that match count, the last most."""
    listed: bool = False
    """Only words are said that the service's list names for the model."""

    def word(self, model: str, effort: str) -> str | None:
        """What to say; None: nothing."""
        if self.only and not re.search(self.only, model):
            return None
        if NO_SAMPLING_CLAUDE.search(model) or (self.never and re.search(self.never, model)):
            return None
        words = dict(self.words)
        for pattern, others in self.families:
            if re.search(pattern, model):
                words |= others
        return words.get(effort)

    def of(self, call: ChatCall) -> str | None:
        """The word for this request."""
        word = self.word(call.model, call.options.reasoning_effort)
        return word if not self.listed or word in call.request.efforts else None


DATED = r"(-\d{4}-\d\d-\d\d)?"
OPENAI_THINKERS = (
    rf"^(o1|o3|o3-mini|o4-mini|gpt-5|gpt-5-mini|gpt-5-nano|gpt-5\.[12](-chat-latest)?|gpt-5\.3-chat-latest"
    rf"|gpt-5\.4(-mini|-nano)?|gpt-5\.5|gpt-5\.6(-sol|-terra|-luna)?|gpt-6-astra){DATED}$"
)
"""Models of OpenAI that take a reasoning effort."""

ONLY_MEDIUM = dict.fromkeys(USUAL, "medium")

OPENAI = Effort(
    words=USUAL,
    only=OPENAI_THINKERS,
    families=(
        (r"^gpt-5", {"min": "minimal"}),
        (r"^gpt-5\.[456]", {"min": "none"}),
        (r"^gpt-5\.6", {"max": "xhigh"}),
        (r"^gpt-6-astra", {"max": "max"}),
        (r"^gpt-5\.3-chat-latest", ONLY_MEDIUM),
    ),
)
AZURE = Effort(words=OPENAI.words, only=OPENAI.only, never=r"^gpt-[34]", families=OPENAI.families)
CUSTOM = Effort(
    words=USUAL,
    only=rf"{OPENAI_THINKERS}|^koboldcpp/",
    families=(
        (r"^gpt-5\.3-chat-latest", ONLY_MEDIUM),
        (r"^koboldcpp/", {"min": "minimal", "max": "xhigh"}),
    ),
)
EVERY_MODEL = Effort(words=USUAL)
XAI = Effort(words={**USUAL, "medium": "low"}, only="grok-3-mini")
DEEPSEEK = Effort(words={**USUAL, "medium": "high", "max": "max"})
ELECTRONHUB = Effort(words=USUAL, listed=True)
FIREWORKS = Effort(words={**USUAL, "max": "max"})
NANOGPT = Effort(words={"min": "none", "low": "minimal", "medium": "low", "high": "medium", "max": "high"})
