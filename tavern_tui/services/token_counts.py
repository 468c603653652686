"""Warms the token counter before a prompt is built, so that counting inside stays synchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from tavern_tui.core.errors import TavernError
from tavern_tui.tokens.cache import CachedCounter

WAIT = 0.3
"""Seconds a send waits for counts at most; after that the estimate has to do."""

AT_ONCE = 64
"""Texts asked for in one go."""

Ask = Callable[[Sequence[str]], Awaitable[list[int] | None]]


class TokenWarmer:
    """Asks the server for the counts a counter lacked, in the background."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def warm(self, counter: CachedCounter, ask: Ask, *, wait: float = WAIT) -> bool:
        """Fill in missing counts; True when all are known within `wait` seconds.

        What is not answered by then goes on in the background, for the next build."""
        if self._task is None or self._task.done():
            if not counter.missing:
                return True
            self._task = asyncio.create_task(_fill(counter, ask))
        done, _ = await asyncio.wait({self._task}, timeout=wait)
        return bool(done) and not counter.missing

    async def aclose(self) -> None:
        """End the background work."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)


async def _fill(counter: CachedCounter, ask: Ask) -> None:
    while counter.missing:
        texts = list(islice(counter.missing, AT_ONCE))
        try:
            counts = await ask(texts)
        except TavernError:
            return  # the estimate serves until the server answers again
        if counts is None:
            return
        counter.learn(dict(zip(texts, counts, strict=True)))
