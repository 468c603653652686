"""KoboldCpp's own `/api/extra/generate/stream` and `/api/v1/generate`."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    StreamEvent,
    TextDelta,
    Usage,
)
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.chosen import token_choices
from tavern_tui.providers.dialects.common import finish_reason, prompt_text, sampler_values, stop_strings
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.wire.decoder import (
    StreamedReply,
    WholeReply,
    as_dict,
    as_int,
    as_list,
    as_text,
)
from tavern_tui.providers.wire.sse import SseParser

WHOLE_PATH = "/api/v1/generate"


class KoboldDialect:
    """`spec.generate_path` is the stream's route; whole replies have their own."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        body: dict[str, object] = {
            "prompt": prompt_text(request, spec),
            "max_context_length": request.context_size,
            "max_length": request.max_tokens,
            "stop_sequence": stop_strings(request, spec),
            "trim_stop": _trims(request),
            "quiet": True,
            **encode_samplers(spec.samplers, sampler_values(request)),
        }
        if request.genkey:
            body["genkey"] = request.genkey
        return WireRequest(path=spec.generate_path if request.stream else WHOLE_PATH, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        stop = tuple(dict.fromkeys((*request.prompt.stop, *request.stop)))
        reader = KoboldReader(explain, stop, trimmed=_trims(request))
        if request.stream:
            return StreamedReply(SseParser(), reader, explain)
        return WholeReply(reader, explain)


def _trims(request: GenerationRequest) -> bool:
    """Whether the server is to leave the stop text out.

    It is kept, because only it tells a stop from a cut: the server calls both "length". Whoever reads
    the reply cuts at stop strings anyway. But a stream that is cut there is not read to its end, after
    which alone the server can be asked for token probabilities."""
    return request.stream and bool(request.samplers.get("logprobs"))


class KoboldReader:
    """Ends when the connection closes. `finish_reason` is the text "null" while it goes on."""

    def __init__(self, explain: Explainer, stop: tuple[str, ...], *, trimmed: bool = False) -> None:
        self._explain = explain
        self._trimmed = trimmed
        self._stop = tuple(filter(None, stop))
        self._tail = ""
        self._keep = 64 + max(map(len, self._stop), default=0)
        self._word = ""
        self._tells_reason = False
        self._usage: Usage | None = None

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        text = as_text(payload.get("token"))
        if text:
            self._tail = (self._tail + text)[-self._keep :]
            yield TextDelta(text)
        self._reason(payload)

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        results = as_list(as_dict(payload).get("results"))
        if not results:
            raise self._explain.nonsense("something that is not a completion")
        for index, result in enumerate(map(as_dict, results)):
            text = as_text(result.get("text"))
            if text:
                yield TextDelta(text, index)
            yield from token_choices(result.get("logprobs"), index)
            if index == 0:
                self._tail = text[-self._keep :]
                self._reason(result)
                self._count(result)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if self._tells_reason and not self._word and not marked:
            raise self._explain.broken()
        if self._usage is not None:
            yield self._usage
        yield Finished(self._meaning(), self._word)

    def _reason(self, payload: dict[str, object]) -> None:
        word = as_text(payload.get("finish_reason"))
        self._tells_reason = self._tells_reason or "finish_reason" in payload
        if word and word != "null":
            self._word = word

    def _count(self, result: dict[str, object]) -> None:
        prompt, completion = as_int(result.get("prompt_tokens")), as_int(result.get("completion_tokens"))
        if prompt is not None or completion is not None:
            self._usage = Usage(prompt_tokens=prompt, completion_tokens=completion)

    def _meaning(self) -> FinishReason:
        if any(stop in self._tail for stop in self._stop):
            return FinishReason.STOP
        if self._trimmed and self._stop and self._word == "length":
            return FinishReason.UNKNOWN
        return finish_reason(self._word)
