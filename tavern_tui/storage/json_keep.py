"""Reads the keys we know with patience, and lays our values over an object so that the rest survives."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

from tavern_tui.core.errors import DataError, UnreadableFile

KeyPath = tuple[str, ...]
"""Where a value lies: the keys to it, from the outermost."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_FILE = 256 * 2**20
"""Bytes of a JSON file we are willing to read; a settings.json of 5 MB is large already."""

_decoder = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and Infinity are no JSON
_OPTIONS: dict[str, Any] = {
    "ensure_ascii": False,
    "allow_nan": False,
    "default": lambda value: dict(value) if isinstance(value, Mapping) else str(value),
}
_compact = json.JSONEncoder(separators=(",", ":"), **_OPTIONS)
_pretty = json.JSONEncoder(indent=4, **_OPTIONS)


# --- text to values and back


def parse_json(data: bytes | str, what: str) -> object:
    """The JSON value in `data`; a BOM is tolerated. Raises DataError naming `what`."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        return _decoder.decode(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{what} is not UTF-8 text (byte {error.start + 1}).") from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{what} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is not usable JSON: it is nested too deeply or has huge numbers.") from error


def parse_object(data: bytes | str, what: str) -> dict[str, object]:
    """The JSON object in `data`. Raises DataError."""
    value = parse_json(data, what)
    if not isinstance(value, dict):
        raise DataError(f"{what} should hold a JSON object, but holds {kind_of(value)}.")
    return value


def read_object(path: Path) -> dict[str, object]:
    """The JSON object in a file. Raises UnreadableFile, so that nobody writes over it."""
    data = read_file(path)
    try:
        return parse_object(data, str(path))
    except DataError as error:
        raise UnreadableFile(str(error)) from error


def read_file(path: Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file. Raises UnreadableFile."""
    try:
        if not path.is_file() and path.exists():
            raise UnreadableFile(f"{path} is not a file.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableFile(f"{path} could not be read: {error.strerror or error}.") from error
    if len(data) > limit:
        raise UnreadableFile(f"{path} is larger than {limit // 2**20} MB.")
    return data


def compact_json(value: object) -> bytes:
    """JSON as SillyTavern writes the lines of a chat: no blanks, nothing escaped needlessly."""
    return _encode(_compact, value)


def pretty_json(value: object) -> bytes:
    """JSON as SillyTavern writes its files: four spaces."""
    return _encode(_pretty, value)


def _encode(encoder: json.JSONEncoder, value: object) -> bytes:
    try:
        text = encoder.encode(value)
    except ValueError:
        text = encoder.encode(_without_nan(value))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a character, as JavaScript cuts them: only its escape is valid UTF-8.
        return LONE_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode("utf-8")


def _without_nan(value: object) -> object:
    """The value with null in the place of numbers JSON does not have."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(name): _without_nan(one) for name, one in value.items()}
        case list() | tuple():
            return [_without_nan(one) for one in value]
        case _:
            return value


def kind_of(value: object) -> str:
    """A JSON value's kind, as a sentence names it."""
    for types, name in _KIND_NAMES:
        if isinstance(value, types):
            return name
    return "something else"


_KIND_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "nothing"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    ((list, tuple), "a list"),
    (Mapping, "an object"),
)


