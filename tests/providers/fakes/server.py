"""A strict little HTTP server on loopback: one handler, every request kept, nothing guessed."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass
class Seen:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has closed the connection."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer:
    """Writes the answer; what is not written is not sent."""

    def __init__(self, writer: asyncio.StreamWriter, connection: str = "close") -> None:
        self._writer = writer
        self._connection = connection

    async def send(
        self, status: int, body: bytes | object = b"", *, kind: str = "application/json", **headers: str
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self.start(status, kind=kind, content_length=str(len(data)), **headers)
        await self.raw(data)

    async def start(self, status: int, *, kind: str = "text/event-stream", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Connection: {self._connection}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def chunk(self, data: bytes) -> None:
        """One piece of a chunked body (start with `transfer_encoding="chunked"`)."""
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


Handler = Callable[[Seen, Answer], Awaitable[None]]


class FakeServer:
    """`async with FakeServer(handler) as server` listens until the block ends."""

    def __init__(
        self, handler: Handler, *, keeps_alive: bool = False, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._handler = handler
        self._tls = tls
        self._port = port
        self._keeps_alive = keeps_alive
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Seen] = []

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=self._tls)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self._keeps_alive:
                while True:
                    await self._handler(await self._request(reader), Answer(writer, "keep-alive"))
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled only by __aexit__; asyncio 3.11 would log it as an error
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = await self._request(reader)
        watching = asyncio.create_task(_watch(reader, seen))
        try:
            await self._handler(seen, Answer(writer))
        finally:
            watching.cancel()

    async def _request(self, reader: asyncio.StreamReader) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append(Seen(method, path, headers, body))
        return self.requests[-1]


async def _watch(reader: asyncio.StreamReader, seen: Seen) -> None:
    await reader.read()
    seen.gone.set()


def routes(table: dict[str, Any]) -> Handler:
    """A handler: "GET /path" -> JSON value, (status, JSON value) or a handler; 404 otherwise."""

    async def handle(seen: Seen, answer: Answer) -> None:
        found = table.get(f"{seen.method} {seen.path}")
        if callable(found):
            await found(seen, answer)
        elif isinstance(found, tuple):
            await answer.send(found[0], found[1])
        elif found is None:
            await answer.send(404, {"detail": "Not Found"})
        else:
            await answer.send(200, found)

    return handle


def streams(data: bytes, *, kind: str = "text/event-stream") -> Handler:
    """A handler that streams these bytes in small pieces."""

    async def handle(seen: Seen, answer: Answer) -> None:
        await answer.start(200, kind=kind, transfer_encoding="chunked")
        for at in range(0, len(data), 37):
            await answer.chunk(data[at : at + 37])
        await answer.raw(b"0\r\n\r\n")

    return handle


@contextmanager
def nobody() -> Iterator[int]:
    """A port at which nothing listens, and that no other test's server is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
