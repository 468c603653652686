"""Finds the braces: text -> a tree of `{{...}}` groups, in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_DEPTH = 100
"""Braces nested deeper than this are text."""

_BRACES = re.compile(r"\{\{|\}\}")


@dataclass(slots=True)
class Group:
    """What stands between one `{{` and its `}}`."""

    start: int
    """Where the `{{` stands."""
    items: list[str | Group] = field(default_factory=list)


def group_braces(text: str) -> list[str | Group]:
    """The text as strings and groups. Braces without a partner are text.

    Outside of any group, `{{{` is a brace followed by a group; inside, the first two count."""
    stack = [Group(-1)]
    at = 0
    position = 0
    while (match := _BRACES.search(text, position)) is not None:
        place = match.start()
        if match.group() == "{{":
            if len(stack) == 1 and text.startswith("{{{", place):
                position = place + 1
                continue
            position = place + 2
            if len(stack) > MAX_DEPTH:
                continue
            _add(stack[-1], text[at:place])
            stack.append(Group(place))
            at = position
        else:
            position = place + 2
            if len(stack) == 1:
                position = place + 1
                continue
            _add(stack[-1], text[at:place])
            closed = stack.pop()
            stack[-1].items.append(closed)
            at = position
    _add(stack[-1], text[at:])
    while len(stack) > 1:
        unfinished = stack.pop()
        _add(stack[-1], "{{")
        stack[-1].items += unfinished.items
    return stack[0].items


def _add(group: Group, text: str) -> None:
    if text:
        group.items.append(text)
