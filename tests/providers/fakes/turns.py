"""Turns: which messages a chat service takes, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import dropwhile, pairwise
from typing import Any, Literal

ROLES = ("system", "user", "assistant", "tool")
PARTS = frozenset({"text", "image_url", "input_audio", "video_url", "file"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The rules of one service."""

    roles: tuple[str, ...] = ROLES
    keys: tuple[str, ...] = ("role", "content", "name", "tool_calls", "tool_call_id")
    parts: frozenset[str] = PARTS
    system: Literal["anywhere", "first", "one"] = "anywhere"
    """`first`: several, but before everything else; `one`: a single one, there."""
    alternating: bool = False
    """After the system messages user and assistant take turns; the user begins."""
    last: tuple[str, ...] = ROLES
    """Roles the last message may have; `prefix`: an assistant's that is marked to be continued."""

    def complaint(self, messages: object) -> str:
        """What is wrong with the messages; empty: nothing."""
        if not isinstance(messages, list) or not messages:
            return "messages: at least one message is needed"
        wrong = next(filter(None, (self._message(at, one) for at, one in enumerate(messages))), "")
        return wrong or unanswered(messages) or self._order(messages)

    def _message(self, at: int, message: Mapping[str, Any]) -> str:
        place = f"messages[{at}]"
        unknown = set(message) - set(self.keys)
        if unknown:
            return f"{place}: unknown field {sorted(unknown)[0]}"
        if message.get("role") not in self.roles:
            return f"{place}.role: {message.get('role')!r} is none of {self.roles}"
        if message["role"] == "tool" and not message.get("tool_call_id"):
            return f"{place}.tool_call_id: field required"
        content = message.get("content")
        if not content and message.get("tool_calls"):
            return ""
        if content is None:
            return f"{place}.content: field required"
        return self._content(place, content)

    def _content(self, place: str, content: object) -> str:
        if isinstance(content, str):
            return "" if content.strip() else f"{place}.content: must not be empty"
        if not isinstance(content, list) or not content:
            return f"{place}.content: neither a text nor a list of parts"
        for part in content:
            if part.get("type") not in self.parts:
                return f"{place}.content: unknown part {part.get('type')!r}"
            if part["type"] == "text" and not part.get("text", "").strip():
                return f"{place}.content: text content blocks must be non-empty"
        return ""

    def _order(self, messages: list[Mapping[str, Any]]) -> str:
        rest = list(dropwhile(lambda one: one["role"] == "system", messages))
        if self.system != "anywhere" and any(one["role"] == "system" for one in rest):
            return "messages: a system message is only allowed before all others"
        if self.system == "one" and len(messages) - len(rest) > 1:
            return "messages: only one system message is allowed"
        if self.alternating and not takes_turns(one["role"] for one in rest):
            return "After the (optional) system message(s), user and assistant roles should be alternating."
        end = messages[-1]
        role = "prefix" if end.get("prefix") and "prefix" in self.last else end["role"]
        if role not in self.last:
            return f"Expected last role to be one of {self.last} but got {role}"
        return ""


def unanswered(messages: list[Mapping[str, Any]]) -> str:
    """What is wrong where not every call is answered right after it, or something that was not called is."""
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return (
                    f"messages[{at}]: a message of the role tool must answer a preceding tool_calls message"
                )
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return f"messages[{at}]: tool_calls must be followed by a tool message for each id: {sorted(waiting)}"
        else:
            waiting = {call["id"] for call in message.get("tool_calls") or ()}
    return f"messages: no tool message for {sorted(waiting)}" if waiting else ""


def takes_turns(roles: Iterable[str]) -> bool:
    """Whether the user begins and no two in a row are of one side; answers of tools are the user's."""
    sides = ["user" if role == "tool" else role for role in roles]
    folded = [side for at, side in enumerate(sides) if at == 0 or not (side == sides[at - 1] == "tool")]
    return bool(folded) and folded[0] == "user" and all(one != two for one, two in pairwise(folded))
