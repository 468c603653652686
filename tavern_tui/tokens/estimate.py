"""EstimateCounter: counts tokens from the length of a text, when nothing better is at hand.

The divisor and the message rules are SillyTavern's, so that a prompt cut by an estimate is cut
at the same place there and here."""

from __future__ import annotations

import json
from functools import lru_cache
from math import ceil

BYTES_PER_TOKEN = 3.35
MESSAGE_OVERHEAD = 2
"""Taken off each chat-completion message: its list brackets are counted once too often."""


class EstimateCounter:
    """Implements `core.tokens.TokenCounter`. Never exact."""

    @property
    def name(self) -> str:
        return "estimate"

    @property
    def exact(self) -> bool:
        return False

    def count(self, text: str) -> int:
        """Tokens of `text`; 0 for the empty string."""
        return ceil(utf8_length(text) / BYTES_PER_TOKEN)

    def count_message(self, role: str, content: str, name: str = "") -> int:
        """Tokens of one chat-completion message; 0 if the content is empty."""
        return _message_tokens(str(role), content, name) if content else 0

    def count_loose(self, text: str) -> int:
        """Tokens of a text that chat completion counts as a message without a role."""
        return _json_tokens({"content": text})


@lru_cache(maxsize=4096)
def _message_tokens(role: str, content: str, name: str) -> int:
    """Kept, because a message is counted again with every prompt it stands in."""
    named = {"name": name} if name else {}
    return _json_tokens({"role": role, "content": content, **named}) - MESSAGE_OVERHEAD


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _json_tokens(message: dict[str, str]) -> int:
    return ceil(utf8_length(_compact.encode([message])) / BYTES_PER_TOKEN)


def utf8_length(text: str) -> int:
    """Bytes of `text` in UTF-8. A lone surrogate, which has no UTF-8 form, counts three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
