"""Where prompt-cache markers go: Anthropic's own API, and Claude and Gemini behind OpenRouter."""

from __future__ import annotations

from tavern_tui.providers.shaping.messages import Messages, Wire, is_text, parts_of

SECOND_MARKER = 2
"""So many changes of speaker before the first marker stands another: what it covers was cached by
the request before this one."""


def marker(ttl: str | None) -> Wire:
    """A `cache_control` object. `ttl`: `5m`, `1h`, or None where the service has no choice."""
    return {"type": "ephemeral", "ttl": ttl} if ttl else {"type": "ephemeral"}


def cached_at_depth(messages: Messages, depth: int, ttl: str | None) -> list[Wire]:
    """The messages with markers `depth` and `depth + 2` changes of speaker from the end.

    A prefill at the end is not counted, nor are system messages. Negative: no markers."""
    result = [dict(message) for message in messages]
    passed, speaker, prefill = -1, "", True
    for message in reversed(result):
        role = str(message.get("role"))
        if role == "system" or (prefill and role == "assistant"):
            continue
        prefill = False
        if role == speaker:
            continue
        speaker, passed = role, passed + 1
        if passed in (depth, depth + SECOND_MARKER):
            _mark(message, ttl)
    return result


def cached_system(messages: Messages, ttl: str | None) -> list[Wire]:
    """The messages with a marker at the end of the first system message, unless it has one."""
    result = [dict(message) for message in messages]
    first = next((message for message in result if message.get("role") == "system"), None)
    if first is not None:
        parts = parts_of(first.get("content"))
        marked = any(isinstance(part, dict) and "cache_control" in part for part in parts)
        if not marked and any(is_text(part) for part in parts):
            _mark(first, ttl, text_only=True)
    return result


def _mark(message: Wire, ttl: str | None, *, text_only: bool = False) -> None:
    parts = parts_of(message.get("content"))
    for number in reversed(range(len(parts))):
        part = parts[number]
        if isinstance(part, dict) and (is_text(part) or not text_only):
            parts[number] = {**part, "cache_control": marker(ttl)}
            message["content"] = parts
            return
