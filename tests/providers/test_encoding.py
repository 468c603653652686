"""What goes out: bodies by provider, samplers under their wire names, stop strings, keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no stubs

from tavern_tui.core.chat import Role
from tavern_tui.core.errors import AuthFailed, UsageError
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.prompt import ChatPrompt, PromptMessage
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import chat_request, connect, text_request
from tests.providers.fakes.recorded import SHARED

NEUTRAL = {spec.id: spec.neutral for spec in SAMPLERS.values()}
LIVELY = NEUTRAL | {
    "temperature": 0.9, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1, "repetition_range": -1,
    "dry_multiplier": 0.8, "dry_penalty_last_n": 0, "xtc_probability": 0.5, "seed": 7, "mirostat_mode": 2,
    "json_schema": "", "banned_strings": ("shivers",), "presence_penalty": -0.5, "frequency_penalty": -0.5,
}  # fmt: skip


def body_of(provider: str, request: GenerationRequest, **fields: Any) -> dict[str, Any]:
    """The body as the bytes say it, as a server would read them."""
    prepared = connect(provider, key="k", **fields).wire(request)
    found: dict[str, Any] = json.loads(prepared.body_bytes)
    assert found == dict(prepared.body)
    return found


def test_llamacpp_body() -> None:
    body = body_of("llamacpp", text_request("P", samplers=LIVELY, max_tokens=9, stop=("\nA:", "", "\nA:")))
    assert body["prompt"] == "P"
    assert (body["n_predict"], body["stream"], body["stop"]) == (9, True, ["\nA:"])
    assert (body["cache_prompt"], body["return_progress"]) == (True, True)
    assert (body["repeat_last_n"], body["dry_penalty_last_n"]) == (8192, 8192)
    assert body["dry_sequence_breakers"] == ["\n", ":", '"', "*"]
    assert (body["top_p"], body["typical_p"], body["mirostat"], body["seed"]) == (1, 1, 2, 7)
    assert not {"tfs", "rep_pen", "json_schema", "grammar", "samplers", "model"} & body.keys()


def test_llamacpp_takes_no_empty_list_of_breakers() -> None:
    body = body_of("llamacpp", text_request(samplers={"dry_sequence_breakers": ()}))
    assert "dry_sequence_breakers" not in body


def test_adaptive_p_is_listed_where_it_only_works_when_listed() -> None:
    body = body_of("llamacpp", text_request(samplers={"adaptive_target": 0.5}))
    assert body["samplers"][-1] == "adaptive_p"
    body = body_of(
        "llamacpp", text_request(samplers={"adaptive_target": 0.5, "sampler_order": ("top_k", "xyz")})
    )
    assert body["samplers"] == ["top_k", "adaptive_p"]


def test_kobold_body() -> None:
    body = body_of("koboldcpp", text_request("P", samplers=LIVELY, max_tokens=9, genkey="G1", model="m"))
    assert (body["max_length"], body["max_context_length"], body["genkey"]) == (9, 8192, "G1")
    assert (body["rep_pen"], body["rep_pen_range"], body["typical"], body["sampler_seed"]) == (
        1.1,
        8192,
        1,
        7,
    )
    assert body["banned_tokens"] == ["shivers"]
    assert not {"model", "typical_p", "frequency_penalty", "stream"} & body.keys()


def test_dynamic_temperature_as_middle_and_half_range() -> None:
    wild = {"temperature": 1.0, "dynatemp": True, "dynatemp_low": 0.5, "dynatemp_high": 1.5}
    for provider in ("llamacpp", "koboldcpp"):
        body = body_of(provider, text_request(samplers=wild))
        assert (body["temperature"], body["dynatemp_range"]) == (1.0, 0.5)
    body = body_of("ooba", text_request(samplers=wild))
    assert (body["dynamic_temperature"], body["dynatemp_low"], body["dynatemp_high"]) == (True, 0.5, 1.5)


def test_ooba_gets_its_breakers_as_text_and_its_context() -> None:
    body = body_of("ooba", text_request(samplers=LIVELY, context_size=4096))
    assert json.loads(body["dry_sequence_breakers"]) == ["\n", ":", '"', "*"]
    assert body["truncation_length"] == 4096
    assert body["adaptive_target"] == 0


def test_tabby_refuses_negative_penalties_and_has_its_own_off() -> None:
    body = body_of("tabby", text_request(samplers=LIVELY | {"min_tokens": 900}, max_tokens=50))
    assert (body["presence_penalty"], body["frequency_penalty"]) == (0, 0)
    assert body["adaptive_target"] == 1.0
    assert "adaptive_decay" not in body
    assert body["min_tokens"] == 50


def test_generic_is_strict_openai() -> None:
    body = body_of("generic", text_request("P", samplers=LIVELY, stop=("a", "b", "c", "d", "e"), model="m"))
    assert body.keys() == {
        "model", "prompt", "max_tokens", "stream", "temperature", "top_p", "frequency_penalty",
        "presence_penalty", "seed", "stop",
    }  # fmt: skip
    assert body["stop"] == ["a", "b", "c", "d"]


def test_ollama_keeps_samplers_under_options() -> None:
    body = body_of("ollama", text_request("P", model="m", samplers=LIVELY, context_size=4096))
    assert (body["raw"], body["prompt"], body["model"]) == (True, "P", "m")
    assert body["options"]["num_ctx"] == 4096
    assert not {"mirostat", "tfs_z", "dry_multiplier"} & body["options"].keys()


def test_chat_messages_have_their_names_and_no_prefill_of_claudes() -> None:
    prompt = ChatPrompt(
        messages=(
            PromptMessage(role=Role.SYSTEM, content="S", name="example_user"),
            PromptMessage(role=Role.USER, content="U"),
        ),
        prefill="So",
    )
    body = body_of("custom", GenerationRequest(prompt=prompt))
    assert body["messages"] == [
        {"role": "system", "content": "S", "name": "example_user"},
        {"role": "user", "content": "U"},
    ]
    assert "stream_options" not in body
    assert body_of("openai", GenerationRequest(prompt=prompt, model="gpt-4o"))["stream_options"] == {
        "include_usage": True
    }


@pytest.mark.parametrize(
    ("model", "gone", "renamed"),
    [
        ("gpt-4o", set(), False),
        ("o3-mini", {"temperature", "top_p", "presence_penalty", "stop"}, True),
        ("gpt-5", {"temperature", "top_p", "stop"}, True),
        ("gpt-5.1", {"presence_penalty", "stop"}, True),
        ("gpt-5-chat-latest", set(), True),
    ],
)
def test_openai_models_get_only_what_they_take(model: str, gone: set[str], renamed: bool) -> None:
    body = body_of("openai", chat_request(model=model, samplers=LIVELY, stop=("x",)))
    assert not gone & body.keys()
    assert ("max_completion_tokens" in body) is renamed
    assert ("max_tokens" in body) is not renamed
    assert ("stop" in body) is ("stop" not in gone)


def test_a_sampler_that_is_not_set_is_left_to_the_server() -> None:
    body = body_of("llamacpp", text_request(samplers={"temperature": 0.5}))
    assert "top_k" not in body


@pytest.mark.parametrize(
    "samplers",
    [{"temperature": "hot"}, {"temperature": True}, {"temperature": float("nan")},
     {"json_schema": "{oops"}, {"top_k": float("inf")},
     {"dry_sequence_breakers": (None,)}],
)  # fmt: skip
def test_a_sampler_of_the_wrong_kind_is_one_sentence(samplers: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        connect("llamacpp").wire(text_request(samplers=samplers))


def test_the_users_own_keys_come_last_and_none_takes_a_key_out() -> None:
    prepared = connect("generic", extra_body={"top_p": None, "mine": 1}).wire(
        text_request(samplers=NEUTRAL, extra_body={"mine": 2})
    )
    assert prepared.body["mine"] == 2
    assert "top_p" not in prepared.body


def test_half_a_character_in_a_prompt_can_be_sent() -> None:
    assert body_of("llamacpp", text_request("a\ud83d b"))["prompt"] == "a\ufffd b"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("llamacpp", {"Authorization": "Bearer topsecret"}),
        ("tabby", {"Authorization": "Bearer topsecret", "X-API-Key": "topsecret"}),
    ],
)
def test_the_key_goes_into_the_headers_and_masked_shows_none_of_it(
    provider: str, expected: dict[str, str]
) -> None:
    prepared = connect(provider, key=" topsecret\n", extra_headers={"X-Copy": "a topsecret b"}).wire(
        text_request()
    )
    assert expected.items() <= prepared.headers.items()
    masked = prepared.masked()
    assert masked.headers.keys() == prepared.headers.keys()
    assert "topsecret" not in json.dumps(dict(masked.headers))
    assert "topsecret" not in repr(prepared)
    assert masked.body_bytes == prepared.body_bytes


def test_the_users_header_takes_the_place_of_ours() -> None:
    headers = (
        connect("llamacpp", key="k", extra_headers={"authorization": "Token x"}).wire(text_request()).headers
    )
    assert [value for name, value in headers.items() if name.lower() == "authorization"] == ["Token x"]


@pytest.mark.parametrize("key", ["ключ", "two\nlines", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_not_shown(key: str) -> None:
    with pytest.raises(UsageError) as error:
        connect("llamacpp", key=key)
    assert key not in str(error.value)


def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    with pytest.raises(AuthFailed, match="OpenAI needs an API key"):
        connect("openai")


def test_a_missing_model_is_told_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match="which model"):
        connect("ollama").wire(text_request())


PUBLISHED = [
    ("koboldcpp", "koboldcpp.json", "GenerationInput"),
    ("ollama", "ollama.json", "GenerateRequest"),
    ("tabby", "tabbyapi.json", "CompletionRequest"),
    ("ooba", "text-generation-webui.json", "CompletionRequest"),
    ("generic", "openai.json", "CreateCompletionRequest"),
    ("openai", "openai.json", "CreateChatCompletionRequest"),
    ("openrouter", "openrouter.json", "ChatRequest"),
    ("mistralai", "mistral.json", "ChatCompletionRequest"),
]
"""Provider, and where its service publishes what it takes."""
UNPUBLISHED = {"openrouter": ("transforms",)}
"""Older keys that SillyTavern sends and the service goes on to take."""


@pytest.mark.parametrize(("provider", "file", "schema"), PUBLISHED)
@pytest.mark.parametrize("samplers", [{}, NEUTRAL, LIVELY])
def test_bodies_are_what_the_service_says_it_takes(
    provider: str, file: str, schema: str, samplers: dict[str, Any]
) -> None:
    path = SHARED / "real-backends" / "specs" / file
    if not path.exists():
        pytest.skip("the folder with published descriptions is not here")
    published = json.loads(path.read_text("utf-8"))
    make = chat_request if ROWS[provider].prompt_kind == "chat" else text_request
    body = body_of(provider, make(model="m", samplers=samplers, stop=("\nA:",)))
    validator = Draft202012Validator({"$ref": f"#/schemas/{schema}", "schemas": published["schemas"]})
    assert [error.message for error in validator.iter_errors(body)] == []
    known = published["schemas"][schema].get("properties")
    if known and provider != "koboldcpp":  # its page leaves out half of what the server reads
        assert set(body) <= {*known, *UNPUBLISHED.get(provider, ())}


@pytest.mark.parametrize("provider", ["openai", "custom"])
def test_a_model_that_knows_no_messages_is_sent_one_text(provider: str) -> None:
    request = chat_request((Role.SYSTEM, "Be brief."), (Role.USER, "Hi"), model="gpt-3.5-turbo-instruct")
    prepared = connect(provider, key="k", url="http://127.0.0.1:9/v1").wire(request)
    assert prepared.url.endswith("/v1/completions")
    body = json.loads(prepared.body_bytes)
    assert body["prompt"] == "System: Be brief.\nuser: Hi\nassistant:"
    assert "messages" not in body
