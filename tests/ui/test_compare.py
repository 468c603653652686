"""Two models answer side by side; one reply is kept, or both."""

from __future__ import annotations

from tavern_tui.core.connection import Connection
from tavern_tui.storage.folders import Folders
from tests.ui.driving import notes, screen_text, until
from tests.ui.test_journeys import folders as folders  # the fixture
from tests.ui.test_journeys import running, saved, tavern_of, texts


async def test_both_replies_are_seen_and_one_is_kept(folders: Folders) -> None:
    async with running(folders) as pilot:
        await pilot.press(*"Which?", "alt+v")
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press(*"second", "enter")
        await until(pilot, lambda: "A sword, then." in screen_text(pilot) and "A spoon" in screen_text(pilot))
        await until(pilot, lambda: "Keep the second" in screen_text(pilot))
        await pilot.press("2")
        await until(pilot, lambda: texts(pilot)[-2:] == ["Which?", "A spoon, then."])
        await until(pilot, lambda: saved(folders)[-1] == "A spoon, then.")
        assert len(tavern_of(pilot).session.chat.messages[-1].swipes) == 1


async def test_both_are_kept_as_swipes_and_the_narrow_screen_shows_both(folders: Folders) -> None:
    async with running(folders, size=(70, 24)) as pilot:
        await pilot.press(*"Which?", "alt+v")
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press(*"second", "enter")
        await until(pilot, lambda: "A sword, then." in screen_text(pilot) and "A spoon" in screen_text(pilot))
        await until(pilot, lambda: "Keep both" in screen_text(pilot))
        await pilot.press("b")
        await until(pilot, lambda: len(tavern_of(pilot).session.chat.messages[-1].swipes) == 2)


async def test_with_one_connection_it_says_that_two_are_needed(folders: Folders) -> None:
    async with running(folders) as pilot:
        connections = tavern_of(pilot).connections
        connections.select("offline")
        for name in ("first", "second"):
            connections.remove(name)
        await pilot.press(*"Which?", "alt+v")
        await until(pilot, lambda: "need two connections" in notes(pilot))
        assert not pilot.app.screen.query("#search")


async def test_a_side_that_fails_says_so_and_two_that_fail_lose_nothing(folders: Folders) -> None:
    async with running(folders) as pilot:
        tavern = tavern_of(pilot)
        tavern.connections.save(Connection(name="down", provider="generic", url="http://127.0.0.1:9"))
        tavern.connections.save(Connection(name="downtoo", provider="generic", url="http://127.0.0.1:9"))
        await pilot.press(*"Which?", "alt+v")
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press(*"down", "enter")
        await until(pilot, lambda: "nothing listens" in screen_text(pilot))
        await until(pilot, lambda: "Keep both" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: texts(pilot)[-1] == "A sword, then.")
        tavern.connections.select("downtoo")
        await pilot.press(*"Hm", "alt+v")
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press(*"down", "enter")
        await until(pilot, lambda: "nothing listens" in notes(pilot))
        assert texts(pilot)[-1] == "Hm"
