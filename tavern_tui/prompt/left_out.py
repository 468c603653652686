"""What the budget cut, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.core.prompt import LeftOut
from tavern_tui.prompt.history import History, Turn

NO_ROOM = "no room left in the context"


def cut(title: str, origin: str, tokens: int = 0) -> LeftOut:
    """Something that found no room."""
    return LeftOut(title=title, origin=origin, reason=NO_ROOM, tokens=tokens)


def cut_entries(
    turns: Sequence[Turn], newest: int | None, oldest: int | None, history: History
) -> list[LeftOut]:
    """What found no room: the messages between two depths as one range, injections one by one."""
    result = [cut(turn.spans[0].title, turn.spans[0].origin) for turn in turns]
    if newest is not None and oldest is not None:
        last, first = history.index(newest), history.index(oldest)
        title = f"Message #{first}" if first == last else f"Messages #{first} to #{last}"
        result.insert(0, cut(title, f"messages {first}-{last}"))
    return result
