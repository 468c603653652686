"""Provider rows by id, and the way from a saved connection to an open provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.providers.base import Provider, ProviderSpec
from tavern_tui.providers.catalogue.rows import Rows
from tavern_tui.providers.wirelog import WireLog

ROWS: Mapping[str, ProviderSpec] = Rows()

Opener = Callable[[ProviderSpec, Connection, str | None, WireLog | None], Provider]


def all_specs(user_rows: Sequence[Mapping[str, object]] = ()) -> Mapping[str, ProviderSpec]:
    """Every row by id; the user's own come last and replace a row of the same id.

    Raises UsageError for a row of the user's that cannot be read."""
    if not user_rows:
        return ROWS
    from tavern_tui.providers.catalogue.own import own_spec

    own = [own_spec(row, ROWS) for row in user_rows]
    return {**ROWS, **{spec.id: spec for spec in own}}


def open_provider(
    connection: Connection,
    *,
    key: str | None,
    specs: Mapping[str, ProviderSpec] | None = None,
    log: WireLog | None = None,
) -> Provider:
    """A provider for this connection; nothing is sent yet.

    Raises UsageError for an unknown provider or a bad address, AuthFailed for a missing key."""
    rows = ROWS if specs is None else specs
    spec = rows.get(connection.provider)
    if spec is None:
        raise UsageError(
            f'There is no provider "{connection.provider}".', hint="`tavern-tui providers` lists them."
        )
    return OPENERS[spec.opener](spec, connection, key, log)


def _open_http(spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None) -> Provider:
    from tavern_tui.providers.http import HttpProvider  # httpx: 90 ms, and offline needs none

    return HttpProvider(spec, connection, key=key, log=log)


def _open_horde(spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None) -> Provider:
    from tavern_tui.providers.horde import HordeProvider

    return HordeProvider(spec, connection, key=key, log=log)


def _open_novelai(
    spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None
) -> Provider:
    from tavern_tui.providers.novelai import NovelProvider

    return NovelProvider(spec, connection, key=key, log=log)


def _open_local(spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None) -> Provider:
    from tavern_tui.providers.local import LocalProvider

    return LocalProvider(spec, connection, log=log)


def _open_offline(
    spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None
) -> Provider:
    from tavern_tui.providers.offline import OfflineProvider

    return OfflineProvider(spec, connection)


def _open_scripted(
    spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None
) -> Provider:
    from tavern_tui.providers.scripted import ScriptedProvider

    return ScriptedProvider.from_connection(spec, connection)


def _open_vertex(
    spec: ProviderSpec, connection: Connection, key: str | None, log: WireLog | None
) -> Provider:
    from tavern_tui.providers.vertex import VertexProvider

    return VertexProvider(spec, connection, key=key, log=log)


OPENERS: Mapping[str, Opener] = {
    "http": _open_http,
    "horde": _open_horde,
    "local": _open_local,
    "novelai": _open_novelai,
    "offline": _open_offline,
    "scripted": _open_scripted,
    "vertex": _open_vertex,
}
