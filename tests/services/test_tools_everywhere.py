"""Tools through every chat service: the fake calls them, its strict rules look at what is sent back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.providers.registry import ROWS
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY, StrictFake
from tests.services.helpers import run, tavern, texts

FAKES = {id: fake for id, fake in all_fakes().items() if ROWS[id].prompt_kind == "chat"}
NO_TOOLS = {"ai21", "perplexity"}
"""Services whose models call nothing here."""
CALLING = sorted(FAKES.keys() - NO_TOOLS)
WORDS = "".join(REPLY).strip()


@asynccontextmanager
async def talking(folders: Folders, fake: StrictFake, *, stream: bool) -> AsyncIterator[Tavern]:
    folders.openai_settings.mkdir(parents=True, exist_ok=True)
    preset = {"function_calling": True, "stream_openai": stream}
    (folders.openai_settings / "Tools.json").write_text(json.dumps(preset), encoding="utf-8")
    async with FakeServer(fake) as server:
        there = Connection(
            name="there", provider=fake.id, url=server.url, model=fake.model, chat_preset="Tools",
            options=dict(fake.options), stream=stream, secret="there",
        )  # fmt: skip
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key or None)
            made.connections.select("there")
            yield made


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("id", CALLING)
async def test_a_tool_is_called_and_its_answer_taken(folders: Folders, id: str, stream: bool) -> None:
    fake = FAKES[id](key="key-of-the-tools")
    async with talking(folders, fake, stream=stream) as made:
        await run(made.session.send('Please call roll_dice {"formula": "2d1"} for me.'))
        assert texts(made)[-2:] == ["Called: Roll dice", WORDS]
        (called,) = made.session.chat.messages[-2].extra["tool_invocations"]  # type: ignore[misc]
        assert called["result"] == "2 (1, 1)"
        assert json.loads(called["parameters"]) == {"formula": "2d1"}


@pytest.mark.parametrize("id", CALLING)
async def test_two_calls_at_once_are_answered_together(folders: Folders, id: str) -> None:
    fake = FAKES[id](key="key-of-the-tools")
    async with talking(folders, fake, stream=True) as made:
        await run(
            made.session.send('call roll_dice {"formula": "2d1"} and call roll_dice {"formula": "3d1"}')
        )
        assert texts(made)[-1] == WORDS
        results = [one["result"] for one in made.session.chat.messages[-2].extra["tool_invocations"]]  # type: ignore[attr-defined]
        assert results == ["2 (1, 1)", "3 (1, 1, 1)"]
        await run(made.session.send("Thank you."))
        assert texts(made)[-1] == WORDS
