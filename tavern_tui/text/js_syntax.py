"""JavaScript's regular-expression syntax: its sets of characters, its groups, small pieces."""

from __future__ import annotations

from tavern_tui.core.errors import DataError


class BadPattern(DataError):
    """A regular expression that JavaScript would not accept."""

    hint = "Correct the pattern, or switch the rule off."


# Sets are written as the inside of [...], each with its complement, because JavaScript's
# \d \w \s differ from Python's and complements must work inside a class too.
_DIGIT = "0-9"
_NOT_DIGIT = r"\x00-/:-\U0010ffff"
WORD = "A-Za-z0-9_"
_NOT_WORD = r"\x00-/:-@\[-\^`\{-\U0010ffff"
_SPACE = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NOT_SPACE = (
    r"\x00-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e"
    r"\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
SETS = {"d": _DIGIT, "D": _NOT_DIGIT, "w": WORD, "W": _NOT_WORD, "s": _SPACE, "S": _NOT_SPACE}
CROSSES_LINES = frozenset("DWs")
LINE_ENDS = r"\n\r\u2028\u2029"
ANY = r"[\x00-\U0010ffff]"
BOUNDARY = f"(?:(?<![{WORD}])(?=[{WORD}])|(?<=[{WORD}])(?![{WORD}]))"
NO_BOUNDARY = f"(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"
CONTROL = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}
SYNTAX = frozenset("^$\\.*+?()[]{}|/")
HEX = frozenset("0123456789abcdefABCDEF")
LINE_END_CHARS = frozenset("\n\r\u2028\u2029")


def literal(char: str) -> str:
    """`char` as itself, outside a class."""
    if char.isalnum() or not char.isascii():
        return char
    return "\\" + char if char.isprintable() else _code(char)


def class_literal(char: str) -> str:
    """`char` as itself, inside a class."""
    return char if char.isascii() and char.isalnum() else _code(char)


def _code(char: str) -> str:
    return f"\\U{ord(char):08x}"


def group_reference(number: int) -> str:
    """What the group matched."""
    # A group that took no part matches the empty string in JavaScript, and nothing in Python.
    return f"(?({number})\\{number}|)" if number < 100 else f"(?({number})\\g<{number}>|)"


def digits_at(pattern: str, start: int) -> str:
    """The digits from `start` on."""
    end = start
    while end < len(pattern) and pattern[end] in "0123456789":
        end += 1
    return pattern[start:end]


def bounds_at(pattern: str, start: int) -> tuple[int, int | None, int] | None:
    """`{2}`, `{2,}` or `{2,5}` at `start`: low, high (None: open) and where it ends."""
    low = digits_at(pattern, start + 1)
    at = start + 1 + len(low)
    high: str | None = low
    if pattern.startswith(",", at):
        high = digits_at(pattern, at + 1)
        at += 1 + len(high)
    if not low or not pattern.startswith("}", at):
        return None
    return int(low[:10]), int(high[:10]) if high else None, at + 1


def _openings(pattern: str) -> list[int]:
    """Where the pattern opens groups: every "(" that is neither escaped nor in a class."""
    found: list[int] = []
    at, in_class = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "(":
            found.append(at)
        at += 1
    return found


def _is_named(pattern: str, at: int) -> bool:
    return pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in ("=", "!")


def count_groups(pattern: str) -> int:
    """How many groups capture."""
    return sum(not pattern.startswith("(?", at) or _is_named(pattern, at) for at in _openings(pattern))


def group_names(pattern: str) -> dict[str, int]:
    """Name -> number of the named groups. Raises BadPattern for a name that is none."""
    names: dict[str, int] = {}
    number = 0
    for at in _openings(pattern):
        if not pattern.startswith("(?", at):
            number += 1
        elif _is_named(pattern, at):
            number += 1
            end = pattern.find(">", at)
            name = pattern[at + 3 : end] if end > 0 else ""
            if not name.replace("$", "_").isidentifier() or name in names:
                raise BadPattern(f'A regular expression has a group without a proper name: "{name[:40]}".')
            names[name] = number
    return names
