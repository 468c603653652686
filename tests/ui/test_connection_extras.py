"""What few connections need: headers, body keys, proxy; and the models of a server."""

from __future__ import annotations

from textual.widgets import Button, Input, TextArea

from tavern_tui.core.connection import Connection
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import FakeServer
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running

HERE = Connection(name="here", provider="scripted", extra_body={"replies": ["Well."]})


async def edit(pilot, tavern, connection: Connection) -> None:
    tavern.connections.save(connection)
    tavern.connections.select(connection.name)
    await pilot.press("f2")
    await until(pilot, lambda: pilot.app.screen.query("#connection-list"))
    await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
    await pilot.press("home")


async def test_headers_and_body_keys_are_written_as_yaml_and_reach_the_server(folders) -> None:
    async with running(folders) as (pilot, tavern), FakeServer(LlamaCppFake()) as server:
        there = Connection(name="there", provider="llamacpp", url=server.url, instruct="none")
        await edit(pilot, tavern, there)
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query("#more"))
        pilot.app.screen.query_one("#more", Button).press()
        await until(pilot, lambda: pilot.app.screen.query("#extra_body"))
        await pilot.pause()
        pilot.app.screen.query_one("#extra_headers", TextArea).load_text("X-Room: blue")
        pilot.app.screen.query_one("#extra_body", TextArea).load_text("n_predict: 3\ncache_prompt: null")
        pilot.app.screen.query_one("#stop", TextArea).load_text("THE END\\n\nBye")
        await pilot.pause()
        await pilot.press("ctrl+o", "ctrl+o")
        await until(pilot, lambda: tavern.connections.current.extra_body)
        request = tavern.session.preview("Hello").request
        assert request.headers["X-Room"] == "blue"
        assert request.body["n_predict"] == 3
        assert "cache_prompt" not in request.body
        assert tavern.connections.current.stop == ("THE END\n", "Bye")
        assert request.body["stop"][-2:] == ["THE END\n", "Bye"]


async def test_what_is_no_yaml_is_said_and_nothing_is_lost(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await edit(pilot, tavern, HERE)
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query("#more"))
        await pilot.press("alt+m")
        await until(pilot, lambda: pilot.app.screen.query("#extra_body"))
        await pilot.pause()
        pilot.app.screen.query_one("#extra_body", TextArea).load_text("a: [1")
        await pilot.pause()
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "not valid YAML" in screen_text(pilot))
        assert tavern.connections.current == HERE


async def test_a_model_is_chosen_from_the_list_of_the_server(folders) -> None:
    async with running(folders) as (pilot, tavern), FakeServer(LlamaCppFake()) as server:
        await edit(pilot, tavern, Connection(name="there", provider="llamacpp", url=server.url))
        await pilot.press("m")
        await until(pilot, lambda: "tiny-7b" in screen_text(pilot))
        pilot.app.screen.query_one("#search", Input).value = "tiny"
        await pilot.press("enter")
        await until(pilot, lambda: tavern.connections.current.model == "tiny-7b")


async def test_a_models_price_is_stated_by_the_mouse_and_stands_beside_it(folders) -> None:
    async with running(folders) as (pilot, tavern), FakeServer(LlamaCppFake()) as server:
        await edit(pilot, tavern, Connection(name="there", provider="llamacpp", url=server.url))
        await pilot.press("m")
        await until(pilot, lambda: "tiny-7b" in screen_text(pilot))
        await pilot.click("#price")
        await until(pilot, lambda: "What tiny-7b costs" in screen_text(pilot))
        await pilot.press(*"cheap", "enter")
        await until(pilot, lambda: "is no price" in screen_text(pilot))
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "What tiny-7b costs" in screen_text(pilot))
        await pilot.press(*"0.5 / 2 / 0.1", "enter")
        await until(pilot, lambda: "$0.50 / $2.00 per M, cached $0.10" in screen_text(pilot))
        assert tavern.settings.prices == {"llamacpp/tiny-7b": {"prompt": 0.5, "reply": 2.0, "cached": 0.1}}
