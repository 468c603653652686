"""Thoughts that led to calls of tools, where a service takes them back as plain text."""

from __future__ import annotations

from tavern_tui.providers.shaping.messages import Messages, Wire, calls_of


def with_thoughts(messages: Messages, mode: str, *, key: str = "reasoning") -> list[Wire]:
    """The messages with the thoughts behind calls under `key`, as far as `mode` wants them back (one of
    TOOL_THOUGHTS): only calls since the user last spoke have any."""
    result = [dict(message) for message in messages]
    if mode == "disabled":
        return result
    start = next((at for at in reversed(range(len(result))) if result[at].get("role") == "user"), -1)
    latest: object = ""
    for message in result[start + 1 :]:
        own = message.pop("thoughts", "")
        latest = own or latest
        wanted = latest if mode == "since_last_user" else own
        if wanted and calls_of(message):
            message[key] = wanted
    return result
