"""What a chat's file tells the prompt, and what a send writes back into its header."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tests.services.helpers import CARD, run, scripted, tavern


def metadata(made: Tavern) -> dict[str, Any]:
    """The metadata in the file of the open chat."""
    path = made.session.store.path
    assert path is not None
    found = json.loads(path.read_text(encoding="utf-8").splitlines()[0])["chat_metadata"]
    assert isinstance(found, dict)
    return found


def settings(folders: Folders, **memory: object) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    folders.st_settings.write_text(json.dumps({"extension_settings": {"memory": memory}}))


async def remember(made: Tavern, *summaries: str) -> None:
    """A chat whose messages carry these summaries, each newer than the one before."""
    for summary in summaries:
        await run(made.session.send("Go on"))
        last = made.session.chat.messages[-1]
        made.session.chat.messages[-1] = last.with_extra({"memory": summary})


async def test_the_newest_summary_is_in_the_prompt(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        assert "Summary" not in made.session.preview("Hi").text
        await remember(made, "They met.", "They parted.")
        text = made.session.preview("Hi").text
        assert "[Summary: They parted.]" in text
        assert "They met." not in text
        made.session.delete(-1)
        assert "[Summary: They met.]" in made.session.preview("Hi").text


@pytest.mark.parametrize(
    ("memory", "line"),
    [
        ({"template": "So far: {{summary}}", "position": 1, "depth": 0}, "\nSo far: They met.\nAnn:"),
        ({"template": "", "position": 1, "depth": 0, "role": 1}, "\nUser: Summary: They met.\nAnn:"),
    ],
)
async def test_the_summary_stands_where_the_settings_say(
    folders: Folders, memory: dict[str, object], line: str
) -> None:
    settings(folders, **memory)
    async with tavern(folders, scripted("x")) as made:
        await remember(made, "They met.")
        assert made.session.preview("Hi").text.rstrip("\n").endswith(line)


async def test_what_scripts_injected_is_in_the_prompt(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        made.session.chat.metadata["script_injects"] = {
            "rain": {"value": "It rains on {{char}}.", "position": 1, "depth": 1, "role": 0, "filter": None},
            "word": {"value": "A word.", "position": "chat", "depth": 0, "role": "user"},
            "off": {"value": "Nowhere.", "position": -1},
            "odd": {"value": 7},
            "broken": "no record",
        }
        text = made.session.preview("Hi").text.rstrip("\n")
        assert text.endswith("It rains on Ann.\nUser: Hi\nUser: A word.\nAnn:")
        assert "Nowhere" not in text


async def test_an_injection_that_is_scanned_wakes_lore(folders: Folders) -> None:
    book = {"entries": [{"keys": ["flood"], "content": "Ann swims.", "enabled": True, "insertion_order": 1}]}
    card: dict[str, object] = {"spec": "chara_card_v2", "data": {**CARD, "character_book": book}}
    async with tavern(folders, scripted("x"), card=card) as made:
        record = {"value": "A flood comes.", "position": 1, "depth": 9}
        made.session.chat.metadata["script_injects"] = {"news": record}
        assert "Ann swims." not in made.session.preview("Hi").text
        made.session.chat.metadata["script_injects"] = {"news": {**record, "scan": True}}
        assert "Ann swims." in made.session.preview("Hi").text


async def test_a_send_notes_the_oldest_message_that_found_room(folders: Folders) -> None:
    small = replace(scripted("word " * 60), context_size=400, max_tokens=60)
    async with tavern(folders, small) as made:
        await run(made.session.send("Hello"))
        assert metadata(made).get("lastInContextMessageId", 0) == 0
        for _ in range(5):
            await run(made.session.send("Tell me more of it."))
        noted = made.session.chat.metadata["lastInContextMessageId"]
        assert isinstance(noted, int)
        assert 0 < noted < len(made.session.chat.messages)
        preview = made.session.preview("{{firstIncludedMessageId}}")
        assert f"User: {noted}\n" in preview.text
    assert metadata(made)["lastInContextMessageId"] == noted


async def test_a_preview_notes_nothing(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        path = made.session.store.path
        assert path is not None
        title = made.session.chat.title
        await made.open_character("Ann")
        before = path.read_bytes()
        await made.open_chat("Ann", title)
        made.session.preview("Hi")
        await made.session.aclose()
        assert path.read_bytes() == before


async def test_effects_that_last_for_some_messages_are_kept_with_the_chat(folders: Folders) -> None:
    entry = {
        "uid": 1,
        "key": ["river"],
        "content": "The river is high.",
        "sticky": 3,
        "order": 1,
    }
    async with tavern(folders, scripted("x")) as made:
        folders.worlds.mkdir(parents=True, exist_ok=True)
        (folders.worlds / "Valley.json").write_text(json.dumps({"entries": {"1": entry}}))
        made.session.chat.metadata["world_info"] = "Valley"
        made.session.preview("The river?")
        assert "timedWorldInfo" not in made.session.chat.metadata
        await run(made.session.send("The river?"))
        (effect,) = metadata(made)["timedWorldInfo"]["sticky"].values()
        assert effect["end"] - effect["start"] == 3
        made.session.edit(1, "Nothing")
        assert "The river is high." in made.session.preview("And?").text
