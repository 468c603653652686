"""What recorded servers say of themselves, and who answers on this machine's ports."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tavern_tui.core.errors import AuthFailed, ConnectionFailed, UsageError
from tavern_tui.core.generation import Model
from tavern_tui.providers.probe import Found, probe_local
from tavern_tui.providers.servers import read_models
from tests.providers.asking import collect, connect, text_of, text_request
from tests.providers.fakes.backends.classic import ClassicFake
from tests.providers.fakes.backends.huggingface import HuggingFaceFake
from tests.providers.fakes.backends.koboldcpp import KoboldCppFake
from tests.providers.fakes.backends.llamacpp import LlamaCppRouterFake
from tests.providers.fakes.backends.vllm import AphroditeFake
from tests.providers.fakes.recorded import (
    KOBOLD,
    KOBOLD_PASSWORD,
    LLAMACPP,
    OOBA,
    TABBY,
    TABBY_EMPTY,
    replay,
)
from tests.providers.fakes.server import Answer, FakeServer, Handler, Seen, nobody, routes

OLLAMA = {
    "GET /api/version": {"version": "0.12.3"},
    "GET /api/tags": {"models": [{"name": "mistral:7b", "model": "mistral:7b", "size": 4}]},
    "GET /api/ps": {"models": [{"name": "mistral:7b", "context_length": 16384}]},
    "GET /v1/models": {"object": "list", "data": [{"id": "mistral:7b", "owned_by": "library"}]},
}
VLLM = {
    "GET /v1/models": {"data": [{"id": "org/m", "owned_by": "vllm", "max_model_len": 32768}]},
    "GET /version": {"version": "0.11.0"},
    "POST /tokenize": {"count": 3, "max_model_len": 32768, "tokens": [1, 2, 3]},
}
LMSTUDIO = {
    "GET /v1/models": {"data": [{"id": "qwen", "owned_by": "organization_owner"}]},
    "GET /api/v0/models": {"object": "list", "data": [{"id": "qwen", "state": "loaded"}]},
}


@pytest.mark.parametrize(
    ("provider", "handler", "expected"),
    [
        ("llamacpp", lambda: replay(LLAMACPP), (True, "llama.cpp", "tavern-tiny", 4096)),
        ("llamacpp-chat", lambda: replay(LLAMACPP), (True, "llama.cpp", "tavern-tiny", 4096)),
        ("koboldcpp", lambda: replay(KOBOLD), (True, "KoboldCpp 1.76", "tiny", 4096)),
        ("koboldcpp-chat", lambda: replay(KOBOLD), (True, "KoboldCpp 1.76", "tiny", 4096)),
        ("ooba", lambda: replay(OOBA), (True, "text-generation-webui", "tiny.gguf", None)),
        ("tabby", lambda: replay(TABBY), (True, "TabbyAPI", "stub-model", 4096)),
        ("tabby", lambda: replay(TABBY_EMPTY), (False, "TabbyAPI", "", None)),
        ("ollama", lambda: routes(OLLAMA), (True, "Ollama 0.12.3", "mistral:7b", 16384)),
        ("vllm", lambda: routes(VLLM), (True, "vLLM 0.11.0", "org/m", 32768)),
        ("lmstudio", lambda: routes(LMSTUDIO), (True, "LM Studio", "qwen", None)),
        ("generic", lambda: routes(VLLM), (True, "OpenAI-compatible (text)", "org/m", 32768)),
        ("generic", lambda: routes({}), (True, "OpenAI-compatible (text)", "", None)),
    ],
)
async def test_a_server_tells_version_model_and_context(
    provider: str, handler: Any, expected: tuple[bool, str, str, int | None]
) -> None:
    async with FakeServer(handler()) as server:
        opened = connect(provider, server.url, key="sekret")
        status = await opened.status()
        assert (status.ok, status.title, status.model, status.context_size) == expected
        await opened.aclose()


async def test_the_chat_template_is_handed_on() -> None:
    async with FakeServer(replay(LLAMACPP)) as server:
        opened = connect("llamacpp", server.url)
        assert "<|im_start|>" in (await opened.status()).chat_template
        await opened.aclose()


async def test_a_status_nobody_gives_is_an_error() -> None:
    with nobody() as port:
        for name in ("llamacpp", "koboldcpp", "ooba", "tabby", "ollama", "vllm", "custom"):
            opened = connect(name, f"http://127.0.0.1:{port}")
            with pytest.raises(ConnectionFailed):
                await opened.status()
            await opened.aclose()


async def test_a_status_without_the_key_is_an_error() -> None:
    async def closed(seen: Seen, answer: Answer) -> None:
        await answer.send(401, {"error": {"message": "Invalid API Key"}})

    async with FakeServer(closed) as server:
        for name in ("llamacpp", "tabby", "vllm", "custom"):
            opened = connect(name, server.url)
            with pytest.raises(AuthFailed):
                await opened.status()
            await opened.aclose()


async def test_a_protected_koboldcpp_tells_its_status_but_counts_for_nobody() -> None:
    async with FakeServer(replay(KOBOLD_PASSWORD)) as server:
        opened = connect("koboldcpp", server.url)
        assert (await opened.status()).ok
        with pytest.raises(AuthFailed, match="Authentication key is missing"):
            await opened.count_tokens(["hi"])
        await opened.aclose()


@pytest.mark.parametrize(
    ("payload", "ids"),
    [
        ({"data": [{"id": "a"}, {"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ({"models": [{"name": "a"}]}, ["a"]),
        ([{"id": "a"}, {"name": "b"}], ["a", "b"]),
        ({"data": [None, 4, {"id": 7}, {}, {"id": "ok"}]}, ["ok"]),
        ({"data": "x"}, []),
        (None, []),
        ("text", []),
    ],
)
def test_model_lists_of_every_shape(payload: object, ids: list[str]) -> None:
    assert [model.id for model in read_models(payload)] == ids


def test_the_context_size_of_a_model_has_many_names() -> None:
    entries = [
        {"id": "a", "context_length": 1}, {"id": "b", "max_model_len": 2}, {"id": "c", "meta": {"n_ctx": 3}},
        {"id": "d", "context_window": 4}, {"id": "e", "max_context_length": 5}, {"id": "f", "meta": None},
    ]  # fmt: skip
    assert [model.context_size for model in read_models({"data": entries})] == [1, 2, 3, 4, 5, None]


async def test_models_of_koboldcpp_and_ollama() -> None:
    async with FakeServer(replay(KOBOLD)) as server:
        opened = connect("koboldcpp", server.url)
        assert await opened.models() == [Model(id="koboldcpp/tiny", context_size=4096, detail="loaded")]
        await opened.aclose()
    async with FakeServer(routes(OLLAMA)) as server:
        opened = connect("ollama", server.url)
        assert [model.id for model in await opened.models()] == ["mistral:7b"]
        await opened.aclose()


async def test_the_only_model_is_used_without_being_chosen() -> None:
    async with FakeServer(routes(OLLAMA)) as server:
        opened = connect("ollama", server.url)
        with pytest.raises(UsageError):
            opened.wire(text_request())
        await opened.status()
        assert opened.wire(text_request()).body["model"] == "mistral:7b"
        await opened.aclose()


@pytest.mark.parametrize(
    ("provider", "file", "begins"),
    [
        ("koboldcpp", KOBOLD, " the room but first"),
        ("tabby", TABBY, " Hello there"),
        ("ooba", OOBA, "ps a gold"),
        ("llamacpp", LLAMACPP, " th"),
    ],
)
async def test_a_reply_of_a_recorded_server(provider: str, file: str, begins: str) -> None:
    async with FakeServer(replay(file)) as server:
        opened = connect(provider, server.url, key="sekret")
        assert text_of(await collect(opened, text_request())).startswith(begins)
        await opened.aclose()


@pytest.mark.parametrize(
    ("provider", "file", "count"),
    [("koboldcpp", KOBOLD, 0), ("ooba", OOBA, 0), ("tabby", TABBY, 5), ("llamacpp", LLAMACPP, 10)],
)
async def test_token_counts_of_recorded_servers(provider: str, file: str, count: int) -> None:
    async with FakeServer(replay(file)) as server:
        opened = connect(provider, server.url, key="sekret")
        # A replay says the same for every text, so where "" is taken away nothing is left.
        assert await opened.count_tokens(["Hello", ""]) == [count, 0]
        await opened.aclose()


@pytest.mark.parametrize(
    ("handler", "provider", "title", "model"),
    [
        (lambda: replay(KOBOLD), "koboldcpp", "KoboldCpp 1.76", "koboldcpp/tiny"),
        (lambda: replay(LLAMACPP), "llamacpp", "llama.cpp", "tavern-tiny"),
        (lambda: replay(TABBY), "tabby", "TabbyAPI", "stub-model"),
        (lambda: replay(TABBY_EMPTY), "tabby", "TabbyAPI", ""),
        (lambda: replay(OOBA), "ooba", "text-generation-webui", "tiny.gguf"),
        (lambda: routes(OLLAMA), "ollama", "Ollama 0.12.3", "mistral:7b"),
        (lambda: routes(VLLM), "vllm", "vLLM 0.11.0", "org/m"),
        (lambda: routes(LMSTUDIO), "lmstudio", "LM Studio", "qwen"),
        (lambda: HuggingFaceFake(), "huggingface", "TGI 3.3.6-dev0", "org/tiny-7b"),
        (lambda: ClassicFake(), "kobold", "KoboldAI", "tiny-7b"),
        (lambda: AphroditeFake(), "aphrodite", "Aphrodite 0.6.7", "org/tiny-7b"),
        (lambda: KoboldCppFake(), "koboldcpp", "KoboldCpp 1.102", "koboldcpp/tiny-7b"),
        (lambda: LlamaCppRouterFake(), "llamacpp", "llama.cpp", ""),
    ],
)
async def test_the_probe_knows_who_answers(handler: Any, provider: str, title: str, model: str) -> None:
    async with FakeServer(handler()) as server:
        found = await probe_local(ports=(server.port,))
        assert found == [Found(provider_id=provider, url=server.url, title=title, model=model)]


async def test_the_probe_finds_nothing_where_nothing_is() -> None:
    async def page(seen: Seen, answer: Answer) -> None:
        await answer.send(200, b"<html>hello</html>", kind="text/html")

    async with FakeServer(routes({})) as gone:
        closed = gone.port
    async with FakeServer(page) as web:
        assert await probe_local(ports=(closed, web.port)) == []


async def test_the_probe_asks_all_ports_at_the_same_time() -> None:
    everyone = asyncio.Barrier(3)

    def waits_for_the_others(handler: Handler) -> Handler:
        async def handle(seen: Seen, answer: Answer) -> None:
            if seen.path == "/v1/models":
                await everyone.wait()
            await handler(seen, answer)

        return handle

    async with AsyncExitStack() as servers:
        ports = []
        for table in (OLLAMA, VLLM, LMSTUDIO):
            handler = waits_for_the_others(routes(table))
            ports.append((await servers.enter_async_context(FakeServer(handler))).port)
        found = await probe_local(ports=ports, timeout=5)
        assert [server.provider_id for server in found] == ["ollama", "vllm", "lmstudio"]
