"""Second attempts: a server that asks to wait is waited for, a prompt that is too long is built anew."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from tavern_tui.core.errors import ContextOverflow, PromptError, RateLimited, ServerBusy
from tavern_tui.core.generation import EventStream, GenerationRequest, Progress

MOST_WAITS = 2
LONGEST_WAIT = 120.0
"""Seconds, all waits of one reply together."""
MOST_TRIES = 50
BUSY_SECONDS = 2.5
"""Until a server is asked again that is busy and does not say how long: one that cannot stop, such as
KoboldAI, is busy until it has written what nobody wants any more."""
TICK_SECONDS = 1.0
SMALLER = 0.9
"""What is tried where a server says that a prompt is too long, but not by how much."""

TOO_MANY = "too many requests"
BUSY = "the server is busy"

Sleep = Callable[[float], Awaitable[None]]
Ask = Callable[[GenerationRequest], EventStream]
Rebuild = Callable[[ContextOverflow], GenerationRequest | None]
"""The request for a smaller context; None: there is no use in it."""


@dataclass(slots=True)
class Patience:
    """How often and how long one reply may still be waited for."""

    waits: int = MOST_WAITS
    seconds: float = LONGEST_WAIT
    tries: int = MOST_TRIES
    """For a server that is busy."""

    def wait(self, error: RateLimited | ServerBusy) -> float | None:
        """The seconds to wait now; None: it is not worth waiting, or was tried often enough."""
        asked = error.retry_after
        if asked is None and isinstance(error, ServerBusy) and self.tries > 0:
            self.tries -= 1
            return BUSY_SECONDS
        if asked is None or self.waits <= 0 or asked > self.seconds:
            return None
        self.waits -= 1
        self.seconds -= asked
        return max(asked, TICK_SECONDS)


async def persistent(
    ask: Ask, request: GenerationRequest, *, rebuild: Rebuild | None = None, sleep: Sleep | None = None
) -> EventStream:
    """The events of a reply, asked for again where that helps and nothing has come yet.

    Raises what `ask` raises when it helps no more. Closing the generator ends a wait at once."""
    patience = Patience()
    while True:
        begun = False
        try:
            async with aclosing(ask(request)) as events:
                async for event in events:
                    begun = begun or not isinstance(event, Progress)
                    yield event
            return
        except (RateLimited, ServerBusy) as error:
            seconds = None if begun else patience.wait(error)
            if seconds is None:
                raise
            why = BUSY if isinstance(error, ServerBusy) else TOO_MANY
        except ContextOverflow as error:
            again = None if begun or rebuild is None else _rebuilt(rebuild, error)
            if again is None:
                raise
            request, rebuild, seconds, why = again, None, 0, ""
        if seconds:
            async with aclosing(countdown(seconds, why, sleep or asyncio.sleep)) as ticks:
                async for tick in ticks:
                    yield tick
        else:
            yield Progress(0, 0, f"the prompt was too long: once more with {request.context_size:,} tokens")


def _rebuilt(rebuild: Rebuild, error: ContextOverflow) -> GenerationRequest | None:
    try:
        return rebuild(error)
    except PromptError:
        return None  # what cannot be left out is too long already: the server's sentence says it best


async def countdown(seconds: float, why: str, sleep: Sleep) -> AsyncGenerator[Progress, None]:
    """The seconds of a wait, one by one."""
    left = seconds
    while left > 0:
        note = f"{why}: waits {math.ceil(left)} s, Esc stops"
        yield Progress(math.floor(seconds - left), math.ceil(seconds), note)
        await sleep(min(TICK_SECONDS, left))
        left -= TICK_SECONDS


def smaller_context(error: ContextOverflow, *, context_size: int, reply: int, counted: int) -> int | None:
    """The context size, in tokens as we count them, with which a prompt fits the server.

    `counted`: our count of the prompt that did not. A server that does not say how much room it has is
    tried once with a tenth less. None: nothing is left to leave out, or there is less room than a reply
    takes."""
    room = error.context_size
    if room is None:
        kept = int(min(counted, context_size - reply) * SMALLER)
        return reply + kept if kept > 0 else None
    size = min(room, context_size)
    sent = error.prompt_tokens
    if sent is not None and 0 < counted < sent:
        # The server counts more than we do: our tokens are worth less than its own.
        size = reply + (size - reply) * counted // sent
    elif size == context_size:
        over = sent + reply - room if sent is not None else 0
        size = context_size - over if over > 0 else int(context_size * SMALLER)
    return size if reply < size < context_size else None
