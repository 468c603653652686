"""Trimming text the way the prompts we must match were trimmed."""

from __future__ import annotations

import re

from tavern_tui.text.whitespace import SPACES, js_trim

trim = js_trim
"""White space off both ends."""

_NEWLINES = re.compile(r"\n+")
_NAME_MACRO = re.compile(r"\{\{name\}\}", re.IGNORECASE)


def trim_start(text: str) -> str:
    """`text` without white space at its start."""
    return text.lstrip(SPACES)


def trim_end(text: str) -> str:
    """`text` without white space at its end."""
    return text.rstrip(SPACES)


def collapse_newlines(text: str) -> str:
    """`text` with every run of newlines as one, so without blank lines."""
    return _NEWLINES.sub("\n", text)


def put_name(sequence: str, name: str) -> str:
    """An instruct sequence with its `{{name}}` filled in; `System` for the nameless."""
    return _NAME_MACRO.sub(lambda _: name or "System", sequence)
