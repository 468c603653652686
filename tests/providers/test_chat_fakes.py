"""Chats of several turns and every family of models, at services as strict as the real ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tavern_tui.core.chat import Role
from tavern_tui.core.chat_options import ChatOptions, ReplySchema, Tool
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.prompt import CalledTool, Cargo, ChatPrompt, PromptMessage
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import chat_request, collect, connect, end_of, text_of
from tests.providers.fakes.backends import claude, google
from tests.providers.fakes.chats import ChatFake
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY, StrictFake

FAKES = {id: fake for id, fake in all_fakes().items() if ROWS[id].prompt_kind == "chat"}
KEY = "key-of-the-tour"
EVERYTHING: dict[str, SamplerValue] = {
    "temperature": 0.7, "top_p": 0.9, "top_k": 40, "frequency_penalty": 0.3, "presence_penalty": 0.2,
    "seed": 5, "logprobs": 3, "n": 2, "min_p": 0.1, "top_a": 0.1, "repetition_penalty": 1.1,
}  # fmt: skip
EFFORTS = ("auto", "min", "low", "medium", "high", "max")
DICE = Tool(
    name="roll",
    description="Rolls.",
    parameters={"type": "object", "properties": {"n": {"type": "integer"}}, "required": []},
)
SCENE = ReplySchema(name="scene", schema={"type": "object", "properties": {"mood": {"type": "string"}}})


def models_of(fake: type[StrictFake]) -> tuple[str, ...]:
    if issubclass(fake, ChatFake):
        return fake.service.models
    own = {"claude": tuple(claude.MODELS), "makersuite": google.MODELS, "vertexai": google.MODELS}
    return own.get(fake.id, (fake.model,))


MODELS = [(id, model) for id, fake in FAKES.items() for model in models_of(fake)]


async def answered(id: str, request: GenerationRequest, model: str = "", **options: object) -> str:
    """What the fake says; it refuses what the real service would."""
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as server:
        named = model or (fake.model if ROWS[id].needs_model else "")
        provider = connect(
            id, server.url + fake.base, key=KEY, model=named, options={**fake.options, **options}
        )
        try:
            events = await collect(provider, request)
        finally:
            await provider.aclose()
    end_of(events)
    return text_of(events)


def test_every_chat_service_has_a_strict_fake() -> None:
    offered = {id for id, row in ROWS.items() if row.prompt_kind == "chat" and not row.hidden}
    assert offered == set(FAKES)


@pytest.mark.parametrize(("id", "model"), MODELS)
async def test_every_family_is_sent_what_it_takes(id: str, model: str) -> None:
    samplers = {name: value for name, value in EVERYTHING.items() if name in ROWS[id].samplers}
    for effort in EFFORTS:
        for stream in (True, False):
            options = ChatOptions(reasoning_effort=effort, use_sysprompt=True)
            request = chat_request(
                ("system", "Main."), ("user", "Hi"),
                samplers=samplers, chat=options, stream=stream, stop=("\nKes:", "\nMirel:"), max_tokens=2000,
            )  # fmt: skip
            assert await answered(id, request, model) == "".join(REPLY)


def said(role: str, content: str, name: str = "", **fields: Any) -> PromptMessage:
    return PromptMessage(role=Role(role), content=content, name=name, **fields)


NOTE_IN_THE_MIDDLE = (
    said("system", "Main prompt."), said("system", "A scenario."), said("assistant", "Welcome.", "Mirel"),
    said("user", "Hello.", "Kes"), said("assistant", "Sit down."), said("system", "[It rains.]"),
    said("user", "Thanks."), said("system", "[Write only as Mirel.]"),
)  # fmt: skip
A_TALK = (
    said("system", "Main prompt."), said("user", "Hello."), said("assistant", "Sit down."), said("user", "Thanks."),
)  # fmt: skip


@pytest.mark.parametrize("system", [True, False])
@pytest.mark.parametrize("id", [id for id in FAKES if ROWS[id].post_processing == ""])
async def test_notes_names_and_several_turns_are_taken(id: str, system: bool) -> None:
    for messages in (NOTE_IN_THE_MIDDLE, A_TALK):
        request = GenerationRequest(
            prompt=ChatPrompt(messages=messages), max_tokens=50, chat=ChatOptions(use_sysprompt=system)
        )
        assert await answered(id, request) == "".join(REPLY)


@pytest.mark.parametrize("id", list(FAKES))
async def test_tools_and_what_they_answered_are_taken(id: str) -> None:
    call = CalledTool(id="call_abc123456", name="roll", arguments='{"n": 6}')
    messages = (
        said("system", "Main prompt."),
        said("user", "Roll."),
        said("assistant", "", cargo=Cargo(calls=(call,))),
        said("user", "4", cargo=Cargo(answers="call_abc123456")),
    )
    request = GenerationRequest(
        prompt=ChatPrompt(messages=messages),
        max_tokens=50,
        chat=ChatOptions(tools=(DICE,), use_sysprompt=True),
    )
    if id not in ("perplexity",):
        assert await answered(id, request) == "".join(REPLY)


@pytest.mark.parametrize("id", list(FAKES))
async def test_a_schema_and_everything_else_there_is_are_taken(id: str) -> None:
    options = ChatOptions(
        schema=SCENE, verbosity="low", web_search=True, show_thoughts=False, use_sysprompt=True
    )
    assert await answered(id, chat_request(("user", "Hi"), max_tokens=50, chat=options)) == "".join(REPLY)
    asked = replace(options, schema=None, tools=(DICE,), tool_choice="required", web_search=False)
    if id not in ("ollama-chat",):
        assert await answered(id, chat_request(("user", "Hi"), max_tokens=50, chat=asked)) == "".join(REPLY)
