"""What is searched for, and how SQLite's full-text index is asked for it without a syntax to stumble over."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

MAX_TERMS = 32
SHORTEST = 3
"""Characters a term needs to be found by its trigrams."""

_TERM = re.compile(r'"([^"]*)"?|(\S+)')
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u3040-\u312f\u3130-\u318f\u31a0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]+"
)
"""Scripts that are written without blanks between words."""


class WordIndex(StrEnum):
    """How texts are cut into what the index keeps."""

    TRIGRAMS = "trigram"
    """Any three characters in a row: finds every part of a word, in every script."""
    WORDS = "unicode61"
    """Words, and pairs of characters where a script has no blanks: finds beginnings of words."""
    NONE = "none"
    """No full-text index: every message is looked at."""


@cache
def available_index() -> WordIndex:
    """The best index this SQLite can make."""
    with closing(sqlite3.connect(":memory:")) as trial:
        for one in (WordIndex.TRIGRAMS, WordIndex.WORDS):
            try:
                trial.execute(f"CREATE VIRTUAL TABLE {one.name} USING fts5(body, tokenize='{one.value}')")
            except sqlite3.Error:
                continue
            return one
    return WordIndex.NONE


@dataclass(frozen=True, slots=True)
class Terms:
    """What a message must hold: all of these words and phrases, in any order and case."""

    all: tuple[str, ...]

    @classmethod
    def of(cls, query: str) -> Terms:
        """The terms of what a user typed: words, and phrases in quotation marks."""
        found = (quoted or word for quoted, word in _TERM.findall(normal(query)))
        wanted = (" ".join(one.split()) for one in found)
        return cls(tuple(dict.fromkeys(one for one in wanted if one.strip('"')))[:MAX_TERMS])

    def pattern(self) -> re.Pattern[str]:
        """Finds each place where a term stands."""
        longest_first = sorted(self.all, key=len, reverse=True)
        return re.compile("|".join(map(_spaced, longest_first)), re.IGNORECASE)

    def patterns(self) -> list[re.Pattern[str]]:
        """Finds each term by itself."""
        return [re.compile(_spaced(one), re.IGNORECASE) for one in self.all]


def _spaced(term: str) -> str:
    """A phrase may be broken over lines."""
    return r"\s+".join(map(re.escape, term.split(" ")))


def normal(text: str) -> str:
    """The text with each letter spelled in one way, and without the one character that ends texts in C."""
    text = text.replace("\0", " ")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def body(text: str, index: WordIndex) -> str:
    """A text as the index is given it."""
    if index is WordIndex.TRIGRAMS:
        return " ".join(text.split())  # so that phrases are found over line ends
    return _CJK.sub(lambda run: f" {_pairs(run[0])} ", text)


def match_expression(terms: Terms, index: WordIndex) -> tuple[str, bool]:
    """What to ask the index for, and whether its answers need a second look at the text; the empty
    string where it cannot help."""
    if index is WordIndex.NONE:
        return "", True
    if index is WordIndex.TRIGRAMS:
        usable = [one for one in terms.all if len(one) >= SHORTEST]
        return " AND ".join(map(_quoted, usable)), len(usable) < len(terms.all)
    asked = [part for one in terms.all for part in _word_parts(one)]
    return " AND ".join(asked), not all(_word_parts(one) for one in terms.all)


def _word_parts(term: str) -> list[str]:
    """The words a term is made of, the last one as a beginning; runs without blanks as their pairs."""
    parts: list[str] = []
    at = 0
    for run in _CJK.finditer(term):
        parts += _words(term[at : run.start()], open_end=False)
        if len(run[0]) > 1:
            parts.append(_quoted(_pairs(run[0])))
        at = run.end()
    return parts + _words(term[at:], open_end=True)


def _words(text: str, *, open_end: bool) -> list[str]:
    if not re.search(r"\w", text):
        return []
    return [_quoted(text) + ("*" if open_end and re.search(r"\w$", text) else "")]


def _pairs(run: str) -> str:
    return " ".join(map("".join, pairwise(run))) or run


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
