"""ConnectionService: talks to the servers of the connections, and says what their answers mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import Model, Progress, ServerStatus
from tavern_tui.core.price import Price
from tavern_tui.providers.base import Provider, ProviderOption
from tavern_tui.providers.probe import Found, probe_local
from tavern_tui.providers.registry import open_provider
from tavern_tui.providers.urls import host_of, is_loopback
from tavern_tui.providers.wirelog import WireLog
from tavern_tui.services.connection_list import ConnectionList, ProviderInfo, no_connection
from tavern_tui.services.keys import KeyService
from tavern_tui.services.prices import PriceList
from tavern_tui.services.settings import SettingsService
from tavern_tui.storage.secrets import SecretStore
from tavern_tui.storage.templates import TemplateStore

__all__ = ["ConnectionService", "Found", "ProviderInfo", "ProviderOption", "TemplateChoice"]

DEFAULT_CONTEXT = 8192
PAID_CONTEXT = 32_768
"""Tokens; models that read a million are paid for each of them, at every message."""
OF_THE_PROMPT = ("text_preset", "chat_preset", "system_prompt", "instruct", "context", "samplers", "stop")
"""Fields of a connection that no provider looks at."""
FAILURE_SECONDS = 10.0
"""A server that did not answer is asked again after this long: it may have been started since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChoice:
    """The instruct template in use, and why."""

    name: str
    """Empty: none; the text goes out plain."""
    reason: str

    def __str__(self) -> str:
        return f"{self.name or 'none'} ({self.reason})"


