"""How a key goes out: in a header, or in the address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from tavern_tui.providers.base import Auth

HEADERS: Mapping[Auth, Mapping[str, str]] = {
    Auth.BEARER: {"Authorization": "Bearer "},
    Auth.X_API_KEY: {"X-API-Key": ""},
    Auth.BOTH: {"Authorization": "Bearer ", "X-API-Key": ""},
    Auth.APIKEY: {"apikey": ""},
    Auth.API_KEY: {"api-key": ""},
    Auth.GOOGLE: {"x-goog-api-key": ""},
}
"""Names of headers, and what stands before the key in them."""


def key_headers(auth: Auth, key: str) -> dict[str, str]:
    """The headers that give a key; none without one."""
    return {name: f"{before}{key}" for name, before in HEADERS.get(auth, {}).items()} if key else {}


def with_key(url: str, key: str) -> str:
    """The address with the key in its query."""
    if not key:
        return url
    place, _, query = url.partition("?")
    return f"{place}?key={quote(key, safe='')}{f'&{query}' if query else ''}"
