"""Calls a model makes: it calls those of the tools on offer that the user names with their arguments.

`call roll_dice {"formula": "2d1"}` has the tool called; several of them at once, too. Where the last message is
what tools answered, the model speaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ASKED = re.compile(r"\bcall (\w+) (\{[^{}]*\})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call."""

    id: str
    name: str
    arguments: str
    """JSON."""

    @property
    def values(self) -> Any:
        return json.loads(self.arguments)

    @property
    def halves(self) -> tuple[str, str]:
        """The arguments in two pieces, as they are streamed."""
        middle = len(self.arguments) // 2
        return self.arguments[:middle], self.arguments[middle:]


def wanted_calls(words: object, offered: Iterable[str]) -> list[Wanted]:
    """The calls that the last message asks for."""
    known = set(offered)
    found = [one for one in _ASKED.findall(words if isinstance(words, str) else "") if one[0] in known]
    return [Wanted(f"call_{at}", name, arguments) for at, (name, arguments) in enumerate(found)]


def words_of(content: object) -> str:
    """The text of a message's content, which may be in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def openai_calls(body: Mapping[str, Any]) -> list[Wanted]:
    """The calls a request in OpenAI's form asks for."""
    last = body["messages"][-1]
    if last["role"] != "user":
        return []
    return wanted_calls(
        words_of(last.get("content")), (tool["function"]["name"] for tool in body.get("tools", ()))
    )


def as_openai(calls: Sequence[Wanted], *, texts: bool = True) -> list[dict[str, Any]]:
    """The calls of a whole reply. `texts`: the arguments as JSON, not as an object."""
    return [
        {
            "id": one.id,
            "type": "function",
            "function": {"name": one.name, "arguments": one.arguments if texts else one.values},
        }
        for one in calls
    ]


def openai_deltas(calls: Sequence[Wanted]) -> Iterable[dict[str, Any]]:
    """The pieces they are streamed in: first the name, then the arguments."""
    for at, one in enumerate(calls):
        head = {
            "index": at,
            "id": one.id,
            "type": "function",
            "function": {"name": one.name, "arguments": ""},
        }
        yield {"tool_calls": [head]}
        for half in one.halves:
            yield {"tool_calls": [{"index": at, "function": {"arguments": half}}]}
