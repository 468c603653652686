"""Headers: which of them are secret, and which cannot be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tavern_tui.core.errors import UsageError

MASK = "••••"
SECRET_NAME = re.compile(
    r"authorization|cookie|api[-_]?key|(^|[-_])key$|token|secret|password", re.IGNORECASE
)
HEADER_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")


def mask_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """The headers as they may be shown."""
    known = tuple(secrets)
    return {name: _masked(name, value, known) for name, value in headers.items()}


def _masked(name: str, value: str, secrets: tuple[str, ...]) -> str:
    if SECRET_NAME.search(name):
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {MASK}" if space and scheme in ("Bearer", "Basic") else MASK
    for secret in secrets:
        value = value.replace(secret, MASK)
    return value


def check_header(name: str, value: str) -> None:
    """Raise UsageError for a header HTTP cannot carry; the sentence does not show its value."""
    if not HEADER_NAME.match(name):
        raise UsageError(f"A header cannot be called {name[:40]!r}.")
    if not value.isascii() or not value.isprintable():
        what = "The API key" if SECRET_NAME.search(name) else f'The value of the header "{name}"'
        raise UsageError(
            f"{what} has a character that cannot be sent.",
            hint="Was something else copied along with it?",
        )


SHORTEST_SECRET = 4
"""Blotting out less than this would blot out half of every sentence."""


def secret_values(key: str, basic_auth: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Everything that must not appear in a sentence: the key, and what secret headers carry."""
    found = [key, basic_auth, basic_auth.removeprefix("Basic ")]
    for name, value in headers.items():
        if SECRET_NAME.search(name):
            found += [value, *value.split()[1:]]
    return tuple(dict.fromkeys(secret for secret in found if len(secret) >= SHORTEST_SECRET))
