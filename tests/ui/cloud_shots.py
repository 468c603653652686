"""Takes pictures of the evenings with cloud services: `python -m tests.ui.cloud_shots DIR` writes SVG files.

The real program against the strict fakes, on a throw-away data folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual import events
from textual.pilot import Pilot

from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.composer import Composer
from tests.ui.driving import until
from tests.ui.shots import settle
from tests.ui.telling import TellsAsClaude, TellsAsGemini, TellsAsOpenAI, Told, telling
from tests.ui.test_attach import a_picture
from tests.ui.test_cloud_journeys import Ravens, say, talking_to

THOUGHTS = (
    "The guest asks about the bridge. ",
    "Odile knows that the flood took it in spring, and that nobody has the money to build it anew. ",
    "She would not say so at once: first the soup, then the bad news.",
)
BRIDGE = (
    '*She puts the ladle down.* "The bridge?',
    " Gone since the **spring flood**. There is a ford",
    ' below the mill, if you do not mind wet boots."',
)
SEEN = (
    '*She holds it to the light.* "Green all over, and nothing on it.',
    ' Either your painter is very modern, or he was in a hurry."',
)


async def thinking(folders: Folders, save: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    fake = telling(TellsAsClaude, Told(thoughts=THOUGHTS, signature="SEAL=="), reply=BRIDGE)
    fake.pace = 0.3
    asked = {"preset": {"reasoning_effort": "medium"}, "model": "claude-opus-5"}
    async with talking_to(folders, fake, **asked) as (pilot, tavern):
        await say(pilot, tavern, "Is the bridge still there?")
        await pilot.press("escape", "t")
        await save(pilot)


async def tools(folders: Folders, save: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    calls = (Told(call=("roll_dice", {"formula": "2d6+1"})), Told(call=("send_raven", {"to": "Mia"})))
    fake = telling(TellsAsOpenAI, *calls, reply=BRIDGE)
    async with talking_to(folders, fake, preset={"function_calling": True}) as (pilot, tavern):
        tavern.tools.add_source(Ravens())
        await pilot.press(*"Roll for luck", "enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "ToolConsent")
        await pilot.press("o")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 5 and not tavern.session.busy)
        await pilot.press("escape", "k", "t", "k", "t")
        await save(pilot)


async def picture(folders: Folders, save: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    fake = telling(TellsAsGemini, reply=SEEN)
    async with talking_to(folders, fake) as (pilot, tavern):
        await _drop(pilot, tavern, a_picture(folders.data.parent / "the old bridge.png", (3000, 1500)))
        await say(pilot, tavern, "What do you make of this?")
        await _drop(pilot, tavern, a_picture(folders.data.parent / "the new bridge.png", (640, 400)))
        await pilot.press(*"And of this one?")
        await save(pilot)


async def _drop(pilot: Pilot[Any], tavern: Tavern, path: Path) -> None:
    pilot.app.screen.query_one(Composer).post_message(events.Paste(f"'{path}'"))
    await until(pilot, lambda: tavern.session.attached)


async def refusal(folders: Folders, save: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    fake = telling(TellsAsGemini, Told(ends="SAFETY"), reply=BRIDGE[:2])
    async with talking_to(folders, fake, notifications=True) as (pilot, tavern):
        pilot.app.clear_notifications()
        await say(pilot, tavern, "I draw the knife.")
        await save(pilot)


SCENES = {"thinking": thinking, "tools": tools, "picture": picture, "refusal": refusal}


async def take(name: str, folder: Path, target: Path) -> None:
    """Write the picture of one evening."""
    folders = Folders(
        data=folder / "data",
        config_file=folder / "settings.toml",
        cache=folder / "cache",
        state=folder / "state",
    )

    async def save(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        if name != "refusal":
            pilot.app.clear_notifications()
            await settle(pilot)
        shot = pilot.app.export_screenshot(title="tavern-tui")
        (target / f"cloud-{name}-120x40.svg").write_text(shot, encoding="utf-8")

    await SCENES[name](folders, save)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        with TemporaryDirectory() as made:
            asyncio.run(take(scene, Path(made), where))
