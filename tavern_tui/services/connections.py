"""Saved connections: which one answers, what its server says of itself, how to add one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import Model, Progress, ServerStatus
from tavern_tui.providers.base import Provider, ProviderOption, ProviderSpec
from tavern_tui.providers.probe import Found, probe_local
from tavern_tui.providers.registry import all_specs, open_provider
from tavern_tui.providers.urls import host_of, is_loopback
from tavern_tui.providers.wirelog import WireLog
from tavern_tui.services.keys import KeyService
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal
from tavern_tui.storage.secrets import SecretStore
from tavern_tui.storage.templates import TemplateStore

__all__ = ["ConnectionService", "Found", "ProviderInfo", "ProviderOption", "TemplateChoice"]

OFFLINE = Connection(name="offline", provider="offline", max_tokens=180, instruct="none")
"""Always there, so that the program answers on a machine with no server, key or network."""

DEFAULT_CONTEXT = 8192
PAID_CONTEXT = 32_768
"""Tokens; models that read a million are paid for each of them, at every message."""
OF_THE_PROMPT = ("text_preset", "chat_preset", "system_prompt", "instruct", "context", "samplers", "stop")
"""Fields of a connection that no provider looks at."""
BINDING = "tavern_tui"
"""Key of a chat's metadata under which we keep what is ours, such as its own connection."""

FAILURE_SECONDS = 10.0
"""A server that did not answer is asked again after this long: it may have been started since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """A provider row as a screen or a script needs it."""

    id: str
    title: str
    kind: str
    """`text` or `chat`."""
    default_url: str
    key: str
    """`none`, `optional` or `required`."""
    home: str
    samplers: tuple[str, ...]
    options: tuple[ProviderOption, ...] = ()
    """The choices only this provider has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChoice:
    """The instruct template in use, and why."""

    name: str
    """Empty: none; the text goes out plain."""
    reason: str

    def __str__(self) -> str:
        return f"{self.name or 'none'} ({self.reason})"


