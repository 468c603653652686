"""What models cost where no list says: stated by the user, believed before the list, counted with what was cached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import Model, Usage
from tavern_tui.core.price import Price
from tavern_tui.providers.dialects.chat.claude_reader import ClaudeReader
from tavern_tui.providers.explain import Explainer
from tavern_tui.services.prices import price_as_written, read_price
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, tavern


async def test_a_stated_price_makes_the_cost_of_a_reply_and_survives_a_start(folders: Folders) -> None:
    fake = all_fakes()["openai"]()
    async with FakeServer(fake) as server:
        there = Connection(name="cloud", provider="openai", url=server.url + fake.base, model=fake.model)
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("cloud")
            await run(made.session.send("Hello"))
            assert "cost" not in made.session.chat.messages[-1].extra
            made.connections.prices.state("openai", fake.model, "2 / 10")
            await run(made.session.send("And?"))
            extra = made.session.chat.messages[-1].extra
            usage = extra["usage"]
            assert isinstance(usage, dict)
            wanted = (usage["prompt_tokens"] * 2 + usage["completion_tokens"] * 10) / 1e6
            assert extra["cost"] == pytest.approx(wanted, abs=1e-8)
        async with tavern(folders) as again:
            assert again.connections.price == Price(prompt=2e-6, reply=1e-5)
            again.connections.prices.state("openai", fake.model, "")
            assert again.connections.price == Price()


async def test_a_stated_price_goes_before_the_lists(folders: Folders) -> None:
    fake = all_fakes()["openrouter"]()
    async with FakeServer(fake) as server:
        there = Connection(name="cloud", provider="openrouter", url=server.url + fake.base, model=fake.model)
        async with tavern(folders) as made:
            made.connections.save(there, key=fake.key)
            made.connections.select("cloud")
            await made.connections.known_status()
            told = made.connections.price
            assert told.prompt is not None
            made.connections.prices.state("openrouter", fake.model, "5/25/0.5")
            mine = Price(prompt=5e-6, reply=2.5e-5, cached=5e-7)
            assert made.connections.price == mine
            listed = {one.id: one for one in await made.connections.models(there)}
            assert listed[fake.model].prompt_price == mine.prompt
            assert listed[fake.model].cached_price == mine.cached
            made.connections.prices.state("openrouter", fake.model, "")
            assert made.connections.price == told


def test_what_was_cached_costs_less_and_keeping_it_more() -> None:
    price = Price(prompt=10.0, reply=50.0, cached=1.0)
    assert price.of(prompt=100, reply=2) == 1100
    assert price.of(prompt=100, reply=2, cached=90) == 10 * 10 + 90 + 100
    assert price.of(prompt=100, reply=2, surcharge=25) == 1350
    assert Price(prompt=10.0, reply=50.0).of(prompt=100, reply=2, cached=90) == 1100
    assert price.of(prompt=10, reply=0, cached=99) == 10
    assert Price(prompt=1.0).of(prompt=1, reply=1) is None


def test_anthropics_usage_says_what_was_kept_and_for_how_long() -> None:
    reader = ClaudeReader(Explainer("Claude"))
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 80, "ephemeral_1h_input_tokens": 120},
        "output_tokens": 1,
    }
    start = {"type": "message_start", "message": {"usage": usage}}
    ends = [
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    events = [event for payload in (start, *ends) for event in reader.piece(payload)]
    events += reader.end(marked=True)
    counted = next(event for event in events if isinstance(event, Usage))
    assert (counted.prompt_tokens, counted.completion_tokens, counted.cached_tokens) == (510, 7, 300)
    assert counted.surcharge == 80 * 0.25 + 120


@pytest.mark.parametrize(
    "words", ["5", "a / b", "1 / 2 / 3 / 4", "-1 / 2", "1e99 / 2", "1 / inf", "9999999 / 1", "/"]
)
def test_what_is_no_price_is_refused_in_a_sentence(words: str) -> None:
    with pytest.raises(UsageError, match="is no price"):
        read_price(words)


@given(st.lists(st.decimals(0, 1000, places=4), min_size=2, max_size=3))
def test_a_price_is_read_as_it_is_written(numbers: list[object]) -> None:
    found = [float(str(one)) for one in numbers]
    price = Price(**dict(zip(("prompt", "reply", "cached"), (one / 1e6 for one in found), strict=False)))
    assert read_price(price_as_written(price)) == pytest.approx(found)


async def test_nonsense_in_the_settings_is_no_price(folders: Folders) -> None:
    async with tavern(folders) as made:
        rows = {"a/b": {"prompt": "dear", "reply": 1}, "a/c": 3, "a/d": {"prompt": True, "reply": 1}}
        made.change_settings(prices=rows)
        prices = made.connections.prices
        assert [prices.stated("a", model) for model in "bcd"] == [None] * 3
        assert prices.known("a", Model(id="b")) == Model(id="b")
