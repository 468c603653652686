"""Slash commands from the composer."""

from __future__ import annotations

from tavern_tui.storage.folders import Folders
from tests.ui.driving import notes, screen_text, until
from tests.ui.test_journeys import folders as folders  # the fixture
from tests.ui.test_journeys import gated, running, tavern_of, texts


async def test_a_command_is_offered_finished_and_run(folders: Folders) -> None:
    async with running(folders) as pilot:
        await pilot.press(*"/sysg")
        await until(pilot, lambda: "/sysgen" in screen_text(pilot))
        await pilot.press("tab")
        await until(pilot, lambda: pilot.app.screen.query_one("#composer").text == "/sysgen ")  # type: ignore[attr-defined]
        await pilot.press(*"Weather", "enter")
        await until(pilot, lambda: texts(pilot)[-1] == "A sword, then.")
        assert tavern_of(pilot).session.chat.messages[-1].is_narrator


async def test_a_script_sends_and_its_reply_is_shown(folders: Folders) -> None:
    async with running(folders) as pilot:
        await pilot.press(*"/send Hello | /trigger", "enter")
        await until(pilot, lambda: texts(pilot)[-2:] == ["Hello", "A sword, then."])
        await until(pilot, lambda: "A sword, then." in screen_text(pilot))


async def test_a_result_is_shown_and_a_mistake_is_a_sentence(folders: Folders) -> None:
    async with running(folders) as pilot:
        await pilot.press(*"/add 20 22", "enter")
        await until(pilot, lambda: "42" in notes(pilot))
        await pilot.press(*"/nosuch x", "enter")
        await until(pilot, lambda: "no command /nosuch" in notes(pilot))
        assert pilot.app.screen.query_one("#composer").text == "/nosuch x"  # type: ignore[attr-defined]


async def test_help_is_shown_to_be_read(folders: Folders) -> None:
    async with running(folders) as pilot:
        await pilot.press(*"/help times", "enter")
        await until(pilot, lambda: "Run a closure so many times" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_stop_works_while_a_reply_arrives(folders: Folders) -> None:
    async with running(folders) as pilot:
        gated(pilot, "Once upon a time.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
        await pilot.press(*"/stop", "enter")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
