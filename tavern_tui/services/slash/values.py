"""Values of the script language: scopes, numbers, lists, truth and comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.language import Closure

Held = str | Closure
"""What a scoped variable holds."""


@dataclass(slots=True)
class Scope:
    """Variables that live as long as a script or a closure."""

    parent: Scope | None = None
    held: dict[str, Held] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    """Values of `{{name}}` that only this scope has: `timesIndex`."""
    pipe: str = ""

    def declare(self, name: str, value: Held) -> None:
        """`/let`. Raises UsageError if this scope has it already."""
        if name in self.held:
            raise UsageError(f'The variable "{name}" exists already; /var changes it.')
        self.held[name] = value

    def owner(self, name: str) -> Scope | None:
        """The nearest scope that has a variable."""
        scope: Scope | None = self
        while scope is not None and name not in scope.held:
            scope = scope.parent
        return scope

    def get(self, name: str) -> Held | None:
        owner = self.owner(name)
        return owner.held[name] if owner is not None else None

    def set(self, name: str, value: Held) -> None:
        """`/var`. Raises UsageError if nobody declared it."""
        owner = self.owner(name)
        if owner is None:
            raise UsageError(f'There is no variable "{name}"; /let makes one.')
        owner.held[name] = value

    def macro(self, name: str) -> str | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.macros:
                return scope.macros[name]
            scope = scope.parent
        return None


def as_number(text: str) -> float | None:
    """The number a text is, or None."""
    try:
        number = float(text.strip())
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def needed_number(text: str, what: str) -> float:
    """Raises UsageError if the text is no number."""
    number = as_number(text)
    if number is None:
        raise UsageError(f"{what} needs a number, not {text[:40]!r}.")
    return number


def written(number: float) -> str:
    """A number as scripts write it: `3`, not `3.0`."""
    return str(int(number)) if number == int(number) and abs(number) < 1e16 else repr(number)


def as_json(text: str) -> object:
    """The list or dictionary a text is, else the text."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, list | dict) else text


def as_text(value: object) -> str:
    """A value as it goes through a pipe."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return written(float(value))
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def is_true(text: str) -> bool:
    """Whether a condition without a comparison holds."""
    number = as_number(text)
    return number != 0 if number is not None else text.strip().lower() not in ("", "false", "off", "null")


def is_on(text: str, *, otherwise: bool = False) -> bool:
    """A switch: `on`, `true`, `1`, or their opposites."""
    word = text.strip().lower()
    if word in ("on", "true", "1", "yes"):
        return True
    return False if word in ("off", "false", "0", "no") else otherwise


_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
_TEXTUAL: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "in": lambda a, b: b in a,
    "nin": lambda a, b: b not in a,
}


def compare(left: str, right: str | None, rule: str) -> bool:
    """Whether `/if` and `/while` go on. Raises UsageError for a rule there is not, or that does not fit."""
    rule = rule or ("eq" if right is not None else "")
    if right is None or rule == "not":
        return not is_true(left) if rule == "not" else is_true(left)
    one, other = as_number(left), as_number(right)
    if one is not None and other is not None and rule in _NUMERIC:
        return _NUMERIC[rule](one, other)
    if rule in _TEXTUAL:
        return _TEXTUAL[rule](left.casefold(), right.casefold())
    if rule in _NUMERIC:
        raise UsageError(f'The rule "{rule}" compares numbers, not {left[:30]!r} and {right[:30]!r}.')
    raise UsageError(f'There is no rule "{rule}".', hint="Rules: eq neq in nin gt gte lt lte not.")


def read_range(text: str, count: int) -> list[int]:
    """Message numbers of `5`, `3-7` or `3-`; negative ones count from the end. Raises UsageError."""
    text = text.strip()
    first, dash, last = text.partition("-") if not text.startswith("-") else (text, "", "")
    try:
        start = int(first) if first else 0
        end = int(last) if last else (count - 1 if dash else start)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no message number or range.") from None
    start = start + count if start < 0 else start
    end = end + count if end < 0 else end
    if not 0 <= start < count:
        raise UsageError(f"There is no message {text[:40]}; the chat has {count}.")
    return list(range(start, min(end, count - 1) + 1))
