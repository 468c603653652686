"""Reads replies of Cohere's chat API (v2)."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.finish import FinishReason
from tavern_tui.core.generation import Finished, ReasoningDelta, StreamEvent, TextDelta, ToolCallDelta, Usage
from tavern_tui.providers.dialects.echo import EchoStripper
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

Json = dict[str, object]

FINISH_REASONS = {
    "COMPLETE": FinishReason.STOP,
    "STOP_SEQUENCE": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "TOOL_CALL": FinishReason.TOOL,
}
FAILED = {"ERROR": "the model failed", "TIMEOUT": "it ran out of time"}


class CohereReader:
    """One reply: its events (`content-delta`, `tool-call-start`, ...), or the whole message."""

    def __init__(self, explain: Explainer, echo: EchoStripper) -> None:
        self._explain = explain
        self._word = ""
        self._usage: Usage | None = None

    def piece(self, payload: Json) -> Iterator[StreamEvent]:
        delta = as_dict(payload.get("delta"))
        message = as_dict(delta.get("message"))
        place = as_int(payload.get("index")) or 0
        match payload.get("type"):
            case "content-start" | "content-delta":
                yield from _content(as_dict(message.get("content")))
            case "tool-plan-delta":
                yield from _text(message.get("tool_plan"))
            case "tool-call-start" | "tool-call-delta":
                yield from _call(as_dict(message.get("tool_calls")), place)
            case "message-end":
                self._end(as_text(delta.get("finish_reason")), delta)
                if delta.get("error"):
                    raise self._explain.in_stream({"error": delta["error"]})

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        if not isinstance(payload, dict) or not isinstance(payload.get("message"), dict):
            raise self._explain.nonsense("something that is not a reply")
        message = as_dict(payload["message"])
        content = as_list(message.get("content"))
        for part in map(as_dict, content):
            yield from _content(part)
        if not content:
            yield from _text(message.get("tool_plan"))
        for place, call in enumerate(map(as_dict, as_list(message.get("tool_calls")))):
            yield from _call(call, place)
        self._end(as_text(payload.get("finish_reason")), payload)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if not self._word and not marked:
            raise self._explain.broken()
        if self._word in FAILED:
            raise self._explain.broken(
                "it ran out of time" if self._word == "TIMEOUT" else "the model failed"
            )
        if self._usage is not None:
            yield self._usage
        unknown = FinishReason.UNKNOWN if self._word else FinishReason.STOP
        yield Finished(FINISH_REASONS.get(self._word, unknown), self._word)

    def _end(self, word: str, holder: Json) -> None:
        self._word = word or self._word
        tokens = as_dict(as_dict(holder.get("usage")).get("tokens"))
        if tokens:
            self._usage = Usage(
                prompt_tokens=_count(tokens.get("input_tokens")),
                completion_tokens=_count(tokens.get("output_tokens")),
                cached_tokens=_count(as_dict(holder.get("usage")).get("cached_tokens")),
            )


def _content(part: Json) -> Iterator[StreamEvent]:
    thought = as_text(part.get("thinking"))
    if thought:
        yield ReasoningDelta(thought)
    yield from _text(part.get("text"))


def _text(value: object) -> Iterator[StreamEvent]:
    if as_text(value):
        yield TextDelta(as_text(value))


def _call(call: Json, place: int) -> Iterator[StreamEvent]:
    function = as_dict(call.get("function"))
    if function:
        yield ToolCallDelta(
            call=place,
            id=as_text(call.get("id")),
            name=as_text(function.get("name")),
            arguments=as_text(function.get("arguments")),
        )


def _count(value: object) -> int | None:
    """A number of tokens, which Cohere writes as 12.0."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
