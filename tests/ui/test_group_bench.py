"""The group screen: cast, order, who may speak, and talking in the open group."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tavern_tui.core.character import Character, GroupStrategy
from tavern_tui.core.connection import Connection
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.storage.cards import read_card, save_card
from tavern_tui.ui.dialogs.pick_file import PickFile
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.panes.groups.bench import GroupBench
from tavern_tui.ui.panes.groups.fields import STRATEGIES
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


async def run_through(events) -> None:
    async for _ in events:
        pass


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


async def test_a_removed_member_comes_back_to_their_place_muted_as_they_were(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo", "Cy"])
        tavern.groups.mute(group.id, "Bo")
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        await pilot.press("d")
        await until(pilot, lambda: len(tavern.groups.get(group.id).members) == 2)
        await pilot.press("u")
        await until(pilot, lambda: tavern.groups.get(group.id).disabled == ("Bo.png",))
        assert tavern.groups.get(group.id).members == ("Ann.png", "Bo.png", "Cy.png")


async def test_opening_the_open_group_lets_go_on_what_goes_on(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        session = await tavern.open_group(group.id)
        session.auto_mode = True
        bench = await opened(pilot)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.screen is not bench)
        assert tavern.session is session
        assert session.auto_mode


@pytest.mark.parametrize("key", ["t", "space"])
async def test_what_is_meant_for_a_member_says_so_on_a_group(cast, key) -> None:
    async with running(cast) as (pilot, tavern):
        tavern.groups.create("Inn", ["Ann"])
        await opened(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "Put the cursor on a member first." in notes(pilot))


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
        await until(pilot, lambda: bench.focused.selected_text == "80")
        await pilot.press(*"25", "escape")
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


async def test_a_choice_shows_all_there_is_to_choose_and_its_keys_remove_nobody(cast) -> None:
    async with running(cast, (80, 24)) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        bench = await opened(pilot)
        bench.refresh_list(group.id, "Bo")
        bench.query_one("#strategy").focus()
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "strategy")
        await pilot.press("delete", "enter")
        for _, title in STRATEGIES:
            await until(pilot, lambda title=title: screen_text(pilot).count(title) >= 1)
        await pilot.press("down", "delete", "enter")
        await until(pilot, lambda: tavern.groups.get(group.id).strategy == GroupStrategy.LIST)
        assert tavern.groups.get(group.id).members == ("Ann.png", "Bo.png")


# --- auto mode on the screen


@asynccontextmanager
async def talking(cast, delay, **fields):
    """An open group of Ann and Bo which was switched to auto mode by its key."""
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        tavern.groups.change(group.id, **{"strategy": 1, "auto_mode_delay": delay, **fields})
        answers(tavern, *(f"Line {number}." for number in range(200)))
        await tavern.open_group(group.id)
        await opened(pilot)
        await pilot.press("m", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, GroupBench))
        yield pilot, tavern, group


def said(tavern) -> int:
    return len(tavern.session.chat.messages)


async def test_the_line_of_auto_mode_says_whether_it_counts_or_waits(cast) -> None:
    async with talking(cast, 3000.0) as (pilot, tavern, group):
        await until(pilot, lambda: "the group talks on in 3000 s" in screen_text(pilot))
        assert "auto mode" in screen_text(pilot)
        await until(pilot, lambda: "the group talks on in 2999 s" in screen_text(pilot))
        await pilot.press("h")
        await until(pilot, lambda: "auto mode waits" in screen_text(pilot))
        assert "talks on in" not in screen_text(pilot)
        before = said(tavern)
        tavern.groups.change(group.id, auto_mode_delay=2000.0)
        await pilot.press("backspace")
        await until(pilot, lambda: "the group talks on in 2000 s" in screen_text(pilot))
        assert said(tavern) == before
        await pilot.press("alt+g", "m", "escape")
        await until(pilot, lambda: "talks on in" not in screen_text(pilot))
        assert "auto mode" not in screen_text(pilot)


async def test_what_was_typed_and_taken_back_lets_the_group_talk_on(cast) -> None:
    async with talking(cast, 3000.0) as (pilot, tavern, group):
        await until(pilot, lambda: "the group talks on in" in screen_text(pilot))
        before = said(tavern)
        await pilot.press("h")
        await until(pilot, lambda: "auto mode waits" in screen_text(pilot))
        tavern.groups.change(group.id, auto_mode_delay=0.01)
        await pilot.press("backspace")
        await until(pilot, lambda: said(tavern) >= before + 4)
        await pilot.press("escape")
        await until(pilot, lambda: not tavern.session.auto_mode and not tavern.session.busy)
        await until(pilot, lambda: "talks on in" not in screen_text(pilot))


async def test_escape_ends_auto_mode_while_it_counts(cast) -> None:
    async with talking(cast, 3000.0) as (pilot, tavern, _):
        await until(pilot, lambda: "the group talks on in" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not tavern.session.auto_mode)
        await until(pilot, lambda: "talks on in" not in screen_text(pilot))


def measures(pilot) -> bool:
    return any(one.group == "measure" and not one.is_finished for one in pilot.app.workers)


async def test_between_two_rounds_the_status_line_is_of_now(cast) -> None:
    async with talking(cast, 3000.0, disabled=("Ann.png",)) as (pilot, tavern, group):
        await pilot.press("h")
        await until(pilot, lambda: "auto mode waits" in screen_text(pilot))
        await until(pilot, lambda: " Ann ·" in screen_text(pilot) and not measures(pilot))
        tavern.groups.change(group.id, auto_mode_delay=0.01)
        await pilot.press("backspace")
        await until(pilot, lambda: tavern.session.chat.messages[-1].text == "Line 0.")
        tavern.groups.change(group.id, auto_mode_delay=3000.0)
        await until(pilot, lambda: "talks on in 3000 s" in screen_text(pilot))
        await until(pilot, lambda: " Bo ·" in screen_text(pilot))


async def test_auto_mode_goes_on_after_a_message_a_swipe_and_a_command(cast) -> None:
    async with talking(cast, 3000.0) as (pilot, tavern, _):
        await until(pilot, lambda: "the group talks on in" in screen_text(pilot))
        pane = pilot.app.screen.query_one(ChatPane)
        for keys in (("h", "i", "enter"), ("right",), (*"/echo yes", "enter")):
            due = pane._here.due
            await pilot.press(*keys)
            await until(pilot, lambda due=due: pane._here.due not in (due, None))
            await until(pilot, lambda: "the group talks on in" in screen_text(pilot))
        assert [one.name for one in tavern.session.chat.messages[-3:]] == ["User", "Ann", "Bo"]
        assert len(tavern.session.chat.messages[-1].swipes) == 2


async def test_a_script_goes_on_after_its_reply_and_auto_mode_after_the_script(cast) -> None:
    async with talking(cast, 3000.0) as (pilot, tavern, _):
        await until(pilot, lambda: "the group talks on in" in screen_text(pilot))
        await pilot.press(*"/trigger Bo | /echo done", "enter")
        await until(pilot, lambda: "done" in notes(pilot))
        assert tavern.session.chat.messages[-1].text == "Line 0."
        await until(pilot, lambda: "the group talks on in" in screen_text(pilot))


async def test_auto_mode_that_is_switched_on_over_a_draft_waits_for_it(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        answers(tavern, "Hm.")
        await tavern.open_group(group.id)
        await until(pilot, lambda: "Inn" in screen_text(pilot).splitlines()[0])
        await pilot.press("h", "alt+g", "m", "escape")
        await until(pilot, lambda: "auto mode waits" in screen_text(pilot))
        await pilot.press("alt+g", "m", "escape")
        await until(pilot, lambda: "auto mode" not in screen_text(pilot))
        assert said(tavern) == 2


async def test_auto_mode_stops_where_nobody_may_speak_and_where_the_server_fails(cast) -> None:
    async with talking(cast, 0.01, disabled=("Ann.png", "Bo.png")) as (pilot, tavern, group):
        await until(pilot, lambda: "Nobody speaks by themselves" in notes(pilot))
        await until(pilot, lambda: not tavern.session.auto_mode)
        tavern.groups.change(group.id, disabled=())
        gone = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")
        tavern.connections.save(gone)
        tavern.connections.select("gone")
        pilot.app.clear_notifications()
        await opened(pilot)
        await pilot.press("m", "escape")
        await until(pilot, lambda: "127.0.0.1:9" in notes(pilot))
        await until(pilot, lambda: not tavern.session.busy)
        for _ in range(20):
            await pilot.pause(0.02)
        assert notes(pilot).count("127.0.0.1:9") <= 2  # once in the title, once in the hint


# --- chats brought in


@pytest.mark.parametrize("keys", [("alt+h", "i"), ("f3", "i")], ids=["chats", "characters"])
async def test_a_chat_brought_in_while_a_group_is_open_is_the_groups(cast, keys, tmp_path) -> None:
    outside = tmp_path / "Night.jsonl"
    outside.write_text(json.dumps({"name": "Bo", "is_user": False, "mes": "The oven is hot."}))
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        await tavern.open_group(group.id)
        await until(pilot, lambda: "Inn" in screen_text(pilot).splitlines()[0])
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(pilot.app.screen, PickFile))
        pilot.app.screen.query_one("#path").value = str(outside)
        await pilot.press("enter")
        await until(pilot, lambda: "Night" in tavern.groups.get(group.id).chats)
        await until(pilot, lambda: "a chat of Inn" in notes(pilot))
        assert not (cast.chats / "Bo").exists()


async def test_a_members_card_is_read_where_the_group_is_made(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann"])
        bench = await opened(pilot)
        bench.refresh_list(group.id)
        await pilot.press("v")
        await until(pilot, lambda: "Put the cursor on a member first." in notes(pilot))
        await pilot.press("down", "v")
        await until(pilot, lambda: "Ann is here." in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is bench)


# --- other screens in a group


async def test_a_note_being_written_stays_with_the_member_it_was_begun_for(cast) -> None:
    async with running(cast) as (pilot, tavern):
        group = tavern.groups.create("Inn", ["Ann", "Bo"])
        answers(tavern, "Hm.")
        await tavern.open_group(group.id)
        await run_through(tavern.session.speak("Ann"))
        await pilot.press("alt+w")
        await until(pilot, lambda: "Ann, in every chat" in screen_text(pilot))
        assert "Author's note · Inn" in screen_text(pilot)
        await run_through(tavern.session.speak("Bo"))
        await write(pilot, "#character-text", "Soot everywhere.")
        await pilot.press("escape")
        await until(pilot, lambda: tavern.notes.of("Ann").character.text == "Soot everywhere.")
        assert tavern.notes.of("Bo").character.text == ""
