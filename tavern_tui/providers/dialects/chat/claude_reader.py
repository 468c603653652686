"""Reads replies of Anthropic's Messages API."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tavern_tui.core.finish import FinishReason
from tavern_tui.core.generation import (
    Finished,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ThoughtSignature,
    ToolCallDelta,
    Usage,
)
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

Json = dict[str, object]

FINISH_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL,
    "refusal": FinishReason.FILTER,
}


FIVE_MINUTES, ONE_HOUR = 0.25, 1.0
"""What a token costs more that is kept for the next request (Anthropic, "Prompt caching": 1.25 and 2
times the price of the prompt)."""


class ClaudeReader:
    """One reply. `reply_tool`: the tool whose argument is the reply itself (a reply to a schema)."""

    def __init__(self, explain: Explainer, *, reply_tool: str = "") -> None:
        self._explain = explain
        self._reply_tool = reply_tool
        self._calls: dict[int, int] = {}
        """Block -> which call of the reply it is; -1: it is the reply."""
        self._thoughts = 0
        """Blocks of thinking so far, shown or not."""
        self._seal = ""
        self._word = ""
        self._detail = ""
        self._ended = False
        self._usage: Json = {}
        self._for_an_hour = 0
        """Tokens of the prompt that were kept for longer than the usual five minutes."""

    def piece(self, payload: Json) -> Iterator[StreamEvent]:
        place = as_int(payload.get("index")) or 0
        match payload.get("type"):
            case "message_start":
                self._count(as_dict(payload.get("message")))
            case "content_block_start":
                yield from self._block(as_dict(payload.get("content_block")), place)
            case "content_block_delta":
                yield from self._delta(as_dict(payload.get("delta")), place)
            case "message_delta":
                self._stop(as_dict(payload.get("delta")))
                self._count(payload)
            case "message_stop":
                self._ended = True

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        if not isinstance(payload, dict) or not isinstance(payload.get("content"), list):
            raise self._explain.nonsense("something that is not a message")
        for place, block in enumerate(map(as_dict, as_list(payload["content"]))):
            yield from self._block(block, place)
            yield from self._sealed(block)
        self._stop(payload)
        self._count(payload)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if not (self._ended or self._word or marked):
            raise self._explain.broken()
        if self._usage:
            yield self._counted()
        if self._word == "tool_use" and set(self._calls.values()) == {-1}:
            self._word = "end_turn"
        unknown = FinishReason.UNKNOWN if self._word else FinishReason.STOP
        yield Finished(FINISH_REASONS.get(self._word, unknown), self._detail or self._word)

    def _block(self, block: Json, place: int) -> Iterator[StreamEvent]:
        match block.get("type"):
            case "text":
                yield from _text(block.get("text"))
            case "thinking":
                self._thoughts += 1
                yield from _thought(block.get("thinking"))
            case "redacted_thinking":
                self._thoughts += 1
            case "tool_use":
                yield from self._call(block, place)

    def _sealed(self, holder: Json) -> Iterator[StreamEvent]:
        seal = as_text(holder.get("signature"))
        if seal:
            self._seal = seal
            yield ThoughtSignature(seal)

    def _call(self, block: Json, place: int) -> Iterator[StreamEvent]:
        name, given = as_text(block.get("name")), as_dict(block.get("input"))
        number = -1 if self._reply_tool and name == self._reply_tool else self._next_call
        self._calls[place] = number
        if number >= 0:
            yield ToolCallDelta(call=number, id=as_text(block.get("id")), name=name)
            # A seal fits the whole of what one block said: of several they cannot be told apart later.
            if number == 0 and self._seal and self._thoughts == 1:
                yield ThoughtSignature(self._seal, as_text(block.get("id")))
        if given:
            yield from self._arguments(json.dumps(given, ensure_ascii=False), place)

    @property
    def _next_call(self) -> int:
        return sum(number >= 0 for number in self._calls.values())

    def _arguments(self, text: str, place: int) -> Iterator[StreamEvent]:
        number = self._calls.get(place, -1)
        if text:
            yield TextDelta(text) if number < 0 else ToolCallDelta(call=number, arguments=text)

    def _delta(self, delta: Json, place: int) -> Iterator[StreamEvent]:
        match delta.get("type"):
            case "text_delta":
                yield from _text(delta.get("text"))
            case "thinking_delta":
                yield from _thought(delta.get("thinking"))
            case "signature_delta":
                yield from self._sealed(delta)
            case "input_json_delta" if place in self._calls:
                yield from self._arguments(as_text(delta.get("partial_json")), place)

    def _stop(self, holder: Json) -> None:
        self._word = as_text(holder.get("stop_reason")) or self._word
        details = as_dict(holder.get("stop_details"))
        said = as_text(details.get("explanation")) or as_text(details.get("category"))
        if said:
            self._detail = self._explain.words(said)

    def _count(self, holder: Json) -> None:
        """Keep the newest number of each kind: those of a stream grow."""
        usage = as_dict(holder.get("usage"))
        self._usage |= {name: value for name, value in usage.items() if as_int(value) is not None}
        written = as_dict(usage.get("cache_creation"))
        self._for_an_hour = as_int(written.get("ephemeral_1h_input_tokens")) or self._for_an_hour

    def _counted(self) -> Usage:
        cached = as_int(self._usage.get("cache_read_input_tokens"))
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        prompt = [count for name in parts if (count := as_int(self._usage.get(name))) is not None]
        written, hour = as_int(self._usage.get("cache_creation_input_tokens")) or 0, self._for_an_hour
        return Usage(
            prompt_tokens=sum(prompt) if prompt else None,
            completion_tokens=as_int(self._usage.get("output_tokens")),
            cached_tokens=cached,
            surcharge=(written - hour) * FIVE_MINUTES + hour * ONE_HOUR,
        )


def _text(value: object) -> Iterator[StreamEvent]:
    if as_text(value):
        yield TextDelta(as_text(value))


def _thought(value: object) -> Iterator[StreamEvent]:
    if as_text(value):
        yield ReasoningDelta(as_text(value))
