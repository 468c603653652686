"""A conversation with the real llama.cpp server, as the app and the command line hold it."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.services.events import ReplyEnded, ReplyGrew
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern

pytestmark = pytest.mark.real_server


def llama(url: str, **fields: object) -> Connection:
    return Connection(name="llama", provider="llamacpp", url=url, max_tokens=80, **fields)  # type: ignore[arg-type]  # fields of Connection


async def test_template_context_and_counts_come_from_the_server(folders: Folders, llama_url: str) -> None:
    async with tavern(folders, llama(llama_url)) as made:
        await made.session.get_ready("Hello")
        assert made.connections.template_name == "ChatML (from the server)"
        assert made.connections.context_size == 4096
        built = made.session.preview("Hello").built
        assert built.exact
        assert llama_url in built.counter


async def test_send_swipe_switch_and_find_everything_again(folders: Folders, llama_url: str) -> None:
    async with tavern(folders, llama(llama_url), scripted("I am another.", name="other")) as made:
        events = await run(made.session.send("Tell me of the river."))
        assert any(isinstance(event, ReplyGrew) for event in events)
        await run(made.session.swipe_right())
        assert len(made.session.chat.messages[-1].swipes) == 2
        made.connections.select("other")
        await run(made.session.send("And you?"))
        path = made.session.store.path
        assert path is not None
    texts = [message.text for message in read_chat(path).chat.messages]
    assert texts[1] == "Tell me of the river."
    assert texts[-1] == "I am another."


async def test_stop_frees_the_servers_slot(folders: Folders, llama_url: str) -> None:
    endless = llama(llama_url, extra_body={"ignore_eos": True, "n_predict": 100_000})
    async with tavern(folders, endless) as made:
        ended: ReplyEnded | None = None
        async with aclosing(made.session.send("Talk on.")) as events:
            async for event in events:
                if isinstance(event, ReplyGrew) and len(made.session.chat.messages[-1].text) > 40:
                    made.session.stop()
                elif isinstance(event, ReplyEnded):
                    ended = event
        assert ended is not None
        assert ended.stopped
        # Both slots of the server are free again: two more replies can be had at once.
        made.connections.use_once(llama(llama_url))
        await run(made.session.send("Short, please."))
        assert made.session.chat.messages[-1].text
