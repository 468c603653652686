"""Tabs on the screen: the bar, the keys, and what a reply does where nobody looks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from textual.pilot import Pilot

from tavern_tui.providers.scripted import ScriptedProvider
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.tab_bar import TabBar, _window
from tests.services.helpers import scripted
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running


async def bread(folders: Folders, made: Tavern, *replies: str) -> ScriptedProvider:
    """Bo is in the library, and a script answers."""
    path = folders.data.parent / "bo.json"
    path.write_text(json.dumps({"name": "Bo", "description": "", "first_mes": "Bread?"}))
    await made.library.import_file(path)
    made.connections.save(scripted(*replies))
    made.connections.select("script")
    provider = made.connections.provider()
    assert isinstance(provider, ScriptedProvider)
    return provider


async def open_bo(pilot: Pilot[Any], made: Tavern) -> None:
    await pilot.press("alt+o")
    await pilot.pause()
    await pilot.press("b", "o", "enter")
    await until(pilot, lambda: made.session.name == "Bo")
    await pilot.pause()


async def test_the_bar_is_there_from_the_second_chat_on_and_can_be_clicked(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await bread(folders, made, "Yes.")
        bar = pilot.app.screen.query_one(TabBar)
        assert not bar.display
        await open_bo(pilot, made)
        assert bar.display
        assert "Bread?" in screen_text(pilot)
        await pilot.click(TabBar, offset=(3, 0))
        await until(pilot, lambda: made.session.name == "Odile")
        await pilot.press("ctrl+pagedown")
        await until(pilot, lambda: made.session.name == "Bo")
        await pilot.press("alt+q")
        await until(pilot, lambda: len(made.tabs) == 1)
        await pilot.pause()
        assert not bar.display


async def test_a_reply_goes_on_behind_and_says_when_it_is_there(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        provider = await bread(folders, made, "One two three.")
        await open_bo(pilot, made)
        provider.gate = asyncio.Event()
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: provider.requests)
        bo = made.session
        await pilot.press("ctrl+pageup", "x")
        await until(pilot, lambda: made.session.name == "Odile")
        await pilot.pause()
        assert "●Bo" in screen_text(pilot)
        assert "One two" not in screen_text(pilot)
        provider.gate.set()
        await until(pilot, lambda: not bo.busy)
        await until(pilot, lambda: "Bo has answered." in notes(pilot))
        assert "•Bo" in screen_text(pilot)
        assert made.session.draft == "x"
        await pilot.press("ctrl+pagedown")
        await until(pilot, lambda: made.session is bo)
        await pilot.pause()
        assert "One two three." in screen_text(pilot)
        assert "•Bo" not in screen_text(pilot)


async def test_a_reply_is_followed_on_by_whoever_comes_back_to_it(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        provider = await bread(folders, made, "One two three.")
        await open_bo(pilot, made)
        provider.gate = asyncio.Event()
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: provider.requests)
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: made.session.name == "Odile")
        await pilot.press("ctrl+pagedown")
        await until(pilot, lambda: made.session.name == "Bo")
        provider.gate.set()
        await until(pilot, lambda: "One two three." in screen_text(pilot))
        assert screen_text(pilot).count("One two") == 1


async def test_what_waits_to_be_sent_stays_with_its_chat(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        provider = await bread(folders, made, "One.", "Two.")
        await open_bo(pilot, made)
        bo = made.session
        provider.gate = asyncio.Event()
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: provider.requests)
        await pilot.press("m", "e", "enter")
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: made.session.name == "Odile")
        provider.gate.set()
        await until(pilot, lambda: len(provider.requests) == 2 and not bo.busy)
        assert [message.text for message in bo.chat.messages][1:] == ["hi", "One.", "me", "Two."]
        assert all(message.text != "me" for message in made.session.chat.messages)


async def test_esc_stops_only_the_chat_that_is_looked_at(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        provider = await bread(folders, made, "One two three.")
        await open_bo(pilot, made)
        bo = made.session
        provider.gate = asyncio.Event()
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: provider.requests)
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: made.session.name == "Odile")
        await pilot.press("escape")
        await pilot.pause()
        assert bo.busy
        provider.gate.set()
        await until(pilot, lambda: not bo.busy)
        assert bo.chat.messages[-1].text == "One two three."


async def test_the_place_where_one_reads_is_found_again(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await bread(folders, made, "Yes.")
        await open_bo(pilot, made)
        for number in range(60):
            made.session.chat.messages.append(made.session.chat.messages[0].with_text(f"Message {number}."))
        chat = pilot.app.screen.chat  # type: ignore[attr-defined]
        chat.reload()
        await pilot.pause()
        chat.transcript.scroll_to(y=20, animate=False)
        await pilot.pause()
        before = screen_text(pilot)
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: made.session.name == "Odile")
        await pilot.press("ctrl+pagedown")
        await until(pilot, lambda: made.session.name == "Bo")
        await pilot.pause()
        assert screen_text(pilot) == before


async def test_a_connection_is_bound_by_key(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await bread(folders, made, "Yes.")
        await pilot.press("alt+k")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "From now on: script" in notes(pilot))
        assert made.session.chat.metadata["tavern_tui"] == {"connection": "script"}


def test_the_current_tab_is_always_in_the_window() -> None:
    for current in range(10):
        first, last = _window([8] * 10, current, 30)
        assert first <= current < last
        assert last - first == 3
    assert _window([8] * 3, 0, 80) == (0, 3)
    assert _window([50], 0, 10) == (0, 1)
