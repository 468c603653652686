"""Another program writes the chat that is on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.screens import elsewhere
from tests.services.helpers import texts
from tests.services.test_chat_elsewhere import add_line, change_line, on_disk
from tests.services.test_chat_files import put_chat, said
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running
from tests.ui.test_tabs import bread


async def shared(pilot: Pilot[Any], made: Tavern, folders: Folders) -> Path:
    """A chat with Bo on the screen, and its file."""
    await bread(folders, made, "Well.")
    path = put_chat(folders, "Shared", said("one"), said("two"), integrity="i", owner=ChatOwner(id="Bo"))
    await made.open_chat("Bo", "Shared")
    await pilot.pause()
    return path


def look_away_and_back(pilot: Pilot[Any]) -> None:
    pilot.app.app_focus = False
    pilot.app.app_focus = True


async def test_what_was_added_is_on_the_screen_when_one_looks_again(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        path = await shared(pilot, made, folders)
        add_line(path, said("added by somebody"))
        look_away_and_back(pilot)
        await until(pilot, lambda: "added by somebody" in screen_text(pilot))


async def test_a_key_is_reason_enough_to_look(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "AGAIN", 0.0)
    async with running(folders) as (pilot, made):
        path = await shared(pilot, made, folders)
        add_line(path, said("added by somebody"))
        await pilot.press("x")
        await until(pilot, lambda: "added by somebody" in screen_text(pilot))


async def test_one_chooses_between_two_versions_and_the_other_is_kept(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        path = await shared(pilot, made, folders)
        change_line(path, "two", "deux")
        look_away_and_back(pilot)
        await until(pilot, lambda: "changed by another program" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Your version is in the file" in notes(pilot))
        assert on_disk(path) == ["one", "two"]
        change_line(path, "two", "deux")
        look_away_and_back(pilot)
        await until(pilot, lambda: "changed by another program" in screen_text(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: texts(made) == ["one", "deux"])
        await until(pilot, lambda: "deux" in screen_text(pilot))


async def test_who_decides_later_is_not_asked_again_but_can_ask(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        path = await shared(pilot, made, folders)
        change_line(path, "two", "deux")
        look_away_and_back(pilot)
        await until(pilot, lambda: "changed by another program" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        look_away_and_back(pilot)
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("alt+d")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("escape")
        assert on_disk(path) == ["one", "deux"]
        assert texts(made) == ["one", "two"]
