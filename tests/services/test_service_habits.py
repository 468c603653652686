"""What single services want to be told besides the prompt: efforts they list, one name for each chat."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import GenerationType
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.install_key import name_of_chat
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, tavern

HEADER = "x-session-affinity"


@pytest.mark.parametrize(
    ("wanted", "said"), [("auto", None), ("min", "low"), ("medium", None), ("high", "high"), ("max", "high")]
)
async def test_only_efforts_that_the_list_names_are_asked_for(
    folders: Folders, wanted: str, said: str | None
) -> None:
    fake = all_fakes()["electronhub"]()
    async with FakeServer(fake) as server:
        there = Connection(
            name="hub",
            provider="electronhub",
            url=server.url + fake.base,
            model=fake.model,
            samplers={"reasoning_effort": wanted},
        )
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("hub")
            await run(made.session.send("Hello"))
            assert json.loads(server.requests[-1].body).get("reasoning_effort") == said


async def test_all_requests_of_a_chat_carry_the_same_name_and_background_ones_none(folders: Folders) -> None:
    fake = all_fakes()["fireworks"]()
    async with FakeServer(fake) as server:
        there = Connection(name="fire", provider="fireworks", url=server.url + fake.base, model=fake.model)
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("fire")

            async def name() -> str:
                await run(made.session.send("Hello"))
                return server.requests[-1].headers[HEADER]

            first = await name()
            assert await name() == first
            assert len(first) == 16
            assert int(first, 16)
            assert "Ann" not in first
            await made.new_chat()
            assert await name() != first
            inputs = made.session._desk.inputs(
                made.session, user_input="", generation=GenerationType.QUIET, seed=1
            )
            desk = made.session._desk
            assert desk.request(desk.build(inputs), inputs, chat="Ann/chat").session == ""


def test_the_key_is_made_once_is_only_the_owners_and_may_be_lost(tmp_path) -> None:
    file = tmp_path / "state" / "install.key"
    name = name_of_chat(file, "a/b")
    assert file.stat().st_mode & 0o777 == 0o600
    assert name_of_chat(file, "a/b") == name != name_of_chat(file, "a/c")
    file.write_bytes(b"cut")
    assert name_of_chat(file, "a/b") not in ("", name)
    blocked = tmp_path / "state" / "install.key" / "below"
    assert name_of_chat(blocked, "a/b") == ""
