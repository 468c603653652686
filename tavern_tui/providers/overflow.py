"""Prompts that are too long: how servers say so, and the numbers in their sentences."""

from __future__ import annotations

import re

SAYS_SO = re.compile(
    r"exceed_context_size|context_length_exceeded|exceeds? the (available )?context|"
    r"maximum context length|maximum prompt length|context length is only|prompt is too long|"
    r"input is too long|too many tokens|exceeded model token limit|exceed context limit|"
    r"exceeded this model context window|context window exceeds limit|"
    r"prompt exceeds max length|must be less than max_seq_len|"
    r"exceeds the maximum number of tokens",
    re.IGNORECASE,
)
"""In the body of a refusal that is about the length of a prompt."""

_NUMBER = r"(\d{1,9})"
_ROOM = re.compile(
    "|".join((
        rf"maximum context length(?: is| of|:)? {_NUMBER}",  # OpenAI and most others
        rf"with {_NUMBER} maximum context length",  # Mistral
        rf"maximum prompt length is {_NUMBER}",  # xAI
        rf"context length is only {_NUMBER}",  # vLLM
        rf"available context size \({_NUMBER}",  # llama.cpp
        rf"maximum number of tokens allowed \(?{_NUMBER}",  # Google
        rf"too long: \d{{1,9}} tokens > {_NUMBER}",  # Anthropic
        rf"exceed context limit: \d{{1,9}} \+ \d{{1,9}} > {_NUMBER}",  # Anthropic, with the reply
        rf"cannot exceed {_NUMBER}",  # Cohere
        rf"model token limit: {_NUMBER}",  # Moonshot
        rf"context window limit \({_NUMBER}",  # Workers AI
        rf"max_seq_len \({_NUMBER}",  # SiliconFlow
    )),
    re.IGNORECASE,
)  # fmt: skip
_SENT = re.compile(
    "|".join((
        rf"(?:request \(|too long: |input token count \(|resulted in )(?:about )?{_NUMBER}",
        rf"(?:prompt|request) contains (?:at least )?{_NUMBER}",
        rf"{_NUMBER} (?:tokens )?(?:in|from|of) (?:the |your )?(?:messages|prompt|input|text input)",
        rf"exceed context limit: {_NUMBER} \+",
        rf"received {_NUMBER}",
        rf"passed {_NUMBER} input tokens",
        rf"prompt_tokens \({_NUMBER}",
    )),
    re.IGNORECASE,
)  # fmt: skip


def numbers_in(sentence: str) -> tuple[int | None, int | None]:
    """How long the prompt is, and how much room there is, as far as a server's sentence says."""
    return _number(_SENT, sentence), _number(_ROOM, sentence)


def _number(pattern: re.Pattern[str], sentence: str) -> int | None:
    found = pattern.search(sentence)
    return int(next(filter(None, found.groups()))) if found else None
