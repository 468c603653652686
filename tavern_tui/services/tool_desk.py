"""ToolDesk: which tools are on offer now, whether one may be called, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tavern_tui.core.chat_options import Tool
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.tools import (
    Ask,
    Consent,
    ToolAnswer,
    ToolBox,
    ToolCall,
    ToolContext,
    ToolEntry,
    call_tool,
    refused,
)
from tavern_tui.services.tools_builtin import built_in

FOR_GOOD = (Consent.ALWAYS, Consent.NEVER)


class ToolSource(Protocol):
    """Where more tools come from."""

    def tools(self) -> Sequence[ToolEntry]:
        """Those that are known now. No I/O."""
        ...

    async def get_ready(self) -> None:
        """Learn which tools there are. Never raises; what went wrong is told as a notice."""
        ...

    async def aclose(self) -> None:
        """Let go of servers and processes."""
        ...


class ToolDesk:
    """One per program. Whoever drives it sets `ask`; without, nothing that needs consent is called."""

    def __init__(self, settings: SettingsService, sources: Iterable[ToolSource] = ()) -> None:
        self._settings = settings
        self._sources = list(sources)
        self._built_in = built_in()
        self._made: dict[str, ToolEntry] = {}
        self.ask: Ask | None = None
        """Asks the user about one call."""

    def add_source(self, source: ToolSource) -> None:
        """Offer the tools of this source as well."""
        self._sources.append(source)

    def put(self, tool: ToolEntry) -> None:
        """Offer a tool that a script made; it takes the place of an earlier one of its name."""
        self._made[tool.name] = tool

    def take(self, name: str) -> bool:
        """Offer a script's tool no longer; False: there is none."""
        return self._made.pop(name, None) is not None

    @property
    def allowed(self) -> bool:
        """Whether the user lets models call tools at all."""
        return self._settings.value.use_tools

    def known(self) -> ToolBox:
        """All tools there are, also those the user forbids."""
        box = ToolBox([*self._built_in, *self._made.values()])
        for source in self._sources:
            for tool in source.tools():
                box.add(tool)
        return box

    def box(self) -> ToolBox:
        """All tools that may be called, or asked about."""
        return ToolBox(tool for tool in self.known() if self._may_be_offered(tool))

    def offers(self) -> tuple[Tool, ...]:
        """What a request tells of them; nothing where the user wants none."""
        return self.box().offers() if self.allowed else ()

    def consent_for(self, name: str) -> Consent | None:
        """What the user said about this tool for good."""
        said = self._settings.value.tool_consent.get(name)
        return Consent(said) if said in FOR_GOOD else None

    def remember(self, name: str, consent: Consent | None) -> None:
        """Keep an answer for good; None: ask again. Raises WriteFailed."""
        kept = {tool: said for tool, said in self._settings.value.tool_consent.items() if tool != name}
        if consent in FOR_GOOD:
            kept[name] = str(consent)
        self._settings.change(tool_consent=kept)

    async def answer(self, call: ToolCall, context: ToolContext) -> ToolAnswer:
        """Ask the user if need be, call the tool, and tell what came of it."""
        tool = self.box().get(call.name)
        if tool is not None and not await self._consents(tool, call):
            return refused(tool, call)
        return await call_tool(tool, call, context)

    async def get_ready(self) -> None:
        """Learn which tools the sources have."""
        if self.allowed:
            for source in self._sources:
                await source.get_ready()

    async def aclose(self) -> None:
        for source in self._sources:
            await source.aclose()

    def _may_be_offered(self, tool: ToolEntry) -> bool:
        said = self.consent_for(tool.name)
        if said is not None:
            return said is Consent.ALWAYS
        return not tool.needs_consent or self.ask is not None

    async def _consents(self, tool: ToolEntry, call: ToolCall) -> bool:
        if not tool.needs_consent or self.consent_for(tool.name) is Consent.ALWAYS:
            return True
        if self.ask is None:
            return False
        said = await self.ask(tool, call)
        if said in FOR_GOOD:
            self.remember(tool.name, said)
        return said in (Consent.ONCE, Consent.ALWAYS)
