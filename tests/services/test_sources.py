"""What a service tells besides the words is kept with the reply: pages it drew on, tokens it counted."""

from __future__ import annotations

from tavern_tui.core.connection import Connection
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.layout import Layout
from tavern_tui.ui.panes.chat.message import shown
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, tavern


async def test_the_pages_a_reply_draws_on_are_kept_and_shown_under_it(folders: Folders) -> None:
    fake = all_fakes()["perplexity"]()
    async with FakeServer(fake) as server:
        there = Connection(name="search", provider="perplexity", url=server.url, model="sonar")
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("search")
            await run(made.session.send("Who says so?"))
            path = made.session.store.path
            assert path is not None
            kept = read_chat(path).chat.messages[-1]
            assert kept.extra["citations"] == ["https://example.org/a"]
            lines = [line.text for line in Layout(shown(kept), 60).lines]
            assert lines[-3:] == ["", "[1] https://example.org/a", ""]


async def test_the_servers_count_of_tokens_is_kept(folders: Folders) -> None:
    fake = all_fakes()["openai"]()
    async with FakeServer(fake) as server:
        there = Connection(name="cloud", provider="openai", url=server.url + fake.base, model=fake.model)
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("cloud")
            await run(made.session.send("Hello"))
            usage = made.session.chat.messages[-1].extra["usage"]
            assert isinstance(usage, dict)
            assert usage["prompt_tokens"] > 0
            assert usage["completion_tokens"] == made.session.chat.messages[-1].extra["token_count"]
