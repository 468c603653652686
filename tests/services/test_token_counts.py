"""Who counts tokens: the server, asked at once and not waited for; else an estimate that says so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tavern_tui.core.chat import a_message
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError
from tavern_tui.core.prompt import BuiltPrompt, TextPrompt
from tavern_tui.providers.registry import open_provider
from tavern_tui.services.tavern import Tavern
from tavern_tui.services.token_counts import TokenCounts
from tavern_tui.storage.folders import Folders
from tavern_tui.tokens import local
from tavern_tui.tokens.estimate import EstimateCounter
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.services.helpers import run, tavern, texts

TOKENS = 3
"""What the server says any text has."""
LIMIT = 10.0
"""Seconds after which a test that waits for an event has failed."""


class Counting:
    """llama.cpp, as far as it counts: each count is held back until the test lets it go."""

    def __init__(self, *, context: int = 8192, status: int = 200) -> None:
        self.context = context
        self.status = status
        self.go = asyncio.Event()
        self.asked: list[str] = []
        self.waiting = 0
        self.most_waiting = 0
        self.several = asyncio.Event()
        """More than one count is being waited for."""
        self.completed = asyncio.Event()
        """The prompt has come."""

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        match seen.path:
            case "/props":
                await answer.send(200, {"default_generation_settings": {"n_ctx": self.context}})
            case "/v1/models":
                await answer.send(200, {"data": [{"id": "m"}]})
            case "/tokenize":
                await self._count(seen, answer)
            case "/completion":
                self.completed.set()
                data = json.dumps({"content": "Hm.", "stop": True})
                await answer.send(200, f"data: {data}\n\n".encode(), kind="text/event-stream")
            case _:
                await answer.send(404, {})

    async def _count(self, seen: Seen, answer: Answer) -> None:
        self.asked.append(seen.json["content"])
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        if self.waiting > 1:
            self.several.set()
        await self.go.wait()
        self.waiting -= 1
        await answer.send(self.status, {"tokens": [0] * TOKENS})


def llama(server: FakeServer, **fields: object) -> Connection:
    return Connection(
        name="llama",
        provider="llamacpp",
        url=server.url,
        model="m",
        instruct="none",
        max_tokens=100,
        **fields,
    )  # type: ignore[arg-type]  # fields of Connection


async def within(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), LIMIT)


async def counted(made: Tavern, act: Callable[[], object]) -> None:
    """Do something and wait until counts have come of it."""
    event = asyncio.Event()
    forget = made.counted.listen(lambda _: event.set())
    act()
    await within(event)
    forget()


# --- the server counts


async def test_a_send_waits_for_counts_only_briefly(folders: Folders) -> None:
    counting = Counting()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        await asyncio.wait_for(run(made.session.send("Is the mill far?")), LIMIT)
        assert counting.completed.is_set()
        assert counting.waiting, "no count was ever given: the prompt went out without"
        assert texts(made)[-1] == "Hm."
        preview = made.session.preview("")
        assert not preview.built.exact
        assert preview.counted_by == "estimated from their length"


async def test_counts_are_asked_for_together(folders: Folders) -> None:
    counting = Counting()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        sending = asyncio.create_task(run(made.session.send("Is the mill far?")))
        await within(counting.several)  # with one after the other this would never be
        counting.go.set()
        await asyncio.wait_for(sending, LIMIT)
        assert counting.most_waiting > 1


async def test_what_came_late_is_known_to_the_next_prompt(folders: Folders) -> None:
    counting = Counting()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        await run(made.session.send("Is the mill far?"))
        counting.go.set()
        await made.session.get_ready("And the forge?")
        preview = made.session.preview("And the forge?")
        assert preview.built.exact
        assert preview.counted_by == f"counted by llamacpp at {server.url}"
        assert len(counting.asked) == len(set(counting.asked)), "no text is counted twice"


async def test_a_preview_has_counts_made_in_the_background(folders: Folders) -> None:
    counting = Counting()
    counting.go.set()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        await made.connections.refresh()
        assert not made.session.preview("Hello").built.exact
        await counted(made, lambda: made.session.preview("Hello"))
        assert made.session.preview("Hello").built.exact


async def test_counts_are_found_on_disk_by_the_next_run(folders: Folders) -> None:
    counting = Counting()
    counting.go.set()
    async with FakeServer(counting) as server:
        async with tavern(folders, llama(server)) as made:
            while not made.session.preview("Hello").built.exact:  # a busy machine may need more than 300 ms
                await made.session.get_ready("Hello")
        asked = len(counting.asked)
        assert asked
        async with tavern(folders) as made:
            made.connections.select("llama")
            await made.session.get_ready("Hello")
            assert made.session.preview("Hello").built.exact
        assert len(counting.asked) == asked


async def test_each_servers_counts_are_fetched_while_another_hangs(folders: Folders) -> None:
    silent, quick = Counting(), Counting()
    quick.go.set()
    async with FakeServer(silent) as one, FakeServer(quick) as other, tavern(folders, llama(one)) as made:
        await made.session.get_ready("Hello")
        made.connections.use_once(llama(other))
        await made.session.get_ready("Hello")
        assert made.session.preview("Hello").built.exact


@pytest.mark.parametrize("status", [404, 500])
async def test_a_server_that_does_not_count_leaves_it_to_the_plain_estimate(
    folders: Folders, status: int
) -> None:
    counting = Counting(status=status, context=300)
    counting.go.set()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        made.session.chat.messages.append(a_message("Ann", "word " * 400))
        await made.session.get_ready("Hello")
        built = made.session.preview("Hello").built
        assert (built.exact, built.counter) == (False, "estimate")


# --- room that is short


async def preview_while_counting(folders: Folders, context: int, letters: int) -> BuiltPrompt:
    counting = Counting(context=context)
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        for number in range(20):
            line = f"{number} " + "字" * (letters // 20)
            made.session.chat.messages.append(a_message("Ann", line))
        await made.session.get_ready("Hello")
        assert counting.asked
        return made.session.preview("Hello").built


async def test_where_the_estimate_could_overflow_the_context_a_cautious_one_is_taken(
    folders: Folders,
) -> None:
    built = await preview_while_counting(folders, context=2000, letters=4000)
    assert isinstance(built.prompt, TextPrompt)
    assert len(built.prompt.text.encode()) / 2 <= built.budget
    assert built.counter == "a cautious estimate"
    assert "Hello" in built.prompt.text


async def test_where_there_is_room_enough_the_estimate_is_sillytaverns(folders: Folders) -> None:
    built = await preview_while_counting(folders, context=16000, letters=4000)
    assert built.counter == "estimate"
    assert built.parts[-2].tokens == EstimateCounter().count(built.parts[-2].text)


# --- other choices


async def test_an_estimate_is_chosen_and_no_server_asked(folders: Folders) -> None:
    counting = Counting()
    async with FakeServer(counting) as server, tavern(folders, llama(server, tokenizer="estimate")) as made:
        await made.session.get_ready("Hello")
        assert made.session.preview("Hello").built.counter == "estimate"
        assert not counting.asked


async def test_a_tokenizer_that_is_long_in_reading_holds_up_no_send(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_on = threading.Event()

    def slowly(path: Path, encoding: str = "") -> Callable[[str], int]:
        read_on.wait(LIMIT)
        return len

    monkeypatch.setattr(local, "open_tokenizer", slowly)
    counting = Counting()
    async with (
        FakeServer(counting) as server,
        tavern(folders, llama(server, tokenizer="slow.json")) as made,
    ):
        await run(made.session.send("Hello"))
        assert counting.completed.is_set()
        assert made.session.preview("").built.counter == "estimate"
        await counted(made, read_on.set)
        assert made.session.preview("").built.counter == "slow.json"


async def test_the_wait_is_over_at_its_limit_however_many_rounds_it_takes(folders: Folders) -> None:
    counting = Counting()
    async with FakeServer(counting) as server, tavern(folders, llama(server)) as made:
        await made.connections.refresh()
        counts = TokenCounts(made.connections, wait=0.0)
        await asyncio.wait_for(counts.get_ready(lambda: made.session.preview("Hello").built), LIMIT)
        await counts.aclose()
        assert not counting.go.is_set()


def test_an_encoding_without_a_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    environ = {"TIKTOKEN_CACHE_DIR": str(tmp_path)}
    with pytest.raises(DataError, match="o200k_base has no file here") as caught:
        local.find_tokenizer("o200k_base", tmp_path, environ)
    assert str(tmp_path / "o200k_base.tiktoken") in caught.value.hint


@pytest.mark.parametrize(
    ("id", "path"), [("claude", "count_tokens"), ("makersuite", ":countTokens"), ("cohere", "/tokenize")]
)
async def test_services_whose_counting_has_a_limit_count_only_where_that_is_wished(
    folders: Folders, id: str, path: str
) -> None:
    fake = all_fakes()[id]()
    async with FakeServer(fake) as server, tavern(folders) as made:
        for tokenizer in ("auto", "server"):
            there = Connection(
                name=tokenizer, provider=id, url=server.url + fake.base, model=fake.model, tokenizer=tokenizer
            )
            made.connections.save(there, key=fake.key)
        made.connections.select("auto")
        await run(made.session.send("Hello"))
        assert not any(path in seen.path for seen in server.requests)
        made.connections.select("server")
        await made.connections.known_status()
        await counted(made, lambda: made.session.preview("Hello"))
        assert made.session.preview("Hello").built.exact
        assert any(path in seen.path for seen in server.requests)


async def test_texts_that_are_too_long_for_a_service_are_counted_in_parts() -> None:
    fake = all_fakes()["cohere"]()
    async with FakeServer(fake) as server:
        there = Connection(name="c", provider="cohere", url=server.url + fake.base, model=fake.model)
        opened = open_provider(there, key=fake.key)
        assert await opened.count_tokens(["word " * 20_000, "\n\n", ""]) == [20_001, 1, 0]
        await opened.aclose()
