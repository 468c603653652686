"""What a service tells besides the words is kept with the reply: pages it drew on, tokens it counted."""

from __future__ import annotations

from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import EventStream, Finished, TextDelta, Usage
from tavern_tui.core.price import Price
from tavern_tui.services.events import ReplyEnded
from tavern_tui.services.reply import Reply, ReplyRules
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.layout import Layout
from tavern_tui.ui.panes.chat.message import shown
from tavern_tui.ui.panes.chat.meter import dollars, summary
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


async def test_what_a_reply_cost_is_kept_said_and_summed_up(folders: Folders) -> None:
    fake = all_fakes()["openrouter"]()
    async with FakeServer(fake) as server:
        there = Connection(name="cloud", provider="openrouter", url=server.url + fake.base, model=fake.model)
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("cloud")
            status = await made.connections.known_status()
            assert status is not None
            assert status.prompt_price is not None
            assert status.reply_price is not None
            events = await run(made.session.send("Hello"))
            extra = made.session.chat.messages[-1].extra
            cost = float(str(extra["cost"]))
            least = int(str(extra["token_count"])) * status.reply_price
            assert least < cost < least + 8192 * status.prompt_price
            assert isinstance(events[-1], ReplyEnded)
            assert dollars(cost) in summary(events[-1])
            table = await made.statistics.of_owner(made.chat_files.owner())
            assert abs(table.total.cost - cost) < 1e-7
            assert dollars(cost) in shown(made.session.chat.messages[-1]).note


async def test_what_the_service_says_it_took_goes_before_our_sum() -> None:
    reply = Reply(clock=lambda: 0.0)
    reply.price, reply.asked = Price(prompt=1.0, reply=1.0), 10

    async def stream() -> EventStream:
        yield TextDelta("Well.")
        yield Usage(prompt_tokens=5, completion_tokens=2, cost=0.25)
        yield Finished()

    reply.start(stream(), ReplyRules())
    while await reply.next(1.0) is not None:
        pass
    assert reply.cost == 0.25
    assert reply.usage == {"prompt_tokens": 5, "completion_tokens": 2}


def test_money_is_written_shortly() -> None:
    assert [dollars(one) for one in (1.254, 0.0213, 0.00001)] == ["$1.25", "$0.0213", "under $0.0001"]
