"""Messages for AI21: one system message at the start, no names, no two neighbours of one role."""

from __future__ import annotations

from tavern_tui.core.names import Names
from tavern_tui.providers.shaping.messages import BLANK_LINE, Messages, Wire, folded, joined, words_of


def ai21_messages(messages: Messages, names: Names, *, placeholder: str) -> list[Wire]:
    """The messages as AI21 takes them; `placeholder` is what the user says where nobody speaks."""
    flat = [folded(message, names) for message in messages]
    leading: list[str] = []
    while flat and flat[0].get("role") == "system":
        leading.append(words_of(flat.pop(0).get("content")))
    result: list[Wire] = []
    for message in flat or [{"role": "user", "content": placeholder}]:
        if result and result[-1].get("role") == message.get("role"):
            result[-1] = _one(result[-1], message)
        else:
            result.append(message)
    if leading:
        result.insert(0, {"role": "system", "content": BLANK_LINE.join(leading).strip()})
    return result


def _one(before: Wire, after: Wire) -> Wire:
    """Two messages of one speaker as one, with the words and the tool calls of both."""
    result = {**after, **before}
    if "content" in result:
        result["content"] = joined(before.get("content"), after.get("content"))
    calls = [before.get("tool_calls"), after.get("tool_calls")]
    if any(calls):
        result["tool_calls"] = [call for some in calls if isinstance(some, list) for call in some]
    return result
