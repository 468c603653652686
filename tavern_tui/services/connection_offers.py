"""What the settings of a connection can be chosen from: templates, presets, post-processing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.services.presets import PresetKind
from tavern_tui.services.template_use import TemplateKind
from tavern_tui.storage.presets import text_kind

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.presets import PresetService
    from tavern_tui.services.templates import TemplateService


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One value a setting may have."""

    value: str
    title: str
    detail: str = ""


MEANINGFUL: Mapping[str, tuple[str, ...]] = {
    "text": ("instruct", "context", "system_prompt", "text_preset"),
    "chat": ("chat_preset", "post_processing"),
}
"""Kind of API -> the settings it uses. The others are kept for the day it changes."""

POST_PROCESSING: tuple[tuple[str, str], ...] = (
    ("none", "messages go out as they were built"),
    ("merge", "neighbours of one role become one message"),
    ("semi", "merge, and system messages only at the start"),
    ("strict", "semi, and the user speaks first"),
    ("single", "one user message holds everything"),
    ("merge_tools", "merge, tool calls stay"),
    ("semi_tools", "semi, tool calls stay"),
    ("strict_tools", "strict, tool calls stay"),
)

AUTO = {
    "instruct": "by the server's template or the model's name",
    "context": "the one that goes with the instruct template",
}


class ConnectionOffers:
    """Asks the services that keep templates and presets."""

    def __init__(
        self, connections: ConnectionService, templates: TemplateService, presets: PresetService
    ) -> None:
        self._connections = connections
        self._templates = templates
        self._presets = presets
        self._makers: Mapping[str, Callable[[Connection], list[Offer]]] = {
            "instruct": lambda _: [
                *self._auto("instruct"),
                Offer(value="none", title="none", detail="plain text"),
                *self._named(TemplateKind.INSTRUCT),
            ],
            "context": lambda _: [*self._auto("context"), *self._named(TemplateKind.CONTEXT)],
            "system_prompt": lambda _: [
                Offer(value="", title="Default", detail="the usual one"),
                *(one for one in self._named(TemplateKind.SYSTEM) if one.title != "Default"),
            ],
            "text_preset": lambda connection: self._preset(text_kind(connection.provider)),
            "chat_preset": lambda _: self._preset(PresetKind.CHAT),
            "post_processing": self._post_processing,
        }

    def fields(self, connection: Connection) -> tuple[str, ...]:
        """The settings that mean something for the connection's provider."""
        spec = self._connections.specs.get(connection.provider)
        return MEANINGFUL[spec.prompt_kind if spec is not None else "text"]

    def of(self, field: str, connection: Connection) -> list[Offer]:
        """What a setting can be. What it is now is among them, even if that is gone."""
        offers = self._makers[field](connection)
        now = getattr(connection, field)
        if all(one.value != now for one in offers):
            offers.append(Offer(value=now, title=now, detail="not there"))
        return offers

    def title(self, field: str, connection: Connection) -> str:
        """What a setting is now, in a few words."""
        now = getattr(connection, field)
        return next(one.title for one in self.of(field, connection) if one.value == now)

    def lengths(self, field: str, connection: Connection) -> Mapping[str, int]:
        """The lengths the chosen preset brings along; empty for other settings."""
        kind = {"text_preset": text_kind(connection.provider), "chat_preset": PresetKind.CHAT}.get(field)
        return self._presets.lengths(getattr(connection, field), kind) if kind is not None else {}

    def _auto(self, field: str) -> list[Offer]:
        return [Offer(value="auto", title="auto", detail=AUTO[field])]

    def _named(self, kind: TemplateKind) -> list[Offer]:
        return [
            Offer(value=one.name, title=one.name, detail="" if one.origin == "built in" else one.origin)
            for one in self._templates.entries(kind)
        ]

    def _preset(self, kind: PresetKind) -> list[Offer]:
        names = ["", *self._presets.names(kind)]
        return [Offer(value=name, title=self._presets.title(name, kind)) for name in names]

    def _post_processing(self, connection: Connection) -> list[Offer]:
        spec = self._connections.specs.get(connection.provider)
        needed = spec.post_processing if spec is not None else ""
        usual = Offer(
            value="", title=f"as the provider needs it: {needed or 'none'}", detail="the usual choice"
        )
        return [usual, *(Offer(value=mode, title=mode, detail=about) for mode, about in POST_PROCESSING)]
