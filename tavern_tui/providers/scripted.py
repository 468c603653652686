"""ScriptedProvider: replies from a list, streamed like any other. For tests and demonstrations."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import (
    EventStream,
    Finished,
    FinishReason,
    GenerationRequest,
    Model,
    ServerStatus,
    StreamEvent,
    TextDelta,
)
from tavern_tui.providers.base import PreparedRequest, ProviderSpec
from tavern_tui.providers.indoors import indoor_request
from tavern_tui.providers.plain import Plain

Reply = str | Sequence[StreamEvent | TavernError]
"""A text, or events as they shall come; an error among them is raised there."""


class ScriptedProvider(Plain):
    """Gives out its replies in turn, over and over.

    `requests` keeps what was asked. `pace` is the number of seconds between pieces; set `gate`
    to an `asyncio.Event` to hold the stream before every piece until the event is set."""

    def __init__(
        self,
        replies: Sequence[Reply],
        *,
        spec: ProviderSpec,
        name: str = "scripted",
        pace: float = 0.0,
        context_size: int = 8192,
    ) -> None:
        if not replies:
            raise UsageError(f'The scripted connection "{name}" has no replies.')
        self._replies = list(replies)
        self._spec = spec
        self._name = name
        self._pace = pace
        self._context_size = context_size
        self._next = 0
        self.requests: list[GenerationRequest] = []
        self.gate: asyncio.Event | None = None
        self.closed = False

    @classmethod
    def from_connection(cls, spec: ProviderSpec, connection: Connection) -> ScriptedProvider:
        """`extra_body` of the connection holds `replies` (a list of texts) and `pace`."""
        replies = connection.extra_body.get("replies")
        pace = connection.extra_body.get("pace", 0)
        if not isinstance(replies, list | tuple) or not all(isinstance(text, str) for text in replies):
            raise UsageError(f'The scripted connection "{connection.name}" has no list of replies.')
        return cls(
            list(replies),
            spec=spec,
            name=connection.name,
            pace=float(pace) if isinstance(pace, int | float) else 0.0,
            context_size=connection.context_size or 8192,
        )

    @property
    def spec(self) -> ProviderSpec:
        return self._spec

    @property
    def name(self) -> str:
        return self._name

    def wire(self, request: GenerationRequest) -> PreparedRequest:
        return indoor_request("scripted:", request)

    async def stream(self, request: GenerationRequest) -> EventStream:
        self.requests.append(request)
        reply = self._replies[self._next % len(self._replies)]
        self._next += 1
        ended = False
        for piece in _pieces(reply, whole=not request.stream):
            if self.gate is not None:
                await self.gate.wait()
            await asyncio.sleep(self._pace)
            if isinstance(piece, TavernError):
                raise piece
            ended = isinstance(piece, Finished)
            yield piece
        if not ended:
            yield Finished(FinishReason.STOP)

    async def models(self) -> list[Model]:
        return [Model(id="script", context_size=self._context_size)]

    async def status(self) -> ServerStatus:
        return ServerStatus(ok=True, title=self._spec.title, model="script", context_size=self._context_size)

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return None

    async def aclose(self) -> None:
        self.closed = True


def _pieces(reply: Reply, *, whole: bool) -> list[StreamEvent | TavernError]:
    if not isinstance(reply, str):
        return list(reply)
    if whole:
        return [TextDelta(reply)] if reply else []
    return [TextDelta(piece) for piece in re.findall(r"\s*\S+\s*$|\s*\S+|\s+$", reply)]
