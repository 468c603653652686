"""StrictFake: a backend's HTTP server that refuses what the real one refuses, in its own words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from tests.providers.fakes.server import Answer, Seen

REPLY = (" The", " fire", " is", " low,", " é", "你", "好", "✨", " and", " then", " the", " door", " opens.")
"""What every fake says unless it is told otherwise, token by token."""

Check = Callable[[Any], str]
"""Says what is wrong with a value; empty: nothing."""


class Refused(Exception):
    """The server's no: a status and a body in its own shape."""

    def __init__(self, status: int, body: object, **headers: str) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers


@dataclass
class Generation:
    """A reply the fake was asked for."""

    body: Mapping[str, Any]
    said: int = 0
    """Pieces that went out."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: bool = False
    """The client ended it: the connection was closed, or it was told to stop."""


class StrictFake:
    """Subclasses fill in `id`, `routes` and the class variables below. Use as a `FakeServer` handler.

    `generate` names the routes that make replies ("POST /completion"), so that tests can put faults
    there. Handlers in `routes` raise `Refused`; `__call__` sends what they say."""

    id: ClassVar[str]
    generate: ClassVar[frozenset[str]]
    model: ClassVar[str] = "tiny-7b"
    context: ClassVar[int | None] = 8192
    """What it tells of its context; None: nothing."""
    counts: ClassVar[bool] = False
    """It has a route that counts tokens: one token for each word (`count`)."""
    streams: ClassVar[bool] = True
    stops_by: ClassVar[str] = "closing the connection"
    key_header: ClassVar[str] = "authorization"
    """Header the key is read from; `Bearer ` in front of it for `authorization`."""
    key_needed: ClassVar[bool] = False
    """It answers nobody without a key, as the hosted services do."""
    lists: ClassVar[bool] = True
    """It has a list of models."""
    base: ClassVar[str] = ""
    """What its address ends in, as users give it."""
    options: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What a connection must say of it besides its address."""

    def __init__(self, *, key: str = "", pace: float = 0.0, reply: Iterable[str] = REPLY) -> None:
        self.key = key or ("fake-key-1234" if self.key_needed else "")
        self.pace = pace
        """Seconds between two pieces. Negative: after the third piece it says nothing more until it is
        stopped, so that a test of stopping waits for no clock."""
        self.reply = tuple(reply)
        self.generations: list[Generation] = []

    # --- what a subclass gives

    @property
    def routes(self) -> Mapping[str, Callable[[Seen, Answer], Awaitable[None]]]:
        """ "METHOD /path" (without the query) -> handler."""
        raise NotImplementedError

    def error(self, status: int, sentence: str) -> object:
        """An error body in this server's own shape."""
        raise NotImplementedError

    def not_found(self, seen: Seen) -> Refused:
        return Refused(404, self.error(404, "Not Found"))

    def open_routes(self) -> frozenset[str]:
        """Routes that answer without the key."""
        return frozenset()

    # --- answering

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        name = f"{seen.method} {seen.path.partition('?')[0]}"
        handler = self.routes.get(name)
        try:
            if handler is None:
                raise self.not_found(seen)
            if name not in self.open_routes():
                self.check_key(seen)
            await handler(seen, answer)
        except Refused as no:
            await answer.send(no.status, no.body, **no.headers)

    def check_key(self, seen: Seen) -> None:
        """Raise Refused for a wrong or missing key, if this server has one."""
        if not self.key:
            return
        sent = seen.headers.get(self.key_header, "")
        if sent.removeprefix("Bearer ") != self.key:
            raise Refused(401, self.error(401, "Invalid API key"))

    def body(self, seen: Seen, fields: Mapping[str, Check], *, needed: Iterable[str] = ()) -> dict[str, Any]:
        """The request's JSON object; every field must be known and in range. Raises Refused (400)."""
        try:
            found = seen.json
        except ValueError:
            raise Refused(400, self.error(400, "The body is not JSON")) from None
        if not isinstance(found, dict):
            raise Refused(400, self.error(400, "The body is not an object"))
        for name in needed:
            if name not in found:
                raise Refused(*self.bad(f"{name}: field required"))
        for name, value in found.items():
            if name not in fields:
                raise Refused(*self.bad(f"{name}: unknown field"))
            wrong = fields[name](value)
            if wrong:
                raise Refused(*self.bad(f"{name}: {wrong}"))
        return found

    def bad(self, sentence: str) -> tuple[int, object]:
        """Status and body for a field that is unknown or out of range."""
        return 400, self.error(400, sentence)

    def begin(self, body: Mapping[str, Any]) -> Generation:
        generation = Generation(body)
        self.generations.append(generation)
        return generation

    async def say(
        self,
        seen: Seen,
        answer: Answer,
        generation: Generation,
        pieces: Iterable[bytes],
        *,
        kind: str = "text/event-stream",
    ) -> None:
        """Stream the pieces; notice when the client is gone or `generation.ended` is set from outside."""
        await answer.start(200, kind=kind, transfer_encoding="chunked")
        for at, piece in enumerate(pieces):
            if self.pace < 0 and at >= 3:
                await _first(seen.gone.wait(), generation.ended.wait())
            elif self.pace > 0:
                await _first(seen.gone.wait(), generation.ended.wait(), asyncio.sleep(self.pace))
            if seen.gone.is_set() or generation.ended.is_set():
                generation.stopped = True
                return
            await answer.chunk(piece)
            generation.said += 1
        generation.ended.set()
        await answer.raw(b"0\r\n\r\n")

    async def think(self, seen: Seen, generation: Generation) -> bool:
        """Wait as long as a whole reply takes; False: the client went away meanwhile."""
        if self.pace < 0:
            await _first(seen.gone.wait(), generation.ended.wait())
        elif self.pace > 0:
            await _first(
                seen.gone.wait(), generation.ended.wait(), asyncio.sleep(self.pace * len(self.reply))
            )
        generation.stopped = seen.gone.is_set() or generation.ended.is_set()
        generation.ended.set()
        return not generation.stopped

    def cut(self, max_tokens: int, stop: Iterable[str] = ()) -> tuple[list[str], str]:
        """The reply's pieces as this request gets them, and why it ends: "stop" or "length"."""
        pieces = list(self.reply[:max_tokens])
        text = "".join(pieces)
        ends = [at for one in stop if one and (at := text.find(one)) >= 0]
        if not ends:
            return pieces, "stop" if len(self.reply) <= max_tokens else "length"
        kept: list[str] = []
        room = min(ends)
        for piece in pieces:
            kept.append(piece[:room])
            room -= len(kept[-1])
        return [piece for piece in kept if piece], "stop"