class ConnectionService(ConnectionList):
    """Talks to the servers of the connections, and knows what follows from their answers."""

    def __init__(
        self,
        *,
        settings: SettingsService,
        secrets: SecretStore,
        templates: TemplateStore,
        environ: Mapping[str, str],
        log: WireLog,
    ) -> None:
        super().__init__(settings=settings, secrets=secrets)
        self._templates = templates
        self._environ = environ
        self._log = log
        self._providers: dict[str, tuple[Connection, Provider]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._refreshing: asyncio.Task[ServerStatus | None] | None = None
        self.keys = KeyService(secrets, self)
        self.prices = PriceList(settings)
        self._told_at = 0.0

    # --- talking to them

    def _announce(self, connection: Connection) -> None:
        super()._announce(connection)
        self.ask_soon()

    async def switch(self, name: str) -> ServerStatus:
        """Make this connection answer if its server does; until then, and if not, the one before
        goes on. Raises UsageError, ProviderError."""
        connection = self.find(name)
        if connection is None:
            raise no_connection(name)
        status = await self.provider(connection).status()
        if connection.name != self.current.name:
            self.select(name)
        self._learnt(connection, status)
        return status

    def ask_soon(self) -> None:
        """Have the current connection's server asked for its status in the background."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # no loop, so nobody who could wait for an answer
        if self._refreshing is not None:
            self._refreshing.cancel()
        self._refreshing = loop.create_task(self.refresh())

    def key_of(self, connection: Connection) -> str | None:
        """The connection's API key, from its environment variable or the key store."""
        if connection.key_env:
            key = self._environ.get(connection.key_env)
            if not key:
                raise UsageError(
                    f"The environment variable {connection.key_env} holds no key.",
                    hint=f"Set it before starting tavern-tui: export {connection.key_env}=...",
                )
            return key
        if connection.secret:
            return self._secrets.get(connection.secret)
        usual = self.usual_key(connection)
        return self._secrets.get(usual) if usual else None

    def usual_key(self, connection: Connection) -> str:
        """The name of the key all connections of a provider share; empty: there is none. A service's key
        goes to the service only; that of a kind of server one runs oneself, to wherever that is."""
        spec = self.specs.get(connection.provider)
        if spec is None or not spec.secret:
            return ""
        home = host_of(spec.default_url)
        at_home = not connection.url or not home or is_loopback(home) or host_of(connection.url) == home
        return spec.secret if at_home else ""

    def provider(self, connection: Connection | None = None) -> Provider:
        """The open provider of a connection (the current one by default)."""
        connection = connection or self.current
        held = self._providers.get(connection.name)
        if held is not None and _same_on_the_wire(held[0], connection):
            return held[1]
        self._forget(connection.name)
        self.spec_of(connection)
        provider = open_provider(connection, key=self.key_of(connection), specs=self.specs, log=self._log)
        self._providers[connection.name] = (connection, provider)
        return provider

    def reopen(self, name: str) -> None:
        """The key of a connection is another one: ask its server anew."""
        self._forget(name)
        if self.current.name == name:
            self._announce(self.current)

    def _forget(self, name: str) -> None:
        held = self._providers.pop(name, None)
        if held is None:
            return
        try:
            task = asyncio.get_running_loop().create_task(held[1].aclose())
        except RuntimeError:
            return
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def check(self, connection: Connection, key: str | None = None) -> ServerStatus:
        """What the server of a connection, saved or not, says of itself. Raises ProviderError."""
        provider = self._unsaved(connection, key)
        try:
            return await provider.status()
        finally:
            await provider.aclose()

    async def with_model(self, connection: Connection) -> Connection:
        """The connection with a model: its own, else, where the provider must be told one, the first
        of the server's list. Raises ProviderError, UsageError if the list is empty."""
        if connection.model or not self.spec_of(connection).needs_model:
            return connection
        models = await self.models(connection)
        if not models:
            raise UsageError(
                f"{self.spec_of(connection).title} lists no models.", hint="Name one yourself (--model)."
            )
        return replace(connection, model=models[0].id)

    async def models(self, connection: Connection, key: str | None = None) -> list[Model]:
        """The models the server of a connection, saved or not, offers. Raises ProviderError."""
        provider = self._unsaved(connection, key)
        try:
            return [self.prices.known(connection.provider, one) for one in await provider.models()]
        finally:
            await provider.aclose()

    def _unsaved(self, connection: Connection, key: str | None) -> Provider:
        self.spec_of(connection)
        return open_provider(connection, key=key or self.key_of(connection), specs=self.specs, log=self._log)

    async def refresh(self) -> ServerStatus | None:
        """Ask the current connection's server for its status; failures become a status, not errors."""
        connection = self.current
        try:
            status = await self.provider(connection).status()
        except TavernError as error:
            status = ServerStatus(
                ok=False, detail=f"{error} {error.hint}".strip(), valid_seconds=FAILURE_SECONDS
            )
        self._learnt(connection, status)
        return self.status

    def _learnt(self, connection: Connection, status: ServerStatus) -> None:
        if connection == self.current:
            self.status, self._told_at = status, time.monotonic()
            self.status_changed.send(status)

    async def known_status(self, wait: float = 3.0) -> ServerStatus | None:
        """The status, asked for if it is not known or no longer holds; waits at most `wait` seconds."""
        if self.status is not None and not self._is_old(self.status):
            return self.status
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self.refresh())
        await asyncio.wait({self._refreshing}, timeout=wait)
        return self.status

    def _is_old(self, status: ServerStatus) -> bool:
        holds = status.valid_seconds
        return holds is not None and time.monotonic() - self._told_at >= holds

    def work_of(self, connection: Connection) -> frozenset[str]:
        """What the server of a connection can be told to do with models: `load`, `unload`, `fetch`."""
        spec = self.specs.get(connection.provider)
        if spec is None or spec.server is None:
            return frozenset()
        desk = spec.server.desk
        return frozenset(what for what in ("load", "unload", "fetch") if getattr(desk, what) is not None)

    async def manage(
        self, connection: Connection, what: str, model: str, key: str | None = None
    ) -> AsyncGenerator[Progress, None]:
        """Have the server load, unload or fetch a model. Raises ProviderError, UsageError."""
        provider = self._unsaved(connection, key)
        try:
            async with aclosing(provider.manage(what, model)) as steps:
                async for step in steps:
                    yield step
        finally:
            await provider.aclose()
        self.ask_soon()

    async def probe(self) -> list[Found]:
        """Servers that answer on this machine's usual ports."""
        return await probe_local()

    # --- what follows from the server's answers

    @property
    def context_size(self) -> int:
        """Tokens of context: the user's figure, else the server's, else 8192. A server that adjusts
        the user's figure is never given more than it has; of a large context that costs money by the
        token, nobody uses more than PAID_CONTEXT without having said so."""
        told = self.status.context_size if self.status is not None else None
        if told and self.status is not None and self.status.context_is_limit:
            return min(self.current.context_size or told, told)
        if self.current.context_size:
            return self.current.context_size
        if told and self._costs:
            return min(told, PAID_CONTEXT)
        return told or DEFAULT_CONTEXT

    @property
    def _costs(self) -> bool:
        spec = self.specs.get(self.current.provider)
        return spec is not None and spec.key == "required"

    @property
    def max_tokens(self) -> int:
        """Tokens a reply may have: the user's figure, or less where the server says so."""
        told = self.status.max_reply if self.status is not None else None
        return min(self.current.max_tokens, told or self.current.max_tokens)

    @property
    def model(self) -> str:
        """The model that will answer, as far as it is known."""
        if self.current.model:
            return self.current.model
        return self.status.model if self.status is not None else ""

    @property
    def price(self) -> Price:
        """What the model that will answer costs: as the user says, else as the service's list."""
        stated = self.prices.stated(self.current.provider, self.model)
        if stated is not None or self.status is None:
            return stated or Price()
        told = self.status
        return Price(prompt=told.prompt_price, reply=told.reply_price, cached=told.cached_price)

    def template_names(self) -> list[str]:
        """Instruct templates by name."""
        return self._templates.names()

    @property
    def template(self) -> TemplateChoice:
        """The instruct template of the current connection."""
        wanted = self.current.instruct
        if wanted == "none":
            return TemplateChoice(name="", reason="plain text")
        if wanted != "auto":
            return TemplateChoice(name=wanted, reason="chosen")
        if self.status is not None and self.status.chat_template:
            name = self._templates.by_chat_template(self.status.chat_template)
            if name:
                return TemplateChoice(name=name, reason="from the server")
        name = self._templates.by_model(self.model) if self.model else None
        if name:
            return TemplateChoice(name=name, reason="from the model's name")
        return TemplateChoice(name="", reason="nothing known of the model")

    @property
    def template_name(self) -> str:
        return str(self.template)

    async def aclose(self) -> None:
        """Close every open provider."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        for name in list(self._providers):
            self._forget(name)
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)


def _same_on_the_wire(one: Connection, other: Connection) -> bool:
    """Whether a provider that was opened for one connection serves the other as well: they differ in
    nothing but what prompts are built with."""
    shaping = {name: getattr(other, name) for name in OF_THE_PROMPT}
    return replace(one, **shaping) == other
