"""Finds the braces: text -> words, `{{` and `}}`, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

MAX_DEPTH = 50
"""Braces nested deeper than this are words, so that no text can exhaust the stack."""

_BRACES = re.compile(r"\{\{|\}\}")


class Kind(Enum):
    """What a token is."""

    WORDS = "words"
    OPEN = "{{"
    CLOSE = "}}"


class Token(NamedTuple):
    """A piece of the text."""

    kind: Kind
    text: str
    at: int


def wide_characters(text: str) -> int:
    """How many characters are two units in UTF-16, in which SillyTavern counts places."""
    return 0 if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2 - len(text)


def tokens(text: str) -> Iterator[Token]:
    """The pieces of the text in order; put together they are the text again.

    Every `}}` closes a `{{` before it; braces that close nothing are words. Outside of any braces
    `{{{` is a brace and then a `{{`; inside, the first two of the three count."""
    depth = too_deep = at = position = 0
    while (match := _BRACES.search(text, position)) is not None:
        place = match.start()
        kind = Kind.OPEN if text[place] == "{" else Kind.CLOSE
        if depth == 0 and (kind is Kind.CLOSE or text.startswith("{{{", place)):
            position = place + 1
            continue
        position = place + 2
        if depth == MAX_DEPTH and (kind is Kind.OPEN or too_deep):
            too_deep += 1 if kind is Kind.OPEN else -1
            continue
        if place > at:
            yield Token(Kind.WORDS, text[at:place], at)
        yield Token(kind, kind.value, place)
        depth += 1 if kind is Kind.OPEN else -1
        at = position
    if at < len(text):
        yield Token(Kind.WORDS, text[at:], at)
