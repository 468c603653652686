"""Which tools there are, what the user said about each, and the MCP servers they come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tavern_tui.core.errors import UsageError
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.tool_desk import ToolDesk
from tavern_tui.services.tools import Consent

NEXT: Mapping[Consent | None, Consent | None] = {
    None: Consent.ALWAYS,
    Consent.ALWAYS: Consent.NEVER,
    Consent.NEVER: None,
}
"""What follows an answer when one goes through them: ask, always, never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolState:
    """A tool as a list shows it."""

    name: str
    title: str
    description: str
    source: str
    """An MCP server's name, `script`, or empty: it is built in."""
    consent: Consent | None
    """What the user said for good; None: they are asked, if it reaches outside the chat."""
    asks: bool
    """Whether it reaches outside the chat."""


class ToolSettings:
    """Raises UsageError, WriteFailed."""

    def __init__(self, settings: SettingsService, desk: ToolDesk) -> None:
        self._settings = settings
        self._desk = desk

    @property
    def allowed(self) -> bool:
        """Whether models may call tools at all."""
        return self._settings.value.use_tools

    def allow(self, wanted: bool) -> None:
        """Let models call tools, or not."""
        self._settings.change(use_tools=wanted)

    def all(self) -> list[ToolState]:
        """Every tool that is known now, also those the user forbids."""
        return [
            ToolState(
                name=tool.name,
                title=tool.title,
                description=tool.offer.description,
                source=tool.source,
                consent=self._desk.consent_for(tool.name),
                asks=tool.needs_consent,
            )
            for tool in self._desk.known()
        ]

    def turn(self, name: str) -> Consent | None:
        """Go on to the next answer for a tool: ask, always, never; returns it."""
        consent = NEXT[self._desk.consent_for(name)]
        self._desk.remember(name, consent)
        return consent

    # --- MCP servers

    def servers(self) -> list[tuple[str, str]]:
        """The servers of the settings: their names, and how they are reached."""
        return [(str(one.get("name", "")), _how(one)) for one in self._settings.value.mcp_servers]

    def add_server(self, name: str, how: str) -> None:
        """Take tools from another server: an address, or a command that speaks over its standard input. It is
        asked for its tools when a model is offered some next."""
        name, how = name.strip(), how.strip()
        if not name or not name.isprintable():
            raise UsageError("A server needs a name.")
        if any(one == name for one, _ in self.servers()):
            raise UsageError(f'There is a server "{name}" already.')
        if how.startswith(("http://", "https://")):
            made: dict[str, object] = {"name": name, "url": how}
        else:
            try:
                words = shlex.split(how)
            except ValueError as error:
                raise UsageError(f"This command cannot be read: {error}.") from error
            if not words:
                raise UsageError("A server needs an address or a command.")
            made = {"name": name, "command": words[0], "args": words[1:]}
        self._settings.change(mcp_servers=(*self._settings.value.mcp_servers, made))

    def remove_server(self, name: str) -> None:
        """Take no tools from this server any more."""
        kept = tuple(one for one in self._settings.value.mcp_servers if one.get("name") != name)
        self._settings.change(mcp_servers=kept)


def _how(server: Mapping[str, object]) -> str:
    """The host, or the command: what stands behind them may be a key."""
    url = server.get("url")
    return urlsplit(url).hostname or "" if isinstance(url, str) else str(server.get("command", ""))
