"""What the screen says about a connection and its server."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.text.clean import clean_line

if TYPE_CHECKING:
    from tavern_tui.core.generation import ServerStatus

OFFLINE_WORDS = "offline: a small n-gram writer inside this program, not a language model"


class ServerState(Enum):
    """A dot and its colour."""

    IDLE = ("○", "$foreground-disabled")
    UNKNOWN = ("●", "$warning")
    WELL = ("●", "$success")
    DOWN = ("●", "$error")

    @property
    def dot(self) -> str:
        return self.value[0]

    @property
    def colour(self) -> str:
        return self.value[1]


def state_of(connection: Connection, status: ServerStatus | None) -> ServerState:
    """How the connection that answers is, as far as its server has said."""
    if connection.provider == "offline":
        return ServerState.WELL
    if status is None:
        return ServerState.UNKNOWN
    return ServerState.WELL if status.ok else ServerState.DOWN


def status_sentence(connection: Connection, status: ServerStatus | None) -> str:
    """One line about the server behind a connection."""
    if connection.provider == "offline":
        return OFFLINE_WORDS[0].upper() + OFFLINE_WORDS[1:] + "."
    if status is None:
        return "The server has not answered yet."
    if not status.ok:
        return clean_line(status.detail) or "The server does not answer."
    size = f"{status.context_size:,} tokens of context" if status.context_size else ""
    facts = [fact for fact in (status.title, status.model, size, status.detail) if fact]
    return clean_line(" · ".join(facts)) or "The server answers."
