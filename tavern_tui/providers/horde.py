"""HordeProvider: leaves a request with the AI Horde, asks how it stands, and takes it back on Esc."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import (
    AuthFailed,
    BadAnswer,
    ConnectionFailed,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamBroken,
)
from tavern_tui.core.generation import EventStream, GenerationRequest, Progress, ServerStatus, StreamEvent
from tavern_tui.providers.base import PreparedRequest, ProviderSpec
from tavern_tui.providers.dialects.horde import HordeReader
from tavern_tui.providers.explain import retry_after
from tavern_tui.providers.horde_refusals import HordeExplainer
from tavern_tui.providers.horde_workers import (
    HEARTBEAT,
    WORKERS,
    Wishes,
    Worker,
    ids_of,
    in_time,
    read_workers,
    status_of,
)
from tavern_tui.providers.http import HttpProvider
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_text
from tavern_tui.providers.wirelog import WireLog

STATE = "/api/v2/generate/text/status/"
USER = "/api/v2/find_user"
SHARED_KEY = "/api/v2/sharedkeys/"
SUBMIT_SECONDS = 60.0
"""A Horde that is busy takes its time even to take a request."""
POLL_SECONDS = 2.5
TICK_SECONDS = 1.0
"""Between two polls the seconds are counted down this often."""
MOST_POLLS = 480
"""The Horde forgets a request after 20 minutes."""
MOST_MISSES = 5
"""So many polls in a row may fail before the request is given up; it goes on there meanwhile."""
LONGEST_PAUSE = 120.0
TAKE_BACK_SECONDS = 10.0
LEAVING_SECONDS = 1.0
"""How long closing waits for a request that is being taken back."""
MAX_ANSWER = 16 * 2**20
PASSING = (ConnectionFailed, ServerFailed, BadAnswer, StreamBroken)
"""Faults of a poll that say nothing of the request itself."""


@dataclass(slots=True)
class Job:
    """A request the Horde has taken."""

    id: str
    warning: str = ""
    over: bool = False
    """Nothing is left there that could be taken back."""
    first_place: int = 0
    misses: int = 0

    @property
    def path(self) -> str:
        return f"{STATE}{quote(self.id, safe='')}"


class HordeProvider(HttpProvider):
    """One connection to the AI Horde, with a key or anonymous."""

    explainer = HordeExplainer

    def __init__(
        self, spec: ProviderSpec, connection: Connection, *, key: str | None, log: WireLog | None = None
    ) -> None:
        super().__init__(spec, connection, key=key, log=log)
        self._crowd: tuple[Worker, ...] = ()
        self._leaving: set[asyncio.Task[None]] = set()

    # --- who is there

    async def status(self) -> ServerStatus:
        alive, answer, purse = await together(self._ask.get(HEARTBEAT), self._ask.get(WORKERS), self._purse())
        self._crowd = tuple(read_workers(answer))
        options = self._connection.options
        wishes = Wishes.of(self._connection.model, options)
        self._known = status_of(self._spec, alive, self._crowd, wishes, options, as_text(purse))
        return self._known

    async def _purse(self) -> str:
        """The key's kudos in words; nothing for the anonymous. Raises AuthFailed for an unknown key."""
        if not self._key or self._key == self._spec.headers["apikey"]:
            return "anonymous"
        try:
            user = as_dict(await self._ask.get(USER))
        except NotFound:
            user = await self._shared_key()
        kudos = user.get("kudos")
        return f"{kudos:,.0f} kudos" if isinstance(kudos, int | float) else ""

    async def _shared_key(self) -> dict[str, object]:
        """What is known of a key its owner shares. It stands in the address, so no log may show it."""
        prepared = self._prepared("GET", SHARED_KEY + quote(self._key, safe=""), None)
        try:
            return as_dict(await self._ask.asked(prepared, WireLog(limit=1)))
        except (NotFound, RequestRefused) as error:
            raise AuthFailed(
                f"{self._explain.server} does not know this key.",
                hint="Check the API key, or leave it empty to be anonymous.",
            ) from error

    async def learn(self, request: GenerationRequest) -> None:
        await super().learn(request)
        if not self._crowd and Wishes.of("", self._connection.options).workers:
            with suppress(ProviderError):
                self._crowd = tuple(read_workers(await self._ask.get(WORKERS)))

    def _completed(self, request: GenerationRequest) -> GenerationRequest:
        request = super()._completed(request)
        wanted = ids_of(Wishes.of("", request.options).workers, self._crowd)
        return replace(request, options={**request.options, "workers": wanted})

    # --- the reply

    async def stream(self, request: GenerationRequest) -> EventStream:
        await self.learn(request)
        job = await self._submitted(self.wire(request))
        reader = HordeReader.of(request)
        try:
            async with aclosing(self._watched(job, reader)) as events:
                async for event in events:
                    yield event
        except ProviderError:
            if not reader.given:
                raise
            # Each text is whole; that further ones failed makes it no worse.
        finally:
            if not job.over:
                self._in_the_background(self._taken_back(job))
        for event in reader.end(marked=True):
            yield event

    async def _submitted(self, prepared: PreparedRequest) -> Job:
        asking = asyncio.ensure_future(self._ask.heard(prepared, limit=MAX_ANSWER, seconds=SUBMIT_SECONDS))
        try:
            answer, _ = await asyncio.shield(asking)
        except asyncio.CancelledError:
            # It may have arrived there, and would be worked on for nobody.
            self._in_the_background(self._taken_back_later(asking))
            raise
        return self._job(answer)

    def _job(self, answer: object) -> Job:
        facts = as_dict(answer)
        if not as_text(facts.get("id")):
            raise self._explain.nonsense("something that does not name the request")
        return Job(as_text(facts.get("id")), self._explain.words(as_text(facts.get("message"))))

    async def _watched(self, job: Job, reader: HordeReader) -> AsyncGenerator[StreamEvent, None]:
        for _ in range(MOST_POLLS):
            state, pause = await self._look(job)
            for event in reader.piece(state):
                yield event
            if state.get("done") is True or state.get("faulted") is True:
                job.over = True
                self._check_reply(state, reader)
                return
            if state.get("is_possible") is False:
                raise self._impossible(job)
            async with aclosing(_countdown(state, job, pause)) as ticks:
                async for tick in ticks:
                    yield tick
        raise ServerFailed(
            f"{self._explain.server} found nobody to answer within 20 minutes.", hint="Choose other models."
        )

    async def _look(self, job: Job) -> tuple[dict[str, object], float]:
        """How the request stands, and after how many seconds that may be asked again."""
        try:
            # Hundreds of polls would push everything else out of the log.
            prepared = self._prepared("GET", job.path, None)
            answer, headers = await self._ask.heard(prepared, WireLog(limit=1), limit=MAX_ANSWER)
        except RateLimited as error:
            return {}, min(LONGEST_PAUSE, max(POLL_SECONDS, error.retry_after or 0))
        except NotFound as error:
            job.over = True
            raise NotFound(
                f"{self._explain.server} no longer has this request: it expired or was cancelled.",
                hint="Send again.",
            ) from error
        except PASSING:
            job.misses += 1
            if job.misses > MOST_MISSES:
                raise
            return {}, POLL_SECONDS
        job.misses = 0
        return as_dict(answer), _pause(headers)

    def _check_reply(self, state: Mapping[str, object], reader: HordeReader) -> None:
        if reader.given:
            return
        why = "the workers failed at it" if state.get("faulted") is True else "no text came of it"
        raise ServerFailed(
            f"{self._explain.server} gave the request up: {why}.",
            hint="Send again, or choose other models or workers.",
        )

    def _impossible(self, job: Job) -> RequestRefused:
        said = f" It said: {job.warning}" if job.warning else ""
        return RequestRefused(
            f"{self._explain.server} has no worker now that could answer this request.{said}",
            hint="Shorten the context or the reply, choose more models, or adjust to the workers.",
        )

    # --- taking it back

    def _in_the_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Whoever stops a reply does not wait for the Horde to hear of it."""
        task = asyncio.ensure_future(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _taken_back_later(self, asking: asyncio.Future[tuple[object, Mapping[str, str]]]) -> None:
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(TAKE_BACK_SECONDS):
                answer, _ = await asking
                await self._taken_back(self._job(answer))

    async def _taken_back(self, job: Job) -> None:
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(TAKE_BACK_SECONDS):
                await self._ask.send("DELETE", job.path)

    async def aclose(self) -> None:
        if self._leaving:
            _, late = await asyncio.wait(set(self._leaving), timeout=LEAVING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await super().aclose()


def _pause(headers: Mapping[str, str]) -> float:
    """Seconds until the next poll: as usual, or when the server takes questions again."""
    if headers.get("x-ratelimit-remaining") != "0":
        return POLL_SECONDS
    wait = retry_after(headers)
    if wait is None:
        with suppress(ValueError):
            wait = float(headers.get("x-ratelimit-reset", "")) - time.time()
    return min(LONGEST_PAUSE, max(POLL_SECONDS, wait or 0))


async def _countdown(state: Mapping[str, object], job: Job, pause: float) -> AsyncGenerator[Progress, None]:
    """How it stands, told anew while the time passes."""
    passed = 0.0
    while True:
        yield progress(state, job, passed)
        if pause - passed <= TICK_SECONDS:
            break
        await asyncio.sleep(TICK_SECONDS)
        passed += TICK_SECONDS
    await asyncio.sleep(pause - passed)


def progress(state: Mapping[str, object], job: Job, passed: float = 0.0) -> Progress:
    """A request's state as places of the queue and in words; `passed`: seconds since it was told."""
    place = as_int(state.get("queue_position")) or 0
    job.first_place = max(job.first_place, place)
    wait = state.get("wait_time")
    left = wait - passed if isinstance(wait, int | float) else 0
    about = f", {in_time(left)}" if left > 0 else ""
    if not state:
        return Progress(0, job.first_place, "the Horde does not answer; the request waits on")
    if as_int(state.get("processing")):
        return Progress(job.first_place, job.first_place, f"a worker writes{about}")
    if place > 0:
        return Progress(job.first_place - place, job.first_place, f"place {place} in the queue{about}")
    return Progress(0, job.first_place, f"waiting for a worker{about}")
