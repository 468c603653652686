"""Takes the README's screenshots: `python -m tests.ui.shots DIR` writes SVG files.

The real program on a throw-away data folder, with the bundled character and a few sample lines.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.pilot import Pilot

from tavern_tui.core.chat import Swipe, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.wiring import build_tavern
from tests.ui.driving import until

TALK = (
    ("", True, 'I shake the rain from my coat. *The fire is the only light.* "Is the kitchen still open?"'),
    (
        "{char}",
        False,
        '*A ladle stops in mid-air.* "For someone who walked here in **that**? Always." There is:\n\n'
        "- barley soup, from noon\n- bread, from *this* morning\n- and whatever the cat has left\n\n"
        '"Sit. You can pay with the story of where you come from."',
    ),
    ("", True, '"Then make it soup, 二人分 please." I count the coins twice. 🍲'),
    (
        "{char}",
        False,
        '*Two bowls, then.* She does not ask who the second is for. "The bridge is down, you know. '
        'You will be here for a night or two, and the house has its rules:"\n\n'
        "```\nboots off    cats before guests    no ghosts after ten\n```",
    ),
)


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the size in cells, the theme, the keys pressed before."""

    name: str
    size: tuple[int, int]
    theme: str = "Alehouse"
    keys: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    """SillyTavern's settings.json."""
    connection: Connection | None = None
    """One more, which is used."""


def a_script(name: str, find: str, put: str, **more: object) -> dict[str, object]:
    """A regex script for replies."""
    return {"scriptName": name, "findRegex": find, "replaceString": put, "placement": [2], **more}


SCRIPTS = (
    a_script("Plain quotes", "/[“”]/g", '"'),
    a_script("Stars to slashes", r"/\*([^*]+)\*/g", "/$1/", markdownOnly=True),
    a_script("Hide thoughts", r"/<think>.*?<\/think>/gs", "", promptOnly=True, markdownOnly=True),
    a_script("Shout the name", "/({{char}}/g", "**$1**"),
    a_script("No emoji", r"/\p{Emoji_Presentation}/gu", "", disabled=True),
)


CHAT_API = Connection(name="llama.cpp, chat", provider="llamacpp-chat", model="mistral-nemo-12b-instruct")

SHOTS = (
    Shot("main-80x24", (80, 24)),
    Shot("main-120x40", (120, 40)),
    Shot("main-200x60", (200, 60)),
    Shot("main-120x40-light", (120, 40), theme="Parchment"),
    Shot("main-200x60-light", (200, 60), theme="Parchment"),
    Shot("prompt-120x40", (120, 40), keys=("f4",)),
    Shot("messages-120x40", (120, 40), keys=("escape", "k")),
    Shot("connection-120x40", (120, 40), keys=("f2", "a")),
    Shot("switch-120x40", (120, 40), keys=("ctrl+o",)),
    Shot("tabs-120x40", (120, 40), keys=("alt+o", "enter", "ctrl+pageup")),
    Shot("tabs-80x24", (80, 24), keys=("alt+o", "enter", "ctrl+pageup")),
    *(
        Shot(f"bubbles-{width}x{height}", (width, height), keys=("f12", "down", "enter", "escape"))
        for width, height in ((80, 24), (120, 40), (200, 60))
    ),
    Shot("look-120x40", (120, 40), keys=("f12",)),
    Shot("tools-120x40", (120, 40), keys=("f11",)),
    Shot("help-120x40", (120, 40), keys=("f1",)),
    *(
        Shot(f"templates-{width}x{height}", (width, height), keys=("ctrl+n", "f8", "v", "enter"))
        for width, height in ((80, 24), (120, 40))
    ),
    *(
        Shot(
            f"regex-{width}x{height}",
            (width, height),
            keys=("f9", "down", "enter"),
            settings={"extension_settings": {"regex": SCRIPTS}},
        )
        for width, height in ((80, 24), (120, 40))
    ),
    *(
        Shot(f"manager-{width}x{height}", (width, height), keys=("f7",), connection=CHAT_API)
        for width, height in ((80, 24), (120, 40))
    ),
)


async def take(shot: Shot, folder: Path) -> str:
    """The picture as SVG."""
    folders = Folders(
        data=folder / "data",
        config_file=folder / "settings.toml",
        cache=folder / "cache",
        state=folder / "state",
    )
    folders.data.mkdir(parents=True, exist_ok=True)
    if shot.settings:
        folders.st_settings.write_text(json.dumps(shot.settings), encoding="utf-8")
    tavern = build_tavern(folders, {})
    tavern.change_settings(theme=shot.theme, probe_on_start=False)
    for connection in CONNECTIONS:
        tavern.connections.save(connection)
    if shot.connection is not None:
        tavern.connections.save(shot.connection)
        tavern.connections.select(shot.connection.name)
    app = TavernApp(opening_of(tavern))
    async with app.run_test(size=shot.size) as pilot:
        await until(pilot, lambda: tavern.session.character.name)
        talk(tavern.session)
        pane = app.screen.query_one(ChatPane)
        pane.reload()
        pane.post_message(ChatPane.Settled())
        await settle(pilot)
        for key in shot.keys:
            await pilot.press(key)
            await settle(pilot)
        app.clear_notifications()
        await settle(pilot)
        return app.export_screenshot(title="tavern-tui")


CONNECTIONS = (
    Connection(name="Workstation", provider="llamacpp", model="mistral-nemo-12b-instruct.Q5_K_M.gguf"),
    Connection(name="KoboldCpp", provider="koboldcpp", model="tiefighter-13b"),
)


def talk(session: Any) -> None:
    """Put the sample lines into the chat."""
    greeting = session.chat.messages[0]
    session.chat.messages[:] = [greeting] + [
        a_message(name.format(char=session.character.name) or session.persona.name, text, is_user=is_user)
        for name, is_user, text in TALK
    ]
    last = session.chat.messages[-1]
    session.chat.messages[-1] = last.with_swipe(Swipe(text=last.text))


async def settle(pilot: Pilot[Any]) -> None:
    for _ in range(3):
        await pilot.pause(0.25)


def take_all(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        with TemporaryDirectory() as folder:
            (target / f"{shot.name}.svg").write_text(asyncio.run(take(shot, Path(folder))))


if __name__ == "__main__":
    take_all(Path(sys.argv[1]))
