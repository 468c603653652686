"""The pump hands on what a stream gives and ends it at once when told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tavern_tui.core.errors import StreamBroken
from tavern_tui.core.generation import StreamEvent, TextDelta
from tavern_tui.services.pump import Pump


async def words(*texts: str) -> AsyncGenerator[StreamEvent, None]:
    for text in texts:
        yield TextDelta(text)


async def collect(pump: Pump) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    while (batch := await pump.batch(5)) is not None:
        events += batch
    return events


async def test_every_event_comes_out_in_order() -> None:
    assert await collect(Pump(words("a", "b", "c"))) == [TextDelta("a"), TextDelta("b"), TextDelta("c")]


async def test_a_silent_stream_gives_an_empty_batch_after_the_timeout() -> None:
    never = asyncio.Event()

    async def silent() -> AsyncGenerator[StreamEvent, None]:
        await never.wait()
        yield TextDelta("too late")

    pump = Pump(silent())
    assert await pump.batch(0.01) == []
    pump.stop()
    assert await pump.batch(5) is None


async def test_stop_closes_the_stream_and_keeps_what_had_arrived() -> None:
    closed = asyncio.Event()
    arrived = asyncio.Event()

    async def endless() -> AsyncGenerator[StreamEvent, None]:
        try:
            yield TextDelta("kept")
            arrived.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    pump = Pump(endless())
    await arrived.wait()
    pump.stop()
    assert await pump.batch(5) == [TextDelta("kept")]
    assert await pump.batch(5) is None
    await asyncio.wait_for(closed.wait(), 5)


async def test_an_error_comes_after_the_events_before_it() -> None:
    async def broken() -> AsyncGenerator[StreamEvent, None]:
        yield TextDelta("half")
        raise StreamBroken("The server left.")

    pump = Pump(broken())
    await asyncio.sleep(0)
    assert await pump.batch(5) == [TextDelta("half")]
    with pytest.raises(StreamBroken):
        await collect(pump)
