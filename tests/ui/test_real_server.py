"""The app and a real llama.cpp server: a card from a file, a talk, a stop, a swipe, another server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.connection import Connection
from tavern_tui.storage.cards import write_png
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.wiring import build_tavern
from tests.ui.driving import screen_text, until
from tests.ui.test_journeys import say, tavern_of, texts

pytestmark = pytest.mark.real_server


async def test_a_png_card_talks_through_a_real_server(
    folders: Folders, tmp_path: Path, llama_url: str
) -> None:
    card = tmp_path / "ann.png"
    ann = Character(name="Ann", description="A smith.", first_message="Good dusk, {{user}}.")
    card.write_bytes(write_png(ann, None))
    tavern = build_tavern(folders, {})
    llama = Connection(name="llama", provider="llamacpp", url=llama_url, max_tokens=60)
    endless = replace(llama, name="endless", max_tokens=4000, extra_body={"ignore_eos": True})
    tavern.connections.save(llama)
    tavern.connections.save(endless)
    tavern.connections.select("llama")
    tavern.change_settings(probe_on_start=False)
    async with TavernApp(opening_of(tavern, str(card))).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Good dusk, User." in screen_text(pilot))
        await say(pilot, "Hello")
        await pilot.press("right")
        await until(pilot, lambda: len(tavern_of(pilot).session.chat.messages[-1].swipes) == 2)
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        tavern_of(pilot).connections.select("endless")
        await pilot.press(*"Go on", "enter")
        await until(pilot, lambda: len(texts(pilot)) == 5 and len(texts(pilot)[-1]) > 30)
        await pilot.press("escape")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        before = texts(pilot)
    again = build_tavern(folders, {})
    async with TavernApp(opening_of(again)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: pilot.app.tavern and texts(pilot) == before)
        assert tavern_of(pilot).connections.current.name == "endless"
