"""Second attempts: when they are made, how long is waited, what they say, and when they are not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ContextOverflow, PromptError, RateLimited, ServerBusy, ServerFailed
from tavern_tui.core.generation import (
    EventStream,
    Finished,
    GenerationRequest,
    Progress,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.services import retrying
from tavern_tui.services.events import ReplyEnded, ReplyProgress
from tavern_tui.services.retrying import Ask, Patience, persistent, smaller_context
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.backends.classic import ClassicFake
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.providers.fakes.strict import Refused
from tests.services.helpers import run, tavern, texts

REQUEST = GenerationRequest(prompt=TextPrompt(text="Hello"), context_size=4096)
REPLY = (TextDelta("Hi"), Finished())
SMALLER = GenerationRequest(prompt=TextPrompt(text="Hello"), context_size=2048)

Step = StreamEvent | Exception


class Server:
    """Answers each request with the next of these, and notes what was slept in between."""

    def __init__(self, *answers: Sequence[Step]) -> None:
        self._answers = iter(answers)
        self.asked: list[GenerationRequest] = []
        self.slept: list[float] = []

    async def ask(self, request: GenerationRequest) -> EventStream:
        self.asked.append(request)
        for step in next(self._answers):
            if isinstance(step, Exception):
                raise step
            yield step

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def events(self, **given: Any) -> list[StreamEvent]:
        return [event async for event in persistent(self.ask, REQUEST, sleep=self.sleep, **given)]


def busy(seconds: float | None) -> list[Step]:
    return [RateLimited("Too fast.", retry_after=seconds)]


def too_long(**facts: int) -> list[Step]:
    return [ContextOverflow("Too long.", **facts)]


# --- too many requests


async def test_a_server_that_asks_to_wait_is_asked_again_after_that_time() -> None:
    server = Server(busy(37), REPLY)
    events = await server.events()
    assert events[-2:] == list(REPLY)
    assert sum(server.slept) == 37
    assert len(server.asked) == 2


async def test_the_wait_is_counted_down() -> None:
    events = await Server(busy(3), REPLY).events()
    assert [event for event in events if isinstance(event, Progress)] == [
        Progress(done, 3, f"too many requests: waits {3 - done} s, Esc stops") for done in range(3)
    ]


async def test_it_is_waited_for_twice_and_no_more() -> None:
    server = Server(busy(10), busy(20), busy(1), REPLY)
    with pytest.raises(RateLimited):
        await server.events()
    assert len(server.asked) == 3
    assert sum(server.slept) == 30


async def test_all_waits_together_are_two_minutes_at_most() -> None:
    server = Server(busy(90), busy(31), REPLY)
    with pytest.raises(RateLimited):
        await server.events()
    assert sum(server.slept) == 90
    assert (await Server(busy(120), REPLY).events())[-1] == Finished()


@pytest.mark.parametrize("seconds", [None, 121, 3600])
async def test_who_does_not_say_how_long_or_says_too_long_is_not_waited_for(seconds: float | None) -> None:
    server = Server(busy(seconds), REPLY)
    with pytest.raises(RateLimited):
        await server.events()
    assert not server.slept


def test_a_wait_of_nothing_is_still_a_little_one() -> None:
    assert Patience().wait(RateLimited("", retry_after=0)) == 1


# --- once something came


@pytest.mark.parametrize("first", [TextDelta("Hi"), ReasoningDelta("Hm")])
@pytest.mark.parametrize("failure", [*busy(5), *too_long(context_size=2048)])
async def test_what_has_begun_is_not_asked_for_again(first: StreamEvent, failure: Exception) -> None:
    server = Server([first, failure], REPLY)
    with pytest.raises(type(failure)):
        await server.events(rebuild=lambda error: SMALLER)
    assert len(server.asked) == 1


async def test_progress_is_no_beginning() -> None:
    server = Server([Progress(1, 2), *busy(5)], REPLY)
    assert (await server.events())[-1] == Finished()


async def test_other_failures_are_handed_on() -> None:
    server = Server([ServerFailed("Ow.")], REPLY)
    with pytest.raises(ServerFailed):
        await server.events()
    assert len(server.asked) == 1


async def test_closing_ends_a_wait_at_once() -> None:
    asleep = asyncio.Event()

    async def forever(seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    async def wait() -> None:
        ask: Ask = Server(busy(60), REPLY).ask
        async with aclosing(persistent(ask, REQUEST, sleep=forever)) as events:
            async for _ in events:
                pass

    task = asyncio.create_task(wait())
    await asyncio.wait_for(asleep.wait(), 5)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done


# --- a server that is busy


def at_work(times: int, seconds: float | None = None) -> list[list[Step]]:
    return [[ServerBusy("Busy.", retry_after=seconds)] for _ in range(times)]


async def test_a_busy_server_is_asked_again_until_it_has_time() -> None:
    server = Server(*at_work(3), REPLY)
    events = await server.events()
    assert events[-2:] == list(REPLY)
    assert len(server.asked) == 4
    assert sum(server.slept) == 3 * 2.5
    assert events[:3] == [
        Progress(done, 3, f"the server is busy: waits {3 - done} s, Esc stops") for done in range(3)
    ]


async def test_a_server_that_stays_busy_is_asked_fifty_times_more() -> None:
    server = Server(*at_work(60), REPLY)
    with pytest.raises(ServerBusy):
        await server.events()
    assert len(server.asked) == 51


async def test_a_busy_server_that_says_how_long_is_waited_for_so_long() -> None:
    server = Server(*at_work(1, 20), REPLY)
    assert (await server.events())[-1] == Finished()
    assert sum(server.slept) == 20


# --- too long a prompt


async def test_a_prompt_that_is_too_long_is_built_once_more_and_says_so() -> None:
    server = Server(too_long(context_size=2048), REPLY)
    events = await server.events(rebuild=lambda error: SMALLER)
    assert server.asked == [REQUEST, SMALLER]
    assert events == [Progress(0, 0, "the prompt was too long: once more with 2,048 tokens"), *REPLY]


async def test_it_is_built_anew_only_once() -> None:
    server = Server(too_long(context_size=2048), too_long(context_size=1024), REPLY)
    with pytest.raises(ContextOverflow):
        await server.events(rebuild=lambda error: SMALLER)
    assert len(server.asked) == 2


async def test_the_servers_sentence_stays_where_nothing_smaller_can_be_built() -> None:
    def impossible(error: ContextOverflow) -> GenerationRequest:
        raise PromptError("The card alone is too long.")

    rebuilds: list[Callable[[ContextOverflow], GenerationRequest | None] | None]
    rebuilds = [None, lambda error: None, impossible]
    for rebuild in rebuilds:
        with pytest.raises(ContextOverflow, match="Too long"):
            await Server(too_long(context_size=2048), REPLY).events(rebuild=rebuild)


def size(counted: int = 0, **facts: int) -> int | None:
    return smaller_context(ContextOverflow("", **facts), context_size=4096, reply=96, counted=counted)


def test_the_context_becomes_the_servers() -> None:
    assert size(context_size=2048) == 2048
    assert size(3000, context_size=2048, prompt_tokens=3000) == 2048


def test_where_the_server_counts_more_than_we_do_the_context_shrinks_by_as_much() -> None:
    assert size(4000, context_size=4096, prompt_tokens=5000) == 96 + 4000 * 4 // 5
    assert size(2000, context_size=2048, prompt_tokens=4000) == 96 + (2048 - 96) // 2


def test_where_only_the_reply_finds_no_room_the_context_shrinks_by_the_overflow() -> None:
    assert size(4010, context_size=4096, prompt_tokens=4010) == 4096 - 10


def test_where_the_overflow_is_not_told_a_tenth_is_left_out() -> None:
    assert size(context_size=4096) == 3686
    assert size(context_size=9000) == 3686


def test_where_the_room_is_not_told_a_tenth_of_what_was_sent_is_left_out() -> None:
    assert size(1000) == 96 + 900
    assert size(1000, prompt_tokens=9000) == 96 + 900
    assert size(9000) == 96 + 3600
    assert size(0) is None


@pytest.mark.parametrize("facts", [{"context_size": 96}, {"context_size": 0}])
def test_without_room_for_a_prompt_nothing_is_built(facts: dict[str, int]) -> None:
    assert size(**facts) is None


# --- in a chat


class Reluctant(LlamaCppFake):
    """Refuses the first requests like this."""

    refusals: Iterator[Refused] = iter(())

    async def completion(self, seen: Seen, answer: Answer) -> None:
        refusal = next(self.refusals, None)
        if refusal is not None:
            raise refusal
        await super().completion(seen, answer)


def limited(seconds: int) -> Refused:
    return Refused(429, {"error": {"message": "Slow down."}}, retry_after=str(seconds))


def a_connection(url: str, **fields: Any) -> Connection:
    return Connection(name="there", provider="llamacpp", url=url, instruct="none", **fields)


async def test_in_a_chat_the_wait_is_shown_and_the_reply_comes(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(retrying, "asyncio", SimpleNamespace(sleep=sleep))
    fake = Reluctant(reply=(" Well", " met", "."))
    fake.refusals = iter([limited(37)])
    async with FakeServer(fake) as server, tavern(folders, a_connection(server.url)) as made:
        events = await run(made.session.send("Hello"))
        notes = [event.note for event in events if isinstance(event, ReplyProgress)]
        assert any(note.startswith("too many requests: waits") for note in notes)
        assert texts(made)[-1] == "Well met."


async def test_in_a_chat_koboldai_is_waited_for_while_it_writes_what_was_stopped(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be stopped: the next message finds it at work on the last one."""
    fake = ClassicFake(reply=(" Well", " met", "."))
    at_work_on = fake.begin({})
    asked = 0

    async def sleep(seconds: float) -> None:
        nonlocal asked
        asked += 1
        if asked > 6:
            at_work_on.ended.set()

    monkeypatch.setattr(retrying, "asyncio", SimpleNamespace(sleep=sleep))
    async with FakeServer(fake) as server:
        there = replace(a_connection(server.url), provider="kobold")
        async with tavern(folders, there) as made:
            events = await run(made.session.send("Hello"))
            notes = [event.note for event in events if isinstance(event, ReplyProgress)]
            assert any(note.startswith("the server is busy: waits") for note in notes)
            assert texts(made)[-1] == "Well met."


