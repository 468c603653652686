"""The group screen: cast, order, who may speak, and talking in the open group."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.connection import Connection
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.storage.cards import read_card, save_card
from tavern_tui.ui.panes.groups.bench import GroupBench
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running, write


@pytest.fixture
def cast(folders):
    """Three characters to make groups of."""
    for name in ("Ann", "Bo", "Cy"):
        save_card(
            folders, Character(name=name, description=f"{name} is here.", first_message=f"I am {name}.")
        )
    return folders


async def opened(pilot) -> GroupBench:
    await pilot.press("alt+g")
    await until(pilot, lambda: isinstance(pilot.app.screen, GroupBench))
    await pilot.pause()
    return pilot.app.screen


def answers(tavern, *replies) -> None:
    tavern.connections.save(
        Connection(name="s", provider="scripted", instruct="none", extra_body={"replies": list(replies)})
    )
    tavern.connections.select("s")


def group_file(folders):
    (path,) = folders.groups.glob("*.json")
    return json.loads(path.read_text())


async def test_a_group_is_made_filled_ordered_and_muted(cast) -> None:
    async with running(cast) as (pilot, tavern):
        await opened(pilot)
        await pilot.press("n", *"Inn", "enter")
        await until(pilot, lambda: tavern.groups.all())
        start = len(tavern.groups.all()[0].files)
        for name in ("Bo", "Cy"):
            await pilot.press("a", *name, "enter")
            await until(pilot, lambda name=name: name in tavern.groups.all()[0].members)
        await pilot.press("K", "space")
        await until(pilot, lambda: tavern.groups.all()[0].muted == ("Cy",))
        said = group_file(cast)
        assert said["members"][start:] == ["Cy.png", "Bo.png"]
        assert said["disabled_members"] == ["Cy.png"]


async def test_settings_are_in_the_groups_file(cast) -> None:
    async with running(cast) as (pilot, tavern):
        tavern.groups.create("Inn", ["Ann", "Bo"])
        bench = await opened(pilot)
        bench.query_one("#strategy").value = "2"
        await pilot.pause()
        await write(pilot, "#join_prefix", "[<FIELDNAME>] ")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is not bench)
    said = group_file(cast)
    assert (said["activation_strategy"], said["generation_mode_join_prefix"]) == (2, "[<FIELDNAME>] ")


async def test_the_group_is_opened_and_a_muted_member_is_made_to_speak(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        tavern.groups.change(group.id, strategy=2)
        tavern.groups.mute(group.id, "Bo")
        answers(tavern, "Bread or soup?")
        bench = await opened(pilot)
        bench.refresh_list(group.id)
        await pilot.press("o")
        await until(pilot, lambda: tavern.session.group is not None)
        await until(pilot, lambda: "Inn" in screen_text(pilot).splitlines()[0])
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        await pilot.press("t")
        await until(pilot, lambda: tavern.session.chat.messages[-1].text == "Bread or soup?")
        assert tavern.session.chat.messages[-1].name == "Bo"


async def test_all_members_answer_in_order_on_the_screen(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        tavern.groups.change(group.id, strategy=1)
        answers(tavern, "First.", "Second.")
        await tavern.open_group(group.id)
        await pilot.pause()
        await pilot.press(*"Hello", "enter")
        await until(pilot, lambda: not tavern.session.busy and tavern.session.chat.messages[-1].name == "Bo")
        await until(pilot, lambda: "First." in screen_text(pilot) and "Second." in screen_text(pilot))


async def test_a_removed_member_comes_back_to_their_place(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo", "Cy"])
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        await pilot.press("d")
        await until(pilot, lambda: len(tavern.groups.get(group.id).members) == 2)
        await pilot.press("u")
        await until(pilot, lambda: tavern.groups.get(group.id).members == ("Ann.png", "Bo.png", "Cy.png"))


async def test_groups_stand_among_those_to_talk_to(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Bo", "Cy"])
        await until(pilot, lambda: "Inn  group of 2" in screen_text(pilot))
        await pilot.press("f3", "slash", *"inn", "enter", "enter")
        await until(pilot, lambda: tavern.owner == ChatOwner(id=group.id, is_group=True))
        await until(pilot, lambda: "● Inn" in screen_text(pilot))
        await pilot.press("f3", "d")
        await until(pilot, lambda: "Groups are changed with Alt+G." in notes(pilot))
        assert tavern.groups.has(group.id)


def card_of(folders, file):
    return read_card(folders.card(file))


async def test_talkativeness_is_shown_of_each_member_and_kept_in_the_card(cast) -> None:
    bo = card_of(cast, "Bo")
    source = {**bo.source, "data": {**bo.source["data"], "extensions": {"talkativeness": "0.8", "mine": 1}}}
    save_card(cast, replace(bo, source=source, talkativeness=0.8))
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        await tavern.open_group(group.id)
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        await until(pilot, lambda: "Ann  50 %" in screen_text(pilot) and "Bo  80 %" in screen_text(pilot))
        await pilot.press("e")
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "talkativeness")
        assert bench.focused.value == "80"
        await pilot.press("home", "shift+end", *"25", "escape")
        await until(pilot, lambda: "Bo  25 %" in screen_text(pilot))
        assert "Ann  50 %" in screen_text(pilot)
        member = next(one for one in tavern.session.cast.members if one.file == "Bo")
        assert member.talkativeness == 0.25
    written = card_of(cast, "Bo").source
    assert (written["data"]["extensions"]["talkativeness"], written["talkativeness"]) == (0.25, 0.25)
    assert written["data"]["extensions"]["mine"] == 1


async def test_a_click_on_a_member_leads_to_their_talkativeness(cast) -> None:
    async with running(cast) as (pilot, tavern):
        tavern.groups.create("Inn", ["Ann", "Bo"])
        bench = await opened(pilot)
        await until(pilot, lambda: "Bo  50 %" in screen_text(pilot))
        await pilot.click("#bench-list", offset=(8, 2))
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "talkativeness")
        await write(pilot, "#talkativeness", "90")
        await pilot.press("escape", "up")
        await until(pilot, lambda: "Bo  90 %" in screen_text(pilot))
        assert bench.query_one("#talkativeness").value == "50"
        await write(pilot, "#talkativeness", "700")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is not bench)
    assert [card_of(cast, name).talkativeness for name in ("Ann", "Bo")] == [0.5, 0.9]


async def from_palette(pilot, bench) -> None:
    await pilot.press("ctrl+p")
    await until(pilot, lambda: pilot.app.screen is not bench)
    await pilot.press(*"talkativeness")
    await until(pilot, lambda: "Groups: Talkativeness" in screen_text(pilot))
    await pilot.press("down", "enter")


async def test_the_palette_leads_to_a_members_talkativeness(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann"])
        bench = await opened(pilot)
        bench.refresh_list(group.id)
        await from_palette(pilot, bench)
        await until(pilot, lambda: "Put the cursor on a member first." in notes(pilot))
        await until(pilot, lambda: pilot.app.screen is bench)
        bench.refresh_list(group.id, "Ann")
        await from_palette(pilot, bench)
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "talkativeness")


async def test_a_member_without_a_card_is_said_to_have_none(cast) -> None:
    async with running(cast) as (pilot, tavern):
        tavern.groups.create("Inn", ["Ann", "Bo"])
        cast.card("Bo").unlink()
        await opened(pilot)
        await until(pilot, lambda: "Bo  no card" in screen_text(pilot))


async def test_shift_and_an_arrow_in_a_field_leaves_the_order_alone(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        await pilot.press("e")
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "talkativeness")
        await pilot.press("shift+up", "escape", "J", "shift+up", "space")
        await until(pilot, lambda: tavern.groups.get(group.id).disabled)
        assert tavern.groups.get(group.id).members == ("Bo.png", "Ann.png")
        assert tavern.groups.get(group.id).disabled == ("Bo.png",)
