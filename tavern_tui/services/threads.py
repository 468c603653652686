"""Work that blocks, done beside the loop and given up when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[int, int], object]
"""Told how much is done, of how much."""


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """What `work` returns. When we are cancelled, the event it was given is set."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, stop)
    except asyncio.CancelledError:
        stop.set()
        raise


def told_in_loop(progress: Progress | None) -> Progress:
    """`progress` for a thread: it is called in the loop that runs now."""
    loop = asyncio.get_running_loop()

    def tell(done: int, total: int) -> None:
        if progress is not None:
            loop.call_soon_threadsafe(progress, done, total)

    return tell
