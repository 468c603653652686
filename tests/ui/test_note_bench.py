"""The author's note screen: the chat's, the character's and the default note reach files and prompt."""

from __future__ import annotations

import json

from tavern_tui.core.character import Character
from tavern_tui.storage.cards import save_card
from tavern_tui.ui.panes.authors_note.bench import NoteBench
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running, write


async def opened(pilot):
    await pilot.press("alt+w")
    await until(pilot, lambda: isinstance(pilot.app.screen, NoteBench))
    await pilot.pause()


async def closed(pilot):
    await pilot.press("escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, NoteBench))


async def test_the_chats_note_is_in_its_file_and_in_the_next_prompt(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await write(pilot, "#chat-text", "It rains on {{char}}.")
        await write(pilot, "#chat-depth", "0")
        await closed(pilot)
        header = json.loads(tavern.session.store.path.read_text().splitlines()[0])
        assert header["chat_metadata"]["note_prompt"] == "It rains on {{char}}."
        assert header["chat_metadata"]["note_depth"] == 0
        assert "It rains on Odile." in str(tavern.session.preview("hello").built.prompt)


async def test_the_characters_note_lies_over_the_default_one(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await write(pilot, "#default-text", "Plain words.")
        await write(pilot, "#character-text", "Short lines.")
        pilot.app.screen.query_one("#character-enabled").value = True
        pilot.app.screen.query_one("#character-position").value = "2"
        await pilot.pause()
        await closed(pilot)
        assert "Plain words.\nShort lines." in str(tavern.session.preview("hello").built.prompt.text)
    note = json.loads(folders.st_settings.read_text())["extension_settings"]["note"]
    assert note["default"] == "Plain words."
    assert note["chara"] == [{"name": "Odile", "prompt": "Short lines.", "useChara": True, "position": 2}]


async def test_a_number_that_is_none_is_marked_and_not_kept(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await write(pilot, "#chat-depth", "deep")
        assert pilot.app.screen.query_one("#row-chat-depth").has_class("-bad")
        await closed(pilot)
        assert tavern.notes.chat.depth == 4


async def test_it_says_when_the_note_is_due(folders) -> None:
    async with running(folders) as (pilot, _tavern):
        await opened(pilot)
        await write(pilot, "#chat-interval", "3")
        await until(pilot, lambda: "sent in 3 messages of yours" in screen_text(pilot))


def metadata_of(tavern):
    return json.loads(tavern.session.store.path.read_text().splitlines()[0])["chat_metadata"]


async def test_a_group_s_chat_has_a_scenario_of_its_own_until_it_is_taken_out(folders) -> None:
    for name in ("Ann", "Bo"):
        save_card(folders, Character(name=name, scenario=f"{name}'s forge."))
    async with running(folders) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        tavern.groups.change(group.id, mode=1, strategy=1)
        await tavern.open_group(group.id)
        assert "Ann's forge.\nBo's forge." in tavern.session.preview("hello").text
        await opened(pilot)
        await write(pilot, "#instead-scenario", "A boat, with {{char}} in it.")
        await write(pilot, "#instead-system_prompt", "{{original}} Be brief.")
        await closed(pilot)
        assert metadata_of(tavern)["scenario"] == "A boat, with {{char}} in it."
        assert metadata_of(tavern)["system_prompt"] == "{{original}} Be brief."
        assert "mes_example" not in metadata_of(tavern)
        prompt = tavern.session.preview("hello").text
        assert "A boat, with Ann in it." in prompt
        assert "forge" not in prompt
        await opened(pilot)
        await write(pilot, "#instead-scenario", "")
        await closed(pilot)
        assert "scenario" not in metadata_of(tavern)
        assert "Bo's forge." in tavern.session.preview("hello").text
