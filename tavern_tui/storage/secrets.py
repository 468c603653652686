"""API keys: a file only its owner can read, the system's keyring, or environment variables."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from tavern_tui.core.errors import DataError, TavernError, UnreadableFile, WriteFailed
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.json_keep import as_list, as_object, read_file, read_object

OWNER_ONLY = 0o600
KEYRING_SERVICE = "tavern-tui"
IN_KEYRING = ""
"""Stands in the file for a key that the keyring has."""
ENVIRONMENT_PREFIX = "TAVERN_TUI_SECRET_"


class KeyPlace(StrEnum):
    """Where a key is kept."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    FILE = "file"
    SILLYTAVERN = "SillyTavern's secrets.json"


class SecretStore:
    """Keys by name. Values appear in no message and no repr."""

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str] | None = None,
        *,
        keyring: bool = False,
        sillytavern: Path | None = None,
    ) -> None:
        """`path`: the key file (`Folders.secrets_file`). `keyring`: new keys go to the system's keyring.
        `sillytavern`: a `secrets.json` that is asked last, and never written."""
        self._path = path
        self._environ = environ if environ is not None else os.environ
        self._keyring = keyring
        self._sillytavern = sillytavern

    def __repr__(self) -> str:
        return f"SecretStore({str(self._path)!r})"

    def get(self, name: str) -> str | None:
        """The key stored under `name`, or None. The environment variable `variable_for(name)` wins.

        Raises UnreadableFile, DataError."""
        given = self._environ.get(variable_for(name))
        if given:
            return given
        if self._keyring:
            held = _from_keyring(name)
            if held is not None:
                return held
        return self._read().get(name) or self._theirs().get(name)

    def set(self, name: str, value: str) -> None:
        """Store a key. Raises UnreadableFile when the file there is broken, WriteFailed."""
        if self._keyring:
            _into_keyring(name, value)
            value = IN_KEYRING  # a keyring cannot be asked what it holds
        self._write({**self._read(), name: value})

    def remove(self, name: str) -> None:
        """Forget a key, wherever it is kept."""
        if self._keyring:
            _out_of_keyring(name)
        held = self._read()
        if held.pop(name, None) is not None:
            self._write(held)

    def names(self) -> tuple[str, ...]:
        """Names of all keys that are kept anywhere but in the environment, sorted."""
        return tuple(sorted({**self._read(), **self._theirs()}))

    def place(self, name: str) -> KeyPlace | None:
        """Where the key of this name comes from; None: there is none. Raises as `get` does."""
        if self._environ.get(variable_for(name)):
            return KeyPlace.ENVIRONMENT
        held = self._read().get(name)
        if self._keyring and _from_keyring(name) is not None:
            return KeyPlace.KEYRING
        if held:
            return KeyPlace.FILE
        return KeyPlace.SILLYTAVERN if name in self._theirs() else None

    def _theirs(self) -> dict[str, str]:
        """The keys of SillyTavern's own file; none where it is broken or not there."""
        if self._sillytavern is None or not self._sillytavern.is_file():
            return {}
        try:
            return _all_keys(read_object(self._sillytavern))
        except DataError:
            return {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence if others on this machine can read the key file."""
        try:
            mode = self._path.stat().st_mode
        except OSError:
            return ()
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            return (f"{self._path} can be read by others: run `chmod 600 {self._path}`.",)
        return ()

    def import_sillytavern(self, path: Path) -> tuple[str, ...]:
        """Copy the keys of a `secrets.json`; returns their names. Raises UnreadableFile."""
        found = _all_keys(read_object(path))
        if found:
            self._write({**self._read(), **found})
        return tuple(sorted(found))

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        import tomllib  # only when there is a file

        try:
            found = tomllib.loads(read_file(self._path).decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            # The parser's own words could quote a key: they are dropped here.
            raise UnreadableFile(f"{self._path} is not valid TOML, so no key can be read.") from None
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def _write(self, held: Mapping[str, str]) -> None:
        import tomli_w

        write_bytes(self._path, tomli_w.dumps(dict(held)).encode("utf-8", "replace"), mode=OWNER_ONLY)


def variable_for(name: str) -> str:
    """The environment variable that stands for the key `name`: TAVERN_TUI_SECRET_API_KEY_OPENAI."""
    return ENVIRONMENT_PREFIX + re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def _all_keys(found: Mapping[str, object]) -> dict[str, str]:
    """SillyTavern's keys: one text, or a list of which one is active; labels name the others."""
    keys: dict[str, str] = {}
    for name, value in found.items():
        if name.startswith("_"):
            continue
        if isinstance(value, str) and value:
            keys[name] = value
            continue
        rows = [row for row in map(as_object, as_list(value)) if _is_key(row.get("value"))]
        active = next((row for row in rows if row.get("active") is True), rows[0] if rows else None)
        for number, row in enumerate(rows, start=1):
            label = row.get("label")
            words = label.strip() if isinstance(label, str) and label.strip() else str(number)
            keys[name if row is active else f"{name}/{words}"] = str(row["value"])
    return keys


def _is_key(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _open_keyring() -> object:
    try:
        import keyring  # 60 ms, and an optional extra
    except ImportError:
        raise DataError(
            "The system's keyring cannot be used: the package `keyring` is not installed.",
            hint="pip install 'tavern-tui[keyring]', or set use_keyring = false.",
        ) from None
    return keyring


def _from_keyring(name: str) -> str | None:
    value = _ask_keyring("get_password", name)
    return value if isinstance(value, str) else None


def _into_keyring(name: str, value: str) -> None:
    _ask_keyring("set_password", name, value)


def _out_of_keyring(name: str) -> None:
    if _from_keyring(name) is not None:
        _ask_keyring("delete_password", name)


def _ask_keyring(action: str, *words: str) -> object:
    ring = _open_keyring()
    try:
        return getattr(ring, action)(KEYRING_SERVICE, *words)
    except TavernError:
        raise
    except Exception as error:  # back ends raise what they like, and their words could quote the key
        raise WriteFailed(
            f"The system's keyring failed ({type(error).__name__}).", hint="Is it unlocked?"
        ) from None
