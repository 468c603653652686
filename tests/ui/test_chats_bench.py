"""The chats screen, and branches from messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tavern_tui.services.editing import Said
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.dialogs.confirm import Confirm
from tavern_tui.ui.panes.chats.bench import ChatsBench
from tests.ui.driving import notes, screen_text, until
from tests.ui.test_journeys import folders as folders  # the fixture
from tests.ui.test_journeys import running, say, tavern_of, texts


@asynccontextmanager
async def bench(folders: Folders) -> AsyncGenerator[Pilot[Any], None]:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await pilot.press("alt+h")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatsBench))
        await until(pilot, lambda: "1 chat" in screen_text(pilot))
        yield pilot


def titles(folders: Folders) -> set[str]:
    return {path.stem for path in folders.chats_of("Brida").glob("*.jsonl")}


async def ask(pilot: Pilot[Any], key: str, words: str) -> None:
    depth = len(pilot.app.screen_stack)
    await pilot.press(key)
    await until(pilot, lambda: len(pilot.app.screen_stack) > depth)
    for widget in pilot.app.screen.query("Input"):
        widget.value = ""  # type: ignore[attr-defined]
    await pilot.press(*words, "enter")
    await until(pilot, lambda: len(pilot.app.screen_stack) == depth)


async def test_a_chat_is_renamed_copied_deleted_and_brought_back(folders: Folders) -> None:
    async with bench(folders) as pilot:
        await until(pilot, lambda: "A sword, then." in screen_text(pilot))
        await ask(pilot, "r", "First talk")
        await until(pilot, lambda: titles(folders) == {"First talk"})
        assert tavern_of(pilot).session.chat.title == "First talk"
        await pilot.press("c")
        await until(pilot, lambda: len(titles(folders)) == 2)
        await until(pilot, lambda: "2 chats" in screen_text(pilot))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatsBench))
        assert len(titles(folders)) == 2
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: len(titles(folders)) == 1)
        await until(pilot, lambda: "in the trash" in notes(pilot))
        await ask(pilot, "u", "")
        await until(pilot, lambda: len(titles(folders)) == 2)


async def test_a_chat_is_exported(folders: Folders) -> None:
    async with bench(folders) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: "Markdown" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query("#line"))
        target = folders.data.parent / "talk.md"
        pilot.app.screen.query_one("#line").value = str(target)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, target.exists)
        assert "A sword, then." in target.read_text("utf-8")


async def test_a_branch_begins_at_a_message_and_leads_back(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        before = tavern_of(pilot).session.chat.title
        await pilot.press("escape", "k", "b")
        await until(pilot, lambda: tavern_of(pilot).session.chat.title != before)
        assert texts(pilot)[-1] == "A blade."
        assert len(titles(folders)) == 2
        await pilot.press("escape", "P")
        await until(pilot, lambda: tavern_of(pilot).session.chat.title == before)
        await pilot.press("escape", "B")
        await until(pilot, lambda: pilot.app.screen.query("#line"))
        await pilot.press(*"Save", "enter")
        await until(pilot, lambda: "Save" in titles(folders))
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.press("alt+h")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatsBench))
        await pilot.press("t")
        await until(pilot, lambda: "└ Save" in screen_text(pilot))


async def test_chats_by_commands(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        tavern_of(pilot).session.add(Said.USER, "More.")
        await pilot.press(*"/renamechat Talk", "enter")
        await until(pilot, lambda: titles(folders) == {"Talk"})
        await pilot.press(*"/branch-create 1", "enter")
        await until(pilot, lambda: len(titles(folders)) == 2)
        await until(pilot, lambda: texts(pilot)[-1] == "A blade.")
        await pilot.press(*"/checkpoint-exit", "enter")
        await until(pilot, lambda: texts(pilot)[-1] == "More.")
        await pilot.press(*"/delchat", "enter")
        await until(pilot, lambda: "Talk" not in titles(folders))


async def test_words_are_found_in_all_chats_and_lead_to_their_message(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "Where is the moonlit bridge?")
        first = tavern_of(pilot).session.chat.title
        await pilot.press("alt+n")
        await until(pilot, lambda: tavern_of(pilot).session.chat.title != first)
        await say(pilot, "Something else.")
        await pilot.press("ctrl+f")
        await until(pilot, lambda: "Search all chats" in screen_text(pilot))
        await pilot.press(*"moonlit")
        await until(pilot, lambda: "1 message, newest" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: tavern_of(pilot).session.chat.title == first)
        await until(pilot, lambda: pilot.app.screen.query_one("#transcript").cursor == 1)  # type: ignore[attr-defined]


async def test_statistics_of_these_chats_and_of_everybodys(folders: Folders) -> None:
    async with bench(folders) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: "1 chat with Brida" in screen_text(pilot))
        assert "3 messages, 1 of them yours" in screen_text(pilot)
        await pilot.press("w")
        await until(pilot, lambda: "with everybody" in screen_text(pilot))
        assert "Brida" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatsBench))


async def test_a_chat_is_opened_in_a_tab(folders: Folders) -> None:
    async with bench(folders) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: "2 chats" in screen_text(pilot))
        made = tavern_of(pilot)
        copy = next(title for title in titles(folders) if title != made.session.chat.title)
        screen = pilot.app.screen
        assert isinstance(screen, ChatsBench)
        screen.refresh_list(copy)
        await until(pilot, lambda: screen.here == copy)
        await pilot.press("o")
        await until(pilot, lambda: [tab.title for tab in made.tabs][1:] == [copy])
        assert made.session.chat.title == copy
