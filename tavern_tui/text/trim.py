"""Small repairs of a reply's text: unfinished sentences, blank line ends, spaced markers."""

from __future__ import annotations

import re

from tavern_tui.text.whitespace import SPACES

_SENTENCE_ENDS = frozenset('.!?*")}`]$。！？”）】’」_')
_EMOJI = re.compile(
    "[\u200d\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\ufe0f"
    "\U0001f000-\U0001f0ff\U0001f100-\U0001f2ff\U0001f300-\U0001faff]"
)


def trim_sentences(text: str) -> str:
    """`text` up to the end of its last finished sentence; all of it when there is none."""
    for at in range(len(text) - 1, -1, -1):
        char = text[at]
        if _EMOJI.match(char):
            return text[: at + 1].rstrip(SPACES)
        if char in _SENTENCE_ENDS:
            # A mark after a space opens something (`she said "`) and goes as well.
            opens = at > 0 and text[at - 1] in SPACES
            return text[: at if opens else at + 1].rstrip(SPACES)
    return text.rstrip(SPACES)


def trim_line_ends(text: str) -> str:
    """`text` without spaces and tabs at the ends of its lines."""
    if " \n" not in text and "\t\n" not in text:
        return text.rstrip(" \t")
    return "\n".join(line.rstrip(" \t") for line in text.split("\n"))


_NEWLINES = re.compile(r"\n{2,}")


def collapse_newlines(text: str) -> str:
    """`text` with every run of newlines made one."""
    return _NEWLINES.sub("\n", text)


_MARKED = re.compile(r"([*_]{1,2})([\s\S]*?)\1")
_BLANKS = (
    "\t \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
)


def tighten_markers(text: str) -> str:
    """`* word *` -> `*word*`: no blanks next to paired `*`, `**`, `_` and `__`."""
    return _MARKED.sub(lambda match: match[1] + match[2].strip(_BLANKS) + match[1], text)
