"""Bindings: the connection, and its preset, that a chat or a character always has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.connection_list import BINDING
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.session import ChatSession
from tavern_tui.services.settings import SettingsService
from tavern_tui.storage.json_keep import as_object


class Bound(StrEnum):
    """What can be bound to a connection."""

    CHAT = "chat"
    OWNER = "owner"
    """All chats of the character or group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Who answers, and with which preset."""

    connection: str
    preset: str = ""
    """Name of a preset of the connection's kind; empty: the one the connection has."""

    def __str__(self) -> str:
        return f"{self.connection} with {self.preset}" if self.preset else self.connection


class Bindings:
    """Keeps them: a chat's in its metadata, a character's or group's in the settings. The chat's own
    one goes before the character's."""

    def __init__(
        self,
        settings: SettingsService,
        connections: ConnectionService,
        session: Callable[[], ChatSession],
        warn: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._session = session
        self._warn = warn

    def of(self, what: Bound, session: ChatSession | None = None) -> Binding | None:
        """What the open chat (or its character or group) is bound to; None: nothing."""
        session = session or self._session()
        if what is Bound.CHAT:
            kept = as_object(session.chat.metadata.get(BINDING))
        else:
            kept = as_object(self._settings.value.bindings.get(ChatOwner.of_session(session).key))
        return _read(kept)

    def bind(self, what: Bound) -> Binding:
        """From now on, whoever answers now, with the preset of now, answers here. Raises UsageError,
        WriteFailed."""
        connection = self._connections.current
        if self._connections.find(connection.name) is None:
            raise UsageError("A connection must be saved before something can be bound to it.")
        field = self._preset_field(connection)
        binding = Binding(connection=connection.name, preset=getattr(connection, field))
        self._keep(what, binding)
        self.apply(self._session())
        return binding

    def release(self, what: Bound) -> None:
        """The chat, or the character or group, has no connection of its own any more. Raises UsageError,
        WriteFailed."""
        self._keep(what, None)
        self.apply(self._session())

    def apply(self, session: ChatSession) -> None:
        """Let the connection answer that belongs to this chat, or else the usual one."""
        binding = self.of(Bound.CHAT, session) or self.of(Bound.OWNER, session)
        connection = self._connections.find(binding.connection) if binding is not None else None
        if binding is None or connection is None:
            if binding is not None:
                self._warn(
                    f'The chat "{session.chat.title}" wants "{binding.connection}", a connection that is '
                    f"not there. {self._usual()} answers."
                )
            self._connections.bind("")
            return
        try:
            fields = {self._preset_field(connection): binding.preset} if binding.preset else {}
        except TavernError as error:
            self._warn(str(error))
            return
        self._connections.bind(connection.name, **fields)

    def _usual(self) -> str:
        self._connections.bind("")
        return self._connections.current.name

    def _preset_field(self, connection: Connection) -> str:
        kind = self._connections.spec_of(connection).prompt_kind
        return "chat_preset" if kind == "chat" else "text_preset"

    def _keep(self, what: Bound, binding: Binding | None) -> None:
        session = self._session()
        if what is Bound.CHAT:
            others = {
                name: value
                for name, value in as_object(session.chat.metadata.get(BINDING)).items()
                if name not in ("connection", "preset")
            }
            session.change_metadata({BINDING: {**others, **_written(binding)} or None})
            return
        key = ChatOwner.of_session(session).key
        kept = {name: value for name, value in self._settings.value.bindings.items() if name != key}
        if binding is not None:
            kept[key] = _written(binding)
        self._settings.change(bindings=kept)


def _read(kept: Mapping[str, object]) -> Binding | None:
    connection, preset = kept.get("connection"), kept.get("preset")
    if not isinstance(connection, str) or not connection:
        return None
    return Binding(connection=connection, preset=preset if isinstance(preset, str) else "")


def _written(binding: Binding | None) -> dict[str, object]:
    if binding is None:
        return {}
    written: dict[str, object] = {"connection": binding.connection}
    return {**written, "preset": binding.preset} if binding.preset else written
