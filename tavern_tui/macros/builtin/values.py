"""What variables hold: numbers as JavaScript reads and writes them, lists and objects in JSON."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

from tavern_tui.macros.registry import NotNow

Container = list[object] | dict[str, object]

_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:e[+-]?[0-9]++)?", re.IGNORECASE)
_OTHER_BASES = re.compile(r"0x[0-9a-f]++|0o[0-7]++|0b[01]++", re.IGNORECASE)
_LONGEST_NUMBER = 400
"""Characters; what is longer is words."""
_FALSE_WORDS = frozenset(("", "off", "false", "0"))


def number_of(value: object) -> float | None:
    """The number a stored value stands for, or None. Never infinite."""
    number: float | None = None
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None
    elif isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        text = value.strip()
        if _NUMBER.fullmatch(text):
            number = float(text)
        elif _OTHER_BASES.fullmatch(text):
            number = float(int(text, 0))
    return number if number is not None and math.isfinite(number) else None


def shown(value: object) -> str:
    """A stored value as text, numbers as JavaScript writes them. Raises NotNow."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    number = number_of(value)
    if number is not None:
        return shown_number(number)
    return value if isinstance(value, str) else to_json(value)


def shown_number(number: float) -> str:
    """A finite number as JavaScript writes it: 1, 0.5, 1e-7, 1e+21."""
    if number == 0:
        return "0"
    if 1e-6 <= abs(number) < 1e21:
        text = format(Decimal(repr(number)), "f")
        return text.removesuffix(".0")
    digits, _, power = repr(number).partition("e")
    return f"{digits.removesuffix('.0')}e{int(power):+d}"


def is_true(text: str) -> bool:
    """Everything is true but the empty text and `off`, `false`, `0`."""
    return text.strip().lower() not in _FALSE_WORDS


def container(value: object) -> Container | None:
    """The list or object a value is, or holds as JSON."""
    if isinstance(value, str):
        if value.lstrip()[:1] not in ("[", "{"):
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list | dict) else None


def to_json(value: object) -> str:
    """The value as JSON without blanks. Raises NotNow if it is nested too deeply."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        raise NotNow("what it holds cannot be written as JSON") from None
