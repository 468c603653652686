"""Questions: small requests to one server, answered with JSON, whole or piece by piece."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping

import httpx

from tavern_tui.core.errors import (
    BadAnswer,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.explain import Explainer, is_html
from tavern_tui.providers.sending import Sender
from tavern_tui.providers.timing import Stopwatch
from tavern_tui.providers.wire.decoder import is_error, parse
from tavern_tui.providers.wire.lines import LineTooLong
from tavern_tui.providers.wire.sse import NdjsonParser, SseParser
from tavern_tui.providers.wirelog import WireLog

QUESTION_SECONDS = 15.0
MAX_ANSWER = 64 * 1024 * 1024

Prepare = Callable[[str, str, Mapping[str, object] | None], PreparedRequest]
"""Method, path and body as the request that goes out."""


class Questions:
    """Implements `base.Ask` over a sender."""

    def __init__(
        self, name: str, *, prepare: Prepare, sender: Sender, explain: Explainer, log: WireLog
    ) -> None:
        self._name = name
        self._prepare = prepare
        self._sender = sender
        self._explain = explain
        self._log = log

    async def get(self, path: str) -> object:
        return await self.asked(self._prepare("GET", path, None))

    async def post(self, path: str, body: Mapping[str, object]) -> object:
        return await self.asked(self._prepare("POST", path, body))

    async def maybe(self, path: str) -> object:
        try:
            return await self.get(path)
        except (NotFound, RequestRefused, ServerFailed, BadAnswer, RateLimited):
            return None

    async def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        return await self.asked(self._prepare(method, path, body), silence=True)

    async def asked(
        self, prepared: PreparedRequest, log: WireLog | None = None, *, silence: bool = False
    ) -> object:
        """The parsed answer. `silence`: an answer without words is None, not nonsense."""
        return (await self.heard(prepared, log, silence=silence))[0]

    async def heard(
        self,
        prepared: PreparedRequest,
        log: WireLog | None = None,
        *,
        silence: bool = False,
        limit: int | None = None,
        seconds: float | None = None,
    ) -> tuple[object, Mapping[str, str]]:
        """The parsed answer and its headers. `limit`: bytes it may have; `seconds`: how long it may
        be silent."""
        watch = Stopwatch(self._name, prepared, log or self._log)
        try:
            wait = seconds or QUESTION_SECONDS
            async with self._sender.answer(prepared, watch, read_seconds=wait) as response:
                body = await self._read(response, limit or MAX_ANSWER, watch)
                return None if silence and not body.strip() else self._json(body), response.headers
        except httpx.HTTPError as error:
            watch.failed("the answer broke off")
            raise self._explain.broken() from error
        except ProviderError as error:
            watch.failed(str(error))
            raise
        finally:
            watch.done()

    async def follow(self, path: str, body: Mapping[str, object]) -> AsyncGenerator[dict[str, object], None]:
        prepared = self._prepare("POST", path, body)
        watch = Stopwatch(self._name, prepared, self._log)
        try:
            async with self._sender.answer(prepared, watch, read_seconds=None) as response:
                kind = response.headers.get("content-type", "")
                framing = SseParser() if "event-stream" in kind else NdjsonParser()
                async for chunk in response.aiter_bytes():
                    watch.bytes(len(chunk))
                    for text in framing.feed(chunk):
                        if (found := self._object(text)) is not None:
                            yield found
                for text in framing.close():
                    if (found := self._object(text)) is not None:
                        yield found
        except httpx.HTTPError as error:
            watch.failed("the answer broke off")
            raise self._explain.broken() from error
        except LineTooLong:
            raise self._explain.nonsense("a line of more than 100 MB") from None
        finally:
            watch.done()

    def _object(self, text: str) -> dict[str, object] | None:
        payload = parse(text)
        if not isinstance(payload, dict):
            return None
        if is_error(payload):
            raise self._explain.in_stream(payload)
        return payload

    async def _read(self, response: httpx.Response, limit: int, watch: Stopwatch) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            watch.bytes(len(chunk))
            if len(body) > limit:
                raise self._explain.nonsense(f"more than {limit // 2**20} MB")
        return bytes(body)

    def _json(self, body: bytes) -> object:
        text = body.decode("utf-8", "replace")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            what = "a web page instead of JSON" if is_html(text) else "something that is not JSON"
            raise self._explain.nonsense(what) from None
