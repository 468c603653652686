"""Closes a JSON object that was cut off, as a power loss leaves the last line of a chat."""

from __future__ import annotations

import re

from tavern_tui.core.errors import DataError
from tavern_tui.storage.json_keep import parse_object

CLOSING = {"{": "}", "[": "]"}
TORN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$")


def mend(cut: str) -> dict[str, object] | None:
    """The object of which `cut` is the beginning, as far as it goes; None if it is no beginning."""
    open_brackets, in_string, last_comma = _state_at_end(cut)
    if not open_brackets:
        return None
    closing = "".join(CLOSING[one] for one in reversed(open_brackets))
    candidates = _ends_of_string(cut) if in_string else [cut, f"{cut}null", f"{cut}:null"]
    if last_comma is not None:
        at, depth = last_comma
        candidates.append(cut[:at] + "".join(CLOSING[one] for one in reversed(open_brackets[depth:])))
    for candidate in candidates:
        try:
            return parse_object(candidate + closing, "line")
        except DataError:
            continue
    return None


def _state_at_end(cut: str) -> tuple[list[str], bool, tuple[int, int] | None]:
    """The brackets that are open, whether a string is, and where the last comma stands and how deep."""
    brackets: list[str] = []
    in_string = False
    comma: tuple[int, int] | None = None
    for token in re.finditer(r'\\.|["{}\[\],]', cut, re.DOTALL):
        mark = token[0]
        if mark == '"':
            in_string = not in_string
        elif in_string or mark.startswith("\\"):
            continue
        elif mark in CLOSING:
            brackets.append(mark)
        elif mark == ",":
            comma = (token.start(), len(brackets))
        elif brackets:
            brackets.pop()
            if comma is not None and comma[1] > len(brackets):
                comma = None
    return brackets, in_string, comma


def _ends_of_string(cut: str) -> list[str]:
    whole = TORN_ESCAPE.sub(lambda found: found[0][: found.start(1) - found.start()], cut)
    return [f'{whole}"', f'{whole}":null']
