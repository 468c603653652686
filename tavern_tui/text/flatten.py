"""One string out of messages, for the old completion models behind chat services."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LEGACY = re.compile(r"gpt-3\.5-turbo-instruct(-0914)?|text-.*-00[123]|code-.*", re.DOTALL)
"""Model ids of OpenAI that complete texts and know no messages."""


def is_legacy_model(model: str) -> bool:
    """Whether a model of a chat service takes a text instead of messages."""
    return LEGACY.fullmatch(model) is not None


def flatten(messages: Sequence[Mapping[str, object]]) -> str:
    """A line per message with who says it, and the beginning of the answer's line.

    Pictures and other parts that are no text cannot be carried; a message without any words
    (a bare tool call) has no line."""
    lines = [_line(message) for message in messages]
    return "\n".join(line for line in lines if line) + "\nassistant:"


def _line(message: Mapping[str, object]) -> str:
    words = _words(message.get("content"))
    if words is None:
        return ""
    role = str(message.get("role", ""))
    if role == "system":
        return f"{message.get('name') or 'System'}: {words}"
    return f"{role}: {words}"


def _words(content: object) -> str | None:
    """The text of a message; None where it has none at all."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
    return "\n\n".join(text for text in texts if isinstance(text, str))
