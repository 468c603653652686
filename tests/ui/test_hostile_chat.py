"""Chats that nobody writes by hand: a message of 50 MB, a message with 1,000 swipes."""

from __future__ import annotations

import json
from pathlib import Path

from tavern_tui.core.chat import a_message
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.layout import MAX_TEXT, Layout
from tavern_tui.ui.panes.chat.message import shown
from tests.services.helpers import scripted
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running


def line(text: str, **more: object) -> dict[str, object]:
    return {"name": "Odile", "is_user": False, "is_system": False, "mes": text, "extra": {}, **more}


def put(folders: Folders, owner: str, title: str, *lines: dict[str, object]) -> Path:
    folder = folders.chats_of(owner)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{title}.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in ({"chat_metadata": {}}, *lines)), "utf-8")
    return path


def test_a_huge_message_is_laid_out_up_to_a_limit_and_says_so() -> None:
    message = shown(a_message("Ann", "A word and another. " * (MAX_TEXT // 10)))
    lines = Layout(message, 80).lines
    assert lines[-2].text == "… more than can be shown here"
    assert sum(len(one.text) + 1 for one in lines) < MAX_TEXT * 1.1


async def test_a_chat_with_a_message_of_50_mb_is_shown_answered_and_kept(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        made.connections.save(scripted("I see."))
        made.connections.select("script")
        name = made.session.character.file
        huge = "A word and another. " * 2_621_440
        path = put(folders, name, "Huge", line("before"), line(huge), line("after"))
        await made.open_chat(name, "Huge")
        await until(pilot, lambda: "after" in screen_text(pilot))
        await pilot.press(*"Hm", "enter")
        await until(pilot, lambda: "I see." in screen_text(pilot) and not made.session.busy)
    texts = [json.loads(one)["mes"] for one in path.read_text("utf-8").splitlines()[1:]]
    assert [len(text) for text in texts] == [6, len(huge), 5, 2, 6]


async def test_one_of_a_thousand_swipes_is_picked(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        name = made.session.character.file
        swipes = [f"Version {number}." for number in range(1000)]
        put(
            folders,
            name,
            "Many",
            line("Hello."),
            line(swipes[-1], swipes=swipes, swipe_id=999, swipe_info=[{} for _ in swipes]),
        )
        await made.open_chat(name, "Many")
        await until(pilot, lambda: "1000/1000" in screen_text(pilot))
        await pilot.press("ctrl+up", "s")
        await until(pilot, lambda: "Swipes of #1" in screen_text(pilot))
        await pilot.press("up", "enter")
        await until(pilot, lambda: "Version 998." in screen_text(pilot))
        assert made.session.chat.messages[1].shown == 998
