"""Small work with words: blanks, reversal, comments, bans, conditions."""

from __future__ import annotations

import re

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import COMMENT, Call, NotNow, macro

Words = tuple[str, ...]
MOST = 10_000
"""Blanks one macro may make."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


def whole_number(word: str, default: int) -> int:
    """The number a word stands for; `default` if it is blank. Raises NotNow."""
    word = word.strip()
    if word and not _WHOLE_NUMBER.fullmatch(word):
        raise NotNow(f'"{word[:80]}" is not a whole number')
    return int(word) if word else default


def _count(words: Words) -> int:
    return max(0, min(MOST, whole_number(words[0] if words else "", default=1)))


@macro("space", "One blank, or as many as said.", takes=(0, 1), example="{{space::4}}")
def space(context: MacroContext, call: Call, words: Words) -> str:
    return " " * _count(words)


@macro("newline", "A line break, or as many as said.", takes=(0, 1), example="{{newline::2}}")
def newline(context: MacroContext, call: Call, words: Words) -> str:
    return "\n" * _count(words)


@macro("noop", "Nothing: prints no text.")
def noop(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro("trim", "Removes the line breaks around it; with content, trims the content.", takes=(0, 1))
def trim(context: MacroContext, call: Call, words: Words) -> str:
    return words[0].strip() if words else ""


@macro("reverse", "The text backwards.", takes=1, example="{{reverse::abc}}")
def reverse(context: MacroContext, call: Call, words: Words) -> str:
    return words[0][::-1]


@macro(COMMENT, "A comment; prints nothing.", aliases=("comment",), takes=1, example="{{// a comment}}")
def comment(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro(
    "banned",
    "A word the model may not write; text completion only.",
    takes=1,
    example='{{banned "shivers"}}',
)
def banned(context: MacroContext, call: Call, words: Words) -> str:
    word = words[0].strip()
    if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
        word = word[1:-1]
    if word:
        context.banned.append(word)
    return ""


@macro(
    "if",
    "The first text if the condition is true, else the second.",
    takes=(1, 2),
    example="{{if persona}}known{{else}}a stranger{{/if}}",
)
def condition(context: MacroContext, call: Call, words: Words) -> str:
    # The engine evaluates every well-formed `if` by itself: only one branch may act.
    raise NotNow("it needs a condition and a closing {{/if}}, or {{if::condition::text}}")


@macro("else", "Divides the content of an `if`.", example="{{if .met}}hello again{{else}}hello{{/if}}")
def otherwise(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro("original", "In a card's prompt override: the prompt that is overridden.")
def original(context: MacroContext, call: Call, words: Words) -> str:
    raise NotNow  # the engine knows it, where there is one
