"""Chats of other programs, told apart by what is in them. One module for each program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tavern_tui.storage.chats_import import agnai, character_ai, kobold_lite, oobabooga, risu
from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, messages_of

__all__ = ["FORMATS", "ForeignChat", "Format", "Line", "find_format", "messages_of"]


class Format(NamedTuple):
    """One program's way to write chats down."""

    title: str
    matches: Callable[[Json], bool]
    read: Callable[[Json, list[str]], Sequence[ForeignChat]]
    """Chats with what could be read of them; everything odd becomes a warning."""


FORMATS: tuple[Format, ...] = (
    Format("KoboldAI Lite", kobold_lite.matches, kobold_lite.read),
    Format("Character.AI", character_ai.matches, character_ai.read),
    Format("text-generation-webui", oobabooga.matches, oobabooga.read),
    Format("Agnai", agnai.matches, agnai.read),
    Format("RisuAI", risu.matches, risu.read),
)
"""Asked in this order."""


def find_format(value: Mapping[str, object]) -> Format | None:
    """The program that wrote this object as a chat; None: it is no chat we know."""
    return next((one for one in FORMATS if one.matches(value)), None)
