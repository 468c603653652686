"""Which choices of a chat-completion request the chosen service and model know, and what is sent for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tavern_tui.core.chat import Role
from tavern_tui.core.chat_choices import CHOICES, SCHEMA, TOOLS, chosen
from tavern_tui.core.chat_options import ChatOptions, Tool
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.prompt import CalledTool, Cargo, ChatPrompt, PromptMessage
from tavern_tui.core.samplers import SamplerKind, SamplerSpec, SamplerValue
from tavern_tui.providers.base import ProviderSpec
from tavern_tui.providers.sent import Sent
from tavern_tui.storage.presets import chat_options_from, wants_tools

A_TOOL = Tool(name="look", description="Looks.", parameters={"type": "object", "properties": {}})
A_TALK = ChatPrompt(
    messages=(
        PromptMessage(role=Role.SYSTEM, content="Be somebody."),
        PromptMessage(role=Role.USER, content="Hello."),
    )
)
A_CALL = ChatPrompt(
    messages=(
        *A_TALK.messages,
        PromptMessage(
            role=Role.ASSISTANT,
            content="",
            cargo=Cargo(calls=(CalledTool(id="call_1", name="look"),), thoughts="I look."),
        ),
        PromptMessage(role=Role.USER, content="A door.", cargo=Cargo(answers="call_1")),
    )
)
A_SCHEMA = '{"type": "object", "properties": {"mood": {"type": "string"}}}'


def preset_choices(preset: Mapping[str, object]) -> dict[str, SamplerValue]:
    """What a chat preset says of them."""
    options = chat_options_from(preset)
    found: dict[str, SamplerValue] = {
        name: getattr(options, name) for name in CHOICES if name not in (TOOLS, SCHEMA)
    }
    return {**found, TOOLS: wants_tools(preset)}


class Probe:
    """Asks the service's own wire format: a choice that changes no request is not offered. What is true of
    the requests is true here, and nothing has to be listed twice."""

    def __init__(
        self,
        spec: ProviderSpec,
        connection: Connection,
        *,
        model: str,
        max_tokens: int,
        values: Mapping[str, SamplerValue],
    ) -> None:
        self._spec = spec
        self._values = values
        self._request = GenerationRequest(
            prompt=A_TALK,
            model=model,
            max_tokens=max_tokens,
            samplers={name: value for name, value in values.items() if name not in CHOICES},
            options=connection.options,
        )

    def knows(self, choice: SamplerSpec) -> bool:
        """Whether any of its values makes a difference, as the other choices are."""
        bodies = [self._body({choice.id: value}) for value in _candidates(choice)]
        return any(body != bodies[0] for body in bodies[1:])

    def takes(self, sampler: SamplerSpec) -> bool:
        """Whether the model is sent a sampler at all, as the others are: models that think take few."""
        if sampler.kind not in (SamplerKind.FLOAT, SamplerKind.INT):
            return True
        middle = (sampler.low + sampler.high) / 2
        tried = [sampler.low, middle, sampler.high]
        values = [int(one) if sampler.kind is SamplerKind.INT else one for one in tried]
        bodies = [self._body({}, {sampler.id: value}) for value in values]
        return any(body != bodies[0] for body in bodies[1:])

    def sent(self, choice: SamplerSpec) -> Sent:
        """What the request says because of it."""
        neutral, now = self._body({choice.id: choice.neutral}), self._body({})
        return Sent(body={name: value for name, value in now.items() if neutral.get(name) != value})

    def _body(
        self, fields: Mapping[str, SamplerValue], samplers: Mapping[str, SamplerValue] | None = None
    ) -> Mapping[str, object]:
        values = {**self._values, **fields}
        options, prompt = chosen(ChatOptions(), values), A_TALK
        if values.get(TOOLS):
            options, prompt = replace(options, tools=(A_TOOL,)), A_CALL
        if self._spec.dialect is None:
            return {}
        request = replace(self._request, chat=options, prompt=prompt)
        if samplers is not None:
            request = replace(request, samplers={**request.samplers, **samplers})
        try:
            encoded = self._spec.dialect.encode(request, self._spec)
        except TavernError:
            return {}
        return {"/": encoded.path, **encoded.body} if encoded.headers == {} else {
            "/": encoded.path, "headers": dict(encoded.headers), **encoded.body
        }  # fmt: skip


def _candidates(choice: SamplerSpec) -> Sequence[SamplerValue]:
    if choice.choices:
        return choice.choices
    return ("", A_SCHEMA) if choice.id == SCHEMA else (False, True)
