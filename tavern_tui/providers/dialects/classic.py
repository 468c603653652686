"""KoboldAI's `/api/v1/generate`, as the Classic client and United have it: the reply comes whole."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    StreamEvent,
    TextDelta,
)
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.common import prompt_text, sampler_values, stop_strings
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import encode_samplers, is_before
from tavern_tui.providers.wire.decoder import WholeReply, as_dict, as_list, as_text

STOP_SINCE = "1.2.2"
OWN_PROMPT = ("use_story", "use_memory", "use_authors_note", "use_world_info")
"""What it would put before the prompt from its own story."""


class ClassicDialect:
    """The Classic client refuses keys it does not know, so newer ones are sent by version only."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        body: dict[str, object] = {
            "prompt": prompt_text(request, spec),
            "max_context_length": max(1, request.context_size),
            "max_length": max(1, request.max_tokens),
            **dict.fromkeys(OWN_PROMPT, False),
            **encode_samplers(spec.samplers, sampler_values(request)),
        }
        version = request.server_version
        if version and not is_before(version, STOP_SINCE):
            body["stop_sequence"] = stop_strings(request, spec)
        return WireRequest(path=spec.generate_path, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        stop = tuple(filter(None, (*request.prompt.stop, *request.stop)))
        return WholeReply(ClassicReader(explain, stop), explain)


class ClassicReader:
    """It says nothing of why a reply ended; the stop string is part of the text."""

    def __init__(self, explain: Explainer, stop: tuple[str, ...]) -> None:
        self._explain = explain
        self._stop = stop
        self._text = ""

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        return self.whole(payload)

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        results = as_list(as_dict(payload).get("results"))
        if not results:
            raise self._explain.nonsense("something that is not a completion")
        for index, result in enumerate(map(as_dict, results)):
            text = as_text(result.get("text"))
            if index == 0:
                self._text = text
            if text:
                yield TextDelta(text, index)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        stopped = any(stop in self._text for stop in self._stop)
        yield Finished(FinishReason.STOP if stopped else FinishReason.UNKNOWN)
