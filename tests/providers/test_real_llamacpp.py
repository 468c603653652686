"""The real llama.cpp server: what the recordings cannot tell."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import AuthFailed, ContextOverflow
from tavern_tui.core.generation import FinishReason, Progress, TextDelta, TokenChosen, Usage
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.providers.base import Provider
from tavern_tui.providers.http import HttpProvider
from tavern_tui.providers.probe import probe_local
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import chat_request, collect, connect, end_of, text_of, text_request
from tests.providers.conftest import KEY
from tests.providers.fakes.recorded import SHARED
from tests.providers.test_matrix import GOES_WITH, values_of

pytestmark = pytest.mark.real_server

NEUTRAL = {spec.id: spec.neutral for spec in SAMPLERS.values()}


def exactly(text: str) -> dict[str, object]:
    """A grammar that makes the model say just this."""
    return {"grammar": f'root ::= "{text}"'}


@pytest.fixture(scope="module")
def llama_with_slots(tiny_gguf: Path) -> Iterator[Any]:
    """A server that makes three replies at once, without a key."""
    sys.path.insert(0, str(SHARED / "real-backends"))
    try:
        from serve_llama import LlamaServer  # type: ignore[import-not-found]  # lies outside
    finally:
        sys.path.remove(str(SHARED / "real-backends"))
    with LlamaServer(tiny_gguf, slots=3, context=4096) as server:
        yield server


async def test_it_takes_every_sampler_we_send(llama: Any) -> None:
    for name in ("llamacpp", "llamacpp-chat", "generic", "custom"):
        provider = connect(name, llama.url, key=KEY)
        samplers = NEUTRAL | {
            "seed": 1, "dry_multiplier": 0.8, "repetition_penalty": 1.1, "repetition_range": -1,
            "dry_penalty_last_n": -1, "mirostat_mode": 1, "adaptive_target": 0.5, "dynatemp": True,
        }  # fmt: skip
        request = (
            chat_request(samplers=samplers, max_tokens=8)
            if provider.spec.prompt_kind == "chat"
            else text_request(samplers=samplers, max_tokens=8)
        )
        end_of(await collect(provider, request))
        await provider.aclose()


ECHOED_OTHERWISE = {
    "seed", "logit_bias", "banned_tokens", "n", "json_schema", "dynatemp_low", "dynatemp_high",
}  # fmt: skip
"""Samplers it does not echo under the name they are sent under."""


async def settings_for(provider: Provider, samplers: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was sent for these samplers, and what the server says it used."""
    assert isinstance(provider, HttpProvider)
    sent = dict(provider.wire(text_request(samplers=samplers, max_tokens=1, stream=False)).body)
    answer: Any = await provider.ask.post("/completion", sent)
    return sent, answer["generation_settings"]


@pytest.mark.parametrize("name", sorted(set(ROWS["llamacpp"].samplers) - ECHOED_OTHERWISE))
async def test_every_sampler_is_used_as_it_was_sent(llama: Any, name: str) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    for value in values_of(name):
        sent, used = await settings_for(provider, {**GOES_WITH.get(name, {}), name: value})
        for wire_name in ROWS["llamacpp"].samplers[name].names:
            if wire_name in sent:
                echoed = pytest.approx(sent[wire_name]) if name != "sampler_order" else sent[wire_name]
                # -1 is its way to say 0.
                assert used[wire_name] == echoed or (name == "top_k" and sent[wire_name] == -1)
    await provider.aclose()


