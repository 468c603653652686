"""Loading, unloading and fetching models on the servers that can."""

from __future__ import annotations

from typing import Any

import pytest

from tavern_tui.core.errors import (
    NotFound,
    ProviderError,
    RequestRefused,
    ServerFailed,
    TavernError,
    UsageError,
)
from tavern_tui.core.generation import Progress
from tavern_tui.providers.base import ModelDesk, Provider, ProviderSpec
from tavern_tui.providers.registry import ROWS
from tavern_tui.providers.self_hosted import facts
from tests.providers.asking import connect, text_request
from tests.providers.fakes.backends.classic import ClassicFake
from tests.providers.fakes.backends.koboldcpp import KoboldCppFake
from tests.providers.fakes.backends.llamacpp import LlamaCppFake, LlamaCppRouterFake
from tests.providers.fakes.backends.ollama import OllamaFake
from tests.providers.fakes.backends.ooba import OobaFake
from tests.providers.fakes.backends.tabby import TabbyFake
from tests.providers.fakes.backends.vllm import AphroditeFake
from tests.providers.fakes.server import Answer, FakeServer, Seen, routes
from tests.providers.fakes.strict import StrictFake


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(facts, "MOST_POLLS", 50)


async def steps(provider: Provider, what: str, model: str) -> list[Progress]:
    return [step async for step in provider.manage(what, model)]


async def work(fake: StrictFake, what: str, model: str, **fields: Any) -> list[Progress]:
    async with FakeServer(fake) as server:
        provider = connect(fake.id, server.url, key=fake.key or None, **fields)
        try:
            return await steps(provider, what, model)
        finally:
            await provider.aclose()


@pytest.mark.parametrize("spec", ROWS.values(), ids=list(ROWS))
def test_a_row_offers_no_work_that_its_provider_does_not_do(spec: ProviderSpec) -> None:
    if spec.server is not None and spec.opener != "http":
        assert spec.server.desk == ModelDesk()


def test_who_can_do_what() -> None:
    able = {
        name: set(connect(name).work)
        for name in ("llamacpp", "koboldcpp", "ollama", "ooba", "tabby", "aphrodite", "kobold", "vllm")
    }
    both = {"load", "unload"}
    assert able == {
        "llamacpp": both, "koboldcpp": both, "ollama": both | {"fetch"}, "ooba": both, "tabby": both,
        "aphrodite": both, "kobold": {"load"}, "vllm": set(),
    }  # fmt: skip


# --- llama.cpp as a router


async def test_a_llamacpp_router_loads_a_model_and_tells_when_it_is_there() -> None:
    fake = LlamaCppRouterFake(key="k")
    assert await work(fake, "load", "small") == [Progress(0, 1, "loading"), Progress(1, 1, "loaded")]
    assert await work(fake, "load", "small") == []
    assert await work(fake, "unload", "large") == [Progress(1, 1, "unloaded")]
    assert fake.states == {"small": "loaded", "large": "unloaded", "broken": "unloaded"}


async def test_a_model_that_llamacpp_cannot_load_is_an_error() -> None:
    with pytest.raises(ServerFailed, match=r"could not load broken \(exit 3\)"):
        await work(LlamaCppRouterFake(), "load", "broken")


async def test_a_model_that_llamacpp_does_not_have_is_an_error() -> None:
    with pytest.raises(NotFound, match='no model "nowhere"'):
        await work(LlamaCppRouterFake(), "load", "nowhere")


async def test_a_llamacpp_with_one_model_says_how_to_get_more() -> None:
    class Single(LlamaCppFake):
        @property
        def routes(self) -> Any:
            return {**super().routes, "GET /models": self.models}

    with pytest.raises(UsageError, match="the one model it was started with") as caught:
        await work(Single(), "load", "other")
    assert "without a model" in caught.value.hint


async def test_a_router_tells_of_a_model_only_once_it_is_loaded() -> None:
    fake = LlamaCppRouterFake()
    async with FakeServer(fake) as server:
        chosen = connect("llamacpp", server.url, model="small")
        status = await chosen.status()
        assert (status.model, status.context_size, status.detail) == ("small", None, '"small" is unloaded.')
        only = connect("llamacpp", server.url)
        status = await only.status()
        assert (status.model, status.context_size) == ("large", 8192)
        assert "<|im_start|>" in status.chat_template
        models = await only.models()
        assert [(model.id, model.detail) for model in models] == [
            ("small", "unloaded"), ("large", "loaded"), ("broken", "unloaded"),
        ]  # fmt: skip
        await chosen.aclose()
        await only.aclose()


# --- KoboldCpp


async def test_koboldcpp_comes_back_with_the_model_it_was_told_to_load() -> None:
    fake = KoboldCppFake(key="admin")
    done = await work(fake, "load", "small.kcpps")
    assert done[0] == Progress(0, 1, "restarting")
    assert done[-1] == Progress(1, 1, "koboldcpp/small")
    assert fake.loaded == "koboldcpp/small"


