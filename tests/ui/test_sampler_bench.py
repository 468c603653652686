"""The sampler screen: values step with the arrows, presets are saved, and the server is sent them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from tavern_tui.core.connection import Connection
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.samplers.bench import SamplerBench
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running

HERE = Connection(
    name="here", provider="koboldcpp", url="http://127.0.0.1:9", instruct="none", samplers={"skew": 1.0}
)


@asynccontextmanager
async def bench(
    folders: Folders, connection: Connection = HERE
) -> AsyncGenerator[tuple[Pilot[Any], Any], None]:
    async with running(folders) as (pilot, tavern):
        tavern.connections.save(connection)
        tavern.connections.select(connection.name)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(pilot.app.screen, SamplerBench))
        await until(pilot, lambda: "Temperature" in screen_text(pilot))
        yield pilot, tavern


async def go_to(pilot: Pilot[Any], name: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, SamplerBench)
    at = next(at for at, one in enumerate(screen._all) if one.spec.id == name)
    screen.query_one("RowList").move_to(at)  # type: ignore[attr-defined]
    await until(pilot, lambda: screen._editing == name)
    await pilot.pause()


async def test_values_step_are_typed_and_taken_back(folders: Folders) -> None:
    async with bench(folders) as (pilot, tavern):
        await go_to(pilot, "temperature")
        await pilot.press("right", "right", "shift+right")
        await until(pilot, lambda: tavern.connections.current.samplers.get("temperature") == 1.12)
        await pilot.press("u")
        await until(pilot, lambda: tavern.connections.current.samplers["temperature"] == 1.02)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        pilot.app.focused.value = "0.5"
        await until(pilot, lambda: tavern.connections.current.samplers["temperature"] == 0.5)
        await pilot.press("escape", "0")
        await until(pilot, lambda: tavern.connections.current.samplers["temperature"] == 1)
        assert tavern.session.preview("Hello").request.body["temperature"] == 1
        assert "this server has no such thing: Skew" in " ".join(screen_text(pilot).split())


async def test_a_preset_is_saved_chosen_and_deleted(folders: Folders) -> None:
    async with bench(folders) as (pilot, tavern):
        await go_to(pilot, "top_k")
        await pilot.press("right", "a")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 3)
        await pilot.press(*"Mine", "enter")
        path = folders.textgen_settings / "Mine.json"
        await until(pilot, lambda: path.exists() and json.loads(path.read_text())["top_k"] == 1)
        assert tavern.connections.current.text_preset == "Mine"
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("d")
        await until(pilot, lambda: not path.exists())
        await pilot.press("b")
        await until(pilot, path.exists)
        assert tavern.connections.current.text_preset == "Mine"


async def test_the_order_is_changed_and_made_usual_again(folders: Folders) -> None:
    async with bench(folders) as (pilot, tavern):
        await go_to(pilot, "sampler_order")
        await pilot.press("enter", "J")
        await until(
            pilot, lambda: tavern.connections.current.samplers.get("sampler_order") == (0, 6, 1, 3, 4, 2, 5)
        )
        await pilot.press("R")
        await until(pilot, lambda: "sampler_order" not in tavern.connections.current.samplers)


async def test_a_search_narrows_and_a_schema_is_checked(folders: Folders) -> None:
    async with bench(folders) as (pilot, tavern):
        await pilot.press("slash", *"schema", "enter")
        await until(pilot, lambda: pilot.app.screen._editing == "json_schema")  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("enter", *"{a")
        await until(pilot, lambda: "This is not JSON" in screen_text(pilot))
        assert "json_schema" not in tavern.connections.current.samplers
        await pilot.press("escape")
        await until(pilot, lambda: "Temperature" in screen_text(pilot))
