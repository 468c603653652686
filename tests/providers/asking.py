"""Short words for what provider tests do again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tavern_tui.core.chat import Role
from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import Finished, GenerationRequest, StreamEvent, TextDelta
from tavern_tui.core.prompt import ChatPrompt, PromptMessage, TextPrompt
from tavern_tui.providers.base import Provider, StreamDecoder
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.registry import ROWS, open_provider
from tavern_tui.providers.wirelog import WireLog

EXPLAIN = Explainer("the server")


def text_request(text: str = "You are in a tavern.\nUser: Hello\nBot:", **fields: Any) -> GenerationRequest:
    return GenerationRequest(prompt=TextPrompt(text=text), **fields)


def chat_request(*turns: tuple[str, str], **fields: Any) -> GenerationRequest:
    messages = tuple(PromptMessage(role=Role(role), content=text) for role, text in turns or [("user", "Hi")])
    return GenerationRequest(prompt=ChatPrompt(messages=messages), **fields)


def connect(
    provider: str, url: str = "", *, key: str | None = None, log: WireLog | None = None, **fields: Any
) -> Provider:
    connection = Connection(name="test", provider=provider, url=url, **fields)
    return open_provider(connection, key=key, log=log)


def decoder_of(provider: str, request: GenerationRequest) -> StreamDecoder:
    dialect = ROWS[provider].dialect
    assert dialect is not None
    return dialect.decoder(request, EXPLAIN)


def decode(provider: str, request: GenerationRequest, pieces: Iterable[bytes]) -> list[StreamEvent]:
    decoder = decoder_of(provider, request)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.close()]


async def collect(provider: Provider, request: GenerationRequest) -> list[StreamEvent]:
    return [event async for event in provider.stream(request)]


def text_of(events: Sequence[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta) and event.index == 0)


def end_of(events: Sequence[StreamEvent]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    assert sum(isinstance(event, Finished) for event in events) == 1
    return last
