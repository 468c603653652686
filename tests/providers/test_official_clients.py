"""The services' own Python clients talk to our fakes: what satisfies them is shaped like the real thing.

Each is imported when its test runs: together they take seconds."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.providers.fakes.strict import REPLY, StrictFake

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
FAKES = all_fakes()
TEXT = "".join(REPLY)
HELLO = [{"role": "user", "content": "Hello."}]


def client(name: str) -> Any:
    """A client's module. Its own use of what is deprecated is no fault of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            pytest.skip(f"The client {name} is not installed.")


@asynccontextmanager
async def served(id: str) -> AsyncIterator[tuple[str, StrictFake]]:
    fake = FAKES[id](key="key-of-the-tour")
    async with FakeServer(fake) as server:
        yield server.url, fake


# --- OpenAI's, which most services tell people to use

COMPATIBLE = (
    "openai", "openrouter", "deepseek", "groq", "mistralai", "xai", "moonshot", "fireworks", "nanogpt", "chutes",
    "electronhub", "aimlapi", "siliconflow", "cometapi", "perplexity", "custom", "zai",
)  # fmt: skip


@pytest.mark.parametrize("id", COMPATIBLE)
async def test_openais_client_chats_with_every_compatible_service(id: str) -> None:
    openai = client("openai")
    async with served(id) as (url, fake):
        headers = {"Accept-Language": "en-US,en"}  # Z.AI wants to know
        async with openai.AsyncOpenAI(
            api_key=fake.key, base_url=url + fake.base, max_retries=0, default_headers=headers
        ) as there:
            whole = await there.chat.completions.create(model=fake.model, messages=HELLO, max_tokens=50)
            assert whole.choices[0].message.content == TEXT
            assert whole.choices[0].finish_reason == "stop"
            stream = await there.chat.completions.create(
                model=fake.model, messages=HELLO, max_tokens=50, stream=True
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
            assert "".join(pieces) == TEXT


async def test_openais_client_lists_models_and_knows_the_errors() -> None:
    openai = client("openai")
    async with served("openai") as (url, fake):
        async with openai.AsyncOpenAI(api_key=fake.key, base_url=url + fake.base, max_retries=0) as there:
            assert fake.model in [model.id async for model in await there.models.list()]
            with pytest.raises(openai.BadRequestError):
                await there.chat.completions.create(model=fake.model, messages=HELLO, temperature=9)
        async with openai.AsyncOpenAI(api_key="wrong", base_url=url + fake.base, max_retries=0) as there:
            with pytest.raises(openai.AuthenticationError):
                await there.chat.completions.create(model=fake.model, messages=HELLO)


@pytest.mark.parametrize("id", ["generic", "vllm", "togetherai"])
async def test_openais_client_completes_texts(id: str) -> None:
    openai = client("openai")
    async with served(id) as (url, fake):
        base = url + (fake.base or "/v1")
        async with openai.AsyncOpenAI(api_key=fake.key or "none", base_url=base, max_retries=0) as there:
            whole = await there.completions.create(model=fake.model, prompt="Once", max_tokens=50)
            assert whole.choices[0].text == TEXT
            stream = await there.completions.create(
                model=fake.model, prompt="Once", max_tokens=50, stream=True
            )
            assert "".join([chunk.choices[0].text async for chunk in stream if chunk.choices]) == TEXT


# --- Anthropic's


async def test_anthropics_client_chats_lists_and_knows_the_errors() -> None:
    anthropic = client("anthropic")
    async with served("claude") as (url, fake):
        async with anthropic.AsyncAnthropic(api_key=fake.key, base_url=url, max_retries=0) as there:
            ask = {"model": fake.model, "max_tokens": 50, "messages": HELLO}
            whole = await there.messages.create(**ask)
            assert whole.content[0].text == TEXT
            assert whole.stop_reason == "end_turn"
            assert whole.usage.output_tokens > 0
            async with there.messages.stream(**ask) as stream:
                assert "".join([text async for text in stream.text_stream]) == TEXT
                assert (await stream.get_final_message()).stop_reason == "end_turn"
            assert fake.model in [model.id async for model in there.models.list()]
            with pytest.raises(anthropic.BadRequestError):
                await there.messages.create(**{**ask, "messages": [{"role": "user", "content": ""}]})
        async with anthropic.AsyncAnthropic(api_key="wrong", base_url=url, max_retries=0) as there:
            with pytest.raises(anthropic.AuthenticationError):
                await there.messages.create(**ask)


# --- Google's


async def test_googles_client_chats_lists_and_knows_the_errors() -> None:
    genai = client("google.genai")
    async with served("makersuite") as (url, fake):
        there = genai.Client(api_key=fake.key, http_options={"base_url": url})
        try:
            whole = await there.aio.models.generate_content(model=fake.model, contents="Hello.")
            assert whole.text == TEXT
            assert whole.usage_metadata.candidates_token_count > 0
            stream = await there.aio.models.generate_content_stream(model=fake.model, contents="Hello.")
            assert "".join([chunk.text or "" async for chunk in stream]) == TEXT
            names = [model.name async for model in await there.aio.models.list()]
            assert f"models/{fake.model}" in names
        finally:
            await there.aio.aclose()
            there.close()
        wrong = genai.Client(api_key="wrong", http_options={"base_url": url})
        try:
            with pytest.raises(genai.errors.ClientError):
                await wrong.aio.models.generate_content(model=fake.model, contents="Hello.")
        finally:
            await wrong.aio.aclose()
            wrong.close()


# --- Mistral's


async def test_mistrals_client_chats_lists_and_knows_the_errors() -> None:
    mistral = client("mistralai.client")
    async with served("mistralai") as (url, fake):
        async with mistral.Mistral(api_key=fake.key, server_url=url) as there:
            whole = await there.chat.complete_async(model=fake.model, messages=HELLO, max_tokens=50)
            assert whole.choices[0].message.content == TEXT
            stream = await there.chat.stream_async(model=fake.model, messages=HELLO, max_tokens=50)
            pieces = [event.data.choices[0].delta.content or "" async for event in stream]
            assert "".join(pieces) == TEXT
            listed = await there.models.list_async()
            assert fake.model in [model.id for model in listed.data]
        async with mistral.Mistral(api_key="wrong", server_url=url) as there:
            with pytest.raises(Exception, match="401"):
                await there.chat.complete_async(model=fake.model, messages=HELLO)


# --- Cohere's


async def test_coheres_client_chats_lists_and_knows_the_errors() -> None:
    cohere = client("cohere")
    async with served("cohere") as (url, fake):
        there = cohere.AsyncClientV2(api_key=fake.key, base_url=url)
        whole = await there.chat(model=fake.model, messages=HELLO, max_tokens=50)
        assert whole.message.content[0].text == TEXT
        assert whole.finish_reason == "COMPLETE"
        pieces = [
            event.delta.message.content.text
            async for event in there.chat_stream(model=fake.model, messages=HELLO, max_tokens=50)
            if event.type == "content-delta"
        ]
        assert "".join(pieces) == TEXT
        assert fake.model in [model.name for model in (await there.models.list()).models]
        wrong = cohere.AsyncClientV2(api_key="wrong", base_url=url)
        with pytest.raises(cohere.UnauthorizedError):
            await wrong.chat(model=fake.model, messages=HELLO)


# --- too many requests, in each service's own words


async def _openai(url: str, model: str) -> None:
    async with client("openai").AsyncOpenAI(api_key="a", base_url=url, max_retries=0) as there:
        await there.chat.completions.create(model=model, messages=HELLO)


async def _anthropic(url: str, model: str) -> None:
    async with client("anthropic").AsyncAnthropic(api_key="a", base_url=url, max_retries=0) as there:
        await there.messages.create(model=model, max_tokens=50, messages=HELLO)


async def _google(url: str, model: str) -> None:
    there = client("google.genai").Client(api_key="a", http_options={"base_url": url})
    try:
        await there.aio.models.generate_content(model=model, contents="Hello.")
    finally:
        await there.aio.aclose()
        there.close()


async def _mistral(url: str, model: str) -> None:
    async with client("mistralai.client").Mistral(api_key="a", server_url=url) as there:
        await there.chat.complete_async(model=model, messages=HELLO)


async def _cohere(url: str, model: str) -> None:
    there = client("cohere").AsyncClientV2(api_key="a", base_url=url)
    await there.chat(model=model, messages=HELLO, request_options={"max_retries": 0})


@pytest.mark.parametrize(
    ("id", "module", "ask", "error"),
    [
        ("openai", "openai", _openai, "RateLimitError"),
        ("claude", "anthropic", _anthropic, "RateLimitError"),
        ("makersuite", "google.genai", _google, "ClientError"),
        ("mistralai", "mistralai.client", _mistral, "SDKError"),
        ("cohere", "cohere", _cohere, "TooManyRequestsError"),
    ],
)
async def test_too_many_requests_are_that_to_each_client(
    id: str, module: str, ask: Callable[[str, str], Awaitable[None]], error: str
) -> None:
    client(module)
    fake = FAKES[id](key="key-of-the-tour")

    async def busy(seen: Seen, answer: Answer) -> None:
        await answer.send(429, fake.error(429, "Not so fast."))

    async with FakeServer(busy) as server:
        base = fake.base if id == "openai" else ""
        with pytest.raises(Exception, match="Not so fast") as caught:
            await ask(server.url + base, fake.model)
    assert type(caught.value).__name__ == error
    assert "429" in repr(vars(caught.value)) + str(caught.value)


# --- tools and what they answered, as the clients send them

DICE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FUNCTION = {"type": "function", "function": {"name": "roll", "description": "Rolls.", "parameters": DICE}}
CALLED = {"role": "assistant", "tool_calls": [
    {"id": "abc123456", "type": "function", "function": {"name": "roll", "arguments": '{"n": 6}'}}
]}  # fmt: skip
ANSWERED = [*HELLO, CALLED, {"role": "tool", "tool_call_id": "abc123456", "content": "4"}]


async def test_tools_in_the_form_of_openais_client_are_taken() -> None:
    openai = client("openai")
    async with (
        served("openai") as (url, fake),
        openai.AsyncOpenAI(api_key=fake.key, base_url=url + fake.base, max_retries=0) as there,
    ):
        said = await there.chat.completions.create(model=fake.model, messages=ANSWERED, tools=[FUNCTION])
    assert said.choices[0].message.content == TEXT


async def test_tools_in_the_form_of_anthropics_client_are_taken() -> None:
    anthropic = client("anthropic")
    use = {"type": "tool_use", "id": "toolu_1", "name": "roll", "input": {"n": 6}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"}
    turns = [*HELLO, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    tools = [{"name": "roll", "description": "Rolls.", "input_schema": DICE}]
    async with (
        served("claude") as (url, fake),
        anthropic.AsyncAnthropic(api_key=fake.key, base_url=url, max_retries=0) as there,
    ):
        said = await there.messages.create(model=fake.model, max_tokens=50, messages=turns, tools=tools)
        assert said.content[0].text == TEXT
        with pytest.raises(anthropic.BadRequestError, match="tool_result"):
            await there.messages.create(
                model=fake.model, max_tokens=50, messages=[*turns[:2], *HELLO], tools=tools
            )


async def test_tools_in_the_form_of_mistrals_client_are_taken() -> None:
    mistral = client("mistralai.client")
    async with (
        served("mistralai") as (url, fake),
        mistral.Mistral(api_key=fake.key, server_url=url) as there,
    ):
        said = await there.chat.complete_async(model=fake.model, messages=ANSWERED, tools=[FUNCTION])
    assert said.choices[0].message.content == TEXT


async def test_tools_in_the_form_of_coheres_client_are_taken() -> None:
    cohere = client("cohere")
    async with served("cohere") as (url, fake):
        there = cohere.AsyncClientV2(api_key=fake.key, base_url=url)
        said = await there.chat(model=fake.model, messages=ANSWERED, tools=[FUNCTION])
    assert said.message.content[0].text == TEXT
