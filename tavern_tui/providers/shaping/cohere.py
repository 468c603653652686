"""Messages for Cohere's chat API (v2): OpenAI's form without names; a turn with calls has words."""

from __future__ import annotations

from tavern_tui.core.names import Names
from tavern_tui.providers.shaping.messages import Messages, Wire, calls_of, folded


def cohere_messages(messages: Messages, names: Names, *, placeholder: str) -> list[Wire]:
    """The messages as Cohere takes them; `placeholder` is what the user says where there are none."""
    result: list[Wire] = []
    for message in messages:
        flat = folded(message, names)
        if flat.get("tool_calls") and not flat.get("content") and not flat.get("tool_plan"):
            flat["content"] = _words_before(result) or _announcement(flat)
        result.append(flat)
    return result or [{"role": "user", "content": placeholder}]


def _words_before(messages: list[Wire]) -> object:
    """What the assistant said just before its calls; it moves to them."""
    if messages and messages[-1].get("role") == "assistant" and not messages[-1].get("tool_calls"):
        return messages.pop().get("content")
    return ""


def _announcement(message: Wire) -> str:
    tools = ", ".join(call.name for call in calls_of(message))
    return f"I'm going to call a tool for that: {tools}"
