"""Vectors of transcripts: what a stream comes to - text, thoughts, pictures, signatures, calls to tools."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from tavern_tui.core.errors import ProviderError
from tavern_tui.core.generation import (
    GenerationRequest,
    Picture,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ThoughtSignature,
    ToolCallDelta,
)
from tavern_tui.core.prompt import ChatPrompt
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.registry import ROWS
from tests.vectors.kinds.case import Case, Json


def stream_cases(file: Json) -> Iterator[Case]:
    """One case per transcript."""
    for vector in file["vectors"]:
        recorded = _recorded(vector["sillytavern_result"])
        right = recorded | _lost(vector)
        yield Case(name=vector["name"], run=partial(_read, vector), expected=right, fault=right != recorded)


# --- what we make of a transcript


def _read(vector: Json) -> Json:
    request = GenerationRequest(prompt=ChatPrompt(messages=()), model="m", stream=True)
    dialect = ROWS[vector["source"]].dialect
    assert dialect is not None
    decoder = dialect.decoder(request, Explainer("the server"))
    events: list[StreamEvent] = []
    try:
        # In small pieces: a stream is cut anywhere.
        data = vector["sse_text"].encode()
        for start in range(0, len(data), 7):
            events.extend(decoder.feed(data[start : start + 7]))
        events.extend(decoder.close())
    except ProviderError:
        pass  # a transcript without an end, or with an error in it; what came before counts
    if vector["source"] == "claude":  # we also keep the message's seal with its first call; it is one seal
        events = [one for one in events if not (isinstance(one, ThoughtSignature) and one.call)]
    return _summed(events, named=vector["source"] not in GOOGLE)


def _summed(events: list[StreamEvent], *, named: bool) -> Json:
    """The events added up. `named`: calls have ids of the service's."""
    calls: dict[int, dict[int, dict[str, str]]] = defaultdict(dict)
    sealed: dict[str, str] = {}
    signature = ""
    for event in events:
        if isinstance(event, ToolCallDelta):
            call = calls[event.index].setdefault(event.call, {"id": "", "name": "", "arguments": ""})
            call["id"] += event.id
            call["name"] += event.name
            call["arguments"] += event.arguments
        elif isinstance(event, ThoughtSignature):
            sealed[event.call] = event.data
            signature = signature if event.call else event.data
    return {
        "text": "".join(one.text for one in events if isinstance(one, TextDelta) and one.index == 0),
        "reasoning": "".join(one.text for one in events if isinstance(one, ReasoningDelta)),
        "images": [_drawn(one.url) for one in events if isinstance(one, Picture)],
        "signature": signature,
        "calls": [
            [
                _call(one["id"] if named else "", one["name"], one["arguments"], sealed.get(one["id"], ""))
                for one in choice.values()
            ]
            for choice in calls.values()
        ],
    }


# --- what SillyTavern made of it


def _recorded(result: Json) -> dict[str, Any]:
    choices = [
        [made for entry in choice if (made := _recorded_call(entry)) is not None]
        for choice in result["toolCalls"]
    ]
    return {
        "text": result["text"],
        "reasoning": result["reasoning"],
        "images": [_drawn(one) for one in result["images"]],
        "signature": result["signature"],
        "calls": [choice for choice in choices if choice],
    }


def _recorded_call(entry: Json | None) -> Json | None:
    """A call in one form; places that stayed empty are none."""
    if not entry:
        return None
    function = entry.get("function") or entry
    arguments = next((function[key] for key in ("arguments", "input", "args") if key in function), "")
    signature = entry.get("signature") or entry.get("thoughtSignature") or ""
    name = function.get("name")
    return _call(entry.get("id", ""), name, arguments, signature) if name else None


def _drawn(url: str) -> str:
    """A picture without what says that it is one."""
    return url.partition("base64,")[2] or url


def _call(id: str, name: str, arguments: object, signature: str) -> Json:
    try:
        value = json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
    except ValueError:
        value = arguments
    return {"id": id, "name": name, "arguments": value, "signature": signature}


# --- what it lost


def _lost(vector: Json) -> Json:
    """What stands in the transcript and SillyTavern does not read."""
    pieces = [
        json.loads(line.removeprefix("data: "))
        for line in vector["sse_text"].splitlines()
        if line.startswith("data: {")
    ]
    found: dict[str, str] = {}
    if vector["source"] in WITHOUT_THOUGHTS:
        found["reasoning"] = "".join(map(_thought, pieces))
    if vector["source"] == "claude":
        found["signature"] = "".join(one.get("delta", {}).get("signature", "") for one in pieces)
    if vector["source"] in GOOGLE:
        found["text"] = "".join(map(_google_text, pieces))
    return found


GOOGLE = ("makersuite", "vertexai")
WITHOUT_THOUGHTS = ("openai", "azure_openai", "groq", "ai21", "minimax", "perplexity", "cohere")
"""Sources whose thoughts SillyTavern does not read."""


def _thought(piece: Json) -> str:
    if "choices" not in piece:
        message = piece.get("delta", {}).get("message", {})
        content = message.get("content", {})
        return str(content.get("thinking", "")) if isinstance(content, dict) else ""
    choice = piece["choices"][0] if piece["choices"] else {}
    delta = choice.get("delta") or choice.get("message") or {}
    return str(delta.get("reasoning_content") or delta.get("reasoning") or "")


def _google_text(piece: Json) -> str:
    """All parts of a piece, of which SillyTavern takes the first."""
    contents = [one.get("content", {}) for one in piece.get("candidates", ())[:1]]
    parts = [part for content in contents for part in content.get("parts", ())]
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))
