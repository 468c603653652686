"""Waiting in the AI Horde's queue, on the screen."""

from __future__ import annotations

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.providers import horde
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.backends.horde import HordeFake
from tests.providers.fakes.server import FakeServer
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horde, "POLL_SECONDS", 0.02)


async def test_the_queue_is_shown_and_escape_takes_the_request_back(folders: Folders) -> None:
    fake = HordeFake(pace=-1)
    async with FakeServer(fake) as server, running(folders) as (pilot, tavern):
        tavern.connections.save(Connection(name="horde", provider="horde", url=server.url))
        tavern.connections.select("horde")
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "a worker writes, about 7 s" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: fake.cancelled == ["job-0"])
        await until(pilot, lambda: not tavern.session.busy)
        assert tavern.session.chat.messages[-1].text == "hi"


async def test_a_message_says_who_wrote_it(folders: Folders) -> None:
    async with FakeServer(HordeFake()) as server, running(folders) as (pilot, tavern):
        tavern.connections.save(Connection(name="horde", provider="horde", url=server.url))
        tavern.connections.select("horde")
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "tiny-7b by Anvil" in screen_text(pilot))
