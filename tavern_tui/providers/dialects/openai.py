"""OpenAI's completions and chat completions, and the many servers that speak them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

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
from tavern_tui.providers.dialects.chosen import token_choices
from tavern_tui.providers.dialects.common import (
    finish_reason,
    model_key,
    prompt_text,
    sampler_values,
    stop_strings,
)
from tavern_tui.providers.dialects.echo import EchoStripper
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


class OpenAITextDialect:
    """`/v1/completions`.

    `usual_model`: named where none is chosen, for servers that want a name and have one model."""

    def __init__(self, *, context_key: str = "", usual_model: str = "") -> None:
        self._context_key = context_key
        self._usual_model = usual_model

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        body: dict[str, object] = {**model_key(request, spec), "prompt": prompt_text(request, spec)}
        if self._usual_model:
            body.setdefault("model", self._usual_model)
        if self._context_key:
            body[self._context_key] = request.context_size
        return _finish(body, request, spec)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        return _decoder(request, OpenAIReader(explain, EchoStripper("")), explain)


def _finish(body: dict[str, object], request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
    body |= {"max_tokens": request.max_tokens, "stream": request.stream}
    body |= encode_samplers(spec.samplers, sampler_values(request))
    stop = stop_strings(request, spec)
    if stop:
        body["stop"] = stop
    if spec.asks_usage and request.stream:
        body["stream_options"] = {"include_usage": True}
    for rule in spec.model_rules:
        if re.search(rule.pattern, request.model):
            body = {rule.rename.get(key, key): value for key, value in body.items() if key not in rule.drop}
    return WireRequest(path=spec.generate_path, body=body)


def _decoder(request: GenerationRequest, reader: OpenAIReader, explain: Explainer) -> StreamDecoder:
    if request.stream:
        return StreamedReply(SseParser(), reader, explain)
    return WholeReply(reader, explain)


def _dollars(value: object) -> float | None:
    """What a router says a request took. Perplexity has an object in this place."""
    if isinstance(value, Mapping):
        value = value.get("total_cost")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= float(value) < math.inf else None  # type: ignore[arg-type]


class OpenAIReader:
    """Reads both forms: servers mix `text`, `delta` and `message`."""

    def __init__(self, explain: Explainer, echo: EchoStripper) -> None:
        self._explain = explain
        self._echo = echo
        self._word: str | None = None
        self._refusal = ""
        self._usage: Usage | None = None

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        self._count(payload)
        for choice in map(as_dict, as_list(payload.get("choices"))):
            index = as_int(choice.get("index")) or 0
            yield from self._choice(choice, index)
            word = choice.get("finish_reason")
            if index == 0 and isinstance(word, str) and word and word != "null":
                self._word = word
        if "choices" not in payload and isinstance(payload.get("content"), str):
            yield from self._text(as_text(payload["content"]), as_int(payload.get("index")) or 0)

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        if not isinstance(payload, dict) or not as_list(payload.get("choices")):
            raise self._explain.nonsense("something that is not a completion")
        yield from self.piece(payload)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        rest = self._echo.close()
        if rest:
            yield TextDelta(rest)
        if self._word is None and not marked:
            raise self._explain.broken()
        if self._word == "error":
            raise self._explain.broken("the model behind it failed")
        if self._usage is not None:
            yield self._usage
        yield self._finished()

    def _choice(self, choice: dict[str, object], index: int) -> Iterator[StreamEvent]:
        delta = as_dict(choice.get("delta")) or as_dict(choice.get("message"))
        thought = _first_text((delta, choice), ("reasoning_content", "reasoning", "thinking"))
        if thought and index == 0:
            yield ReasoningDelta(thought)
        self._refusal += as_text(delta.get("refusal"))
        content = delta.get("content") or as_dict(choice.get("message")).get("content")
        text = as_text(content) or as_text(choice.get("text"))
        if isinstance(content, list):
            yield from self._parts(content, index)
        else:
            yield from self._text(text, index)
        if text or not thought:  # those of thoughts are not the reply's
            yield from token_choices(choice.get("logprobs"), index)

    def _parts(self, parts: list[object], index: int) -> Iterator[StreamEvent]:
        """Content as a list (Mistral): text and thinking parts."""
        for part in map(as_dict, parts):
            thought = part.get("thinking")
            if isinstance(thought, list):
                thought = "".join(as_text(as_dict(item).get("text")) for item in thought)
            if isinstance(thought, str) and thought:
                yield ReasoningDelta(thought)
            yield from self._text(as_text(part.get("text")), index)

    def _text(self, text: str, index: int) -> Iterator[StreamEvent]:
        kept = self._echo.feed(text) if index == 0 else text
        if kept:
            yield TextDelta(kept, index)

    def _count(self, payload: dict[str, object]) -> None:
        usage = as_dict(payload.get("usage"))
        if usage:
            self._usage = Usage(
                prompt_tokens=as_int(usage.get("prompt_tokens")),
                completion_tokens=as_int(usage.get("completion_tokens")),
                cached_tokens=as_int(as_dict(usage.get("prompt_tokens_details")).get("cached_tokens")),
                cost=_dollars(usage.get("cost")),
            )

    def _finished(self) -> Finished:
        if self._refusal:
            return Finished(FinishReason.FILTER, self._explain.words(self._refusal))
        word = self._word or ""
        return Finished(finish_reason(word) if word else FinishReason.STOP, word)


def _first_text(places: tuple[dict[str, object], ...], keys: tuple[str, ...]) -> str:
    return next((text for place in places for key in keys if (text := as_text(place.get(key)))), "")
