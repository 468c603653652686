"""Keys: several for each provider, with labels; which one a connection uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.storage.secrets import KeyPlace, SecretStore, variable_for

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService

SHOWN = 4
"""Characters at a key's end that tell it from others; short keys show none."""
LONG_ENOUGH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A key, without the key."""

    name: str
    """Under which it is kept: `api_key_openai/work`."""
    label: str
    """What the user calls it; empty: the usual one of its provider."""
    ending: str
    """Its last characters, with dots before them."""
    place: KeyPlace
    used: bool = False
    """The connection that is asked about uses it."""


class KeyService:
    """Raises UsageError, DataError, WriteFailed; no message holds a key."""

    def __init__(self, secrets: SecretStore, connections: ConnectionService) -> None:
        self._secrets = secrets
        self._connections = connections

    def usual_name(self, connection: Connection) -> str:
        """The name of the key a connection uses if it names none."""
        return self._connections.usual_key(connection) or f"connection/{connection.name}"

    def used_by(self, connection: Connection) -> str:
        """The name of the key a connection uses now."""
        return connection.secret or self.usual_name(connection)

    def of(self, connection: Connection) -> list[KeyInfo]:
        """The keys of a connection's provider, the usual one first."""
        usual, used = self.usual_name(connection), self.used_by(connection)
        names = {name for name in self._secrets.names() if name == usual or name.startswith(f"{usual}/")}
        names |= {usual, used}
        found = [self._info(name, usual, used=name == used) for name in sorted(names)]
        return [one for one in found if one is not None]

    def all(self) -> list[KeyInfo]:
        """Every key that is kept, by name."""
        found = [self._info(name, name.partition("/")[0], used=False) for name in self._secrets.names()]
        return [one for one in found if one is not None]

    def _info(self, name: str, usual: str, *, used: bool) -> KeyInfo | None:
        place = self._secrets.place(name)
        if place is None:
            return None
        label = name.removeprefix(usual).removeprefix("/") if name.startswith(usual) else name
        ending = _ending(self._secrets.get(name) or "")
        return KeyInfo(name=name, label=label, ending=ending, place=place, used=used)

    def add(self, connection: Connection, label: str, key: str) -> str:
        """Keep a key of the connection's provider, and let the connection use it; returns its name."""
        key, label = key.strip(), label.strip()
        if not key:
            raise UsageError("There is no key.")
        if "/" in label or not label.isprintable() or len(label) > 60:
            raise UsageError("A label is a few words without a slash.")
        usual = self.usual_name(connection)
        name = f"{usual}/{label}" if label else usual
        self._secrets.set(name, key)
        self.use(connection, name)
        return name

    def use(self, connection: Connection, name: str) -> None:
        """Let a connection use this key from now on."""
        if self._secrets.place(name) is None:
            raise UsageError(f'There is no key "{name[:80]}".')
        secret = "" if name == self._connections.usual_key(connection) else name
        self._connections.change(connection.name, secret=secret, key_env="")
        self._connections.reopen(connection.name)

    def rename(self, name: str, label: str) -> str:
        """Give a key another label; connections that use it follow. Returns its new name."""
        key = self._secrets.get(name)
        if self._secrets.place(name) not in (KeyPlace.FILE, KeyPlace.KEYRING) or key is None:
            raise UsageError("Only a key that is kept here can have another label.")
        label = label.strip()
        if not label or "/" in label or not label.isprintable() or len(label) > 60:
            raise UsageError("A label is a few words without a slash.")
        new = f"{name.partition('/')[0]}/{label}"
        if new == name:
            return name
        if self._secrets.place(new) is not None:
            raise UsageError(f'There is a key with the label "{label}" already.')
        self._secrets.set(new, key)
        for connection in self._connections.all:
            if connection.secret == name:
                self._connections.change(connection.name, secret=new)
        self._secrets.remove(name)
        return new

    def remove(self, name: str) -> None:
        """Forget a key for good."""
        place = self._secrets.place(name)
        if place is None:
            raise UsageError(f'There is no key "{name[:80]}".')
        if place is KeyPlace.ENVIRONMENT:
            raise UsageError(f"The key stands in the environment variable {variable_for(name)}.")
        if place is KeyPlace.SILLYTAVERN:
            raise UsageError("The key stands in SillyTavern's own file, which is not changed.")
        self._secrets.remove(name)
        for connection in self._connections.all:
            self._connections.reopen(connection.name)

    def take_over(self, path: Path) -> tuple[str, ...]:
        """Copy the keys of a SillyTavern `secrets.json`; returns their names."""
        return self._secrets.import_sillytavern(path)


def _ending(key: str) -> str:
    return f"…{key[-SHOWN:]}" if len(key) >= LONG_ENOUGH else "…"
