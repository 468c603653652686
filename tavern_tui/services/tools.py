"""Tools: functions a model may call while it writes a reply, wherever they come from."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tavern_tui.core.chat import Chat
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.errors import TavernError
from tavern_tui.core.lorebook import LinkedBook

LONGEST_RESULT = 20_000
"""Characters of a tool's result that the model and the chat file get."""

PATIENCE = 60.0
"""Seconds a tool may take."""


class Consent(StrEnum):
    """What the user says when a model wants to call a tool."""

    ONCE = "once"
    ALWAYS = "always"
    NEVER = "never"
    NOT_NOW = "not now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a tool may know of the chat it is called in."""

    chat: Chat
    books: tuple[LinkedBook, ...] = ()
    """The books that take part in the chat."""
    now: datetime
    rng: random.Random = field(default_factory=random.Random)


Arguments = Mapping[str, object]
RunTool = Callable[[Arguments, ToolContext], Awaitable[str]]


class ToolFailed(TavernError):
    """A tool could not do what it was asked for. The sentence is for the model and the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEntry:
    """A tool that can be called."""

    offer: Tool
    """What the model is told of it."""
    title: str
    """What a person reads."""
    run: RunTool
    """Raises ToolFailed, or anything else a broken tool raises."""
    needs_consent: bool = True
    """Ask the user first: it reaches outside the chat."""
    source: str = ""
    """Where it comes from: an MCP server's name; empty: built in."""

    @property
    def name(self) -> str:
        return self.offer.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model made, whole."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""
    signature: str = ""
    """The service's seal on the thoughts that led to it."""

    def parsed(self) -> Arguments:
        """The arguments. Raises ToolFailed."""
        if not self.arguments.strip():
            return {}
        try:
            found = json.loads(self.arguments)
        except (ValueError, RecursionError) as error:
            raise ToolFailed(f"The arguments of {self.name} are not valid JSON: {error}.") from error
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ToolFailed(f"The arguments of {self.name} must be a JSON object.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """What came of a call."""

    call: ToolCall
    title: str
    result: str
    failed: bool = False
    """The result is a sentence about what went wrong."""


Ask = Callable[[ToolEntry, ToolCall], Awaitable[Consent]]
"""Asks the user whether a tool may be called now."""


class ToolBox:
    """The tools on offer, by name. Of two with one name the first stays."""

    def __init__(self, tools: Iterable[ToolEntry] = ()) -> None:
        self._tools: dict[str, ToolEntry] = {}
        for tool in tools:
            self.add(tool)

    def add(self, tool: ToolEntry) -> bool:
        """Offer this tool as well; False: its name is taken."""
        return self._tools.setdefault(tool.name, tool) is tool

    def get(self, name: str) -> ToolEntry | None:
        """The tool of this name."""
        return self._tools.get(name)

    def __iter__(self) -> Iterator[ToolEntry]:
        return iter(tuple(self._tools.values()))

    def __len__(self) -> int:
        return len(self._tools)

    def offers(self) -> tuple[Tool, ...]:
        """What a request tells of them."""
        return tuple(tool.offer for tool in self._tools.values())


async def call_tool(
    tool: ToolEntry | None, call: ToolCall, context: ToolContext, *, patience: float = PATIENCE
) -> ToolAnswer:
    """The answer to a call; whatever goes wrong becomes a sentence for the model."""
    title = tool.title if tool is not None else call.name
    try:
        if tool is None:
            raise ToolFailed(f"There is no tool named {call.name}.")
        async with asyncio.timeout(patience):
            result = await tool.run(call.parsed(), context)
    except ToolFailed as error:
        return ToolAnswer(call=call, title=title, result=str(error), failed=True)
    except TimeoutError:
        sentence = f"{title} did not answer within {patience:g} seconds."
        return ToolAnswer(call=call, title=title, result=sentence, failed=True)
    except Exception as error:  # a tool is foreign code: the chat goes on without it
        sentence = f"{title} failed: {str(error) or type(error).__name__}"
        return ToolAnswer(call=call, title=title, result=_short(sentence), failed=True)
    return ToolAnswer(call=call, title=title, result=_short(result))


def refused(tool: ToolEntry, call: ToolCall) -> ToolAnswer:
    """The answer to a call the user did not allow."""
    sentence = f"The user did not allow {tool.title} to be called."
    return ToolAnswer(call=call, title=tool.title, result=sentence, failed=True)


def invocations(answers: Sequence[ToolAnswer], reasoning: str = "") -> list[dict[str, object]]:
    """The calls and their results as a message's `extra.tool_invocations` keeps them."""
    return [
        {
            "id": answer.call.id,
            "name": answer.call.name,
            "displayName": answer.title,
            "parameters": answer.call.arguments,
            "result": answer.result,
            **({"error": True} if answer.failed else {}),
            **({"signature": answer.call.signature} if answer.call.signature else {}),
            **({"reasoning": reasoning} if reasoning else {}),
        }
        for answer in answers
    ]


def _short(text: str) -> str:
    if len(text) <= LONGEST_RESULT:
        return text
    return f"{text[:LONGEST_RESULT]}\n[{len(text) - LONGEST_RESULT} more characters were left out]"
