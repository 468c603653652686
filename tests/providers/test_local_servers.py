"""What each kind of local server tells of itself beyond its name, and what is sent because of it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tavern_tui.core.errors import AuthFailed, ServerFailed, UsageError
from tavern_tui.core.generation import FinishReason, Model
from tests.providers.asking import collect, connect, end_of, text_of, text_request
from tests.providers.fakes.backends.classic import ClassicFake
from tests.providers.fakes.backends.huggingface import HuggingFaceFake
from tests.providers.fakes.backends.koboldcpp import KoboldCppFake
from tests.providers.fakes.backends.ollama import OllamaFake
from tests.providers.fakes.backends.openai_text import LmStudioFake
from tests.providers.fakes.backends.tabby import TabbyFake
from tests.providers.fakes.backends.vllm import VllmFake
from tests.providers.fakes.server import FakeServer, routes

# --- Ollama


async def test_ollama_tells_template_abilities_and_both_contexts() -> None:
    async with FakeServer(OllamaFake()) as server:
        provider = connect("ollama", server.url, model="mistral:7b")
        status = await provider.status()
        models = await provider.models()
        await provider.aclose()
    assert status.context_size == 8192  # allocated
    assert "32768" in status.detail  # trained for
    assert "<|im_start|>user\n{{ .Prompt }}" in status.chat_template
    assert models == [
        Model(
            id="mistral:7b", context_size=32768, detail="loaded, 7.2B, Q4_0, 4.1 GB", capabilities=("tools",)
        ),
        Model(
            id="llava:latest", context_size=32768, detail="7.2B, Q4_0, 4.1 GB",
            capabilities=("tools", "vision"),
        ),
    ]  # fmt: skip


async def test_a_context_that_ollama_has_not_allocated_is_not_claimed() -> None:
    fake = OllamaFake()
    fake.loaded.clear()
    async with FakeServer(fake) as server:
        provider = connect("ollama", server.url, model="mistral:7b")
        assert (await provider.status()).context_size is None
        await provider.aclose()


async def test_a_model_trained_for_little_is_not_asked_for_more() -> None:
    class Small(OllamaFake):
        trained: ClassVar[int] = 2048

    fake = Small()
    fake.loaded.clear()
    async with FakeServer(fake) as server:
        provider = connect("ollama", server.url, model="mistral:7b")
        assert (await provider.status()).context_size == 2048
        await provider.aclose()


async def test_ollama_names_a_choice_that_has_to_be_made_or_is_wrong() -> None:
    async with FakeServer(OllamaFake()) as server:
        for model, said in (("", "Choose one of its 2 models."), ("gone", 'The model "gone" is not in')):
            provider = connect("ollama", server.url, model=model)
            assert (await provider.status()).detail.startswith(said)
            await provider.aclose()


async def test_a_model_of_ollama_may_be_named_without_its_tag() -> None:
    fake = OllamaFake()
    fake.loaded["llava:latest"] = 2048
    async with FakeServer(fake) as server:
        provider = connect("ollama", server.url, model="llava")
        status = await provider.status()
        await provider.aclose()
    assert (status.context_size, "not in its list" in status.detail) == (2048, False)


KEPT = [
    ("", -1),
    ("-1", -1),
    (-1, -1),
    ("300", 300),
    (0, 0),
    ("30m", "30m"),
    (" 1H30M ", "1h30m"),
    ("1.5h", "1.5h"),
]


@pytest.mark.parametrize(("option", "sent"), KEPT)
async def test_how_long_ollama_keeps_a_model_is_a_choice_of_the_connection(option: Any, sent: object) -> None:
    fake = OllamaFake()
    async with FakeServer(fake) as server:
        provider = connect("ollama", server.url, model="mistral:7b", options={"keep_alive": option})
        await collect(provider, text_request())
        await provider.aclose()
    assert fake.generations[0].body["keep_alive"] == sent


@pytest.mark.parametrize("option", ["soon", "5 minutes", "1d", "--1", [1], "9" * 5000])
def test_a_length_of_time_that_is_none_is_one_sentence(option: Any) -> None:
    provider = connect("ollama", model="m", options={"keep_alive": option})
    with pytest.raises(UsageError, match="does not say how long") as caught:
        provider.wire(text_request())
    assert len(str(caught.value)) < 150


def test_a_model_is_kept_for_ever_unless_something_else_is_said() -> None:
    assert connect("ollama", model="m").wire(text_request()).body["keep_alive"] == -1


async def test_ollama_is_given_a_schema_beside_its_options() -> None:
    body = connect("ollama", model="m").wire(text_request(samplers={"json_schema": '{"type":"object"}'})).body
    assert body["format"] == {"type": "object"}
    assert "format" not in body["options"]  # type: ignore[operator]  # an object


# --- LM Studio


async def test_lm_studio_tells_states_contexts_and_abilities() -> None:
    async with FakeServer(LmStudioFake()) as server:
        provider = connect("lmstudio", server.url)
        status = await provider.status()
        models = await provider.models()
        await provider.aclose()
    assert (status.model, status.context_size) == ("qwen2.5-7b-instruct", 8192)
    assert models == [
        Model(
            id="qwen2.5-7b-instruct", context_size=8192, detail="loaded, qwen2, 4bit",
            capabilities=("vision", "tools"),
        ),
        Model(id="other-13b", context_size=4096),
    ]  # fmt: skip


async def test_a_model_that_lm_studio_has_not_loaded_claims_no_context() -> None:
    async with FakeServer(LmStudioFake()) as server:
        provider = connect("lmstudio", server.url, model="other-13b")
        status = await provider.status()
        await provider.aclose()
    assert (status.ok, status.context_size) == (True, None)
    assert status.detail == "It loads the model when it is first asked."


# --- TabbyAPI, KoboldCpp


async def test_tabby_tells_which_of_its_models_is_loaded() -> None:
    async with FakeServer(TabbyFake(key="admin")) as server:
        provider = connect("tabby", server.url, key="admin")
        status = await provider.status()
        models = await provider.models()
        await provider.aclose()
    assert "<|im_start|>" in status.chat_template
    assert models == [
        Model(id="stub-model", context_size=4096, detail="loaded", capabilities=("vision",)),
        Model(id="other-model"),
    ]


async def test_koboldcpp_tells_what_its_model_takes_and_which_files_it_could_load() -> None:
    async with FakeServer(KoboldCppFake(key="admin")) as server:
        provider = connect("koboldcpp", server.url, key="admin")
        models = await provider.models()
        stranger = connect("koboldcpp", server.url)
        assert [model.id for model in await stranger.models()] == ["koboldcpp/tiny-7b"]
        await provider.aclose()
        await stranger.aclose()
    assert models == [
        Model(
            id="koboldcpp/tiny-7b", context_size=8192, detail="loaded, vision", capabilities=("vision",)
        ),
        Model(id="small.kcpps", detail="can be loaded"),
        Model(id="large.gguf", detail="can be loaded"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "sent"), [(7, 7), (999_999, 999_999), (1_000_000, 1), (0, None), (-1, None)]
)
def test_a_seed_for_koboldcpp_is_in_the_range_it_publishes(seed: int, sent: int | None) -> None:
    body = connect("koboldcpp").wire(text_request(samplers={"seed": seed})).body
    assert body.get("sampler_seed") == sent


# --- text-generation-webui


async def test_the_old_api_of_text_generation_webui_is_refused_with_what_to_do() -> None:
    async with FakeServer(routes({"GET /api/v1/model": {"result": "old-13b"}})) as server:
        provider = connect("ooba", server.url)
        with pytest.raises(UsageError, match="old API") as caught:
            await provider.status()
        await provider.aclose()
    assert "--api" in caught.value.hint
    assert "/v1" in caught.value.hint


async def test_a_key_that_is_not_the_admins_sees_the_loaded_model() -> None:
    table = {
        "GET /v1/models": {"data": [{"id": "tiny.gguf"}]},
        "GET /v1/internal/model/info": {"model_name": "tiny.gguf", "loader": "ExLlamav3"},
        "GET /v1/internal/model/list": (401, {"detail": "Unauthorized"}),
    }
    async with FakeServer(routes(table)) as server:
        provider = connect("ooba", server.url, key="k")
        assert await provider.models() == [Model(id="tiny.gguf", detail="loaded, ExLlamav3")]
        await provider.aclose()
    async with FakeServer(routes({"GET /v1/models": (401, {"detail": "Unauthorized"})})) as server:
        provider = connect("ooba", server.url, key="wrong")
        with pytest.raises(AuthFailed):
            await provider.models()
        await provider.aclose()


# --- vLLM


@pytest.mark.parametrize(
    ("version", "grammar", "json_schema"),
    [
        ("0.11.0", {"structured_outputs": {"grammar": "root"}}, {"structured_outputs": {"json": {}}}),
        ("0.12.1rc1", {"structured_outputs": {"grammar": "root"}}, {"structured_outputs": {"json": {}}}),
        ("", {"structured_outputs": {"grammar": "root"}}, {"structured_outputs": {"json": {}}}),
        ("0.10.2", {"guided_grammar": "root"}, {"guided_json": {}}),
        ("0.6.4.post1", {"guided_grammar": "root"}, {"guided_json": {}}),
    ],
)
async def test_vllm_gets_grammars_under_the_name_its_version_has(
    version: str, grammar: dict[str, object], json_schema: dict[str, object]
) -> None:
    class Old(VllmFake):
        fields: ClassVar[Any] = {
            **VllmFake.fields, "guided_grammar": lambda value: "", "guided_json": lambda value: "",
        }  # fmt: skip

    Old.version = version
    for samplers, expected in (
        ({"grammar": "root"}, grammar),
        ({"json_schema": "{}", "grammar": "root"}, json_schema),
    ):
        fake = Old()
        async with FakeServer(fake) as server:
            provider = connect("vllm", server.url)
            await collect(provider, text_request(samplers=samplers))
            await provider.aclose()
        body = fake.generations[0].body
        assert {name: body[name] for name in body if "structured" in name or "guided" in name} == expected
        assert body["model"] == "org/tiny-7b"


# --- Hugging Face


async def test_tgi_tells_its_limits_and_gets_a_model_name_whatever_it_is() -> None:
    fake = HuggingFaceFake()
    async with FakeServer(fake) as server:
        provider = connect("huggingface", server.url)
        status = await provider.status()
        await collect(provider, text_request(stop=("a", "b", "c", "d", "e")))
        await provider.aclose()
    assert (status.title, status.model) == ("text-generation-router 3.3.6-dev0", "org/tiny-7b")
    assert status.detail == "A prompt may have 3072 tokens."
    assert fake.generations[0].body["model"] == "tgi"
    assert fake.generations[0].body["stop"] == ["a", "b", "c", "d"]


async def test_an_endpoint_that_runs_another_server_is_read_by_its_list() -> None:
    table = {"GET /v1/models": {"data": [{"id": "org/m", "max_model_len": 16384}]}}
    async with FakeServer(routes(table)) as server:
        provider = connect("huggingface", server.url)
        status = await provider.status()
        assert (status.ok, status.model, status.context_size) == (True, "org/m", 16384)
        assert [model.id for model in await provider.models()] == ["org/m"]
        await provider.aclose()


@pytest.mark.parametrize(("given", "sent"), [(1, None), (1.0, None), (0, 0.001), (0.5, 0.5)])
def test_tgi_takes_no_top_p_at_either_end(given: float, sent: float | None) -> None:
    assert connect("huggingface").wire(text_request(samplers={"top_p": given})).body.get("top_p") == sent


# --- KoboldAI


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("1.2.5", {"stop_sequence", "use_default_badwordsids"}),
        ("1.2.4", {"stop_sequence", "use_default_badwordsids"}),
        ("1.2.3", {"stop_sequence"}),
        ("1.2.2", {"stop_sequence"}),
        ("1.2.1", set()),
        ("", set()),
    ],
)
async def test_koboldai_gets_only_keys_its_version_knows(version: str, newer: set[str]) -> None:
    class Old(ClassicFake):
        pass

    Old.version = version
    fake = Old()
    async with FakeServer(fake) as server:
        provider = connect("kobold", server.url)
        events = await collect(provider, text_request(samplers={"ban_eos_token": True}, stop=("door",)))
        await provider.aclose()
    body = fake.generations[0].body
    assert {"stop_sequence", "use_default_badwordsids"} & body.keys() == newer
    text = text_of(events)
    assert text.endswith(" the door" if newer else " opens.")  # the stop string is part of the text
    assert end_of(events).reason == FinishReason.STOP


async def test_a_koboldai_without_a_model_is_not_connected() -> None:
    fake = ClassicFake()
    fake.loaded = "ReadOnly"
    async with FakeServer(fake) as server:
        provider = connect("kobold", server.url)
        status = await provider.status()
        assert (status.ok, status.model, status.detail) == (False, "", "It has no model loaded.")
        assert await provider.models() == []
        with pytest.raises(ServerFailed, match="No model is loaded"):
            await collect(provider, text_request())
        await provider.aclose()


async def test_koboldcpp_behind_koboldais_api_is_told_apart() -> None:
    table = {
        "GET /api/v1/model": {"result": "koboldcpp/m"}, "GET /api/v1/info/version": {"result": "1.2.5"},
        "GET /api/v1/config/max_context_length": {"value": 4096},
        "GET /api/extra/version": {"result": "KoboldCpp", "version": "1.76"},
    }  # fmt: skip
    async with FakeServer(routes(table)) as server:
        provider = connect("kobold", server.url)
        status = await provider.status()
        await provider.aclose()
    assert (status.ok, status.context_size) == (True, 4096)
    assert 'the provider "KoboldCpp"' in status.detail


async def test_koboldais_own_story_stays_out_of_the_prompt() -> None:
    body = connect("kobold").wire(text_request("P", samplers={"temperature": 0, "n": 9})).body
    assert (body["prompt"], body["temperature"], body["n"]) == ("P", 0.01, 5)
    assert not any(body[name] for name in body if name.startswith("use_"))
    assert not {"stream", "model", "genkey"} & body.keys()


async def test_errors_of_koboldai_name_the_field_and_the_memory() -> None:
    refusals = [
        (422, {"detail": {"temperature": ["Must be greater than 0."]}}, "Must be greater than 0"),
        (
            507,
            {"detail": {"msg": "KoboldAI ran out of memory.", "type": "out_of_memory.gpu.cuda"}},
            "of memory",
        ),
    ]
    for status, body, said in refusals:
        table = {"POST /api/v1/generate": (status, body)}
        async with FakeServer(routes(table)) as server:
            provider = connect("kobold", server.url)
            with pytest.raises(Exception, match=said):
                await collect(provider, text_request())
            await provider.aclose()


async def test_koboldcpp_tells_how_fast_it_was_and_who_waits() -> None:
    fake = KoboldCppFake()
    async with FakeServer(fake) as server:
        provider = connect("koboldcpp", server.url)
        assert (await provider.status()).detail == ""
        await collect(provider, text_request(max_tokens=50))
        fake.queue = 2
        assert (await provider.status()).detail == (
            "its last reply had 14 tokens, 18.2 per second, 2 waiting"
        )
        await provider.aclose()
