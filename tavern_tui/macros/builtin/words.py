"""Small work with words: blanks, reversal, comments, bans."""

from __future__ import annotations

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, NotNow, macro

Words = tuple[str, ...]
MOST = 10_000
"""Blanks one macro may make."""


def _count(words: Words) -> int:
    return max(0, min(MOST, int(words[0]))) if words and words[0].strip() else 1


@macro("space", "One blank, or as many as said.", takes=(0, 1), example="{{space::4}}")
def space(context: MacroContext, call: Call, words: Words) -> str:
    return " " * _count(words)


@macro("newline", "A line break, or as many as said.", takes=(0, 1), example="{{newline::2}}")
def newline(context: MacroContext, call: Call, words: Words) -> str:
    return "\n" * _count(words)


@macro("noop", "Nothing.")
def noop(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro("trim", "Removes the line breaks around it; with content, trims the content.", takes=(0, 1))
def trim(context: MacroContext, call: Call, words: Words) -> str:
    return words[0].strip() if words else ""


@macro("reverse", "The text backwards.", takes=1, example="{{reverse::abc}}")
def reverse(context: MacroContext, call: Call, words: Words) -> str:
    return words[0][::-1]


@macro("//", "A comment; prints nothing.", aliases=("comment",), takes=1, example="{{// a comment}}")
def comment(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro("banned", "The model may not write this (text completion).", takes=1, example='{{banned "word"}}')
def banned(context: MacroContext, call: Call, words: Words) -> str:
    word = words[0].strip()
    if len(word) > 1 and word[0] == word[-1] == '"':
        word = word[1:-1]
    if word:
        context.banned.append(word)
    return ""


@macro("if", "One text or the other.", takes=(1, 2), example="{{if persona}}a{{else}}b{{/if}}")
def condition(context: MacroContext, call: Call, words: Words) -> str:
    raise NotNow  # the engine itself evaluates a well-formed `if`


@macro("else", "Divides the content of an `if`.")
def otherwise(context: MacroContext, call: Call, words: Words) -> str:
    return ""


@macro("original", "In a card's override: the prompt that is overridden.")
def original(context: MacroContext, call: Call, words: Words) -> str:
    raise NotNow
