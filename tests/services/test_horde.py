"""A chat with the AI Horde: prompts fit its workers, and a message knows who wrote it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.providers import horde, horde_workers
from tavern_tui.services.events import ReplyEnded, ReplyProgress
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.backends.horde import HordeFake, a_worker
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, tavern


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horde, "POLL_SECONDS", 0.0)


@asynccontextmanager
async def chatting(folders: Folders, fake: HordeFake, **fields: Any) -> AsyncIterator[Tavern]:
    async with FakeServer(fake) as server:
        there = Connection(name=server.url, provider="horde", url=server.url, instruct="none", **fields)
        async with tavern(folders, there) as made:
            yield made


def params(fake: HordeFake) -> Any:
    return fake.generations[-1].body["params"]


async def test_a_message_keeps_the_worker_and_the_model_that_answered(folders: Folders) -> None:
    fake = HordeFake(reply=(" Well", " met", "."))
    chosen = {"samplers": {"n": 2}, "options": {"models": [HordeFake.model, HordeFake.big]}}
    async with chatting(folders, fake, **chosen) as made:
        await run(made.session.send("Hello"))
        path = made.session.store.path
        assert path is not None
        first, second = read_chat(path).chat.messages[-1].swipes
        assert (first.extra["model"], first.extra["served_by"]) == (HordeFake.model, "Anvil")
        assert second.extra["served_by"] == "Bellows"
        assert first.extra["api"] == "horde"


async def test_the_reply_is_no_longer_than_the_workers_can_write(folders: Folders) -> None:
    fake = HordeFake()
    async with chatting(folders, fake, max_tokens=350) as made:
        await run(made.session.send("Hello"))
        assert params(fake)["max_length"] == 256
        assert json.loads(made.session.preview("Hello").wire)["params"]["max_length"] == 256
    async with chatting(folders, fake, max_tokens=200) as made:
        await run(made.session.send("Hello"))
        assert params(fake)["max_length"] == 200


async def test_the_reply_is_as_long_as_the_user_wants_where_nothing_is_adjusted(folders: Folders) -> None:
    fake = HordeFake()
    async with chatting(folders, fake, max_tokens=350, options={"adjust_reply": False}) as made:
        await run(made.session.send("Hello"))
        assert params(fake)["max_length"] == 350


async def test_the_prompt_is_built_for_the_smallest_worker_where_that_is_wanted(folders: Folders) -> None:
    fake = HordeFake()
    fake.workers.append(a_worker("Dot", HordeFake.model, context=1024, reply=128))
    long = "word " * 3000
    async with chatting(folders, fake, context_size=8000, options={"adjust_context": True}) as made:
        await run(made.session.send(long))
        await run(made.session.send("Hello"))
        assert params(fake)["max_context_length"] == 1024
        assert long[:100] not in fake.generations[-1].body["prompt"]
    async with chatting(folders, fake, context_size=8000) as made:
        await run(made.session.send("Hello"))
        assert params(fake)["max_context_length"] == 8000


async def test_workers_are_asked_for_again_when_the_list_is_old(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = HordeFake()
    async with chatting(folders, fake, max_tokens=350) as made:
        await run(made.session.send("Hello"))
        fake.workers.append(a_worker("Late", HordeFake.model, reply=64))
        await run(made.session.send("Still fresh"))
        assert params(fake)["max_length"] == 256
        status = made.connections.status
        assert status is not None
        made.connections.status = replace(status, valid_seconds=0)
        await run(made.session.send("Old by now"))
        assert params(fake)["max_length"] == 64


async def test_the_wait_in_the_queue_is_shown_and_esc_ends_it_at_once(folders: Folders) -> None:
    fake = HordeFake(pace=-1)
    async with chatting(folders, fake) as made:
        seen: list[str] = []
        ended: list[ReplyEnded] = []
        async with aclosing(made.session.send("Hello")) as events:
            async for event in events:
                if isinstance(event, ReplyProgress):
                    seen.append(event.note)
                    made.session.stop()
                if isinstance(event, ReplyEnded):
                    ended.append(event)
        assert seen[0].startswith("place 2 in the queue")
        assert ended[0].stopped
        async with asyncio.timeout(5):
            while not fake.cancelled:  # noqa: ASYNC110  # the fake has no event for this
                await asyncio.sleep(0)
        assert made.session.chat.messages[-1].text == "Hello"


async def test_a_list_that_is_fresh_is_not_asked_for_again(folders: Folders) -> None:
    assert horde_workers.VALID_SECONDS == 60
    async with FakeServer(HordeFake()) as server:
        there = Connection(name="horde", provider="horde", url=server.url, instruct="none")
        async with tavern(folders, there) as made:
            for _ in range(3):
                await run(made.session.send("Hello"))
        assert sum("/workers" in one.path for one in server.requests) == 1
