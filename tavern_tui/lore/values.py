"""Reading single values of a lorebook file, whatever type they turn out to have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tavern_tui.core.lorebook import CharacterFilter, KeyLogic, LorePosition

Reader = Callable[[object], object]
"""Turns a JSON value into a field's value; raises ValueError if it cannot."""


def text(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError
    return str(raw)


def texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise ValueError
    return tuple(text(item) for item in raw)


def comma_list(raw: object) -> tuple[str, ...]:
    """`a, b` as RisuAI writes lists of keys."""
    return tuple(part.strip() for part in text(raw).split(",") if part.strip())


def flag(raw: object) -> bool:
    if isinstance(raw, bool | int):
        return bool(raw)
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    raise ValueError


def number(raw: object) -> float:
    if not isinstance(raw, bool | int | float | str):
        raise ValueError
    value = float(raw)  # of a string: ValueError is what we want
    if not math.isfinite(value):
        raise ValueError
    return int(value) if value.is_integer() else value


def whole(raw: object) -> int:
    return int(number(raw))


def logic(raw: object) -> KeyLogic:
    return KeyLogic(whole(raw))


def position(raw: object) -> LorePosition:
    return LorePosition(whole(raw))


def card_position(raw: object) -> LorePosition:
    """`before_char` or `after_char`, the two a card knows."""
    return LorePosition.BEFORE_CHAR if raw == "before_char" else LorePosition.AFTER_CHAR


def negated(raw: object) -> bool:
    return not flag(raw)


def character_filter(raw: object) -> CharacterFilter:
    if not isinstance(raw, Mapping):
        raise ValueError
    return CharacterFilter(
        exclude=flag(raw.get("isExclude") or False),
        names=texts(raw.get("names") or ()),
        tags=texts(raw.get("tags") or ()),
    )


def nullable(reader: Reader) -> Reader:
    """Of a field where null means "the global setting" or "off"."""
    return lambda raw: None if raw is None else reader(raw)


def to_json(value: object) -> object:
    """A field's value as a file has it."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, KeyLogic | LorePosition):
        return int(value)
    if isinstance(value, CharacterFilter):
        return {"isExclude": value.exclude, "names": list(value.names), "tags": list(value.tags)}
    return value
