"""What the budget cut, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.core.prompt import LeftOut
from tavern_tui.prompt.history import History, Turn

NO_ROOM = "no room left in the context"


def cut(title: str, origin: str, tokens: int = 0) -> LeftOut:
    """Something that found no room."""
    return LeftOut(title=title, origin=origin, reason=NO_ROOM, tokens=tokens)


def cut_entries(entries: Sequence[int | Turn], history: History) -> list[LeftOut]:
    """Lines that found no room, newest first: messages as one range, injections one by one."""
    depths = [entry for entry in entries if isinstance(entry, int)]
    injected = [entry.spans[0] for entry in entries if isinstance(entry, Turn)]
    result = [cut(span.title, span.origin) for span in injected]
    if depths:
        newest, oldest = history.index(depths[0]), history.index(depths[-1])
        title = f"Message #{oldest}" if oldest == newest else f"Messages #{oldest} to #{newest}"
        result.insert(0, cut(title, f"messages {oldest}-{newest}"))
    return result
