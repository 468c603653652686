"""What a message tells of how it came about: what tools answered, and what a service held back."""

from __future__ import annotations

from collections.abc import Mapping

MOST = 2_000
"""Characters of arguments and of a result that are shown."""


def held_back(extra: Mapping[str, object]) -> str:
    """That a filter of the service's ended the message, and its reason."""
    reason = extra.get("held_back")
    return f"held back: {reason[:60]}" if isinstance(reason, str) and reason else ""


def tool_title(extra: Mapping[str, object]) -> str:
    """`Called: Roll dice, Send a raven`; empty: the message keeps no calls."""
    names = dict.fromkeys(_name(entry) for entry in _calls(extra))
    return f"Called: {', '.join(names)}" if names else ""


def tool_results(extra: Mapping[str, object]) -> str:
    """Each tool that was called, with what it was asked and what it said."""
    return "\n".join(_told(entry) for entry in _calls(extra))


def _calls(extra: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = extra.get("tool_invocations")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _name(entry: Mapping[str, object]) -> str:
    return _words(entry, "displayName") or _words(entry, "name") or "?"


def _told(entry: Mapping[str, object]) -> str:
    asked = _words(entry, "parameters")
    head = " ".join(
        filter(None, (_name(entry), "failed" if entry.get("error") else "", asked if asked != "{}" else ""))
    )
    return f"{head}\n→ {_words(entry, 'result') or 'nothing'}"


def _words(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    return value[:MOST] if isinstance(value, str) else ""
