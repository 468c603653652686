"""ConnectionList: the saved connections, which of them answers, and how they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import ServerStatus
from tavern_tui.providers.base import ProviderOption, ProviderSpec
from tavern_tui.providers.probe import Found
from tavern_tui.providers.registry import all_specs
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal
from tavern_tui.storage.secrets import SecretStore

OFFLINE = Connection(name="offline", provider="offline", max_tokens=180, instruct="none")
"""Always there, so that the program answers on a machine with no server, key or network."""

BINDING = "tavern_tui"
"""Key of a chat's metadata under which we keep what is ours, such as its own connection."""


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


class ConnectionList:
    """The connections of the settings file, plus the offline writer. Nothing here talks to a server."""

    def __init__(self, *, settings: SettingsService, secrets: SecretStore) -> None:
        self._settings = settings
        self._secrets = secrets
        self._once: Connection | None = None
        self._bound: tuple[str, Mapping[str, Any]] | None = None
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
            raise no_connection(name)
        self._once = self._bound = None
        self._settings.change(current_connection=name)
        self._announce(connection)
        return connection

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

    def _announce(self, connection: Connection) -> None:
        """Another connection answers, or this one in another way."""
        self.status = None
        self.changed.send(connection)
        self.status_changed.send(None)

    def _forget(self, name: str) -> None:
        """A connection is not what it was: let go of what was held for it."""


def _renamed(bindings: Mapping[str, object], old: str, new: str) -> dict[str, object]:
    """The bindings of characters and groups, which follow a connection's new name."""
    return {
        owner: {**bound, "connection": new}
        if isinstance(bound, Mapping) and bound.get("connection") == old
        else bound
        for owner, bound in bindings.items()
    }


def no_connection(name: str) -> UsageError:
    return UsageError(
        f'There is no connection named "{name}".', hint="`tavern-tui check` lists the connections."
    )