async def test_koboldcpp_can_be_without_a_model() -> None:
    fake = KoboldCppFake()
    assert (await work(fake, "unload", ""))[-1] == Progress(1, 1, "inactive")
    async with FakeServer(fake) as server:
        provider = connect("koboldcpp", server.url)
        status = await provider.status()
        assert (status.ok, status.detail) == (False, "It has no model loaded.")
        assert [model.id for model in await provider.models()] == ["small.kcpps", "large.gguf"]
        with pytest.raises(RequestRefused, match="has no model loaded"):
            async for _ in provider.stream(text_request()):
                pass
        await provider.aclose()


async def test_a_file_that_koboldcpp_does_not_offer_is_an_error() -> None:
    with pytest.raises(NotFound, match=r'no file "x.gguf"') as caught:
        await work(KoboldCppFake(), "load", "x.gguf")
    assert "small.kcpps" in caught.value.hint


@pytest.mark.parametrize("answer", [(404, {"detail": "no"}), (401, {"detail": {"msg": "no"}})])
async def test_a_koboldcpp_without_admin_says_how_to_start_it(answer: tuple[int, object]) -> None:
    async with FakeServer(routes({"GET /api/admin/list_options": answer})) as server:
        provider = connect("koboldcpp", server.url)
        with pytest.raises(UsageError) as caught:
            await steps(provider, "load", "a.gguf")
        assert "--admin" in caught.value.hint
        await provider.aclose()


async def test_a_koboldcpp_that_never_comes_back_is_given_up() -> None:
    class Gone(KoboldCppFake):
        async def reload(self, seen: Seen, answer: Answer) -> None:
            await super().reload(seen, answer)
            self.down = 10_000

    with pytest.raises(ServerFailed, match=r"has not come back with small\.kcpps"):
        await work(Gone(), "load", "small.kcpps")


# --- Ollama


async def test_ollama_tells_how_far_a_download_is() -> None:
    fake = OllamaFake()
    done = await work(fake, "fetch", "qwen3:8b")
    assert Progress(200, 300, "pulling 0123") in done
    assert done[-1].note == "success"
    assert "qwen3:8b" in fake.there


async def test_a_download_that_fails_is_an_error_in_its_words() -> None:
    with pytest.raises(ProviderError, match="file does not exist"):
        await work(OllamaFake(), "fetch", "nonsense")


async def test_ollama_loads_and_lets_go() -> None:
    fake = OllamaFake()
    await work(fake, "load", "llava:latest")
    assert set(fake.loaded) == {"mistral:7b", "llava:latest"}
    await work(fake, "unload", "mistral:7b")
    assert set(fake.loaded) == {"llava:latest"}
    with pytest.raises(NotFound, match="'nowhere' not found"):
        await work(fake, "load", "nowhere")


# --- TabbyAPI, text-generation-webui, Aphrodite, KoboldAI


async def test_tabby_tells_how_far_it_is() -> None:
    fake = TabbyFake(key="admin")
    done = await work(fake, "load", "other-model")
    assert [(step.done, step.total) for step in done] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert done[-1].note == "model, finished"
    assert await work(fake, "load", "other-model") == []
    await work(fake, "unload", "")
    assert fake.loaded == ""
    with pytest.raises(RequestRefused, match="does not exist"):
        await work(fake, "load", "nowhere")


async def test_text_generation_webui_loads_and_unloads() -> None:
    fake = OobaFake(key="admin")
    await work(fake, "unload", "")
    async with FakeServer(fake) as server:
        provider = connect("ooba", server.url, key="admin")
        status = await provider.status()
        assert (status.ok, status.model, status.detail) == (False, "", "It has no model loaded.")
        await steps(provider, "load", "other.gguf")
        status = await provider.status()
        assert (status.ok, status.model, status.detail) == (True, "other.gguf", "Loaded by llama.cpp.")
        models = [(model.id, model.detail) for model in await provider.models()]
        assert models == [("other.gguf", "loaded, llama.cpp"), ("tiny.gguf", "")]
        with pytest.raises(ServerFailed, match="Failed to load the model"):
            await steps(provider, "load", "nowhere")
        await provider.aclose()


async def test_aphrodite_lets_go_of_its_model_before_it_loads_another() -> None:
    fake = AphroditeFake(key="admin")
    assert await work(fake, "load", "org/tiny-7b") == []
    done = await work(fake, "load", "org/other")
    assert [step.note for step in done] == ["unloaded", "loading", "loaded"]
    assert fake.model == "org/other"
    await work(fake, "unload", "")
    with pytest.raises(ServerFailed, match="No model loaded"):
        await work(fake, "unload", "")


async def test_koboldai_is_waited_for_while_it_loads() -> None:
    fake = ClassicFake()
    assert (await work(fake, "load", "org/other"))[-1] == Progress(1, 1, "loaded")
    assert fake.loaded == "org/other"


async def test_what_a_server_cannot_do_is_said() -> None:
    for name, what in (("vllm", "load"), ("koboldcpp", "fetch"), ("kobold", "unload")):
        provider = connect(name)
        with pytest.raises(TavernError, match=f"cannot {what} models"):
            await steps(provider, what, "m")
        await provider.aclose()
