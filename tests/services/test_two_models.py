"""Two connections answer the same message; both replies are in the chat as swipes."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ConnectionFailed, UsageError
from tavern_tui.services.events import MessageAdded, SideEnded, SideGrew
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, scripted, tavern, texts

GONE = Connection(name="gone", provider="generic", url="http://127.0.0.1:9", instruct="none")


async def test_both_replies_are_swipes_of_one_message_and_on_disk(folders: Folders) -> None:
    async with tavern(folders, scripted("from one"), scripted("from two", name="other")) as made:
        events = await run(made.session.compare("Hello", "other"))
        assert [event for event in events if isinstance(event, MessageAdded)] == [
            MessageAdded(1), MessageAdded(2),
        ]  # fmt: skip
        for side, text in ((0, "from one"), (1, "from two")):
            said = [one.delta for one in events if isinstance(one, SideGrew) and one.side == side]
            assert "".join(said) == text
        path = made.session.store.path
        assert path is not None
        kept = read_chat(path).chat.messages[-1]
        assert [swipe.text for swipe in kept.swipes] == ["from one", "from two"]
        made.session.keep_side(-1, 1)
        assert texts(made)[-1] == "from two"
        assert len(made.session.chat.messages[-1].swipes) == 1
        made.session.undo()
        assert len(made.session.chat.messages[-1].swipes) == 2


async def test_each_side_gets_the_prompt_its_connection_needs(folders: Folders) -> None:
    async with FakeServer(LlamaCppFake()) as server:
        there = Connection(name="there", provider="llamacpp", url=server.url, max_tokens=40)
        async with tavern(folders, scripted("plain"), there) as made:
            await run(made.session.compare("Hello", "there"))
            sent = json.loads(server.requests[-1].body)["prompt"]
            assert "<|im_start|>" in sent
            assert "<|im_start|>" not in made.connections.provider().requests[-1].prompt.text  # type: ignore[attr-defined]  # the scripted one
            assert made.connections.current.name == "script"
            assert made.session.chat.messages[-1].swipes[1].extra["model"] == "tiny-7b"


async def test_both_swipes_know_of_themselves_what_any_reply_does(folders: Folders) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    (folders.data / "settings.json").write_text('{"power_user": {"reasoning": {"auto_parse": true}}}')
    tokens = ("<think>", "Hm", ".", "</think>", " Well", " met", ".")
    async with (
        FakeServer(LlamaCppFake(reply=tokens)) as server,
        FakeServer(LlamaCppFake(reply=tokens)) as more,
    ):
        one, two = (
            Connection(name=name, provider="llamacpp", url=url, instruct="none", extra_body={"n_probs": 2})
            for name, url in (("one", server.url), ("two", more.url))
        )
        async with tavern(folders, one, two) as made:
            await run(made.session.send("Hello"))
            usual = made.session.chat.messages[-1]
            events = await run(made.session.compare("And?", "two"))
            kept = made.session.chat.messages[-1]
        assert {"time_to_first_token", "token_probabilities", "reasoning_duration", "usage"} <= set(
            usual.extra
        )
        for swipe in kept.swipes:
            assert set(swipe.extra) == set(usual.extra)
            assert (swipe.text, swipe.extra["reasoning"]) == ("Well met.", "Hm.")
            assert (swipe.started_at and swipe.finished_at) > swipe.started_at
        ended = [event for event in events if isinstance(event, SideEnded)]
        assert [(one.text, one.reasoning) for one in ended] == [("Well met.", "Hm.")] * 2
        assert all(one.first_token is not None and one.thinking_seconds > 0 for one in ended)


async def test_one_that_fails_leaves_the_other(folders: Folders) -> None:
    async with tavern(folders, scripted("still here"), GONE) as made:
        events = await run(made.session.compare("Hello", "gone"))
        ended = {one.side: one for one in events if isinstance(one, SideEnded)}
        assert "127.0.0.1:9" in ended[1].error
        assert ended[0].error == ""
        assert [swipe.text for swipe in made.session.chat.messages[-1].swipes] == ["still here"]


async def test_two_that_fail_are_an_error_and_the_message_is_kept(folders: Folders) -> None:
    other = Connection(name="gone too", provider="generic", url="http://127.0.0.1:9", instruct="none")
    async with tavern(folders, GONE, other) as made:
        with pytest.raises(ConnectionFailed):
            await run(made.session.compare("Hello", "gone too"))
        assert texts(made)[-1] == "Hello"
        assert not made.session.busy


async def test_it_takes_two(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        for name in ("script", "nobody"):
            with pytest.raises(UsageError):
                await run(made.session.compare("Hello", name))
        assert texts(made)[-1] != "Hello"


async def test_a_stop_ends_both_and_keeps_what_came(folders: Folders) -> None:
    with_pace = scripted("one two three four", pace=0.01)
    async with FakeServer(LlamaCppFake(pace=-1)) as server:
        there = Connection(name="there", provider="llamacpp", url=server.url, instruct="none")
        async with tavern(folders, with_pace, there) as made:
            seen = 0
            async for event in made.session.compare("Hello", "there"):
                seen += isinstance(event, SideGrew) and event.side == 1
                if seen >= 1:
                    made.session.stop()
            assert made.session.chat.messages[-1].swipes[-1].text.startswith("The")
            assert not made.session.busy
