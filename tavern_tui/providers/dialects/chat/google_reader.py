"""Reads replies of Google's Gemini API."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tavern_tui.core.finish import FinishReason
from tavern_tui.core.generation import (
    Finished,
    Picture,
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
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.LENGTH,
}
FILTERS = frozenset({
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED",
})  # fmt: skip
FAILURES = frozenset({
    "OTHER", "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE", "NO_IMAGE", "IMAGE_OTHER",
})  # fmt: skip


class GoogleReader:
    """One reply, in one piece or many: the pieces look the same."""

    def __init__(self, explain: Explainer) -> None:
        self._explain = explain
        self._calls = 0
        self._word = ""
        self._blocked = ""
        self._usage: Json = {}

    def piece(self, payload: Json) -> Iterator[StreamEvent]:
        self._usage = as_dict(payload.get("usageMetadata")) or self._usage
        feedback = as_dict(payload.get("promptFeedback"))
        self._blocked = as_text(feedback.get("blockReason")) or self._blocked
        for candidate in map(as_dict, as_list(payload.get("candidates"))[:1]):
            for part in map(as_dict, as_list(as_dict(candidate.get("content")).get("parts"))):
                yield from self._part(part)
            self._word = as_text(candidate.get("finishReason")) or self._word

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        pieces = payload if isinstance(payload, list) else [payload]
        if not any(as_dict(one).keys() & {"candidates", "promptFeedback"} for one in pieces):
            raise self._explain.nonsense("something that is not a reply")
        for one in map(as_dict, pieces):
            yield from self.piece(one)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if self._word in FAILURES:
            raise self._explain.broken(f"it says {self._word}")
        if not (self._word or self._blocked or marked):
            raise self._explain.broken()
        if self._usage:
            yield self._counted()
        yield Finished(self._reason(), self._blocked or self._word)

    def _part(self, part: Json) -> Iterator[StreamEvent]:
        signature = as_text(part.get("thoughtSignature"))
        inline, call = as_dict(part.get("inlineData")), as_dict(part.get("functionCall"))
        text = as_text(part.get("text"))
        if call:
            yield from self._call(call, signature)
        elif part.get("thought") is True:
            if text:
                yield ReasoningDelta(text)
        else:
            if text:
                yield TextDelta(text)
            if inline.get("data"):
                kind = as_text(inline.get("mimeType")) or "image/png"
                yield Picture(f"data:{kind};base64,{as_text(inline['data'])}")
            if signature:
                yield ThoughtSignature(signature)

    def _call(self, call: Json, signature: str) -> Iterator[StreamEvent]:
        """A call comes whole; one without an id is given one."""
        name = as_text(call.get("name"))
        id = as_text(call.get("id")) or f"call_{self._calls}_{name}"
        arguments = json.dumps(as_dict(call.get("args")), ensure_ascii=False)
        yield ToolCallDelta(call=self._calls, id=id, name=name, arguments=arguments)
        if signature:
            yield ThoughtSignature(signature, id)
        self._calls += 1

    def _reason(self) -> FinishReason:
        if self._blocked or self._word in FILTERS:
            return FinishReason.FILTER
        reason = FINISH_REASONS.get(self._word, FinishReason.UNKNOWN if self._word else FinishReason.STOP)
        return FinishReason.TOOL if self._calls and reason is FinishReason.STOP else reason

    def _counted(self) -> Usage:
        counts = [as_int(self._usage.get(name)) for name in ("candidatesTokenCount", "thoughtsTokenCount")]
        known = [count for count in counts if count is not None]
        return Usage(
            prompt_tokens=as_int(self._usage.get("promptTokenCount")),
            completion_tokens=sum(known) if known else None,
            cached_tokens=as_int(self._usage.get("cachedContentTokenCount")),
        )
