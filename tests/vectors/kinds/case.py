"""Case: one vector, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """What the product does with a vector's input, and what it should come to."""

    name: str
    run: Callable[[], Any]
    expected: Any
    fault: bool = False
    """The recording holds a known fault of SillyTavern; `expected` is the right behaviour."""
