"""The offline writer: an honest small text generator for when there is no server, key or network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from random import Random

from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import (
    EventStream,
    Finished,
    FinishReason,
    GenerationRequest,
    Model,
    ServerStatus,
    TextDelta,
    Usage,
)
from tavern_tui.core.prompt import ChatPrompt, Prompt
from tavern_tui.providers.base import PreparedRequest, ProviderSpec
from tavern_tui.providers.indoors import indoor_request
from tavern_tui.providers.plain import Plain

CONTEXT_SIZE = 8192
TOKENS_PER_WORD = 1.35
PACE = 0.006
"""Seconds between words, so that one can watch it write."""


class OfflineProvider(Plain):
    """Writes with the words of the card, the chat and the lore. The same seed, the same reply."""

    def __init__(self, spec: ProviderSpec, connection: Connection, *, pace: float = PACE) -> None:
        self._spec = spec
        self._name = connection.name
        wanted = connection.extra_body.get("pace")
        self._pace = float(wanted) if isinstance(wanted, int | float) else pace

    @property
    def spec(self) -> ProviderSpec:
        return self._spec

    @property
    def name(self) -> str:
        return self._name

    def wire(self, request: GenerationRequest) -> PreparedRequest:
        return indoor_request("offline:", request)

    async def stream(self, request: GenerationRequest) -> EventStream:
        from tavern_tui.providers.ngram import write

        text, pieces = learnable_text(request.prompt), 0
        stops = tuple(filter(None, (*request.prompt.stop, *request.stop)))
        allowed = max(1, int(request.max_tokens / TOKENS_PER_WORD))
        reason = FinishReason.STOP
        for piece in until_stop(write(text, _dice(request), max_words=allowed), stops):
            if pieces >= allowed:
                reason = FinishReason.LENGTH
                break
            pieces += 1
            await asyncio.sleep(self._pace if request.stream else 0)
            yield TextDelta(piece)
        yield Usage(completion_tokens=round(pieces * TOKENS_PER_WORD))
        yield Finished(reason)

    async def models(self) -> list[Model]:
        return [Model(id="word-chains", title="Word chains", context_size=CONTEXT_SIZE)]

    async def status(self) -> ServerStatus:
        return ServerStatus(
            ok=True,
            title=self._spec.title,
            model="word-chains",
            context_size=CONTEXT_SIZE,
            detail="It writes with words from the card and the chat, and understands nothing.",
        )

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return None

    async def aclose(self) -> None:
        """Nothing is open."""


def _dice(request: GenerationRequest) -> Random:
    seed = request.samplers.get("seed", -1)
    return Random(seed) if isinstance(seed, int) and seed >= 0 else Random()


def learnable_text(prompt: Prompt) -> str:
    """The words of a prompt, whatever its kind."""
    if isinstance(prompt, ChatPrompt):
        return "\n".join(message.content for message in prompt.messages)
    return prompt.text


def until_stop(pieces: Iterator[str], stops: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop string, which may be spread over several of them."""
    if not stops:
        yield from pieces
        return
    held, keep = "", max(map(len, stops)) - 1
    for piece in pieces:
        held += piece
        cut = min((at for stop in stops if (at := held.find(stop)) >= 0), default=-1)
        if cut >= 0:
            if held[:cut]:
                yield held[:cut]
            return
        ready = len(held) - keep
        if ready > 0:
            yield held[:ready]
            held = held[ready:]
    if held:
        yield held