async def _first(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def count(text: str) -> int:
    """Tokens of a text as the fakes have them: its words."""
    return len(text.split())


def ids(text: str) -> list[int]:
    """A made-up id for each word, the same for the same word."""
    return [sum(word.encode()) % 30000 + 5 for word in text.split()]


# --- checks


def number(low: float | None = None, high: float | None = None, *, above: float | None = None) -> Check:
    """A number in [low, high]; `above`: greater than this."""

    def check(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is not a number"
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{value} is not between {low} and {high}"
        return f"{value} is not above {above}" if above is not None and value <= above else ""

    return check


def whole(low: int | None = None, high: int | None = None) -> Check:
    checks = number(low, high)
    return lambda value: checks(value) or ("" if isinstance(value, int) else f"{value} is not whole")


def text(value: Any) -> str:
    return "" if isinstance(value, str) else f"{value!r} is not a text"


def flag(value: Any) -> str:
    return "" if isinstance(value, bool) else f"{value!r} is not true or false"


def texts(most: int | None = None, *, least: int = 0) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return f"{value!r} is not a list of texts"
        if most is not None and len(value) > most:
            return f"more than {most}"
        return f"fewer than {least}" if len(value) < least else ""

    return check


def anything(value: Any) -> str:
    return ""


def one_of(*choices: Any) -> Check:
    return lambda value: "" if value in choices else f"{value!r} is none of {choices}"