class ConnectionService:
    """The connections of the settings file, plus the offline writer."""

    def __init__(
        self,
        *,
        settings: SettingsService,
        secrets: SecretStore,
        templates: TemplateStore,
        environ: Mapping[str, str],
        log: WireLog,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._templates = templates
        self._environ = environ
        self._log = log
        self._providers: dict[str, tuple[Connection, Provider]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._refreshing: asyncio.Task[ServerStatus | None] | None = None
        self._once: Connection | None = None
        self.keys = KeyService(secrets, self)
        self._bound: tuple[str, Mapping[str, Any]] | None = None
        self._told_at = 0.0
        self.status: ServerStatus | None = None
        """What the current connection's server last said of itself."""
        self.changed: Signal[Connection] = Signal()
        self.status_changed: Signal[ServerStatus | None] = Signal()

    # --- which ones there are

    @property
    def specs(self) -> Mapping[str, ProviderSpec]:
        """All provider rows, the user's own included."""
        return all_specs(self._settings.value.providers)

    def providers(self) -> list[ProviderInfo]:
        """The rows for a picker or `tavern-tui providers`."""
        return [
            ProviderInfo(
                id=spec.id,
                title=spec.title,
                kind=spec.prompt_kind,
                default_url=spec.default_url,
                key=spec.key,
                home=spec.home,
                samplers=tuple(spec.samplers),
                options=spec.options,
            )
            for spec in self.specs.values()
            if not spec.hidden
        ]

    @property
    def all(self) -> tuple[Connection, ...]:
        saved = self._settings.value.connections
        if any(connection.name == OFFLINE.name for connection in saved):
            return saved
        return (*saved, OFFLINE)

    @property
    def current(self) -> Connection:
        if self._once is not None:
            return self._once
        if self._bound is not None:
            bound = self.find(self._bound[0])
            if bound is not None:
                return replace(bound, **self._bound[1])
        return self.find(self._settings.value.current_connection) or OFFLINE

    def find(self, name: str) -> Connection | None:
        return next((connection for connection in self.all if connection.name == name), None)

    # --- changing them

    def select(self, name: str) -> Connection:
        """Make this connection answer from now on. Raises UsageError if there is none."""
        connection = self.find(name)
        if connection is None:
            raise _no_connection(name)
        self._once = self._bound = None
        self._settings.change(current_connection=name)
        self._announce(connection)
        return connection

    async def switch(self, name: str) -> ServerStatus:
        """Make this connection answer if its server does; until then, and if not, the one before
        goes on. Raises UsageError, ProviderError."""
        connection = self.find(name)
        if connection is None:
            raise _no_connection(name)
        status = await self.provider(connection).status()
        if connection.name != self.current.name:
            self.select(name)
        self._learnt(connection, status)
        return status

    @property
    def is_bound(self) -> bool:
        """Whether the connection that answers is the open chat's own."""
        return self._bound is not None

    def bind(self, name: str, **fields: str) -> None:
        """Until another chat is open or another connection is chosen, this one answers, with these values
        for its own; an empty name: the usual one."""
        before = self.current
        self._bound = (name, fields) if name else None
        if self.current != before:
            self._announce(self.current)

    @contextmanager
    def pretending(self, connection: Connection, status: ServerStatus | None) -> Iterator[None]:
        """For the time of the block, which must not wait for anything, this is the current connection."""
        before = self._once, self.status
        self._once, self.status = connection, status
        try:
            yield
        finally:
            self._once, self.status = before

    def use_once(self, connection: Connection) -> None:
        """Let this connection answer for the rest of the program's run, without saving it."""
        if connection.provider not in self.specs:
            raise UsageError(
                f'There is no provider "{connection.provider}".',
                hint="`tavern-tui providers` lists them.",
            )
        self._once = connection
        self._announce(connection)

    def change(self, name: str, **fields: object) -> Connection:
        """Give a saved connection other values, such as its samplers. Raises UsageError, WriteFailed."""
        connection = self.find(name)
        if connection is None or connection is OFFLINE:
            raise UsageError(f'The connection "{name}" cannot be changed.', hint="Set one up with F2.")
        if self._bound is not None and self._bound[0] == name:
            kept = {field: value for field, value in self._bound[1].items() if field not in fields}
            self._bound = name, kept
        changed = replace(connection, **fields)  # type: ignore[arg-type]  # the caller names fields of it
        self.save(changed, replaces=name)
        return changed

    def keep(self, connection: Connection, changed: Connection) -> None:
        """Put `changed` in the place of the current connection: for good if it is saved, else for this
        run. What is bound to the open chat does not get into the saved one. Raises WriteFailed."""
        saved = self.find(connection.name)
        if self._bound is not None and self._once is None and saved is not None:
            values = {one.name: getattr(changed, one.name) for one in fields(Connection)}
            differ = {name: value for name, value in values.items() if value != getattr(connection, name)}
            self.change(connection.name, **differ)
        elif saved == connection:
            self.save(changed, replaces=connection.name)
        else:
            self.use_once(changed)

    def save(self, connection: Connection, *, key: str | None = None, replaces: str = "") -> None:
        """Add a connection, or put it in the place of the one named `replaces`.

        A `key` is stored apart, under the connection's secret name. Raises UsageError,
        WriteFailed."""
        if connection.provider not in self.specs:
            raise UsageError(f'There is no provider "{connection.provider}".')
        if not connection.name.strip():
            raise UsageError("A connection needs a name.")
        if connection.name != replaces and self.find(connection.name) is not None:
            raise UsageError(f'There already is a connection named "{connection.name}".')
        if key:
            connection = replace(connection, secret=connection.secret or f"connection/{connection.name}")
            self._secrets.set(connection.secret, key)
        kept = list(self._settings.value.connections)
        at = next((i for i, one in enumerate(kept) if one.name == replaces), None)
        if at is None:
            kept.append(connection)
        else:
            kept[at] = connection
        fields: dict[str, object] = {"connections": tuple(kept)}
        was_current = replaces and self.current.name == replaces
        if was_current and self._bound is None:
            fields["current_connection"] = connection.name
        elif self._bound is not None and self._bound[0] == replaces:
            self._bound = connection.name, self._bound[1]
        if replaces and replaces != connection.name:
            fields["bindings"] = _renamed(self._settings.value.bindings, replaces, connection.name)
        self._forget(replaces or connection.name)
        self._settings.change(**fields)
        if was_current or self.current.name == connection.name:
            self._announce(connection)

    def remove(self, name: str) -> Connection:
        """Take a connection out of the list and return it, so that it can be put back."""
        gone = self.find(name)
        if gone is None or gone is OFFLINE:
            raise UsageError(f'"{name}" cannot be removed.')
        was_current = self.current.name == name
        self._forget(name)
        kept = tuple(one for one in self._settings.value.connections if one.name != name)
        self._settings.change(connections=kept)
        if was_current:
            self.select(self.all[0].name)
        return gone

    def adopt(self, found: Found) -> Connection:
        """Save a server that the probe found, and select it."""
        taken = {connection.name for connection in self.all}
        name = found.title or found.provider_id
        number = 2
        while name in taken:
            name, number = f"{found.title or found.provider_id} {number}", number + 1
        connection = Connection(name=name, provider=found.provider_id, url=found.url, model=found.model)
        self.save(connection)
        return self.select(name)

    def _announce(self, connection: Connection) -> None:
        self.status = None
        self.changed.send(connection)
        self.status_changed.send(None)
        self.ask_soon()

    def ask_soon(self) -> None:
        """Have the current connection's server asked for its status in the background."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # no loop, so nobody who could wait for an answer
        if self._refreshing is not None:
            self._refreshing.cancel()
        self._refreshing = loop.create_task(self.refresh())

    # --- talking to them

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

    def spec_of(self, connection: Connection) -> ProviderSpec:
        spec = self.specs.get(connection.provider)
        if spec is None:
            raise UsageError(
                f'Connection "{connection.name}" names the provider "{connection.provider}", '
                "which does not exist.",
                hint="Edit the connection, or look at `tavern-tui providers`.",
            )
        return spec

    def has_template(self, connection: Connection) -> bool:
        """Whether prompts for it are laid out by a template; chats are sent without one."""
        spec = self.specs.get(connection.provider)
        return spec is None or spec.prompt_kind != "chat"

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
            return await provider.models()
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


def _renamed(bindings: Mapping[str, object], old: str, new: str) -> dict[str, object]:
    """The bindings of characters and groups, which follow a connection's new name."""
    return {
        owner: {**bound, "connection": new}
        if isinstance(bound, Mapping) and bound.get("connection") == old
        else bound
        for owner, bound in bindings.items()
    }


def _no_connection(name: str) -> UsageError:
    return UsageError(
        f'There is no connection named "{name}".', hint="`tavern-tui check` lists the connections."
    )
