"""Messages for Mistral: no names, short tool ids, a last message the service answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise

from tavern_tui.core.names import Names
from tavern_tui.providers.shaping.messages import Messages, Wire, folded, joined

ID_LENGTH = 9
"""Mistral's tool call ids have exactly nine letters and digits."""


def mistral_messages(messages: Messages, names: Names) -> list[Wire]:
    """The messages as Mistral takes them.

    It answers a user or a tool, and goes on with an assistant's message that is marked `prefix`;
    any other last message is refused, so a last system message becomes the user's."""
    result: list[Wire] = []
    for message in messages:
        flat = _short_ids(folded(message, names))
        if not _moved_before_tools(flat, result):
            result.append(flat)
    for before, message in pairwise(result):
        if message["role"] == "system" and before["role"] == "assistant":
            message["role"] = "user"
    if result and result[-1]["role"] == "system":
        result[-1]["role"] = "user"
    if result and result[-1]["role"] == "assistant" and not result[-1].get("tool_calls"):
        result[-1]["prefix"] = True
    return result


def _moved_before_tools(message: Wire, before: list[Wire]) -> bool:
    """A user may not speak right after a tool: the words join the user's last ones."""
    if message["role"] != "user" or not before or before[-1]["role"] != "tool":
        return False
    spoken = next((one for one in reversed(before) if one["role"] == "user"), None)
    if spoken is None:
        return False
    spoken["content"] = joined(spoken.get("content"), message.get("content"))
    return True


def _short_ids(message: Wire) -> Wire:
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message["tool_calls"] = [
            {**call, "id": _short(call.get("id"))} if isinstance(call, Mapping) else call for call in calls
        ]
    if message.get("tool_call_id"):
        message["tool_call_id"] = _short(message["tool_call_id"])
    return message


def _short(tool_id: object) -> str:
    return hashlib.sha512(str(tool_id or "").encode("utf-8", "replace")).hexdigest()[:ID_LENGTH]