async def test_seeds_biases_bans_and_schemas_are_used(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    _, used = await settings_for(
        provider,
        {"seed": 7, "logit_bias": ("[5] = -20",), "banned_tokens": ("[7]",), "json_schema": '{"const": 1}'},
    )
    assert used["seed"] == 7
    assert used["logit_bias"] == [{"token": 5, "bias": -20.0}, {"token": 7, "bias": None}]
    assert "1" in used["grammar"]
    dynamic = {"dynatemp": True, "dynatemp_low": 0.5, "dynatemp_high": 1.5, "temperature": 3}
    _, used = await settings_for(provider, dynamic)
    assert (used["temperature"], used["dynatemp_range"]) == (1.0, 0.5)
    await provider.aclose()


async def test_a_banned_text_is_not_written_and_a_favoured_one_is(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    usual = text_of(await collect(provider, text_request(max_tokens=30, samplers={"temperature": 0.0})))
    letter = next(char for char in usual if char.isalpha())
    banned = {"temperature": 0.0, "banned_tokens": tuple(f"[{id}]" for id in range(600) if id != 100)}
    said = text_of(await collect(provider, text_request(max_tokens=5, samplers=banned)))
    assert said == "ddddd"
    favoured = {"temperature": 0.0, "logit_bias": (f"{letter} = 100",)}
    said = text_of(await collect(provider, text_request(max_tokens=5, samplers=favoured)))
    assert said == letter * 5
    await provider.aclose()


@pytest.mark.parametrize("name", ["llamacpp", "llamacpp-chat", "generic"])
@pytest.mark.parametrize("stream", [True, False])
async def test_each_token_comes_with_its_candidates(llama: Any, name: str, stream: bool) -> None:
    provider = connect(name, llama.url, key=KEY)
    fields: dict[str, Any] = {"max_tokens": 6, "samplers": {"logprobs": 3, "seed": 4}, "stream": stream}
    request = chat_request(**fields) if provider.spec.prompt_kind == "chat" else text_request(**fields)
    events = await collect(provider, request)
    chosen = [event for event in events if isinstance(event, TokenChosen)]
    assert "".join(event.token for event in chosen) == text_of(events) != ""
    assert all(event.logprob <= 0 and len(event.others) == 3 for event in chosen)
    assert all(event.others == tuple(sorted(event.others, key=lambda one: -one[1])) for event in chosen)
    await provider.aclose()


async def test_shares_after_sampling_are_read_as_logarithms(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    body = {"post_sampling_probs": True}
    request = text_request(max_tokens=4, samplers={"logprobs": 2, "top_k": 1}, extra_body=body)
    chosen = [event for event in await collect(provider, request) if isinstance(event, TokenChosen)]
    assert [event.logprob for event in chosen] == [0.0] * 4  # the only candidate is certain
    await provider.aclose()


@pytest.mark.parametrize("name", ["llamacpp", "llamacpp-chat", "generic"])
@pytest.mark.parametrize("stream", [True, False])
async def test_several_replies_come_under_their_numbers(
    llama_with_slots: Any, name: str, stream: bool
) -> None:
    provider = connect(name, llama_with_slots.url, extra_body={"ignore_eos": True})
    most = 3 if provider.spec.id == "generic" else 20  # which does not know how many slots there are
    fields: dict[str, Any] = {"max_tokens": 8, "samplers": {"n": most}, "stream": stream}
    request = chat_request(**fields) if provider.spec.prompt_kind == "chat" else text_request(**fields)
    events = await collect(provider, request)
    assert {event.index for event in events if isinstance(event, TextDelta)} == {0, 1, 2}
    end_of(events)
    await provider.aclose()


async def test_streamed_and_whole_replies_are_the_same_text(llama: Any) -> None:
    for name in ("llamacpp", "generic"):
        provider = connect(name, llama.url, key=KEY)
        samplers = {"seed": 3, "temperature": 0.0}
        streamed = await collect(provider, text_request(max_tokens=12, samplers=samplers))
        whole = await collect(provider, text_request(max_tokens=12, samplers=samplers, stream=False))
        assert text_of(streamed) == text_of(whole) != ""
        assert sum(isinstance(event, TextDelta) for event in streamed) > 3
        assert end_of(streamed).reason == end_of(whole).reason
        await provider.aclose()


async def test_progress_usage_stop_strings_and_unicode(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    request = text_request(samplers=exactly("Hello, 雨 ✨ 😀! STOP here"), stop=("STOP",))
    events = await collect(provider, request)
    assert text_of(events) == "Hello, 雨 ✨ 😀! "
    assert end_of(events).reason == FinishReason.STOP
    assert any(isinstance(event, Progress) and event.done == event.total for event in events)
    usage = next(event for event in events if isinstance(event, Usage))
    assert usage.prompt_tokens == 22
    assert usage.completion_tokens is not None
    await provider.aclose()


async def test_a_chat_is_answered_and_continued_alike_streamed_or_not(llama: Any) -> None:
    provider = connect("llamacpp-chat", llama.url, key=KEY)
    turns = (("user", "Hello"), ("assistant", "The rain"))
    samplers = {"temperature": 0.0}
    streamed = await collect(provider, chat_request(*turns, max_tokens=6, samplers=samplers))
    whole = await collect(provider, chat_request(*turns, max_tokens=6, samplers=samplers, stream=False))
    assert text_of(streamed) == text_of(whole)
    assert not text_of(whole).startswith("The rain")
    await provider.aclose()


async def busy_slots(provider: Provider) -> int:
    assert isinstance(provider, HttpProvider)
    slots: Any = await provider.ask.get("/slots")
    return sum(slot["is_processing"] for slot in slots)


async def until_idle(provider: Provider) -> None:
    async with asyncio.timeout(5):
        while await busy_slots(provider):
            pass


async def test_stopping_frees_the_slot(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    endless = text_request(max_tokens=100_000, samplers={"ban_eos_token": True}, context_size=4096)
    async with aclosing(provider.stream(endless)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                assert await busy_slots(provider) == 1
                break
    await until_idle(provider)
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in provider.stream(endless):
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    await until_idle(provider)
    await provider.aclose()


async def test_status_models_and_tokens(llama: Any) -> None:
    provider = connect("llamacpp", llama.url, key=KEY)
    status = await provider.status()
    assert (status.ok, status.model, status.context_size) == (True, "tavern-tiny", 4096)
    assert "<|im_start|>" in status.chat_template
    assert [model.id for model in await provider.models()] == ["tavern-tiny"]
    counts = await provider.count_tokens(["Hello there, traveller.", "", "<|im_start|>", "Hello 你好"])
    assert counts == [12, 0, 1, 10]
    await provider.aclose()


async def test_too_long_a_prompt_is_an_overflow_with_both_numbers(llama: Any) -> None:
    for name in ("llamacpp", "generic"):
        provider = connect(name, llama.url, key=KEY)
        with pytest.raises(ContextOverflow) as error:
            await collect(provider, text_request("word " * 9000))
        assert (error.value.prompt_tokens, error.value.context_size) == (18002, 4096)
        await provider.aclose()


async def test_a_wrong_key_is_refused_in_one_sentence(llama: Any) -> None:
    for name in ("llamacpp", "custom"):
        provider = connect(name, llama.url, key="wrong")
        request = chat_request() if provider.spec.prompt_kind == "chat" else text_request()
        with pytest.raises(AuthFailed, match="Invalid API Key"):
            await collect(provider, request)
        with pytest.raises(AuthFailed):
            await provider.status()
        await provider.aclose()


async def test_the_probe_finds_it_though_it_is_locked(llama: Any) -> None:
    port = int(llama.url.rpartition(":")[2])
    (found,) = await probe_local(ports=(port,))
    assert (found.provider_id, found.url) == ("llamacpp", llama.url)
