"""Groups from making one to its chats: who speaks, what is kept, and what a restart finds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tavern_tui.core.character import GroupMode, GroupStrategy
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ConnectionFailed, UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.lorebook import Lorebook, LoreEntry, LoreSource
from tavern_tui.core.preset import CharacterNote
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.services.editing import Said
from tavern_tui.services.events import (
    MessageAdded,
    ReplyEnded,
    ReplyGrew,
    ReplyStarted,
    RoundDue,
    RoundStarted,
    SessionEvent,
)
from tavern_tui.services.regex import ScriptScope
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, scripted, texts
from tests.services.slow_server import slow_server

NAMES = ("Ann", "Bo", "Cy")
CRAFTS = {"Ann": "smith", "Bo": "baker", "Cy": "singer"}


def card(name: str, **fields: object) -> dict[str, object]:
    data = {
        "name": name,
        "description": f"{{{{char}}}} is a {CRAFTS[name]}.",
        "first_mes": f"{name} greets {{{{user}}}} as {{{{char}}}}.",
    }
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**data, **fields}}


@asynccontextmanager
async def company(
    folders: Folders, *connections: Connection, talkativeness: float = 0.0, **fields: object
) -> AsyncIterator[Tavern]:
    """A tavern in whose open group are Ann, Bo and Cy; by the list strategy if nothing else is said."""
    made = build_tavern(folders, {})
    for connection in connections:
        made.connections.save(connection)
        made.connections.select(connections[0].name)
    for name in NAMES:
        path = folders.data.parent / f"{name}.json"
        path.write_text(json.dumps(card(name, extensions={"talkativeness": talkativeness})))
        await made.library.import_file(path)
    group = made.groups.create("The Mill", NAMES)
    made.groups.change(group.id, **{"strategy": GroupStrategy.LIST, **fields})
    await made.open_group(group.id)
    try:
        yield made
    finally:
        await made.close()


def group_id(made: Tavern) -> str:
    assert made.session.group is not None
    return made.session.group.id


def speakers(made: Tavern) -> list[str]:
    """The names in the chat after the three greetings."""
    return [message.name for message in made.session.chat.messages[len(NAMES) :]]


def lines(made: Tavern) -> list[dict[str, object]]:
    """The chat's file, line by line."""
    path = made.session.store.path
    assert path is not None
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def group_file(folders: Folders, id: str) -> Path:
    return folders.groups / f"{id}.json"


