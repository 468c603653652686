"""Samplers as lines and words."""

from __future__ import annotations

import json

from textual.content import Content

from tavern_tui.core.samplers import SamplerKind, SamplerValue
from tavern_tui.services.samplers import SamplerState
from tavern_tui.text.clean import clean_line

BAR = 8
"""Columns of a number's bar."""
TITLE = 19


def row(state: SamplerState) -> Content:
    """A sampler as a line: a mark, its title, a bar, its value."""
    mark = ("● ", "$primary") if state.differs else ("  ", "")
    colour = "" if state.differs else "$foreground-muted"
    if not state.supported:
        mark, colour = ("✗ ", "$warning"), "$foreground-disabled"
    title = (f"{state.spec.title[:TITLE]:<{TITLE}} ", colour)
    if not state.origin:
        own = f"{'':{BAR}} the server's own" if state.supported else ""
        return Content.assemble(mark, title, (own, "$foreground-disabled"))
    origin = " preset" if state.origin == "preset" else ""
    return Content.assemble(
        mark,
        title,
        (bar(state), "$primary" if state.differs else "$foreground-disabled"),
        (f" {value_words(state.shown):>7}", colour),
        (origin, "$foreground-disabled"),
    )


def bar(state: SamplerState) -> str:
    """Where a number is in its range."""
    spec, value = state.spec, state.shown
    if isinstance(value, bool) or not isinstance(value, int | float) or spec.choices or spec.high <= spec.low:
        return " " * BAR
    share = (min(max(value, spec.low), spec.high) - spec.low) / (spec.high - spec.low)
    filled = round(share * BAR)
    return "━" * filled + "╌" * (BAR - filled)


def value_words(value: SamplerValue) -> str:
    """A value in a few characters."""
    match value:
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:g}"
        case int():
            return str(value)
        case tuple():
            return f"{len(value)} set" if value else "none"
    text = clean_line(value)
    return text if len(text) <= 12 else text[:11] + "…"


def about(state: SamplerState) -> str:
    """What a sampler is for, its range, and what the server is sent."""
    spec = state.spec
    parts = [spec.help]
    if spec.kind in (SamplerKind.FLOAT, SamplerKind.INT) and not spec.choices:
        parts.append(f"{spec.low:g} to {spec.high:g}, neutral {value_words(spec.neutral)}.")
    if not state.supported:
        parts.append("Neither this server nor its model takes it: it is left out.")
    elif state.sent is not None and state.sent.error:
        parts.append(state.sent.error)
    elif state.sent is not None:
        parts.append(f"Sent: {state.sent.words[:200]}" if state.sent.body else "Not sent: nothing to say.")
    else:
        parts.append("Not set: the server does as it does by itself.")
    return " ".join(parts)


def schema_complaint(text: str) -> str:
    """What is wrong with a JSON schema; empty: nothing."""
    if not text.strip():
        return ""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"This is not JSON: {error}"
    return "" if isinstance(found, dict) else "A schema is an object: { … }"
