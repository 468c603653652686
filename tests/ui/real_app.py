"""The real program on throw-away folders, for screens that edit files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.wiring import build_tavern
from tests.ui.driving import until


@asynccontextmanager
async def running(
    folders: Folders, size: tuple[int, int] = (120, 40), *, notifications: bool = False
) -> AsyncIterator[tuple[Pilot[Any], Tavern]]:
    """The app with its bundled character open, and the tavern behind it."""
    tavern = build_tavern(folders, {})
    tavern.change_settings(probe_on_start=False)
    async with TavernApp(opening_of(tavern)).run_test(size=size, notifications=notifications) as pilot:
        await until(pilot, lambda: tavern.session.character.name)
        await pilot.pause()
        yield pilot, tavern


async def write(pilot: Pilot[Any], selector: str, text: str) -> None:
    """Replace what a text field holds, as a paste would."""
    field = pilot.app.screen.query_one(selector)
    field.focus()
    if hasattr(field, "load_text"):
        field.text = text
    else:
        field.value = text
    await pilot.pause()
