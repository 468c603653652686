"""Ollama's own `/api/generate`, with the prompt as it is (`raw`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    ReasoningDelta,
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
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply, as_int, as_list, as_text
from tavern_tui.providers.wire.sse import NdjsonParser

FOREVER = -1
BESIDE_OPTIONS = ("format", "top_logprobs")
"""Samplers by our account that are keys of the body."""


class OllamaDialect:
    """Sampler values lie under `options`."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        values = encode_samplers(spec.samplers, sampler_values(request))
        beside = {name: values.pop(name) for name in BESIDE_OPTIONS if name in values}
        options: dict[str, object] = {
            "num_predict": request.max_tokens,
            # Another value than last time makes Ollama load the model again.
            "num_ctx": request.context_size,
            "stop": stop_strings(request, spec),
            **values,
        }
        body: dict[str, object] = {
            **model_key(request, spec),
            "prompt": prompt_text(request, spec),
            "stream": request.stream,
            "raw": True,
            "keep_alive": keep_alive(request.options.get("keep_alive", FOREVER)),
            "options": options,
            **beside,
        }
        if "top_logprobs" in beside:
            body["logprobs"] = True
        return WireRequest(path=spec.generate_path, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        reader = OllamaReader(explain)
        if request.stream:
            return StreamedReply(NdjsonParser(), reader, explain)
        return WholeReply(reader, explain)


def keep_alive(value: object) -> int | str:
    """Seconds, or a length of time such as `1h30m`. Raises UsageError for what is neither."""
    text = str(value).strip().lower() or str(FOREVER)
    if re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    if re.fullmatch(r"-?(\d+(\.\d+)?(h|m|s|ms))+", text):
        return text
    raise UsageError(
        f'"{text[:40]}" does not say how long Ollama is to keep the model loaded.',
        hint="Write 30m, 2h, a number of seconds, -1 for ever or 0 for not at all.",
    )


class OllamaReader:
    """The last line has `done: true`."""

    def __init__(self, explain: Explainer) -> None:
        self._explain = explain
        self._done: Finished | None = None
        self._usage: Usage | None = None

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        thought, text = as_text(payload.get("thinking")), as_text(payload.get("response"))
        if thought:
            yield ReasoningDelta(thought)
        if text:
            yield TextDelta(text)
        if text or not thought:  # those of thoughts are not the reply's
            yield from listed_choices(as_list(payload.get("logprobs")))
        if payload.get("done") is True:
            word = as_text(payload.get("done_reason"))
            self._done = Finished(finish_reason(word) if word else FinishReason.STOP, word)
            self._usage = Usage(
                prompt_tokens=as_int(payload.get("prompt_eval_count")),
                completion_tokens=as_int(payload.get("eval_count")),
            )

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        if not isinstance(payload, dict) or "response" not in payload:
            raise self._explain.nonsense("something that is not a completion")
        yield from self.piece({**payload, "done": True})

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if self._done is None:
            raise self._explain.broken()
        if self._usage is not None:
            yield self._usage
        yield self._done
