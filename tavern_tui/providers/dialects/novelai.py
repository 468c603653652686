"""NovelAI's own routes, and its OpenAI-compatible one for newer models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    StreamEvent,
    TextDelta,
    TokenChosen,
)
from tavern_tui.core.samplers import SAMPLERS, SamplerValue
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.catalogue.hosted_samplers import NOVEL_GLM
from tavern_tui.providers.catalogue.novelai_lists import MODELS, OPENAI_ROUTE, NovelModel
from tavern_tui.providers.dialects.chosen import id_choices
from tavern_tui.providers.dialects.common import prompt_text, sampler_values
from tavern_tui.providers.dialects.novelai_tokens import bad_words, biases, stop_sequences
from tavern_tui.providers.dialects.openai import OpenAITextDialect
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply, as_dict, as_int, as_list, as_text
from tavern_tui.providers.wire.sse import SseParser

INSTRUCT_REACH = 1500
"""A closing brace within so many characters of the end is an instruction."""
OPENAI_STOPS = 4

ORDER_IDS: Mapping[str, int] = {
    "temperature": 0, "top_k": 1, "top_p": 2, "tfs": 3, "top_a": 4, "typical_p": 5, "cfg": 6, "top_g": 7,
    "mirostat": 8, "math1": 9, "min_p": 10,
}  # fmt: skip
USUAL_ORDER = (1, 5, 0, 2, 3, 4)
ORDERED: Mapping[str, int] = {
    **{name: id for name, id in ORDER_IDS.items() if name in SAMPLERS},
    "mirostat_tau": 8, "mirostat_eta": 8, "math1_temp": 9, "math1_quad": 9, "math1_quad_entropy_scale": 9,
}  # fmt: skip
"""Our samplers that do nothing unless the order names them, and the number it names them by."""
SWITCHED_BY = {
    8: ("mirostat_mode",),
    9: ("math1_temp", "math1_quad", "math1_quad_entropy_scale"),
    10: ("min_p",),
}
"""Not in the usual order: these come last in it as soon as one of their values is not neutral."""


class NovelDialect:
    """Which of the two routes it is, the model says."""

    def __init__(self) -> None:
        self._openai = OpenAITextDialect()

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        model = MODELS.get(request.model)
        if model is None:
            route = replace(spec, generate_path=OPENAI_ROUTE, samplers=NOVEL_GLM, stop_limit=OPENAI_STOPS)
            return self._openai.encode(request, route)
        request = replace(request, max_tokens=longest(request, model))
        text = prompt_text(request, spec)
        body = {
            "input": model.start + text,
            "model": model.id,
            "parameters": parameters(request, spec, model, text),
        }
        return WireRequest(path=f"{model.host}/ai/generate{'-stream' if request.stream else ''}", body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        model = MODELS.get(request.model)
        if model is None:
            return self._openai.decoder(request, explain)
        reader = NovelReader(replace(request, max_tokens=longest(request, model)), explain)
        return StreamedReply(SseParser(), reader, explain) if request.stream else WholeReply(reader, explain)


def longest(request: GenerationRequest, model: NovelModel) -> int:
    """Tokens of the reply, at most what the model gives to the best subscription."""
    return max(1, min(request.max_tokens, max((model.max_reply, *model.max_reply_by_tier.values()))))


def parameters(
    request: GenerationRequest, spec: ProviderSpec, model: NovelModel, text: str
) -> dict[str, object]:
    """The inner body. A sampler that the order does not name would do nothing and is left out."""
    order = order_of(request.samplers)
    applied = {
        name: value
        for name, value in request.samplers.items()
        if name not in ORDERED or ORDERED[name] in order
    }
    found: dict[str, object] = {
        "use_string": True,
        "generate_until_sentence": True,
        "use_cache": False,
        "return_full_text": False,
        "max_length": request.max_tokens,
        "min_length": 1,
        **encode_samplers(spec.samplers, sampler_values(replace(request, samplers=applied))),
        "order": order,
        "bad_words_ids": bad_words(request, model),
        "logit_bias_exp": biases(request, model),
        "repetition_penalty_whitelist": list(model.not_penalised),
    }
    stops = stop_sequences(request, model)
    if stops:
        found["stop_sequences"] = stops
    if "}" in text[-INSTRUCT_REACH:]:
        found["prefix"] = "special_instruct"
    if found.get("prefix") == "theme_textadventure":
        found["eos_token_id"] = model.eos
    return found


def order_of(samplers: Mapping[str, SamplerValue]) -> list[int]:
    """The user's order, in names or NovelAI's numbers, exactly; else the usual one and whatever else
    is in use."""
    wanted = samplers.get("sampler_order", ())
    named = [_order_id(one) for one in wanted] if isinstance(wanted, tuple | list) else []
    known = list(dict.fromkeys(one for one in named if one is not None))
    return known or [*USUAL_ORDER, *(id for id, names in SWITCHED_BY.items() if _any_used(samplers, names))]


def _order_id(word: object) -> int | None:
    if isinstance(word, str) and not word.isdecimal():
        return ORDERED.get(word, ORDER_IDS.get(word))
    number = int(word) if isinstance(word, int | str) else -1
    return number if number in ORDER_IDS.values() else None


def _any_used(samplers: Mapping[str, SamplerValue], names: tuple[str, ...]) -> bool:
    return any(samplers.get(name, SAMPLERS[name].neutral) != SAMPLERS[name].neutral for name in names)


class NovelReader:
    """Ends with an event that says it is the last one. No reason is told: a reply as long as it may
    be was cut."""

    def __init__(self, request: GenerationRequest, explain: Explainer) -> None:
        self._explain = explain
        self._longest = request.max_tokens
        self._text_of = request.token_text
        self._tokens = 0
        self._tells_end = False
        self._ended = False

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        self._check(payload)
        if not isinstance(payload.get("token"), str):
            return
        text = as_text(payload["token"])
        self._tokens += 1
        if text:
            yield TextDelta(text)
        yield from self._chosen(payload.get("logprobs"), text)
        self._tells_end = self._tells_end or "final" in payload
        self._ended = self._ended or payload.get("final") is True

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        answer = as_dict(payload)
        self._check(answer)
        if not isinstance(answer.get("output"), str):
            raise self._explain.nonsense("something that is not a completion")
        text = as_text(answer["output"])
        if text:
            yield TextDelta(text)
        for one in as_list(answer.get("logprobs")):
            self._tokens += 1
            yield from self._chosen(one, None)

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        if self._tells_end and not self._ended:
            raise self._explain.broken()
        if not self._tokens:
            yield Finished(FinishReason.UNKNOWN)
            return
        yield Finished(FinishReason.LENGTH if self._tokens >= self._longest else FinishReason.STOP)

    def _chosen(self, logprobs: object, token: str | None) -> Iterator[TokenChosen]:
        yield from id_choices(logprobs, token, self._text_of)

    def _check(self, payload: dict[str, object]) -> None:
        status = as_int(payload.get("statusCode"))
        if status is not None and status >= 400:
            raise self._explain.refusal(status, {}, json.dumps(payload, default=str).encode())
