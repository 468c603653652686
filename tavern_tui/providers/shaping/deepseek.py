"""Messages for DeepSeek, after the post-processing `semi_tools`."""

from __future__ import annotations

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
            message.setdefault("reasoning_content", "")
    return result
