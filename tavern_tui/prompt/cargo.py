"""What stored messages carry besides their words: calls to tools, signatures, media."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from tavern_tui.core.chat import Message, Role
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.prompt import NO_CARGO, CalledTool, Cargo, Medium
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.prompt.drafts import Draft
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span

NO_RESULT = "[nothing]"
"""Stands for an empty result; services refuse messages without words."""

MARKS = frozenset({"tool_invocations", "reasoning_signature", "media", "documents"})
"""Keys of a message's `extra` that make it carry something."""


def carries(message: Message) -> bool:
    """Whether the message may carry anything."""
    return not MARKS.isdisjoint(message.extra)


def calls_tools(message: Message) -> bool:
    """Whether the message keeps calls to tools and their results, and nothing else."""
    return bool(_invocations(message))


def cargo_of(scene: Scene, message: Message) -> Cargo:
    """What the message carries to the service that is asked now."""
    if not carries(message):
        return NO_CARGO
    signature = message.extra.get("reasoning_signature")
    signed = isinstance(signature, str) and _from_here(scene, message)
    known = scene.inputs.media
    media = tuple(one for name in ("media", "documents") for one in _media(message.extra.get(name), known))
    return Cargo(signature=str(signature) if signed else "", media=media) or NO_CARGO


def call_drafts(scene: Scene, message: Message, index: int) -> list[Draft]:
    """The calls as a message of the assistant's, then each result as one of its own."""
    entries = _invocations(message)
    ours = _from_here(scene, message)
    calls = tuple(_call(entry, index, place, signed=ours) for place, entry in enumerate(entries))
    cargo = Cargo(calls=calls, thoughts=_thoughts(entries) if ours else "")
    drafts = [Draft(role=Role.ASSISTANT, spans=(), label="toolCalls", cargo=cargo)]
    for call, entry in zip(calls, entries, strict=True):
        result = entry.get("result")
        span = Span(
            text=result if isinstance(result, str) and result else NO_RESULT,
            kind="history",
            title=f"#{index} {call.name}",
            origin=f"message {index}",
            slot="chatHistory",
        )
        drafts.append(Draft(role=Role.USER, spans=(span,), label="toolResult", cargo=Cargo(answers=call.id)))
    return drafts


def tool_tokens(tools: Sequence[Tool], counter: TokenCounter) -> int:
    """What the descriptions of the tools on offer take of the context."""
    return sum(
        counter.count(json.dumps([tool.name, tool.description, tool.parameters], default=str))
        for tool in tools
    )


def _from_here(scene: Scene, message: Message) -> bool:
    """Whether the same model of the same service wrote the message; in a group also the same member.
    Nobody else can read a signature."""
    inputs, extra = scene.inputs, message.extra
    same = extra.get("api") == inputs.api and extra.get("model") == inputs.model
    return same and (not scene.in_group or message.name == scene.char or calls_tools(message))


def _invocations(message: Message) -> list[Mapping[str, object]]:
    found = message.extra.get("tool_invocations")
    entries = found if isinstance(found, list) else []
    return [one for one in entries if isinstance(one, Mapping) and isinstance(one.get("name"), str)]


def _thoughts(entries: Sequence[Mapping[str, object]]) -> str:
    """What the model thought before these calls: each of them keeps it."""
    found = (entry.get("reasoning") for entry in entries)
    return next((text for text in found if isinstance(text, str)), "")


def _call(entry: Mapping[str, object], index: int, place: int, *, signed: bool) -> CalledTool:
    arguments, signature = entry.get("parameters"), entry.get("signature")
    return CalledTool(
        id=str(entry.get("id") or f"call_{index}_{place}"),
        name=str(entry["name"]),
        arguments=arguments if isinstance(arguments, str) and arguments.strip() else "{}",
        signature=signature if signed and isinstance(signature, str) else "",
    )


def _media(entries: object, known: Mapping[str, Medium]) -> Iterator[Medium]:
    for entry in entries if isinstance(entries, list) else []:
        url = entry.get("url") if isinstance(entry, Mapping) else None
        if isinstance(url, str) and url in known:
            yield known[url]
