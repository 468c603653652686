"""Logit biases and bans as lines of text: what a line means, and which texts need token ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

IDS = re.compile(r"^\[\s*\d+(\s*,\s*\d+)*\s*\]$")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A text whose tokens are meant, or the tokens themselves."""

    text: str = ""
    ids: tuple[int, ...] = ()
    verbatim: bool = False
    """Written as `{text}`: no variants of it are meant."""


@dataclass(frozen=True, slots=True)
class Bias:
    """How much likelier (above 0) or less likely (below 0) tokens become."""

    what: TokenText
    value: float


@dataclass(frozen=True, slots=True)
class Bans:
    """What may not be written: single tokens, and whole phrases."""

    tokens: tuple[TokenText, ...] = ()
    phrases: tuple[str, ...] = ()


def read_token_text(line: str) -> TokenText:
    """`[1, 2]` is ids, `{text}` the text as it is, everything else a text."""
    if IDS.match(line.strip()):
        return TokenText(ids=tuple(json.loads(line)))
    if len(line) > 2 and line.startswith("{") and line.endswith("}"):
        return TokenText(text=line[1:-1], verbatim=True)
    return TokenText(text=line)


def read_bias(line: str) -> Bias | None:
    """`TEXT = VALUE`; None if there is no value. Spaces around the last `=` are not part of either."""
    text, equals, value = line.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        return None
    if not equals or number != number or abs(number) == float("inf"):
        return None
    text = text[:-1] if text.endswith(" ") else text
    return Bias(read_token_text(text), number) if text else None


def write_bias(text: str, value: float) -> str:
    """The line that `read_bias` reads as this text and value."""
    return f"{text} = {value:g}"


def read_biases(lines: object) -> tuple[Bias, ...]:
    """The biases of a sampler value; lines that are none are left out."""
    return tuple(bias for line in _lines(lines) if (bias := read_bias(line)) is not None)


def read_bans(lines: object) -> Bans:
    """`"quoted"` lines are phrases, all others tokens, as SillyTavern has it."""
    tokens: list[TokenText] = []
    phrases: list[str] = []
    for line in _lines(lines):
        if len(line) > 2 and line.startswith('"') and line.endswith('"'):
            phrases.append(line[1:-1])
        elif line.strip():
            tokens.append(read_token_text(line))
    return Bans(tuple(tokens), tuple(phrases))


def _lines(value: object) -> Iterable[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, tuple | list) else ()
