"""The offline writer and scripted replies."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from tavern_tui.core.errors import ServerFailed, UsageError
from tavern_tui.core.generation import Finished, FinishReason, ReasoningDelta, TextDelta
from tavern_tui.providers.offline import until_stop
from tavern_tui.providers.registry import ROWS
from tavern_tui.providers.scripted import ScriptedProvider
from tests.providers.asking import chat_request, collect, connect, end_of, text_of, text_request

PROMPT = """<|im_start|>system
Mara keeps forty hives on the north terrace and sells dark honey in the lower town.
She wears a patched veil and speaks softly so the bees stay calm.
[Start a new chat]
***<|im_end|>
### Instruction:
Robin: Do they ever sting you?
Mara: Every day. *She shrugs.* It is how they say good morning.
Robin: What do you want for a jar of the dark honey?
Mara: "A song, or two coppers." *She lifts a frame out of the hive.*
Mara:"""


async def written(seed: int, **fields: object) -> str:
    provider = connect("offline", extra_body={"pace": 0})
    events = await collect(provider, text_request(PROMPT, samplers={"seed": seed}, **fields))
    end_of(events)
    return text_of(events)


async def test_the_same_seed_gives_the_same_reply_and_another_one_another() -> None:
    assert await written(1) == await written(1)
    assert len({await written(seed) for seed in range(8)}) > 4


async def test_it_writes_with_the_words_of_the_prompt_and_nothing_of_its_markup() -> None:
    known = {word.strip('.,?!"*').lower() for word in PROMPT.split()}
    for seed in range(20):
        reply = await written(seed)
        assert reply[-1] in '.!?…"*'
        assert {word.strip('.,?!"*').lower() for word in reply.split()} <= known
        assert not any(mark in reply for mark in ("<|", "###", "[", "Mara:", "Robin:", "***"))
        assert reply.count('"') % 2 == 0
        assert reply.count("*") % 2 == 0


async def test_it_keeps_to_its_length_and_stops_where_it_shall() -> None:
    provider = connect("offline", extra_body={"pace": 0})
    for seed in range(10):
        events = await collect(provider, text_request(PROMPT, samplers={"seed": seed}, max_tokens=5))
        assert len(text_of(events).split()) <= 5
        assert " the" not in await written(seed, stop=(" the",))
    short = await collect(provider, text_request(PROMPT, samplers={"seed": 2}, max_tokens=2))
    assert end_of(short).reason == FinishReason.LENGTH


@pytest.mark.parametrize(
    ("pieces", "stops", "kept"),
    [
        (["a", "bST", "OP", "c"], ["STOP"], "ab"),
        (["abc"], ["x"], "abc"),
        (["ab", "ab"], ["ba"], "a"),
        (["one two"], ["two", "ne"], "o"),
        (["STO"], ["STOP"], "STO"),
    ],
)
def test_a_stop_string_may_be_spread_over_pieces(pieces: list[str], stops: list[str], kept: str) -> None:
    assert "".join(until_stop(iter(pieces), stops)) == kept


@pytest.mark.parametrize("prompt", ["", "   \n", "<|im_start|>", "a", "\x00\x1b[31m"])
async def test_a_prompt_without_words_gets_a_reply_too(prompt: str) -> None:
    provider = connect("offline", extra_body={"pace": 0})
    events = await collect(provider, text_request(prompt))
    assert text_of(events)
    assert end_of(events).reason == FinishReason.STOP


async def test_a_long_prompt_does_not_keep_it_long() -> None:
    provider = connect("offline", extra_body={"pace": 0})
    text = "\n".join(f"Ann: The {n} mills turn slowly. They never stop at night." for n in range(40_000))
    async with asyncio.timeout(5):
        assert text_of(await collect(provider, text_request(text)))


async def test_its_request_can_be_looked_at() -> None:
    prepared = connect("offline").wire(text_request(PROMPT, stop=("\nRobin:",)))
    assert json.loads(prepared.body_bytes)["prompt"] == PROMPT == prepared.masked().body["prompt"]
    status = await connect("offline").status()
    assert status.ok
    assert await connect("offline").count_tokens(["x"]) is None


def scripted(*replies: object) -> ScriptedProvider:
    return ScriptedProvider(replies, spec=ROWS["scripted"])  # type: ignore[arg-type]  # the tests give right ones


async def test_scripted_replies_come_in_turn_and_exactly() -> None:
    provider = scripted("Once upon  a time.\n", "", "The end ")
    texts = [text_of(await collect(provider, text_request())) for _ in range(4)]
    assert texts == ["Once upon  a time.\n", "", "The end ", "Once upon  a time.\n"]
    assert len(provider.requests) == 4


async def test_a_script_may_hold_events_and_errors() -> None:
    events = [ReasoningDelta("hm"), TextDelta("Hi"), Finished(FinishReason.LENGTH)]
    assert await collect(scripted(events), text_request()) == events
    broken = scripted([TextDelta("Hi"), ServerFailed("it broke")])
    async with aclosing(broken.stream(text_request())) as stream:
        assert await anext(stream) == TextDelta("Hi")
        with pytest.raises(ServerFailed):
            await anext(stream)


async def test_a_script_can_be_held_and_let_go() -> None:
    provider = scripted("a b")
    provider.gate = asyncio.Event()
    task = asyncio.create_task(collect(provider, text_request()))
    done, _ = await asyncio.wait({task}, timeout=0)
    assert not done
    provider.gate.set()
    assert text_of(await task) == "a b"


async def test_a_script_out_of_a_connection_in_both_kinds() -> None:
    script = {"replies": ["Hello."]}
    text = connect("scripted", extra_body=script)
    chat = connect("scripted-chat", extra_body=script)
    assert text_of(await collect(text, text_request())) == "Hello."
    assert text_of(await collect(chat, chat_request())) == "Hello."
    assert (text.spec.prompt_kind, chat.spec.prompt_kind) == ("text", "chat")
    scripts: list[dict[str, object]] = [{}, {"replies": []}, {"replies": [1]}, {"replies": "Hello"}]
    for bad in scripts:
        with pytest.raises(UsageError):
            connect("scripted", extra_body=bad)
