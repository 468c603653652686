"""Connections are saved, switched, checked and adopted."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ConnectionFailed, UsageError
from tavern_tui.core.generation import ServerStatus
from tavern_tui.services.connections import Found
from tavern_tui.services.events import ReplyStarted
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, scripted, tavern
from tests.services.slow_server import slow_server


async def test_a_fresh_machine_has_the_offline_writer(folders: Folders) -> None:
    made = build_tavern(folders, {})
    assert [one.name for one in made.connections.all] == ["offline"]
    status = await made.connections.refresh()
    assert status is not None
    assert status.ok
    await made.close()


async def test_a_saved_connection_is_there_after_a_restart_and_its_key_is_elsewhere(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        made.connections.save(
            Connection(name="home", provider="generic", url="http://127.0.0.1:1"), key="sk-very-secret"
        )
    assert "sk-very-secret" not in folders.config_file.read_text()
    assert folders.secrets_file.stat().st_mode & 0o777 == 0o600
    again = build_tavern(folders, {})
    found = again.connections.find("home")
    assert found is not None
    assert again.connections.key_of(found) == "sk-very-secret"
    assert "sk-very-secret" not in repr(again.connections.__dict__)
    await again.close()


async def test_a_key_goes_to_its_server_and_into_no_preview(folders: Folders) -> None:
    with slow_server(words=2) as server:
        async with tavern(folders) as made:
            made.connections.save(
                Connection(name="home", provider="generic", url=server.url, instruct="none"),
                key="sk-very-secret",
            )
            made.connections.select("home")
            preview = made.session.preview("Hello")
            assert "sk-very-secret" not in json.dumps([dict(preview.headers), preview.wire])
            await run(made.session.send("Hello"))
            assert server.headers_seen[-1]["Authorization"] == "Bearer sk-very-secret"
            assert "sk-very-secret" not in "".join(line.text for line in made.log.lines())
            assert "sk-very-secret" not in folders.log_file.read_text()


async def test_editing_a_connection_replaces_it_in_its_place(folders: Folders) -> None:
    async with tavern(folders, scripted("x", name="a"), scripted("y", name="b")) as made:
        one = made.connections.find("a")
        assert one is not None
        made.connections.save(replace(one, name="renamed"), replaces="a")
        assert [c.name for c in made.connections.all] == ["renamed", "b", "offline"]
        assert made.connections.current.name == "renamed"


async def test_two_connections_cannot_share_a_name(folders: Folders) -> None:
    async with tavern(folders, scripted("x", name="a")) as made:
        with pytest.raises(UsageError):
            made.connections.save(scripted("y", name="a"))


async def test_removing_the_current_connection_falls_back_to_another(folders: Folders) -> None:
    async with tavern(folders, scripted("x", name="a")) as made:
        gone = made.connections.remove("a")
        assert gone.name == "a"
        assert made.connections.current.name == "offline"


async def test_a_found_server_is_saved_and_selected(folders: Folders) -> None:
    async with tavern(folders) as made:
        found = Found(provider_id="koboldcpp", url="http://127.0.0.1:5001", title="KoboldCpp 1.76", model="m")
        made.connections.adopt(found)
        made.connections.adopt(found)
        assert [c.name for c in made.connections.all] == ["KoboldCpp 1.76", "KoboldCpp 1.76 2", "offline"]
        assert made.connections.current.url == "http://127.0.0.1:5001"


async def test_the_template_follows_the_model_and_can_be_pinned(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.use_once(
            Connection(
                name="x", provider="generic", url="http://127.0.0.1:1", model="Meta-Llama-3-8B-Instruct"
            )
        )
        assert made.connections.template.name == "Llama 3 Instruct"
        made.connections.use_once(
            Connection(name="x", provider="generic", url="http://127.0.0.1:1", instruct="Alpaca")
        )
        assert str(made.connections.template) == "Alpaca (chosen)"


async def test_a_switch_that_fails_leaves_the_old_connection_working(folders: Folders) -> None:
    gone = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")
    nowhere = Connection(name="nowhere", provider="generic", url="ftp://x", instruct="none")
    async with tavern(folders, scripted("still here"), gone, nowhere) as made:
        with pytest.raises(ConnectionFailed):
            await made.connections.switch("gone")
        with pytest.raises(UsageError):
            await made.connections.switch("nowhere")
        with pytest.raises(UsageError, match="no connection"):
            await made.connections.switch("nobody")
        assert made.connections.current.name == "script"
        await run(made.session.send("Hello"))
        assert made.session.chat.messages[-1].text == "still here"


async def test_a_reply_says_who_wrote_it_even_if_another_was_chosen_meanwhile(folders: Folders) -> None:
    async with tavern(folders, scripted("one two"), scripted("x", name="other")) as made:
        async with aclosing(made.session.send("Hello")) as events:
            async for event in events:
                if isinstance(event, ReplyStarted):
                    made.connections.save(Connection(name="third", provider="offline"))
                    made.connections.select("third")
        assert made.session.chat.messages[-1].extra["api"] == "scripted"


async def test_a_large_context_that_costs_is_used_only_by_who_wants_it(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        connections = made.connections
        connections.save(Connection(name="cloud", provider="openai", model="gpt-4o"))
        connections.save(Connection(name="home", provider="llamacpp"))
        for name, told, used in (
            ("cloud", 128_000, 32_768),
            ("cloud", 8000, 8000),
            ("home", 128_000, 128_000),
        ):
            connections.select(name)
            connections.status = ServerStatus(ok=True, context_size=told)
            assert connections.context_size == used
        connections.select("cloud")
        connections.change("cloud", context_size=100_000)
        connections.status = ServerStatus(ok=True, context_size=128_000)
        assert connections.context_size == 100_000
