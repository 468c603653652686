"""llama.cpp's own `/completion`."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    Progress,
    StreamEvent,
    TextDelta,
    Usage,
)
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.chosen import listed_choices
from tavern_tui.providers.dialects.common import (
    finish_reason,
    model_key,
    prompt_text,
    sampler_values,
    stop_strings,
)
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.orders import LLAMACPP_ORDER
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply, as_dict, as_int, as_list, as_text
from tavern_tui.providers.wire.sse import SseParser


class LlamaCppDialect:
    """Stateless; the reply's state is in the reader."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        body: dict[str, object] = {
            **model_key(request, spec),
            "prompt": prompt_text(request, spec),
            "n_predict": request.max_tokens,
            "stream": request.stream,
            "stop": stop_strings(request, spec),
            "cache_prompt": True,
            **encode_samplers(spec.samplers, sampler_values(request)),
        }
        target = body.get("adaptive_target")
        if isinstance(target, int | float) and target >= 0:
            # This sampler works only if it is listed.
            body.setdefault("samplers", [*LLAMACPP_ORDER, "adaptive_p"])
        if request.stream:
            body["return_progress"] = True
        return WireRequest(path=spec.generate_path, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        reader = LlamaCppReader(explain)
        if request.stream:
            return StreamedReply(SseParser(), reader, explain)
        return WholeReply(reader, explain)


class LlamaCppReader:
    """Each index (n > 1) ends with a `stop` of its own; there is no other end mark."""

    def __init__(self, explain: Explainer) -> None:
        self._explain = explain
        self._end: Finished | None = None
        self._usage: Usage | None = None

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        progress = as_dict(payload.get("prompt_progress"))
        total = as_int(progress.get("total"))
        if total is not None:
            yield Progress(as_int(progress.get("processed")) or 0, total)
        index = as_int(payload.get("index")) or 0
        text = as_text(payload.get("content"))
        if text:
            yield TextDelta(text, index)
        yield from listed_choices(as_list(payload.get("completion_probabilities")), index)
        if payload.get("stop") is True:
            self._stopped(payload, index)

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        for item in payload if isinstance(payload, list) else [payload]:
            if not isinstance(item, dict) or "content" not in item:
                raise self._explain.nonsense("something that is not a completion")
            yield from self.piece({**item, "stop": True})

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if self._end is None:
            raise self._explain.broken()
        if self._usage is not None:
            yield self._usage
        yield self._end

    def _stopped(self, payload: dict[str, object], index: int) -> None:
        word = as_text(payload.get("stop_type"))
        reason = finish_reason(word) if word else FinishReason.STOP
        if index == 0 or self._end is None:
            self._end = Finished(reason, "the context is full" if payload.get("truncated") is True else word)
        self._usage = Usage(
            prompt_tokens=as_int(payload.get("tokens_evaluated")),
            completion_tokens=as_int(payload.get("tokens_predicted")),
            cached_tokens=as_int(as_dict(payload.get("timings")).get("cache_n")),
        )
