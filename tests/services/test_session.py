"""A chat session does what the user asks and keeps it on disk."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ConnectionFailed, TavernError, UsageError
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.services.events import MessageAdded, MessageChanged, ReplyEnded, ReplyGrew
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, scripted, tavern, texts
from tests.services.slow_server import slow_server


def on_disk(made: Tavern) -> list[str]:
    path = made.session.store.path
    assert path is not None
    return [message.text for message in read_chat(path).chat.messages]


async def test_a_sent_message_and_its_reply_are_on_disk(folders: Folders) -> None:
    async with tavern(folders, scripted("The river is high.")) as made:
        events = await run(made.session.send("Hello"))
        assert texts(made) == ["Welcome, {{user}}.", "Hello", "The river is high."]
        assert on_disk(made) == list(texts(made))
        assert events[0] == MessageAdded(1)
        assert "".join(e.delta for e in events if isinstance(e, ReplyGrew)) == "The river is high."
        assert isinstance(events[-1], ReplyEnded)


async def test_the_user_message_is_on_disk_before_the_server_is_asked(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made, aclosing(made.session.send("Hello")) as events:
        async for event in events:
            if isinstance(event, MessageAdded):
                assert on_disk(made)[-1] == "Hello"
                break


async def test_a_reply_that_fails_leaves_the_message_to_send_again(folders: Folders) -> None:
    gone = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")
    async with tavern(folders, gone) as made:
        with pytest.raises(ConnectionFailed) as failed:
            await run(made.session.send("Hello"))
        assert "127.0.0.1:9" in str(failed.value)
        assert on_disk(made)[-1] == "Hello"
        assert not made.session.busy


async def test_stop_keeps_what_arrived_and_closes_the_connection(folders: Folders) -> None:
    with slow_server(words=10_000, pause=0.002) as server:
        there = Connection(name="slow", provider="generic", url=server.url, instruct="none")
        async with tavern(folders, there) as made:
            ended: ReplyEnded | None = None
            async with aclosing(made.session.send("Hello")) as events:
                async for event in events:
                    if isinstance(event, ReplyGrew) and "w5" in made.session.chat.messages[-1].text:
                        made.session.stop()
                    elif isinstance(event, ReplyEnded):
                        ended = event
            assert ended is not None
            assert ended.stopped
            assert on_disk(made)[-1].startswith("w0 w1 w2 w3 w4 w5")
            assert await asyncio.to_thread(server.hung_up.wait, 10)


async def test_a_closed_generator_announces_the_end_and_saves(folders: Folders) -> None:
    with slow_server(words=10_000, pause=0.002) as server:
        there = Connection(name="slow", provider="generic", url=server.url, instruct="none")
        async with tavern(folders, there) as made:
            heard: list[object] = []
            made.session.changed.listen(heard.append)
            async with aclosing(made.session.send("Hello")) as events:
                async for event in events:
                    if isinstance(event, ReplyGrew):
                        break
            assert [type(one) for one in heard] == [ReplyEnded]
            assert on_disk(made)[-1].startswith("w0")


async def test_regenerate_replaces_the_reply_and_undo_brings_it_back(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.regenerate())
        assert texts(made)[-1] == "second"
        assert on_disk(made)[-1] == "second"
        assert made.session.undo() == "regenerate"
        assert on_disk(made)[-1] == "first"


async def test_a_failed_regenerate_keeps_the_old_reply(folders: Folders) -> None:
    gone = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")
    async with tavern(folders, scripted("first"), gone) as made:
        await run(made.session.send("Hello"))
        made.connections.select("gone")
        with pytest.raises(TavernError):
            await run(made.session.regenerate())
        assert texts(made)[-1] == "first"


async def test_swipes_are_made_walked_and_kept(folders: Folders) -> None:
    async with tavern(folders, scripted("one", "two")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.swipe_right())
        message = made.session.chat.messages[-1]
        assert [swipe.text for swipe in message.swipes] == ["one", "two"]
        assert message.text == "two"
        made.session.swipe_left()
        assert on_disk(made)[-1] == "one"
        assert await run(made.session.swipe_right()) == [MessageChanged(2)]
        assert texts(made)[-1] == "two"


async def test_greetings_are_walked_round_and_never_generated(folders: Folders) -> None:
    card: dict[str, object] = {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {"name": "Ann", "first_mes": "A", "alternate_greetings": ["B"]},
    }
    async with tavern(folders, scripted("never"), card=card) as made:
        seen = []
        for _ in range(3):
            await run(made.session.swipe_right())
            seen.append(texts(made)[0])
        assert seen == ["B", "A", "B"]


async def test_continue_goes_on_where_the_message_ended(folders: Folders) -> None:
    async with tavern(folders, scripted("Once upon", " a time.")) as made:
        await run(made.session.send("Tell"))
        await run(made.session.continue_())
        assert on_disk(made)[-1] == "Once upon a time."


async def test_impersonation_ends_in_the_composer_and_not_in_the_chat(folders: Folders) -> None:
    async with tavern(folders, scripted("I nod.")) as made:
        events = await run(made.session.impersonate())
        assert isinstance(events[-1], ReplyEnded)
        assert events[-1].text == "I nod."
        assert len(texts(made)) == 1


async def test_edit_delete_hide_and_undo(folders: Folders) -> None:
    async with tavern(folders, scripted("reply")) as made:
        await run(made.session.send("Hello"))
        made.session.edit(1, "Good day")
        made.session.hide(1)
        assert made.session.chat.messages[1].hidden
        made.session.delete(1)
        assert on_disk(made) == ["Welcome, {{user}}.", "reply"]
        assert made.session.undo() == "delete"
        assert on_disk(made)[1] == "Good day"


async def test_the_preview_is_what_the_server_receives_to_the_byte(folders: Folders) -> None:
    with slow_server() as server:
        there = Connection(name="slow", provider="generic", url=server.url, model="slow", instruct="ChatML")
        async with tavern(folders, there) as made:
            await made.session.get_ready()
            preview = made.session.preview("Hello {{random::a::b::c}} {{roll::1d100}}")
            await run(made.session.send("Hello {{random::a::b::c}} {{roll::1d100}}"))
            sent = json.loads(server.bodies[-1])
            assert sent == preview.request.body
            assert isinstance(preview.built.prompt, TextPrompt)
            assert sent["prompt"] == preview.text


async def test_a_preview_changes_nothing(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        before = (list(made.session.chat.messages), dict(made.session.chat.metadata))
        made.session.preview("{{setvar::a::1}}{{setglobalvar::b::2}}")
        assert (made.session.chat.messages, made.session.chat.metadata) == before
        assert not folders.st_settings.exists()


async def test_variables_set_by_a_message_are_kept(folders: Folders) -> None:
    async with tavern(folders, scripted("x", "y")) as made:
        await run(made.session.send("{{setvar::mood::good}}Hi"))
        assert "mood: good" in made.session.preview("mood: {{getvar::mood}}").text


async def test_a_second_preview_knows_what_the_server_has_seen(folders: Folders) -> None:
    async with tavern(folders, scripted("The river is high today.")) as made:
        assert made.session.preview("x").unchanged_chars == 0
        await run(made.session.send("Hello"))
        after = made.session.preview("And then?")
        assert (
            after.unchanged_chars
            >= len(after.text) - len("The river is high today.\nUser: And then?\nAnn:\n") - 8
        )


async def test_connections_switch_in_the_middle_of_a_chat(folders: Folders) -> None:
    async with tavern(folders, scripted("from one"), scripted("from two", name="other")) as made:
        await run(made.session.send("Hello"))
        await made.connections.switch("other")
        assert made.connections.current.name == "other"
        await run(made.session.send("Again"))
        assert texts(made)[-3:] == ["from one", "Again", "from two"]


async def test_after_a_restart_everything_is_there(folders: Folders) -> None:
    async with tavern(folders, scripted("one", "two")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.swipe_right())
        made.session.draft = "half a thou"
        title = made.session.chat.title
    again = build_tavern(folders, {})
    await again.start()
    assert again.session.chat.title == title
    assert again.session.draft == "half a thou"
    assert again.connections.current.name == "script"
    assert [swipe.text for swipe in again.session.chat.messages[-1].swipes] == ["one", "two"]
    await again.close()


async def test_an_unreadable_chat_is_opened_read_only_and_left_alone(
    folders: Folders, tmp_path: Path
) -> None:
    async with tavern(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        path = made.session.store.path
        assert path is not None
        path.write_bytes(b"\xff\xfe\x00\x81 no chat at all")
        session = await made.open_chat(made.session.character.file, path.stem)
        with pytest.raises(TavernError):
            await run(session.send("Hello?"))
        assert path.read_bytes() == b"\xff\xfe\x00\x81 no chat at all"


async def test_sending_while_a_reply_arrives_is_refused(folders: Folders) -> None:
    async with (
        tavern(folders, scripted("a b c d e f", pace=0.01)) as made,
        aclosing(made.session.send("Hello")) as events,
    ):
        async for event in events:
            if isinstance(event, ReplyGrew):
                with pytest.raises(UsageError):
                    await run(made.session.send("again"))
                break


async def test_send_edited_sends_just_that(folders: Folders) -> None:
    with slow_server(words=3) as server:
        there = Connection(name="slow", provider="generic", url=server.url, instruct="none")
        async with tavern(folders, there) as made:
            await run(made.session.send_edited("Only this:"))
            assert json.loads(server.bodies[-1])["prompt"] == "Only this:"
            assert texts(made)[-1] == "w0 w1 w2"


async def test_the_greeting_is_shown_with_its_macros_resolved(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        assert made.session.shown_text(0) == "Welcome, User."
        assert made.session.shower()(made.session.chat.messages[0], 0).text == "Welcome, User."
