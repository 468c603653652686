"""API keys in the connection pane: added, chosen, removed, and never shown."""

from __future__ import annotations

from tavern_tui.core.connection import Connection
from tavern_tui.storage.folders import Folders
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running

KEY = "sk-0123456789-abcd-wxyz"


async def test_a_key_is_added_under_a_label_used_and_removed(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        made.connections.save(Connection(name="cloud", provider="openai", model="gpt-4o"))
        await pilot.press("f2")
        await pilot.pause()
        await pilot.press("home", "k")
        await until(pilot, lambda: "Keys for cloud" in screen_text(pilot))
        await pilot.press(*"add", "enter")
        await until(pilot, lambda: "The key itself" in screen_text(pilot))
        await pilot.press(*KEY)
        assert KEY not in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "A label to tell it by" in screen_text(pilot))
        await pilot.press(*"work", "enter")
        await until(pilot, lambda: "kept and used" in notes(pilot))
        await until(pilot, lambda: "…wxyz  from the file  in use" in screen_text(pilot))
        connection = made.connections.find("cloud")
        assert connection is not None
        assert made.connections.key_of(connection) == KEY
        await pilot.press(*"work", "enter")
        await until(pilot, lambda: "Remove it" in screen_text(pilot))
        await pilot.press(*"remove", "enter")
        await until(pilot, lambda: made.connections.key_of(connection) is None)
        await until(pilot, lambda: "Keys for cloud" in screen_text(pilot))
        assert KEY not in pilot.app.export_screenshot()


async def test_who_takes_no_key_is_offered_none(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        assert made.connections.current.name == "offline"
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query("#connection-list"))
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        await pilot.press("k")
        await until(pilot, lambda: "takes no key" in notes(pilot))
