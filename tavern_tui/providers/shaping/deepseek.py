"""Messages for DeepSeek, after the post-processing `semi_tools`."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.providers.shaping.messages import Messages, Wire, continued

CONTINUED = "prefix"
"""The key that marks a last assistant message as one to go on with (`/beta` only)."""


def deepseek_messages(messages: Messages, *, tools: bool = False) -> list[Wire]:
    """The messages as DeepSeek takes them. `tools`: the request offers some.

    Thinking models want the thoughts that led to a call back; an empty text stands for those that
    were not kept."""
    result = continued(messages, CONTINUED, tools=tools)
    for message in result:
        if message.get("tool_calls"):
            message.setdefault("reasoning_content", message.get("thoughts") or "")
    return result


SEES_ONLY_USERS = "deepseek-v4-flash-vision-exp"
"""In the ids of models that take pictures of the user's only."""


def without_pictures(messages: Messages, model: str) -> list[Wire]:
    """The messages as this model takes them: pictures that are not the user's go, and with them
    messages that held nothing else."""
    if SEES_ONLY_USERS not in model:
        return [dict(message) for message in messages]
    result: list[Wire] = []
    for message in messages:
        content = message.get("content")
        if message.get("role") not in ("system", "assistant") or not isinstance(content, list):
            result.append(dict(message))
            continue
        kept = [part for part in content if not _is_picture(part)]
        if kept:
            result.append({**message, "content": kept})
    return result


def _is_picture(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "image_url"
