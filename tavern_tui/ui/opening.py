"""Opening: what the first frame needs, and how to get the rest after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tavern_tui.core.settings import Settings

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first frame shows only settings and themes; prompt, providers and storage are loaded
    behind it, because they take as long as Textual itself."""

    settings: Settings
    themes: Sequence[Mapping[str, object]]
    build: Callable[[], Tavern]
    notices: Sequence[str] = ()
    """Sentences about themes that could not be used."""
    card: str | None = None
    """A card file or a character's name to open instead of the last chat."""
    at_rest: Callable[[], None] = lambda: None
    """Called when much was loaded that stays: the program's parts, a chat."""


def opening_of(tavern: Tavern, card: str | None = None) -> Opening:
    """For a tavern that is there already."""
    return Opening(settings=tavern.settings, themes=tavern.themes(), build=lambda: tavern, card=card)