async def test_esc_ends_the_wait_for_a_busy_server(folders: Folders) -> None:
    fake = ClassicFake()
    fake.begin({})
    async with FakeServer(fake) as server:
        there = replace(a_connection(server.url), provider="kobold")
        async with tavern(folders, there) as made:
            async with asyncio.timeout(5), aclosing(made.session.send("Hello")) as events:
                async for event in events:
                    if isinstance(event, ReplyProgress):
                        made.session.stop()
            assert len(fake.generations) == 1
            assert texts(made)[-1] == "Hello"


async def test_esc_ends_the_wait_at_once_and_nothing_is_sent_again(folders: Folders) -> None:
    fake = Reluctant()
    fake.refusals = iter([limited(90)])
    async with FakeServer(fake) as server, tavern(folders, a_connection(server.url)) as made:
        ended: list[ReplyEnded] = []
        async with asyncio.timeout(5), aclosing(made.session.send("Hello")) as events:
            async for event in events:
                if isinstance(event, ReplyProgress):
                    assert event.note == "too many requests: waits 90 s, Esc stops"
                    made.session.stop()
                if isinstance(event, ReplyEnded):
                    ended.append(event)
        assert ended[0].stopped
        assert not fake.generations
        assert texts(made)[-1] == "Hello"


async def test_in_a_chat_a_prompt_that_is_too_long_loses_its_oldest_messages(folders: Folders) -> None:
    fake = LlamaCppFake(reply=(" Well", " met", "."))
    fake.context = 700  # type: ignore[misc]  # less than the user believes
    async with FakeServer(fake) as server:
        there = a_connection(server.url, context_size=4000, max_tokens=100)
        async with tavern(folders, there) as made:
            for number in range(4):
                await run(made.session.send(f"Story {number}. " + "word " * 150))
            assert len(fake.generations) == 4
            events = await run(made.session.send("And the fifth. " + "word " * 150))
            notes = [event.note for event in events if isinstance(event, ReplyProgress)]
            assert "the prompt was too long: once more with 700 tokens" in notes
            assert texts(made)[-1] == "Well met."
            bodies = [json.loads(one.body) for one in server.requests if one.path == "/completion"]
            assert "Story 0" in bodies[-2]["prompt"]
            assert "Story 0" not in bodies[-1]["prompt"]
            assert "And the fifth" in bodies[-1]["prompt"]


async def test_what_macros_change_is_changed_once_though_the_prompt_is_built_twice(folders: Folders) -> None:
    fake = Reluctant(reply=(" Well",))
    sentence = "request (900 tokens) exceeds the available context size (800 tokens)"
    fake.refusals = iter(
        [Refused(400, {"error": {"message": sentence, "n_prompt_tokens": 900, "n_ctx": 800}})]
    )
    card = {
        "name": "Ann", "description": "{{addvar::visits::1}}A smith.", "personality": "", "scenario": "",
        "first_mes": "Welcome.", "mes_example": "",
    }  # fmt: skip
    async with FakeServer(fake) as server:
        there = a_connection(server.url, context_size=2000, max_tokens=100)
        async with tavern(folders, there, card=card) as made:
            await run(made.session.send("Hello"))
            assert texts(made)[-1] == "Well"
            variables = made.session.chat.metadata["variables"]
            assert isinstance(variables, dict)
            assert str(variables["visits"]) == "1"
