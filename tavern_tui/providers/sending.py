"""Sender: the socket to one server - timeouts, retries before the first byte, refusals as errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tavern_tui.core.errors import ConnectionFailed, UsageError
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.explain import Explainer, retry_after
from tavern_tui.providers.timing import Stopwatch
from tavern_tui.providers.unreachable import WORTH_RETRYING, unreachable

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 60.0
RETRIES = (0.15, 0.5)
"""Seconds before each further attempt."""
LONGEST_WAIT = 5.0
"""A server that asks for a longer wait is not asked again by itself."""
MAX_ERROR_BODY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way to a server."""

    proxy: str = field(default="", repr=False)
    """Address of the proxy everything goes through; it may hold a password."""
    ca_file: str = ""
    """Certificates (PEM) that are trusted besides the usual ones."""
    use_environment: bool = True
    """Without a proxy of its own: take those of HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

    def tls(self) -> ssl.SSLContext | bool:
        """What is trusted. Raises UsageError for a file that holds no certificates."""
        if not self.ca_file:
            return True
        path = Path(self.ca_file).expanduser()
        context = httpx.create_ssl_context()
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no PEM file"
            raise UsageError(
                f"The certificates in {path} cannot be used: {reason}.",
                hint="Check the CA file of this connection.",
            ) from error
        return context


class Sender:
    """Sends prepared requests. Follows no redirects, so that no key goes to another host."""

    def __init__(
        self, explain: Explainer, *, route: Route, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._explain = explain
        self._route = route
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    @asynccontextmanager
    async def answer(
        self, prepared: PreparedRequest, watch: Stopwatch, *, read_seconds: float | None
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a request, its body still unread. Raises ProviderError for refusals."""
        response = await self._send(prepared, read_seconds)
        try:
            watch.answered(response.status_code)
            if response.status_code >= 300:
                body = await self._error_body(response)
                raise self._explain.refusal(response.status_code, response.headers, body)
            yield response
        finally:
            await response.aclose()

    async def _send(self, prepared: PreparedRequest, read_seconds: float | None) -> httpx.Response:
        for pause in (*RETRIES, None):
            try:
                response = await self._open().send(self._built(prepared, read_seconds), stream=True)
            except httpx.HTTPError as error:
                if pause is None or not isinstance(error, WORTH_RETRYING):
                    raise unreachable(self._explain, error) from error
                wait = pause
            else:
                asked = retry_after(response.headers) if response.status_code in (429, 503) else None
                if pause is None or asked is None or asked > LONGEST_WAIT:
                    return response
                await response.aclose()
                wait = max(pause, asked)
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _error_body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_ERROR_BODY:
                    break
        except httpx.HTTPError:
            pass  # the status says enough
        return bytes(body[:MAX_ERROR_BODY])

    def _built(self, prepared: PreparedRequest, read_seconds: float | None) -> httpx.Request:
        timeout = httpx.Timeout(
            connect=CONNECT_SECONDS, read=read_seconds, write=WRITE_SECONDS, pool=CONNECT_SECONDS
        )
        try:
            return self._open().build_request(
                prepared.method,
                prepared.url,
                headers=dict(prepared.headers),
                content=prepared.body_bytes or None,
                timeout=timeout,
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UsageError(f"A request to {self._explain.server} cannot be made: {error}.") from error

    def _open(self) -> httpx.AsyncClient:
        if self._closed:
            raise ConnectionFailed(
                f"The connection to {self._explain.server} was closed.", hint="Send again."
            )
        if self._client is None:
            try:
                self._client = httpx.AsyncClient(
                    follow_redirects=False,
                    trust_env=self._route.use_environment and not self._route.proxy,
                    proxy=self._route.proxy or None,
                    verify=self._route.tls(),
                    transport=self._transport,
                    # llama.cpp drops idle connections after 5 seconds.
                    limits=httpx.Limits(keepalive_expiry=4.0),
                )
            except (ImportError, ValueError, httpx.InvalidURL) as error:
                whose = "of this connection" if self._route.proxy else "settings of the environment"
                reason = "it needs `pip install httpx[socks]`" if isinstance(error, ImportError) else error
                raise UsageError(
                    f"The proxy {whose} cannot be used: {self._explain.words(str(reason)).rstrip('.')}.",
                    hint="A proxy looks like http://127.0.0.1:8118 or socks5://127.0.0.1:1080.",
                ) from error
        return self._client

    async def aclose(self) -> None:
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
