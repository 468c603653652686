"""Reads a provider's stream in a task of its own.

The reader of the events (a screen, a script) may be slow and may stop at any moment; the
socket is neither slowed by it nor kept open for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import aclosing

from tavern_tui.core.generation import EventStream, StreamEvent

TURN = 0.0005
"""Seconds of reading at a time before others have their turn."""


class Pump:
    """Collects events until somebody asks for them, in batches."""

    def __init__(self, stream: EventStream) -> None:
        self._events: deque[StreamEvent] = deque()
        self._wake = asyncio.Event()
        self._error: Exception | None = None
        self._ended = False
        self.stopped = False
        self.task = asyncio.create_task(self._run(stream))

    async def _run(self, stream: EventStream) -> None:
        try:
            async with aclosing(stream) as events:
                since = time.perf_counter()
                async for event in events:
                    self._events.append(event)
                    self._wake.set()
                    # A server that is faster than we are never lets a read wait: without this no key
                    # would be heard until the reply is over.
                    if time.perf_counter() - since > TURN:
                        await asyncio.sleep(0)
                        since = time.perf_counter()
        except Exception as error:  # handed to whoever reads the batches
            self._error = error
        finally:
            self._ended = True
            self._wake.set()

    def stop(self) -> None:
        """End the stream now; what had arrived can still be read. The socket closes in the background."""
        self.stopped = True
        self._ended = True
        self._wake.set()
        self.task.cancel()

    async def batch(self, wait: float) -> list[StreamEvent] | None:
        """All events that arrived since the last call; waits at most `wait` seconds for one.

        An empty list: nothing came. None: the stream is over. Raises what the stream raised,
        after the last event before it was handed out."""
        if not self._events and not self._ended:
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                return []
        self._wake.clear()
        if self._events:
            events = list(self._events)
            self._events.clear()
            return events
        if not self._ended:
            return []
        self._wake.set()
        if self._error is not None and not self.stopped:
            raise self._error
        return None

    def leftovers(self) -> list[StreamEvent]:
        """Events that arrived and were not handed out."""
        events = list(self._events)
        self._events.clear()
        return events
