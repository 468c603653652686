"""OpenRouter in text mode: its route for chats with a `prompt`, and who may answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tavern_tui.core.generation import GenerationRequest, Served, StreamEvent
from tavern_tui.providers.base import ProviderOption, ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.echo import EchoStripper
from tavern_tui.providers.dialects.openai import OpenAIReader, OpenAITextDialect
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply, as_dict, as_list, as_text
from tavern_tui.providers.wire.sse import SseParser

ORDER = ProviderOption(
    id="provider_order",
    title="Providers",
    help="Who is asked first, between commas, such as Together, DeepInfra; empty: OpenRouter chooses.",
)
QUANTIZATIONS = ProviderOption(
    id="quantizations",
    title="Quantizations",
    help="Only these, between commas: int4, int8, fp4, fp6, fp8, fp16, bf16, fp32, unknown; empty: any.",
)
FALLBACKS = ProviderOption(
    id="allow_fallbacks",
    title="Others too",
    help="If none of the providers above can answer, others may.",
    default=True,
)
REASONING = ProviderOption(
    id="include_reasoning",
    title="Send the thoughts",
    help="What a model thinks comes along with its reply.",
    default=True,
)
OPTIONS = (ORDER, FALLBACKS, QUANTIZATIONS, REASONING)


def preferences(options: Mapping[str, object]) -> dict[str, object]:
    """OpenRouter's `provider` object; empty: everybody may answer."""
    order, quantizations = names(options.get(ORDER.id)), names(options.get(QUANTIZATIONS.id))
    if not order and not quantizations:
        return {}
    chosen: dict[str, object] = {"allow_fallbacks": is_on(options, FALLBACKS)}
    if order:
        chosen["order"] = order
    if quantizations:
        chosen["quantizations"] = [one.lower() for one in quantizations]
    return chosen


def names(value: object) -> list[str]:
    """Names between commas, or as a list."""
    parts = value.split(",") if isinstance(value, str) else as_list(value)
    return list(dict.fromkeys(one.strip() for one in parts if isinstance(one, str) and one.strip()))


def is_on(options: Mapping[str, object], option: ProviderOption) -> bool:
    """A choice as it was set; what is no yes or no is taken for not set."""
    value = options.get(option.id, option.default)
    return value if isinstance(value, bool) else bool(option.default)


class OpenRouterTextDialect(OpenAITextDialect):
    """OpenAI's completions, but for where they go and what says who answers."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        wire = super().encode(request, spec)
        body = {**wire.body, "include_reasoning": is_on(request.options, REASONING)}
        chosen = preferences(request.options)
        if chosen:
            body["provider"] = chosen
        return replace(wire, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        reader = OpenRouterReader(explain, EchoStripper(""))
        if request.stream:
            return StreamedReply(SseParser(), reader, explain)
        return WholeReply(reader, explain)


class OpenRouterReader(OpenAIReader):
    """Tells once who answers; reads the error a choice may hold."""

    def __init__(self, explain: Explainer, echo: EchoStripper) -> None:
        super().__init__(explain, echo)
        self._told = False

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        for choice in map(as_dict, as_list(payload.get("choices"))):
            if choice.get("error"):
                raise self._explain.in_stream({"error": choice["error"]})
        by = as_text(payload.get("provider"))
        if by and not self._told:
            self._told = True
            yield Served(as_text(payload.get("model")), by)
        yield from super().piece(payload)