def as_object(value: object) -> Mapping[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[object]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


# --- the kinds of values we read


class _Odd(Exception):
    """A value is not of the kind its key promises."""


def text(value: object) -> str:
    """A text; numbers are spelled out."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _Odd("a text")


def number(value: object) -> float:
    """A finite number, also as text (SillyTavern's forms store such)."""
    if isinstance(value, bool):
        raise _Odd("a number")
    if isinstance(value, int | float | str):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            raise _Odd("a number") from None
        if math.isfinite(found):
            return found
    raise _Odd("a number")


def whole(value: object) -> int:
    """A whole number; fractions are cut."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(number(value))


def flag(value: object) -> bool:
    """True or false, also as 0, 1 and as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    if isinstance(value, int | float):
        return value != 0
    raise _Odd("true or false")


_WORDS = {"true": True, "false": False, "on": True, "off": False, "1": True, "0": False, "": False}


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; a single text counts as one, other members are left out."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list | tuple):
        return tuple(one for one in value if isinstance(one, str))
    raise _Odd("a list of texts")


Reader = Callable[[object], Any]


def choice(choices: type[IntEnum]) -> Reader:
    """Reads one of an enum's numbers."""

    def read(value: object) -> IntEnum:
        wanted = whole(value)
        for one in choices:
            if one == wanted:
                return one
        raise _Odd(f"one of {', '.join(str(int(one)) for one in choices)}")

    return read


def one_of(words: Iterable[str]) -> Reader:
    """Reads one of these words."""
    known = tuple(words)

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise _Odd(f"one of {', '.join(word or '(empty)' for word in known)}")

    return read


def read_value(value: object, reader: Reader, default: object, where: str, warnings: list[str] | None) -> Any:
    """`value` as `reader` understands it; `default` for null, and with a warning for oddities."""
    if value is None:
        return default
    try:
        return reader(value)
    except _Odd as odd:
        if warnings is not None:
            warnings.append(f"{where} should be {odd}, but is {_shown(value)}; it was ignored.")
        return default


def _shown(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else kind_of(value)


# --- whole objects, by table


@dataclass(frozen=True, slots=True)
class Key:
    """Which key of the JSON object feeds which field."""

    field: str
    path: KeyPath
    reader: Reader


def key(field: str, path: str, reader: Reader = text) -> Key:
    """A row of a table; `path` is dotted."""
    return Key(field, tuple(path.split(".")), reader)


class KeyTable:
    """The keys of a file that become fields of one dataclass."""

    def __init__(self, made: type, *keys: Key) -> None:
        self.keys = keys
        self._defaults = {
            one.name: one.default_factory() if one.default_factory is not MISSING else one.default
            for one in fields(made)
        }

    def read(self, source: Mapping[str, object], where: str, warnings: list[str] | None) -> dict[str, Any]:
        """The fields this object gives, defaults included. `where` names the file in warnings."""
        found: dict[str, Any] = {}
        for one in self.keys:
            default = self._defaults[one.field]
            found[one.field] = read_value(
                dig(source, one.path),
                one.reader,
                "" if default is MISSING else default,
                f'{where}: "{".".join(one.path)}"',
                warnings,
            )
        return found

    def values(self, made: object) -> dict[KeyPath, object]:
        """The keys and JSON values of a dataclass made from this table."""
        return {one.path: plain(getattr(made, one.field)) for one in self.keys}


def plain(value: object) -> object:
    """A field's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


def dig(source: object, path: Iterable[str]) -> object:
    """The value at the end of these keys, or None."""
    for one in path:
        if not isinstance(source, Mapping):
            return None
        source = source.get(one)
    return source


def lay_over(
    source: Mapping[str, object], before: Mapping[KeyPath, object], after: Mapping[KeyPath, object]
) -> dict[str, object]:
    """A copy of `source` with the values that changed from `before` to `after`.

    Keys whose value did not change keep their spelling and place, or stay absent."""
    result = dict(source)
    for path, value in after.items():
        if path not in before or not same(before[path], value):
            put(result, path, value)
    return result


def same(one: object, other: object) -> bool:
    """Equality as JSON has it: 1 is 1.0, but not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def put(target: dict[str, object], path: KeyPath, value: object) -> None:
    """Set the value at the end of these keys; objects on the way are copied or made."""
    for one in path[:-1]:
        inner = target.get(one)
        fresh: dict[str, object] = dict(inner) if isinstance(inner, Mapping) else {}
        target[one] = fresh
        target = fresh
    target[path[-1]] = value
