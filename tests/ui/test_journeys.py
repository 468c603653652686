"""The whole program, from the key to the file and back: real services, scripted replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tavern_tui.core.character import Character
from tavern_tui.core.connection import Connection
from tavern_tui.providers.scripted import ScriptedProvider
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.cards import save_card
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.prompt.pane import PromptPane
from tavern_tui.wiring import build_tavern
from tests.ui.driving import notes, screen_text, until

SMITH = Character(
    name="Brida", description="Brida is a smith.", first_message="*The hammer stops.* What do you need?"
)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(
        data=tmp_path / "data",
        config_file=tmp_path / "config" / "settings.toml",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )
    save_card(folders, SMITH)
    tavern = build_tavern(folders, {})
    for name, reply in (("first", "A sword, then."), ("second", "A spoon, then.")):
        tavern.connections.save(
            Connection(name=name, provider="scripted", instruct="none", extra_body={"replies": [reply]})
        )
    tavern.connections.select("first")
    tavern.change_settings(current_character="Brida", probe_on_start=False)
    return folders


@asynccontextmanager
async def running(
    folders: Folders, size: tuple[int, int] = (120, 40), *, notifications: bool = False
) -> AsyncGenerator[Pilot[Any], None]:
    app = TavernApp(opening_of(build_tavern(folders, {})))
    async with app.run_test(size=size, notifications=notifications) as pilot:
        await until(pilot, lambda: pilot.app.tavern and tavern_of(pilot).session.character.name)
        await pilot.pause()
        yield pilot


def tavern_of(pilot: Pilot[Any]) -> Tavern:
    tavern = pilot.app.tavern
    assert isinstance(tavern, Tavern)
    return tavern


def texts(pilot: Pilot[Any]) -> list[str]:
    return [message.text for message in tavern_of(pilot).session.chat.messages]


def saved(folders: Folders) -> list[str]:
    """The messages in the newest chat file."""
    newest = max(folders.chats_of("Brida").glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return [json.loads(line)["mes"] for line in newest.read_text().splitlines()[1:]]


async def say(pilot: Pilot[Any], words: str) -> None:
    count = len(texts(pilot))
    await pilot.press(*words, "enter")
    await until(pilot, lambda: len(texts(pilot)) == count + 2 and not tavern_of(pilot).session.busy)


def gated(pilot: Pilot[Any], reply: str) -> tuple[ScriptedProvider, asyncio.Event]:
    """Make the current connection hold its reply back until the event is set."""
    connections = tavern_of(pilot).connections
    provider = connections.provider()
    assert isinstance(provider, ScriptedProvider)
    provider._replies = [reply]
    provider.gate = asyncio.Event()
    return provider, provider.gate


async def test_send_swipe_switch_and_find_everything_again_after_a_restart(folders: Folders) -> None:
    async with running(folders) as pilot:
        await until(pilot, lambda: "The hammer stops." in screen_text(pilot))
        await say(pilot, "A blade.")
        assert saved(folders)[-2:] == ["A blade.", "A sword, then."]
        await pilot.press("right")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        await until(pilot, lambda: len(tavern_of(pilot).session.chat.messages[-1].swipes) == 2)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: tavern_of(pilot).connections.current.name != "first")
        tavern_of(pilot).connections.select("second")
        await say(pilot, "And for soup?")
        await until(pilot, lambda: "A spoon, then." in screen_text(pilot))
        before = texts(pilot)
    async with running(folders) as pilot:
        await until(pilot, lambda: texts(pilot) == before)
        await until(pilot, lambda: "And for soup?" in screen_text(pilot))
        assert tavern_of(pilot).connections.current.name == "second"
        assert len(tavern_of(pilot).session.chat.messages[2].swipes) == 2


async def test_escape_stops_at_once_and_what_arrived_is_saved(folders: Folders) -> None:
    async with running(folders) as pilot:
        _, gate = gated(pilot, "Once upon a time there was a smith.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
        gate.set()
        await until(pilot, lambda: len(texts(pilot)) == 3)
        gate.clear()
        await pilot.press("escape")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        await until(pilot, lambda: saved(folders)[-1].startswith("Once"))
        assert texts(pilot)[-1] == saved(folders)[-1]


async def test_edit_delete_and_undo_reach_the_file(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await pilot.press("escape", "k", "e")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*" Long.", "alt+enter")
        await until(pilot, lambda: saved(folders)[1] == "A blade. Long.")
        await pilot.press("d")
        await until(pilot, lambda: len(saved(folders)) == 2)
        await pilot.press("u")
        await until(pilot, lambda: saved(folders)[1] == "A blade. Long.")
        await until(pilot, lambda: "A blade. Long." in screen_text(pilot))


async def test_the_side_panel_shows_the_prompt_that_is_then_sent(folders: Folders) -> None:
    async with running(folders, (200, 60)) as pilot:
        await pilot.press(*"A blade.")
        await until(pilot, lambda: "Brida is a smith." in screen_text(pilot))
        pane = pilot.app.screen.query_one(PromptPane)
        pane.look()
        assert pane._preview is not None
        promised = pane._preview.text
        provider, gate = gated(pilot, "Aye.")
        gate.set()
        await pilot.press("enter")
        await until(pilot, lambda: texts(pilot)[-1] == "Aye." and not tavern_of(pilot).session.busy)
        assert provider.requests[-1].prompt.text == promised


async def test_a_half_written_message_is_there_after_a_restart(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await pilot.press(*"I was about to")
    async with running(folders) as pilot:
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "I was about to")


async def test_a_card_is_imported_by_its_path_and_opened(folders: Folders, tmp_path: Path) -> None:
    elsewhere = Folders(data=tmp_path / "other", config_file=tmp_path / "c", cache=tmp_path, state=tmp_path)
    save_card(elsewhere, Character(name="Corvin", first_message="A raven nods."))
    async with running(folders) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: pilot.app.screen.query_one("#character-list").has_focus)
        await pilot.press("i")
        await until(pilot, lambda: pilot.app.screen.query("#path"))
        pilot.app.screen.query_one("#path", Input).value = str(elsewhere.characters / "Corvin.png")
        await pilot.press("enter")
        await until(pilot, lambda: "A raven nods." in screen_text(pilot))
        assert "Corvin" in notes(pilot)


async def test_a_new_chat_begins_with_the_greeting_and_the_old_one_can_be_picked(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await pilot.press("alt+n")
        await until(pilot, lambda: len(texts(pilot)) == 1)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "A sword, then." in texts(pilot))


async def test_a_failing_server_is_told_in_a_sentence_and_nothing_is_lost(folders: Folders) -> None:
    tavern = build_tavern(folders, {})
    tavern.connections.save(Connection(name="down", provider="llamacpp", url="http://127.0.0.1:9"))
    tavern.connections.select("down")
    await tavern.close()
    async with running(folders) as pilot:
        await pilot.press(*"Hello?", "enter")
        await until(pilot, lambda: "Is the server running" in notes(pilot))
        assert texts(pilot)[-1] == "Hello?"
        assert saved(folders)[-1] == "Hello?"
        assert "Traceback" not in screen_text(pilot)


async def test_the_offline_writer_answers_on_a_fresh_machine(tmp_path: Path) -> None:
    folders = Folders(
        data=tmp_path / "d", config_file=tmp_path / "s.toml", cache=tmp_path / "c", state=tmp_path / "s"
    )
    save_card(folders, SMITH)
    build_tavern(folders, {}).change_settings(current_character="Brida", probe_on_start=False)
    async with running(folders) as pilot:
        await until(pilot, lambda: "not a language model" in notes(pilot))
        await say(pilot, "What do you forge?")
        assert texts(pilot)[-1].strip()


async def test_the_program_ends_quietly_while_a_reply_arrives(folders: Folders) -> None:
    async with running(folders) as pilot:
        gated(pilot, "Once upon a time.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
    assert saved(folders)[-1] == "Tell."