def stored(folders: Folders, id: str) -> dict[str, object]:
    found = json.loads(group_file(folders, id).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


# --- who speaks


async def test_each_chosen_member_answers_in_a_message_of_their_own(folders: Folders) -> None:
    async with company(folders, scripted("one", "two", "three")) as made:
        events = await run(made.session.send("Hello"))
        assert speakers(made) == ["User", "Ann", "Bo", "Cy"]
        assert texts(made)[-3:] == ["one", "two", "three"]
        assert [event.speakers for event in events if isinstance(event, RoundStarted)] == [NAMES]
        assert [event.speaker for event in events if isinstance(event, ReplyStarted)] == list(NAMES)
        assert made.session.character.name == "Cy"


async def test_a_greeting_of_each_member_opens_the_chat_with_its_macros_resolved(folders: Folders) -> None:
    async with company(folders) as made:
        assert texts(made) == ["Ann greets User as Ann.", "Bo greets User as Bo.", "Cy greets User as Cy."]


async def test_in_the_natural_order_the_mentioned_answer(folders: Folders) -> None:
    async with company(folders, scripted("x"), strategy=GroupStrategy.NATURAL) as made:
        await run(made.session.send("Cy, and you, bo?"))
        assert speakers(made) == ["User", "Cy", "Bo"]


async def test_in_the_natural_order_the_talkative_all_answer(folders: Folders) -> None:
    async with company(folders, scripted("x"), strategy=GroupStrategy.NATURAL, talkativeness=1.0) as made:
        await run(made.session.send("Hello"))
        assert sorted(speakers(made)) == ["Ann", "Bo", "Cy", "User"]


async def test_pooled_members_take_turns(folders: Folders) -> None:
    async with company(folders, scripted("x"), strategy=GroupStrategy.POOLED) as made:
        await run(made.session.send("Hello"))
        await run(made.session.send(""))
        await run(made.session.send(""))
        assert sorted(speakers(made)) == ["Ann", "Bo", "Cy", "User"]


async def test_the_muted_speak_only_when_they_are_asked_to(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        made.groups.mute(group_id(made), "Bo")
        await run(made.session.send("Bo?"))
        assert speakers(made) == ["User", "Ann", "Cy"]
        await run(made.session.speak("Bo"))
        assert speakers(made)[-1] == "Bo"
        made.groups.mute(group_id(made), "Bo.png", muted=False)
        await run(made.session.send("And now?"))
        assert speakers(made)[-3:] == ["Ann", "Bo", "Cy"]


async def test_by_hand_nobody_answers_until_somebody_is_chosen(folders: Folders) -> None:
    async with company(folders, scripted("x"), strategy=GroupStrategy.MANUAL) as made:
        events = await run(made.session.send("Hello"))
        assert events == [MessageAdded(3), RoundStarted(())]
        assert lines(made)[-1]["mes"] == "Hello"
        await run(made.session.speak("cy"))
        assert speakers(made) == ["User", "Cy"]


async def test_somebody_who_is_not_in_the_group_cannot_be_asked(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        with pytest.raises(UsageError, match='"Odo" is not in the group The Mill') as refused:
            await run(made.session.speak("Odo"))
        assert "Ann, Bo, Cy" in refused.value.hint
        assert not made.session.busy


async def test_a_group_without_members_keeps_the_message(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        group = made.groups.create("Nobody")
        await made.open_group(group.id)
        assert await run(made.session.send("Hello?")) == [MessageAdded(0), RoundStarted(())]
        assert made.session.name == "Nobody"


async def test_an_edited_prompt_can_be_sent_for_a_member(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.send_edited("Only this", speaker="Bo"))
        assert speakers(made) == ["Bo"]


# --- messages that go on


async def test_the_author_of_the_last_message_goes_on_with_it(folders: Folders) -> None:
    async with company(folders, scripted("Once", " upon", "Anew", "Other")) as made:
        await run(made.session.speak("Bo"))
        await run(made.session.continue_())
        assert texts(made)[-1] == "Once upon"
        await run(made.session.regenerate())
        await run(made.session.swipe_right())
        assert speakers(made) == ["Bo"]
        message = made.session.chat.messages[-1]
        assert [swipe.text for swipe in message.swipes] == ["Anew", "Other"]
        assert message.original_avatar == "Bo.png"


async def test_what_a_former_member_said_is_not_gone_on_with(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.speak("Bo"))
        made.groups.remove_member(group_id(made), "Bo")
        with pytest.raises(UsageError, match="Bo is not in the group any more"):
            await run(made.session.swipe_right())
        await run(made.session.send("And?"))
        assert speakers(made) == ["Bo", "User", "Ann", "Cy"]


async def test_a_members_greeting_is_swiped_to_a_new_text(folders: Folders) -> None:
    async with company(folders, scripted("Hm.")) as made:
        await run(made.session.swipe_right())
        assert [swipe.text for swipe in made.session.chat.messages[-1].swipes] == [
            "Cy greets User as Cy.",
            "Hm.",
        ]


async def test_impersonation_in_a_group_ends_in_the_composer(folders: Folders) -> None:
    async with company(folders, scripted("I nod.")) as made:
        events = await run(made.session.impersonate())
        assert isinstance(events[-1], ReplyEnded)
        assert events[-1].text == "I nod."
        assert len(texts(made)) == len(NAMES)


# --- stopping


async def test_a_stop_ends_the_whole_round(folders: Folders) -> None:
    with slow_server(words=10_000, pause=0.002) as server:
        there = Connection(name="slow", provider="generic", url=server.url, instruct="none")
        async with company(folders, there) as made:
            async with aclosing(made.session.send("Hello")) as events:
                async for event in events:
                    if isinstance(event, ReplyGrew) and "w5" in texts(made)[-1]:
                        assert made.session.busy
                        made.session.stop()
            assert speakers(made) == ["User", "Ann"]
            assert str(lines(made)[-1]["mes"]).startswith("w0 w1 w2 w3 w4 w5")
            assert not made.session.busy
            assert len(server.bodies) == 1


async def test_a_stop_between_two_speakers_ends_the_round(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        async with aclosing(made.session.send("Hello")) as events:
            async for event in events:
                if isinstance(event, ReplyEnded):
                    made.session.stop()
        assert speakers(made) == ["User", "Ann"]


async def test_a_server_that_fails_ends_the_round_and_keeps_what_was_said(folders: Folders) -> None:
    gone = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")
    async with company(folders, scripted("x"), gone) as made:
        failed = ""
        try:
            async with aclosing(made.session.send("Hello")) as events:
                async for event in events:
                    if isinstance(event, ReplyEnded):
                        made.connections.select("gone")
        except ConnectionFailed as error:
            failed = str(error)
        assert "127.0.0.1:9" in failed
        assert [line["mes"] for line in lines(made)[-2:]] == ["Hello", "x"]
        assert not made.session.busy


# --- auto mode


async def test_in_auto_mode_the_group_talks_on_until_it_is_stopped(folders: Folders) -> None:
    async with company(folders, scripted("x"), auto_mode_delay=0.0) as made:
        made.session.auto_mode = True
        replies = 0
        async with aclosing(made.session.send("Hello")) as events:
            async for event in events:
                replies += isinstance(event, ReplyEnded)
                if replies == 7:
                    made.session.stop()
        assert speakers(made) == ["User", *NAMES, *NAMES, "Ann"]
        assert not made.session.auto_mode


async def test_a_key_press_keeps_the_group_from_talking_on(folders: Folders) -> None:
    async with company(folders, scripted("x"), auto_mode_delay=3600.0) as made:
        made.session.auto_mode = True
        seen: list[SessionEvent] = []
        async with aclosing(made.session.send("Hello")) as events:
            async for event in events:
                seen.append(event)
                if isinstance(event, RoundDue):
                    assert event.seconds == 3600
                    assert not made.session.busy
                    made.session.hold_auto()
        assert isinstance(seen[-1], RoundDue)
        assert speakers(made) == ["User", *NAMES]
        assert made.session.auto_mode


async def test_what_is_sent_while_the_group_waits_takes_the_place_of_its_round(folders: Folders) -> None:
    async with company(folders, scripted("x"), auto_mode_delay=3600.0) as made:
        made.session.auto_mode = True
        async with aclosing(made.session.send("Hello")) as waiting:
            async for event in waiting:
                if isinstance(event, RoundDue):
                    made.session.auto_mode = False
                    await run(made.session.send("Wait!"))
        assert speakers(made) == ["User", *NAMES, "User", *NAMES]


async def test_only_groups_talk_by_themselves(folders: Folders) -> None:
    async with company(folders) as made:
        await made.open_character("Ann")
        with pytest.raises(UsageError, match="Ann alone"):
            made.session.auto_mode = True


# --- prompts


@pytest.mark.parametrize("strategy", list(GroupStrategy))
async def test_the_preview_is_the_first_request_of_the_round(
    folders: Folders, strategy: GroupStrategy
) -> None:
    with slow_server(words=2) as server:
        there = Connection(name="slow", provider="generic", url=server.url, model="slow", instruct="ChatML")
        async with company(folders, there, strategy=strategy, talkativeness=0.5) as made:
            typed = "" if strategy is GroupStrategy.MANUAL else "Hello {{roll::1d100}}"
            for _ in range(4):
                server.bodies.clear()
                await made.session.get_ready(typed)
                preview = made.session.preview(typed)
                await run(made.session.send(typed))
                sent = json.loads(server.bodies[0])
                assert sent == preview.request.body
                assert isinstance(preview.built.prompt, TextPrompt)
                assert preview.text.endswith(f"{preview.speaker}:")


async def test_the_preview_can_be_of_any_member(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        assert made.session.preview("Hi").text.rstrip().endswith("\nAnn:")
        assert made.session.preview("Hi", speaker="Cy").text.rstrip().endswith("\nCy:")
        last = made.session.preview(generation=GenerationType.SWIPE)
        assert last.speaker == "Cy"


async def test_only_the_speakers_card_is_shown_unless_cards_are_joined(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        assert "Bo is a baker." not in made.session.preview("Hi").text
        made.groups.change(
            group_id(made),
            mode=GroupMode.APPEND,
            join_prefix="<FIELDNAME> of {{char}}: ",
            disabled=("Cy.png",),
        )
        text = made.session.preview("Hi").text
        assert "Description of Ann: Ann is a smith." in text
        assert "Description of Bo: Bo is a baker." in text
        assert "Cy is a singer." not in text


async def test_a_reply_is_cut_where_another_member_begins_to_speak(folders: Folders) -> None:
    async with company(folders, scripted("Good day.\nBo: And to you!")) as made:
        await run(made.session.speak("Ann"))
        assert texts(made)[-1] == "Good day."


async def test_the_book_of_the_speaker_is_read_and_no_other(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        book = {
            "entries": [
                {"keys": ["river"], "content": "Bo fears the river.", "enabled": True, "insertion_order": 1}
            ]
        }
        path = folders.data.parent / "Bo.json"
        path.write_text(json.dumps(card("Bo", character_book=book)))
        said = await made.library.import_file(path)
        assert said.character is not None
        made.groups.add_member(group_id(made), said.character.file)
        assert "fears the river" not in made.session.preview("The river!").text
        assert "fears the river" in made.session.preview("The river!", speaker=said.character.file).text


# --- files


async def test_the_file_has_sillytaverns_layout(folders: Folders) -> None:
    async with company(folders, scripted("one", "two", "three")) as made:
        await run(made.session.send("Hello"))
        id = group_id(made)
        header, *messages = lines(made)
        assert header["user_name"] == "unused"
        assert header["character_name"] == "unused"
        assert isinstance(header["chat_metadata"], dict)
        assert made.session.store.path == folders.group_chats / f"{stored(folders, id)['chat_id']}.jsonl"
        assert stored(folders, id)["chats"] == [stored(folders, id)["chat_id"]]
        greeting, user, reply, second = messages[0], messages[3], messages[4], messages[5]
        assert greeting["original_avatar"] == "Ann.png"
        assert greeting["is_user"] is False
        assert "original_avatar" not in user
        assert reply["name"] == "Ann"
        assert reply["is_user"] is False
        assert reply["is_system"] is False
        assert reply["original_avatar"] == "Ann.png"
        assert reply["force_avatar"] == "/thumbnail?type=avatar&file=Ann.png"
        assert reply["swipes"] == ["one"]
        assert isinstance(reply["extra"], dict)
        assert isinstance(second["extra"], dict)
        assert reply["extra"]["gen_id"] == second["extra"]["gen_id"]


async def test_a_new_group_has_every_key_of_a_group_file(folders: Folders) -> None:
    async with company(folders) as made:
        group = made.groups.create("New", ["Bo.png", "Ann", "Bo"])
        assert stored(folders, group.id) == {
            "id": group.id,
            "name": "New",
            "members": ["Bo.png", "Ann.png"],
            "disabled_members": [],
            "activation_strategy": 0,
            "generation_mode": 0,
            "generation_mode_join_prefix": "",
            "generation_mode_join_suffix": "",
            "allow_self_responses": False,
            "auto_mode_delay": 5,
            "fav": False,
            "avatar_url": "",
            "hideMutedSprites": False,
            "chat_id": "",
            "chats": [],
        }
        assert group.id.isdecimal()


async def test_keys_we_do_not_know_survive_every_change(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        odd = {
            "id": "17",
            "name": "Odd",
            "members": ["Ann.png", "gone.png"],
            "auto_mode_delay": 2.5,
            "from_the_future": {"a": [1, None]},
            "chats": [],
        }
        group_file(folders, "17").write_text(json.dumps(odd))
        made.groups.rename("17", "Even")
        made.groups.move_member("17", "Ann", 9)
        made.groups.mute("17", "gone")
        await made.open_group("17")
        await run(made.session.send("Hello"))
        found = stored(folders, "17")
        assert found | {"chat_id": "", "chats": []} == {
            **odd,
            "name": "Even",
            "members": ["gone.png", "Ann.png"],
            "disabled_members": ["gone.png"],
            "chat_id": "",
        }
        assert found["chats"] == [found["chat_id"]]
        assert any('"gone", a member of the group Even, is missing' in one for one in made.problems)


async def test_metadata_that_old_groups_keep_for_their_chats_is_in_force(folders: Folders) -> None:
    async with company(folders) as made:
        folders.group_chats.mkdir(parents=True, exist_ok=True)
        (folders.group_chats / "old.jsonl").write_text(
            json.dumps({"name": "Ann", "is_user": False, "mes": "Long ago."})
        )
        old = {"name": "Old", "members": ["Ann.png"], "chat_id": "old", "chats": ["old"]}
        group_file(folders, "18").write_text(json.dumps({**old, "chat_metadata": {"scenario": "A boat."}}))
        before = group_file(folders, "18").read_bytes()
        session = await made.open_group("18")
        assert "A boat." in session.preview("Hi").text
        assert session.character.name == "Ann"
        await made.open_character("Ann")
        assert (folders.group_chats / "old.jsonl").read_text().count("\n") == 0
        assert group_file(folders, "18").read_bytes() == before


# --- chats of a group


async def test_a_restart_finds_the_group_and_its_chat_again(folders: Folders) -> None:
    async with company(folders, scripted("one", "two", "three")) as made:
        await run(made.session.send("Hello"))
        id, title = group_id(made), made.session.chat.title
    again = build_tavern(folders, {})
    await again.start()
    assert (group_id(again), again.session.chat.title) == (id, title)
    assert texts(again)[-3:] == ["one", "two", "three"]
    assert again.session.character.name == "Cy"
    await again.open_character("Bo")
    await again.close()
    third = build_tavern(folders, {})
    await third.start()
    assert third.session.group is None
    assert third.session.character.name == "Bo"
    await third.close()


async def test_chats_of_a_group_are_listed_begun_and_switched(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.send("First"))
        first = made.session.chat.title
        await made.new_chat()
        assert [chat.title for chat in made.chats()] == [first]
        assert stored(folders, group_id(made))["chat_id"] == first
        await run(made.session.send("Second"))
        second = made.session.chat.title
        assert {chat.title for chat in made.chats()} == {first, second}
        assert stored(folders, group_id(made))["chats"] == [first, second]
        await made.switch_chat(first)
        assert "First" in texts(made)
        assert stored(folders, group_id(made))["chat_id"] == first
        other = made.groups.create("Others", ["Ann"])
        await made.open_group(other.id)
        assert made.chats() == []


async def test_a_chat_that_was_only_looked_at_leaves_no_file(folders: Folders) -> None:
    async with company(folders) as made:
        await made.new_chat()
        id = group_id(made)
    assert not folders.group_chats.exists()
    assert stored(folders, id)["chats"] == []


async def test_an_unreadable_chat_is_opened_read_only(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        id, path = group_id(made), made.session.store.path
        await made.open_character("Ann")
        assert path is not None
        path.write_bytes(b"\xff\xfe\x00\x81 no chat at all")
        session = await made.open_group(id)
        assert session.readonly_reason
        assert path.read_bytes() == b"\xff\xfe\x00\x81 no chat at all"


async def test_a_chat_name_cannot_lead_out_of_the_folder(folders: Folders) -> None:
    async with company(folders) as made:
        group_file(folders, "19").write_text(json.dumps({"name": "Bad", "chats": ["../settings", "a/b"]}))
        assert made.groups.chats("19") == []


async def test_a_group_whose_file_names_an_impossible_chat_gets_a_new_one(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        bad = {"name": "Bad", "members": ["Ann.png"], "chat_id": "../settings", "chats": ["../settings"]}
        group_file(folders, "19").write_text(json.dumps(bad))
        await made.open_group("19")
        await run(made.session.send("Hello"))
        path = made.session.store.path
        assert path is not None
        assert path.parent == folders.group_chats
        assert stored(folders, "19")["chat_id"] == path.stem


async def test_a_chat_that_is_opened_again_can_be_gone_on_with(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        await made.switch_chat(made.session.chat.title)
        await run(made.session.send("Again"))
        assert [line["mes"] for line in lines(made)[-4:]] == ["Again", "x", "x", "x"]


async def test_greetings_are_stored_as_the_users_scripts_want_them(folders: Folders) -> None:
    script = {"scriptName": "Quiet", "findRegex": "/greets/g", "replaceString": "nods to", "placement": [2]}
    folders.data.mkdir(parents=True)
    folders.st_settings.write_text(json.dumps({"extension_settings": {"regex": [script]}}))
    async with company(folders) as made:
        assert texts(made)[0] == "Ann nods to User as Ann."
        await made.open_character("Ann")
        assert texts(made) == ["Ann nods to {{user}} as {{char}}."]


async def test_one_turn_with_a_group_leaves_the_settings_alone(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await made.open_character("Ann")
        session = await made.open_once(group="The Mill", persona="Mia")
        await run(session.send("Hello"))
        assert speakers(made) == ["Mia", *NAMES]
        assert texts(made)[0] == "Ann greets Mia as Ann."
        assert made.settings.current_group == ""
        with pytest.raises(UsageError, match="neither a character nor a chat file"):
            await made.open_once(group="The Mill", character="Ann")


# --- the list


async def test_the_library_lists_groups_with_their_members(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        heard: list[None] = []
        made.library.changed.listen(heard.append)
        before = made.library.groups()[0].modified
        made.groups.change(group_id(made), favourite=True, disabled=("Cy.png",))
        assert heard
        await run(made.session.send("Hello"))
        (summary,) = made.library.groups()
        assert (summary.id, summary.name) == (group_id(made), "The Mill")
        assert summary.members == NAMES
        assert summary.muted == ("Cy",)
        assert summary.favourite
        assert summary.modified >= before


async def test_a_broken_group_file_is_named_once_and_left_alone(folders: Folders) -> None:
    async with company(folders) as made:
        group_file(folders, "20").write_text("{")
        assert [one.name for one in made.library.groups()] == ["The Mill"]
        made.library.groups()
        assert len([one for one in made.problems if "20.json" in one]) == 1
        assert group_file(folders, "20").read_text() == "{"


async def test_a_deleted_group_comes_back_with_its_chats(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        id, path = group_id(made), made.session.store.path
        assert path is not None
        trashed = await made.delete_group(id)
        assert made.session.group is None
        assert made.library.groups() == []
        assert not path.exists()
        made.groups.restore(trashed)
        await made.open_group(id)
        assert "Hello" in texts(made)


@pytest.mark.parametrize("name", ["", "  "])
async def test_a_group_has_a_name(folders: Folders, name: str) -> None:
    async with company(folders) as made:
        with pytest.raises(UsageError, match="needs a name"):
            made.groups.create(name)


async def test_groups_are_found_by_name_if_that_is_clear(folders: Folders) -> None:
    async with company(folders) as made:
        assert made.groups.find("the mill").id == group_id(made)
        made.groups.create("The mill")
        with pytest.raises(UsageError, match="Several groups"):
            made.groups.find("The Mill")
        with pytest.raises(UsageError, match='no group "The Dam"'):
            made.groups.find("The Dam")


async def test_a_persona_can_be_bound_to_a_group(folders: Folders) -> None:
    async with company(folders) as made:
        mia = made.personas.new("Mia")
        made.personas.bind(mia.file, True)
        id = group_id(made)
        await made.open_character("Ann")
        assert made.persona.name != "Mia" or len(made.library.personas()) == 1
        await made.open_group(id)
        assert made.persona.name == "Mia"
        assert ("group", id) in made.persona.connections


# --- members' cards


async def test_talkativeness_is_written_into_the_card_and_holds_at_once(folders: Folders) -> None:
    async with company(folders, scripted("x"), strategy=GroupStrategy.NATURAL) as made:
        made.groups.set_talkativeness("Bo.png", 1.0)
        await run(made.session.send("Hello"))
        assert speakers(made) == ["User", "Bo"]
        assert made.library.character("Bo").talkativeness == 1.0
        with pytest.raises(UsageError, match="0 to 100 percent"):
            made.groups.set_talkativeness("Bo", 1.5)


async def test_what_is_kept_in_a_members_card_is_there_when_they_speak_again(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        made.lorebooks.new("Millstones")
        await run(made.session.speak("Bo"))
        made.lorebooks.link("Millstones", LoreSource.CHARACTER, True)
        await run(made.session.speak("Ann"))
        await run(made.session.speak("Bo"))
        assert made.session.character.world == "Millstones"
        made.groups.set_talkativeness("Bo", 0.1)
        assert made.library.character("Bo").world == "Millstones"


async def test_what_was_opened_for_one_member_is_not_written_into_the_next_speakers_card(
    folders: Folders,
) -> None:
    async with company(folders, scripted("x")) as made:
        ann = made.library.character("Ann")
        made.library.keep_card(replace(ann, lorebook=Lorebook(name="Anvils")))
        await run(made.session.speak("Ann"))
        lore, notes, regex = (service.of("Ann") for service in (made.lorebooks, made.notes, made.regex))
        (row,) = [one for one in lore.books() if one.embedded]
        await run(made.session.speak("Bo"))
        lore.save(Lorebook(name="Anvils", entries=(LoreEntry(uid=0, content="Hot."),)), embedded=True)
        notes.change_character(CharacterNote(text="Soot."))
        regex.new(ScriptScope.CHARACTER, "Clang")
        made.lorebooks.new("Forge")
        lore.link("Forge", LoreSource.CHARACTER, True)
        assert row.name == "Anvils"
        held = made.library.character("Ann")
        assert held.lorebook is not None
        assert [entry.content for entry in held.lorebook.entries] == ["Hot."]
        assert held.world == "Forge"
        assert regex.group(ScriptScope.CHARACTER).owner == "Ann"
        assert [one.script.name for one in regex.group(ScriptScope.CHARACTER).scripts] == ["Clang"]
        assert notes.character.text == "Soot."
        bo = made.library.character("Bo")
        assert (bo.lorebook, bo.world) == (None, "")
        assert made.notes.character.text == ""
        assert made.regex.group(ScriptScope.CHARACTER).scripts == ()
        made.groups.remove_member(group_id(made), "Ann")
        lore.save(Lorebook(name="Anvils"), embedded=True)
        held = made.library.character("Ann")
        assert held.lorebook is not None
        assert (held.lorebook.entries, held.world) == ((), "Forge")


async def test_the_program_is_started_with_a_groups_name(folders: Folders) -> None:
    async with company(folders) as made:
        await made.open_character("Ann")
    again = build_tavern(folders, {})
    await again.start("the mill")
    assert again.session.name == "The Mill"
    with pytest.raises(UsageError, match='no character "The Inn"'):
        await again.start("The Inn")
    await again.close()


async def test_a_message_in_the_middle_is_written_anew_by_whoever_said_it(folders: Folders) -> None:
    with slow_server(words=2) as server:
        there = Connection(name="slow", provider="generic", url=server.url, model="slow", instruct="none")
        async with company(folders, there) as made:
            await run(made.session.send("Hello"))
            at = len(NAMES) + 1
            assert [one.name for one in made.session.chat.messages[at:]] == ["Ann", "Bo", "Cy"]
            server.bodies.clear()
            await run(made.session.swipe_right(at + 1))
            assert json.loads(server.bodies[0])["prompt"].endswith("\nBo:")
            swiped = made.session.chat.messages[at + 1]
            assert (swiped.name, len(swiped.swipes)) == ("Bo", 2)
            made.groups.remove_member(group_id(made), "Ann")
            with pytest.raises(UsageError, match="Ann is not in the group any more"):
                await run(made.session.swipe_right(at))
            await run(made.session.swipe_right(at + 1))
            assert len(made.session.chat.messages[at + 1].swipes) == 3


async def test_what_nobody_said_is_written_anew_by_a_member_who_is_known_by_their_card(
    folders: Folders,
) -> None:
    async with company(folders, scripted("x")) as made:
        made.session.add(Said.NARRATOR, "Night falls.")
        await run(made.session.regenerate())
        last = lines(made)[-1]
        assert (last["name"], last["original_avatar"]) == ("Ann", "Ann.png")
