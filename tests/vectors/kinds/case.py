"""Case: one vector, ready to run; what all kinds read out of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tavern_tui.core.names import Names

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """What the product does with a vector's input, and what it should come to."""

    name: str
    run: Callable[[], Any]
    expected: Any
    fault: bool = False
    """The recording holds a known fault of SillyTavern; `expected` is the right behaviour."""


Kind = Callable[[Json], Iterator[Case]]
"""How the vectors of one kind of file are run."""


def names_of(vector: Json) -> Names:
    """Who speaks in a vector."""
    names = vector.get("names") or {}
    return Names(
        user=names.get("userName", ""),
        char=names.get("charName", ""),
        group=tuple(names.get("groupNames", ())),
    )


def title_of(vector: Json, number: int) -> str:
    """A vector's name; one that has none is called by its function and number."""
    return vector.get("name") or f"{vector.get('fn', 'vector')} {number}"
