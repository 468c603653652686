"""Colours in code blocks, by Pygments, which comes with Rich."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tavern_tui.text.inline import CODE, Run

if TYPE_CHECKING:
    from pygments.lexer import Lexer

KEYWORD = 16384
STRING = 32768
COMMENT = 65536
NUMBER = 131072

LONGEST = 8000
"""Characters of a block that are coloured: lexers are patterns, and replies may be made to slow them down."""
KINDS = {"Keyword": KEYWORD, "String": STRING, "Comment": COMMENT, "Number": NUMBER}
"""The beginning of a token's kind, as Pygments calls it, and its flag."""


@lru_cache(maxsize=64)
def highlighted(code: str, language: str) -> tuple[Run, ...]:
    """Where which colours hold; nothing for languages nobody knows."""
    lexer = _lexer(language) if code and len(code) <= LONGEST else None
    if lexer is None:
        return ()
    runs: list[Run] = []
    at = 0
    try:
        for _, kind, text in lexer.get_tokens_unprocessed(code):
            words = str(kind)
            flag = next((flag for name, flag in KINDS.items() if f".{name}" in words), 0)
            if flag and text:
                runs.append((at, at + len(text), CODE | flag))
            at += len(text)
    except Exception:  # a lexer is foreign code: the block stays as it is
        return ()
    return tuple(runs) if at == len(code) else ()


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None
