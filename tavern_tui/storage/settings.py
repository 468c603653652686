"""The program's settings file (TOML) to the Settings value and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.core.settings import Settings
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.json_keep import (
    Reader,
    as_object,
    flag,
    number,
    read_file,
    read_value,
    text,
    texts,
    whole,
)

JSON_MARK = "json:"
"""TOML knows no null: a table with one inside is kept as JSON text behind this mark."""


ELSEWHERE = dict.fromkeys(
    ("auto_continue", "auto_swipe_below"),
    "SillyTavern's settings.json says what follows a reply; Alt+Shift+R changes it.",
)
"""Keys somebody may look for in this file, and where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings as far as the file could be understood."""

    settings: Settings
    warnings: tuple[str, ...] = ()
    """One sentence for each thing in the file that could not be used."""
    writable: bool = True
    """False: the file is not valid TOML or unreadable, and must be left as it is."""


def load_settings(path: Path) -> LoadedSettings:
    """The settings in `path`; defaults where it is absent, broken or silent."""
    if not path.exists():
        return LoadedSettings(settings=Settings())
    import tomllib  # 4 ms that a first start need not pay

    try:
        found = tomllib.loads(read_file(path).decode("utf-8-sig"))
    except (UnreadableFile, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        sentence = f"The settings file {path} could not be used ({error}); defaults are in force."
        return LoadedSettings(settings=Settings(), warnings=(sentence,), writable=False)
    warnings = [
        f'{path}: "{name}" is not used. {where}' for name, where in ELSEWHERE.items() if name in found
    ]
    settings = settings_from(found, str(path), warnings)
    return LoadedSettings(settings=settings, warnings=tuple(warnings))


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings file. Raises WriteFailed."""
    import tomli_w  # only needed when something changed

    write_bytes(path, tomli_w.dumps(settings_table(settings)).encode("utf-8", "replace"))


def read_connections(data: bytes, where: str) -> tuple[tuple[Connection, ...], list[str]]:
    """The connections in a TOML file of them, and what could not be read. Raises DataError."""
    import tomllib

    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{where} is not a file of connections: {error}.") from error
    warnings: list[str] = []
    return _connections(found.get("connections"), where, warnings), warnings


def connections_text(connections: Iterable[Connection]) -> str:
    """A TOML file that `read_connections` reads as these."""
    import tomli_w

    return tomli_w.dumps({"connections": [_table(one) for one in connections]})


def settings_from(found: Mapping[str, object], where: str, warnings: list[str]) -> Settings:
    """The settings in a parsed file."""
    settings: Settings = _read(Settings, found, where, warnings)
    return settings


def settings_table(settings: Settings) -> dict[str, object]:
    """The settings as a table for the file: what differs from the defaults, and the unknown keys."""
    return _table(settings)


def _read(made: Any, found: Mapping[str, object], where: str, warnings: list[str]) -> Any:
    values: dict[str, Any] = {}
    known = {one.name: one for one in fields(made) if one.name != "source"}
    for name, value in found.items():
        if name in known:
            values[name] = read_value(
                value,
                _reader(str(known[name].type), f"{where}: {name}", warnings),
                _UNUSED,
                f'{where}: "{name}"',
                warnings,
            )
    values = {name: value for name, value in values.items() if value is not _UNUSED}
    values["source"] = {
        name: value for name, value in found.items() if name not in known or name not in values
    }
    return made(**values)


_UNUSED = object()


def _reader(declared: str, where: str, warnings: list[str]) -> Reader:
    """How a field of this declared type is read."""
    if declared == "tuple[Connection, ...]":
        return lambda value: _connections(value, where, warnings)
    return _READERS[declared]


def _connections(value: object, where: str, warnings: list[str]) -> tuple[Connection, ...]:
    made: list[Connection] = []
    for at, one in enumerate(_tables(value), start=1):
        if not isinstance(one.get("name"), str) or not isinstance(one.get("provider"), str):
            warnings.append(f"{where}: connection {at} needs a name and a provider; it was left out.")
            continue
        made.append(_read(Connection, one, f'{where}, connection "{one["name"]}"', warnings))
    return tuple(made)


def _tables(value: object) -> tuple[Mapping[str, object], ...]:
    return tuple(as_object(one) for one in value if as_object(one)) if isinstance(value, list) else ()


def _words(value: object) -> dict[str, str]:
    return {name: text(one) for name, one in as_object(value).items()}


def _anything(value: object) -> Mapping[str, object]:
    """A table, or the JSON text of one."""
    if isinstance(value, str) and value.startswith(JSON_MARK):
        try:
            return as_object(json.loads(value.removeprefix(JSON_MARK)))
        except (ValueError, RecursionError):
            return {}
    return as_object(value)


def _sampler_values(value: object) -> dict[str, object]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in _anything(value).items()}


_READERS: dict[str, Reader] = {
    "str": text,
    "bool": flag,
    "int": whole,
    "float": number,
    "Mapping[str, str]": _words,
    "Mapping[str, object]": _anything,
    "Mapping[str, SamplerValue]": _sampler_values,
    "tuple[Mapping[str, object], ...]": _tables,
    "tuple[str, ...]": texts,
}
"""By the field's declared type, as it is written in the dataclass."""


def _table(value: Any) -> dict[str, object]:
    """A dataclass as a table: what differs from its defaults, then the keys it carries along."""
    table: dict[str, object] = {}
    for one in fields(value):
        held = getattr(value, one.name)
        if one.name != "source" and (held != _default(one) or one.name in ALWAYS_WRITTEN):
            table[one.name] = _for_toml(held)
    for name, held in value.source.items():
        table.setdefault(name, held)
    return table


ALWAYS_WRITTEN = frozenset({"name", "provider"})


def _default(one: Any) -> object:
    made: Callable[[], object] | object = one.default_factory
    return made() if callable(made) else one.default


def _for_toml(value: object) -> object:
    if isinstance(value, Connection):
        return _table(value)
    if isinstance(value, Mapping):
        if _has_null(value):
            return JSON_MARK + json.dumps(value, ensure_ascii=False)
        return {str(name): _for_toml(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_for_toml(one) for one in value]
    return value


def _has_null(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_has_null(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_has_null(one) for one in value)
    return value is None
