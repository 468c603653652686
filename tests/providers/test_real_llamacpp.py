"""The real llama.cpp server: what the recordings cannot tell."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tavern_tui.core.errors import AuthFailed, ContextOverflow
from tavern_tui.core.generation import FinishReason, Progress, TextDelta, Usage
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.providers.base import Provider
from tavern_tui.providers.http import HttpProvider
from tavern_tui.providers.probe import probe_local
from tests.providers.asking import chat_request, collect, connect, end_of, text_of, text_request
from tests.providers.conftest import KEY

pytestmark = pytest.mark.real_server

NEUTRAL = {spec.id: spec.neutral for spec in SAMPLERS.values()}


def exactly(text: str) -> dict[str, object]:
    """A grammar that makes the model say just this."""
    return {"grammar": f'root ::= "{text}"'}


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
