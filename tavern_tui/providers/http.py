"""HttpProvider: sends what a dialect encodes and reads what it decodes. Used for every HTTP server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote, urlsplit

import httpx

from tavern_tui import __version__
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import (
    AuthFailed,
    NotFound,
    ProviderError,
    ServerBusy,
    UsageError,
)
from tavern_tui.core.generation import (
    EventStream,
    Finished,
    GenerationRequest,
    Model,
    Progress,
    ServerStatus,
    StreamEvent,
)
from tavern_tui.providers.base import (
    Auth,
    Dialect,
    PreparedRequest,
    ProviderSpec,
    ServerApi,
    StreamDecoder,
)
from tavern_tui.providers.contexts import with_context, with_contexts
from tavern_tui.providers.counting import Counting
from tavern_tui.providers.dialects.common import body_bytes
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.keys import key_headers, with_key
from tavern_tui.providers.masking import check_header, mask_headers, secret_values
from tavern_tui.providers.questions import Questions
from tavern_tui.providers.samplers import texts_for_ids
from tavern_tui.providers.sending import Route, Sender
from tavern_tui.providers.timing import Stopwatch
from tavern_tui.providers.urls import Base, parse_base
from tavern_tui.providers.wirelog import WireLog

ABORT_SECONDS = 2.0
READ_OUT_SECONDS = 0.25
"""A server that keeps a connection open after its end mark is not waited for."""


class HttpProvider:
    """One connection to one HTTP server."""

    explainer: ClassVar[type[Explainer]] = Explainer

    def __init__(
        self,
        spec: ProviderSpec,
        connection: Connection,
        *,
        key: str | None,
        log: WireLog | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if spec.dialect is None or spec.server is None:
            raise UsageError(f'The provider "{spec.id}" has no wire format.')
        self._row = spec
        self._spec = _at_home_in(spec, connection)
        self._dialect: Dialect = spec.dialect
        self._server: ServerApi = spec.server
        self._connection = connection
        if not (connection.url or spec.default_url):
            raise UsageError(
                f'The connection "{connection.name}" does not say where {spec.title} is.',
                hint="Put the address of your own server or resource into it.",
            )
        self._base: Base = parse_base(
            connection.url or spec.default_url, spec.base_rule, spec.middle, spec.default_url
        )
        self._key = (key or "").strip()
        # Whoever names another address may have a proxy there that knows the key.
        self._at_home = not connection.url or connection.url.rstrip("/") == spec.default_url.rstrip("/")
        if spec.key == "required" and not self._key and self._at_home and not connection.extra_headers:
            raise AuthFailed(
                f"{spec.title} needs an API key, and the connection has none.",
                hint=f"Get one at {spec.home} and put it into the connection." if spec.home else None,
            )
        self._log = log or WireLog()
        self._genkey = f"TT{secrets.token_hex(6)}"
        self._known = ServerStatus(ok=False)
        self._explain = self.explainer(
            f"{spec.title} at {self._base.host}",
            secret_values(self._key, self._base.basic_auth, connection.extra_headers),
        )
        self._sender = Sender(
            self._explain,
            route=Route(
                proxy=connection.proxy,
                ca_file=connection.ca_file,
                use_environment=not self._base.loopback,
            ),
            transport=transport,
        )
        self._headers = self._standing_headers(spec.auth)
        self._ask = Questions(
            self.name, prepare=self._prepared, sender=self._sender, explain=self._explain, log=self._log
        )
        route = self._server.tokens
        self._counting = (
            Counting(route, ask=self._ask, prepare=self._prepared, explain=self._explain) if route else None
        )

    @property
    def spec(self) -> ProviderSpec:
        return self._row

    @property
    def name(self) -> str:
        return self._connection.name

    # --- the request

    def wire(self, request: GenerationRequest) -> PreparedRequest:
        encoded = self._dialect.encode(self._completed(request), self._spec)
        added = {**self._connection.extra_body, **request.extra_body}
        dropped = {name for name, value in added.items() if value is None}
        body = {
            name: value
            for name, value in {**encoded.body, **self._spec.body, **added}.items()
            if name not in dropped
        }
        return self._prepared(encoded.method, encoded.path, body, encoded.headers, encoded.auth)

    def _completed(self, request: GenerationRequest) -> GenerationRequest:
        model = request.model or self._model
        if not model and self._spec.needs_model:
            raise UsageError(
                f'The connection "{self.name}" does not say which model of {self._spec.title} to use.',
                hint="Choose a model in the connection.",
            )
        known = self._counting.ids if self._counting is not None else {}
        return replace(
            request,
            model=model,
            max_tokens=min(request.max_tokens, self._known.max_reply or request.max_tokens),
            genkey=request.genkey or self._genkey,
            options={**self._connection.options, **request.options},
            at_home=self._at_home,
            max_replies=self._known.max_replies,
            server_version=self._known.version,
            efforts=self._known.efforts,
            token_ids={**known, **request.token_ids},
        )

    @property
    def _model(self) -> str:
        """The model to name: the connection's, else the only one the server said it has."""
        return self._connection.model or (self._known.model if self._spec.needs_model else "")

    def _prepared(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
    ) -> PreparedRequest:
        how = auth or self._spec.auth
        sent = {**(self._headers if how is self._spec.auth else self._standing_headers(how))}
        own = {name.lower() for name in self._connection.extra_headers}
        sent |= {name: value for name, value in (headers or {}).items() if name.lower() not in own}
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = b"" if body is None else body_bytes(dict(body))
        url = self._url(path)
        return PreparedRequest(
            method=method,
            url=with_key(url, self._key) if how is Auth.QUERY else url,
            headers=sent,
            body_bytes=data,
            shown_headers=mask_headers(sent, self._explain.secrets),
            shown_url=url,
        )

    def _url(self, path: str) -> str:
        """Where a path is. One with a host of its own, for services that have several, is on the
        user's server nevertheless if they named one."""
        if not path.startswith("https://"):
            return f"{self._base.url}{path}"
        if self._at_home:
            return path
        # Such a path is counted from the service's root, not from where its usual paths begin.
        usual = urlsplit(self._spec.default_url).path.rstrip("/")
        return f"{self._base.url.removesuffix(usual)}/{path.split('/', 3)[3]}"

    def _standing_headers(self, auth: Auth) -> dict[str, str]:
        headers = {
            "User-Agent": f"tavern-tui/{__version__}",
            "Accept": "application/json, text/event-stream",
            # Compressed streams come late, and a small one can unpack to gigabytes.
            "Accept-Encoding": "identity",
            **self._spec.headers,
        }
        if self._base.basic_auth:
            headers["Authorization"] = self._base.basic_auth
        headers |= key_headers(auth, self._key)
        for name, value in self._connection.extra_headers.items():
            # The user's own header takes the place of ours, whatever its case.
            headers = {ours: kept for ours, kept in headers.items() if ours.lower() != name.lower()}
            headers[name] = value
        for name, value in headers.items():
            check_header(name, value)
        return headers

    # --- the reply

    async def stream(self, request: GenerationRequest) -> EventStream:
        try:
            async with aclosing(self._stream(request)) as events:
                async for event in events:
                    yield event
        except ServerBusy:
            # Some say that they are busy where they have nothing to answer with.
            status: ServerStatus | None = None
            with suppress(ProviderError):
                status = await self.status()
            if status is not None and status.lacks_model:
                raise self._explain.no_model() from None
            raise
        except NotFound:
            # A server from before streaming: its older route answers whole.
            if not (request.stream and self._server.abort):
                raise
            async with aclosing(self._stream(replace(request, stream=False))) as events:
                async for event in events:
                    yield event

    async def _stream(self, request: GenerationRequest) -> AsyncGenerator[StreamEvent, None]:
        await self.learn(request)
        prepared = self.wire(request)
        watch = Stopwatch(self.name, prepared, self._log)
        finished = False
        try:
            async with self._sender.answer(prepared, watch, read_seconds=None) as response:
                decoder = self._decoder(request, response)
                async for event in self._events(response, decoder, watch):
                    if isinstance(event, Finished):
                        for late in await self._told_afterwards(request):
                            yield late
                    watch.event(event)
                    yield event
                finished = True
        except ProviderError as error:
            watch.failed(str(error))
            finished = True  # it is the server that ended it
            raise
        finally:
            if not finished and self._server.abort:
                await self._abort(request)
            watch.done(stopped=not finished)

    def _decoder(self, request: GenerationRequest, response: httpx.Response) -> StreamDecoder:
        """The decoder for what came, which may not be the form that was asked for."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json" and request.stream:
            request = replace(request, stream=False)
        elif kind == "text/event-stream" and not request.stream:
            request = replace(request, stream=True)
        return self._dialect.decoder(self._completed(request), self._explain)

    async def _events(
        self, response: httpx.Response, decoder: StreamDecoder, watch: Stopwatch
    ) -> AsyncGenerator[StreamEvent, None]:
        try:
            chunks = response.aiter_bytes()
            async for chunk in chunks:
                watch.bytes(len(chunk))
                for event in decoder.feed(chunk):
                    yield event
                if decoder.complete:
                    await _read_out(chunks)
                    break
        except httpx.HTTPError as error:
            raise self._explain.broken(self._explain.words(str(error))) from error
        for event in decoder.close():
            yield event

    async def _told_afterwards(self, request: GenerationRequest) -> Sequence[StreamEvent]:
        """What the server tells of a complete reply only when asked."""
        if self._server.afterwards is None:
            return ()
        with suppress(ProviderError):
            return await self._server.afterwards(self._ask, self._completed(request))
        return ()

    async def _abort(self, request: GenerationRequest) -> None:
        """Tell the server to stop; closing the socket alone leaves some of them writing on."""
        genkey = self._completed(request).genkey
        task = asyncio.ensure_future(self._send_abort(genkey))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=ABORT_SECONDS)
            raise

    async def _send_abort(self, genkey: str) -> None:
        prepared = self._prepared("POST", self._server.abort, {"genkey": genkey})
        watch = Stopwatch(self.name, prepared, self._log)
        try:
            async with asyncio.timeout(ABORT_SECONDS):
                async with self._sender.answer(prepared, watch, read_seconds=ABORT_SECONDS):
                    pass
        except (ProviderError, TimeoutError) as error:
            watch.failed(f"not stopped there: {error or 'no answer'}")
        watch.done()

    # --- small questions

    @property
    def ask(self) -> Questions:
        """Small questions to the server."""
        return self._ask

    async def models(self) -> list[Model]:
        return with_contexts(self._spec.id, await self._server.models(self._ask, self._spec))

    async def status(self) -> ServerStatus:
        status = await self._server.status(self._ask, self._spec, self._connection.model)
        status = with_context(self._spec.id, status)
        self._known = status
        return status

    async def learn(self, request: GenerationRequest) -> None:
        texts = texts_for_ids(self._spec.samplers, request.samplers)
        if texts and self._counting is not None:
            with suppress(ProviderError):
                await self._counting.learn_ids(texts, self._counted_model)
        nameless = self._spec.needs_model and not (request.model or self._connection.model)
        if not self._known.ok and (nameless or self._server.asks_first(request)):
            with suppress(ProviderError):
                await self.status()

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await self._counting.counts(texts, self._counted_model) if self._counting else None

    @property
    def _counted_model(self) -> str:
        return self._connection.model or self._known.model

    @property
    def work(self) -> frozenset[str]:
        desk = self._server.desk
        return frozenset(name for name in ("load", "unload", "fetch") if getattr(desk, name) is not None)

    async def manage(self, what: str, model: str) -> AsyncGenerator[Progress, None]:
        if what not in self.work:
            raise UsageError(f"{self._spec.title} cannot {what} models.")
        async with aclosing(getattr(self._server.desk, what)(self._ask, self._spec, model)) as steps:
            async for step in steps:
                yield step

    async def aclose(self) -> None:
        await self._sender.aclose()


async def _read_out(chunks: AsyncIterator[bytes]) -> None:
    """Read to the end of an answer that is complete, so that its connection can be used again."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(READ_OUT_SECONDS):
            async for _ in chunks:
                pass


def _at_home_in(spec: ProviderSpec, connection: Connection) -> ProviderSpec:
    """The row with the connection's own choices in the address of its list: an account, say."""
    path = spec.models_path
    for option in spec.options:
        chosen = connection.options.get(option.id, option.default)
        path = path.replace(f"{{{option.id}}}", quote(str(chosen or ""), safe=""))
    return spec if path == spec.models_path else replace(spec, models_path=path)
