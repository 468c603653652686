"""Connections as files to hand on: without keys, and read back under free names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.providers.masking import SECRET_NAME
from tavern_tui.services.connection_list import OFFLINE
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.st_connections import read_st_connection
from tavern_tui.storage.atomic import write_text
from tavern_tui.storage.json_keep import read_file
from tavern_tui.storage.settings import connections_text, read_connections

MAX_FILE = 4 * 1024 * 1024


def without_keys(connection: Connection) -> Connection:
    """The connection with nothing in it that opens a door: no key's name, no secret header, no
    password in an address."""
    return replace(
        connection,
        secret="",
        url=without_password(connection.url),
        proxy=without_password(connection.proxy),
        extra_headers={
            name: value for name, value in connection.extra_headers.items() if not SECRET_NAME.search(name)
        },
        extra_body=_public(connection.extra_body),
        options=_public(connection.options),
        source=_public(connection.source),
    )


def _public(values: Mapping[str, object]) -> dict[str, object]:
    """A table without the values whose names say that they are secret, at any depth."""
    return {
        name: _public(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if not SECRET_NAME.search(name) or isinstance(value, int | float | bool)
    }


def without_password(url: str) -> str:
    """An address without `user:password@`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)) if "@" in parts.netloc else url


def export_connections(connections: ConnectionService, path: Path, names: Iterable[str] = ()) -> int:
    """Write saved connections (all, or those named) to a TOML file, keys left out; returns how many.

    Raises UsageError for a name there is not, WriteFailed."""
    wanted = list(names)
    for name in wanted:
        if connections.find(name) is None:
            raise UsageError(f'There is no connection named "{name}".')
    chosen = [
        without_keys(one)
        for one in connections.all
        if one is not OFFLINE and (not wanted or one.name in wanted)
    ]
    if not chosen:
        raise UsageError("There is no connection to export.", hint="Set one up with F2.")
    write_text(path, connections_text(chosen))
    return len(chosen)


def import_connections(connections: ConnectionService, path: Path) -> tuple[list[str], list[str]]:
    """Add the connections of such a file under free names, or the one of a settings.json of
    SillyTavern's. Returns their names, and what could not be read in it. Raises DataError, WriteFailed."""
    if path.suffix.lower() == ".json":
        return _from_sillytavern(connections, path)
    found, warnings = read_connections(read_file(path, MAX_FILE), path.name)
    if not found and not warnings:
        raise DataError(f"{path.name} holds no connections.")
    names: list[str] = []
    for one in found:
        if one.provider not in connections.specs:
            warnings.append(
                f'{path.name}: "{one.name}" needs the provider "{one.provider}", which is unknown.'
            )
            continue
        made = replace(without_keys(one), name=_free(one.name, {known.name for known in connections.all}))
        connections.save(made)
        names.append(made.name)
    return names, warnings


def _from_sillytavern(connections: ConnectionService, path: Path) -> tuple[list[str], list[str]]:
    warnings: list[str] = []
    found = read_st_connection(path, warnings)
    known = found.connection
    if known.provider not in connections.specs:
        raise DataError(f'{path.name}: the chat service "{known.provider}" is unknown.')
    name = _free(connections.specs[known.provider].title, {one.name for one in connections.all})
    made = replace(without_keys(known), name=name, secret=known.secret)
    connections.save(made, key=found.password or None)
    return [name], warnings


def _free(name: str, taken: set[str]) -> str:
    made, number = name, 2
    while made in taken:
        made, number = f"{name} {number}", number + 1
    return made
