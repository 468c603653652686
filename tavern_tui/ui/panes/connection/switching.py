"""Switching: lets another connection answer once its server does; until then the old one stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.notifications import SeverityLevel

from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.text.clean import clean_line

if TYPE_CHECKING:
    from textual.app import App

    from tavern_tui.services.connections import ConnectionService


class Switching:
    """One attempt at a time; asking twice for a connection that failed uses it anyway."""

    def __init__(self, app: App[object], connections: ConnectionService) -> None:
        self._app = app
        self._connections = connections
        self._refused = ""

    @property
    def next_name(self) -> str:
        """The connection after the one that answers, or after the one that just would not."""
        names = [one.name for one in self._connections.all]
        last = self._refused or self._connections.current.name
        here = names.index(last) if last in names else 0
        return names[(here + 1) % len(names)]

    async def to(self, name: str) -> None:
        """Let this connection answer, and say how that went."""
        before = self._connections.current.name
        anyway = name == self._refused
        self._refused = ""
        try:
            if anyway:
                self._connections.select(name)
            else:
                status = await self._connections.switch(name)
                if not status.ok:
                    self._say(clean_line(status.detail), "Its server is not ready.", "warning")
        except TavernError as error:
            self._keep(name, before, error)
            return
        if name != before:
            self._say("", f"{clean_line(name)} answers from now on.", "information")

    def _keep(self, name: str, before: str, error: TavernError) -> None:
        missing = isinstance(error, UsageError) and self._connections.find(name) is None
        self._refused = "" if missing or name == before else name
        again = f" Choose {name} again to use it anyway." if self._refused else ""
        stays = f"{before} goes on answering." if name != before else ""
        self._say(clean_line(str(error)), clean_line(f"{error.hint} {stays}{again}".strip()), "error")

    def _say(self, title: str, words: str, severity: SeverityLevel) -> None:
        self._app.notify(
            words, title=title, severity=severity, timeout=3 if severity == "information" else 8, markup=False
        )
