"""Recipe: what sets a service apart from OpenAI, as data; RecipeDialect: the format they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.chat.call import ChatCall, Maker, call_of
from tavern_tui.providers.dialects.chat.effort import Effort
from tavern_tui.providers.dialects.chat.families import Body, fitted
from tavern_tui.providers.dialects.chat.reader import ChatReader
from tavern_tui.providers.dialects.chat.structured import (
    SchemaForm,
    ToolForm,
    any_object,
    named_schema,
    showing_schema,
    tools_with_choice,
)
from tavern_tui.providers.dialects.common import sampler_values, stop_strings
from tavern_tui.providers.dialects.echo import EchoStripper
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import OMIT, encode_samplers
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.wire.decoder import Reader, StreamedReply, WholeReply
from tavern_tui.providers.wire.sse import SseParser
from tavern_tui.text.flatten import flatten, is_legacy_model

ReaderKind = Callable[[Explainer, EchoStripper], Reader]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a service differs from OpenAI's chat completions. What models refuse is in the row's rules,
    which samplers there are in its table."""

    messages: Callable[[ChatCall, list[Wire]], list[Wire]] = lambda call, messages: messages
    """The messages as the service takes them."""
    model: Maker = lambda call: call.model or OMIT
    known_as: Callable[[ChatCall], str] | None = None
    """Which model it is, for the rules about families, where the connection need not say so."""
    stop_key: str = "stop"
    """What stop strings are called; empty: it takes none."""
    effort: Effort | None = None
    """Sent as `reasoning_effort`, unless `extras` say it in another place."""
    effort_key: str = "reasoning_effort"
    extras: Mapping[str, Maker] = field(default_factory=dict)
    """Further keys of the body."""
    schema: SchemaForm = named_schema
    tools: ToolForm = tools_with_choice
    always_tools: bool = False
    """The key is there when there are none."""
    path: Callable[[ChatCall], str] | None = None
    """Where it goes, if not always to the row's place; an address of its own begins with https://."""
    headers: Mapping[str, Maker] = field(default_factory=dict)
    reader: ReaderKind = ChatReader
    echo: Literal["", "whole", "always"] = ""
    """The reply repeats a last assistant message that it continues: when it is whole, or always."""
    own_logprobs: bool = False
    """The row's samplers ask for token probabilities by themselves, under the server's own name."""
    legacy: bool = False
    """It still has models that complete one text, at `/completions`."""


class RecipeDialect:
    """OpenAI's chat completions, varied by a recipe."""

    def __init__(self, recipe: Recipe | None = None) -> None:
        self._recipe = recipe or Recipe()

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        call, recipe = call_of(request, spec), self._recipe
        if recipe.known_as is not None:
            call = replace(call, request=replace(request, model=recipe.known_as(call)))
        body = self._body(call)
        effort = recipe.effort.of(call) if recipe.effort is not None else None
        body = fitted(body, call.model, spec.model_rules, effort=effort is not None)
        path = recipe.path(call) if recipe.path is not None else spec.generate_path
        if recipe.legacy and is_legacy_model(call.model):
            body, path = _as_one_text(body, call), path.replace("/chat/completions", "/completions")
        return WireRequest(path=path, body=body, headers=self._headers(call))

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        strips = self._recipe.echo == "always" or (self._recipe.echo == "whole" and not request.stream)
        reader = self._recipe.reader(explain, EchoStripper(continued_text(request) if strips else ""))
        return StreamedReply(SseParser(), reader, explain) if request.stream else WholeReply(reader, explain)

    def _body(self, call: ChatCall) -> Body:
        request, spec, recipe = call.request, call.spec, self._recipe
        body: Body = {"messages": self._messages(call), "model": recipe.model(call)}
        body |= {"max_tokens": request.max_tokens, "stream": request.stream}
        body |= encode_samplers(spec.samplers, sampler_values(request))
        stop = stop_strings(request, spec)
        if stop and recipe.stop_key:
            body[recipe.stop_key] = stop
        if "logprobs" in spec.samplers and not recipe.own_logprobs:
            body |= _logprobs(call)
        if recipe.effort is not None and recipe.effort_key:
            body[recipe.effort_key] = recipe.effort.of(call) or OMIT
        body |= {key: make(call) for key, make in recipe.extras.items()}
        if spec.asks_usage and request.stream:
            body["stream_options"] = {"include_usage": True}
        if call.tools or recipe.always_tools:
            body |= recipe.tools(call)
        if call.options.schema is not None:
            body |= recipe.schema(call.options.schema)
        return {key: value for key, value in body.items() if value is not OMIT}

    def _messages(self, call: ChatCall) -> list[Wire]:
        messages, wanted = call.messages, call.options.schema
        if wanted is not None and self._recipe.schema is any_object:
            messages = showing_schema(messages, wanted, join=bool(call.spec.post_processing))
        return [_unsealed(message) for message in self._recipe.messages(call, messages)]

    def _headers(self, call: ChatCall) -> Mapping[str, str]:
        made = {name: make(call) for name, make in self._recipe.headers.items()}
        return {name: str(value) for name, value in made.items() if value is not OMIT}


def _unsealed(message: Wire) -> Wire:
    """A message without thoughts and their signatures that the recipe has no place for."""
    kept = {key: value for key, value in message.items() if key not in ("signature", "thoughts")}
    calls = kept.get("tool_calls")
    if isinstance(calls, list):
        kept["tool_calls"] = [{key: one[key] for key in one if key != "signature"} for one in calls]
    return kept


def _logprobs(call: ChatCall) -> Body:
    wanted = call.request.samplers.get("logprobs", 0)
    if not isinstance(wanted, int) or wanted <= 0:
        return {}
    return {"logprobs": True, "top_logprobs": wanted}


def _as_one_text(body: Body, call: ChatCall) -> Body:
    """The body for a model that knows no messages, and no tools."""
    made = {key: value for key, value in body.items() if key not in ("messages", "tools", "tool_choice")}
    if "top_logprobs" in made:
        made["logprobs"] = made.pop("top_logprobs")
    return {**made, "prompt": flatten(call.messages)}


def continued_text(request: GenerationRequest) -> str:
    """The text of a last assistant message, which the model continues."""
    messages = getattr(request.prompt, "messages", ())
    last = messages[-1] if messages else None
    return last.content if last is not None and last.role == Role.ASSISTANT else ""
