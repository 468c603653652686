"""Decoders: framing (SSE, lines, one JSON text) around a dialect's reader of JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol

from tavern_tui.core.generation import StreamEvent
from tavern_tui.providers.explain import Explainer, is_html
from tavern_tui.providers.wire.lines import MAX_LINE, LineTooLong

END_MARK = "[DONE]"

LONGEST_WHOLE = 4_000_000
"""Bytes kept of an answer that may be no stream."""


class Reader(Protocol):
    """Reads the JSON objects of one reply. One per reply: it may remember what it saw."""

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        """Events of one object of a stream."""
        ...

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        """Events of an answer that was not streamed, without `Finished`."""
        ...

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        """The last events. `marked`: `[DONE]` was seen. Raises StreamBroken."""
        ...


class Framing(Protocol):
    def feed(self, chunk: bytes) -> Iterator[str]: ...
    def close(self) -> Iterator[str]: ...


class StreamedReply:
    """Decodes a reply that arrives as a stream of JSON texts."""

    def __init__(self, framing: Framing, reader: Reader, explain: Explainer) -> None:
        self._framing = framing
        self._reader = reader
        self._explain = explain
        self._marked = False
        self._anything = False
        self._start = bytearray()

    @property
    def complete(self) -> bool:
        return self._marked

    def feed(self, data: bytes) -> Iterator[StreamEvent]:
        if self._marked:
            return
        if not self._anything:
            self._start += data[: LONGEST_WHOLE - len(self._start)]
        try:
            for text in self._framing.feed(data):
                yield from self._text(text)
        except LineTooLong:
            raise self._explain.nonsense("a line of more than 100 MB") from None

    def close(self) -> Iterator[StreamEvent]:
        for text in self._framing.close():
            yield from self._text(text)
        if self._anything or self._marked:
            yield from self._reader.end(marked=self._marked)
        else:
            yield from self._unstreamed()

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if self._marked:
            return
        if text.strip() == END_MARK:
            self._marked = True
            return
        payload = unwrapped(parse(text))
        if not isinstance(payload, dict):
            return  # a keep-alive, or a line that was cut: what counts is whether an end comes
        self._anything = True
        self._start.clear()
        if is_error(payload):
            raise self._explain.in_stream(payload)
        yield from self._reader.piece(payload)

    def _unstreamed(self) -> Iterator[StreamEvent]:
        """What came was no stream: servers that cannot stream send the whole reply, or an error."""
        text = self._start.decode("utf-8", "replace")
        if not text.strip():
            raise self._explain.nonsense("nothing at all")
        yield from read_whole(text, self._reader, self._explain)


class WholeReply:
    """Decodes a reply that arrives as one JSON text."""

    def __init__(self, reader: Reader, explain: Explainer) -> None:
        self._reader = reader
        self._explain = explain
        self._body = bytearray()

    @property
    def complete(self) -> bool:
        return False

    def feed(self, data: bytes) -> Iterator[StreamEvent]:
        self._body += data
        if len(self._body) > MAX_LINE:
            raise self._explain.nonsense("more than 100 MB")
        return iter(())

    def close(self) -> Iterator[StreamEvent]:
        yield from read_whole(self._body.decode("utf-8", "replace"), self._reader, self._explain)


def read_whole(text: str, reader: Reader, explain: Explainer) -> Iterator[StreamEvent]:
    """The events of a reply that is one JSON text. Raises ProviderError."""
    payload = unwrapped(parse(text))
    if not isinstance(payload, dict | list):
        what = "a web page instead of a reply" if is_html(text) else "something that is not a reply"
        raise explain.nonsense(what)
    if isinstance(payload, dict) and is_error(payload):
        raise explain.in_stream(payload)
    yield from reader.whole(payload)
    yield from reader.end(marked=True)


def unwrapped(payload: object) -> object:
    """The error in a list of one, as Google sends it; anything else as it is."""
    first = payload[0] if isinstance(payload, list) and len(payload) == 1 else None
    return first if isinstance(first, dict) and is_error(first) else payload


def parse(text: str) -> object:
    """The value of a JSON text, or None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_error(payload: dict[str, object]) -> bool:
    """Whether an object of a stream is an error and not part of a reply."""
    if payload.get("error") or payload.get("object") == "error" or payload.get("type") == "error":
        return True
    if as_dict(payload.get("base_resp")).get("status_code") and not payload.get("choices"):
        return True  # MiniMax, which says 200 to everything
    return "detail" in payload and not payload.keys() & {"choices", "content", "token", "response"}


def as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def as_int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
