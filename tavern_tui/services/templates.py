"""Templates: those a prompt is laid out by, which of them a connection uses, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.services.template_export import write_templates
from tavern_tui.services.template_preview import TemplatePreview, TemplateStage
from tavern_tui.services.template_shelf import TemplateEntry, TemplateShelf
from tavern_tui.services.template_use import (
    FIELDS,
    InUse,
    Template,
    TemplateKind,
    context_in_use,
    instruct_in_use,
    system_prompt_in_use,
)
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.st_settings import change_st_settings
from tavern_tui.storage.templates import TemplateStore, template_to_json

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.user_setup import SetupService

__all__ = ["InUse", "Template", "TemplateEntry", "TemplateKind", "TemplatePreview", "TemplateService"]

GLOBAL_SETTINGS = ("always_force_name2", "trim_sentences", "single_line")
"""Fields of a context template that SillyTavern keeps as settings of the user's: choosing the template
sets them."""


class TemplateService(TemplateShelf[Template]):
    """The templates a prompt is laid out by. Writing raises DataError, WriteFailed."""

    def __init__(
        self,
        folders: Folders,
        store: TemplateStore,
        connections: ConnectionService,
        desk: PromptDesk,
        setup: SetupService,
        session: Callable[[], ChatSession],
    ) -> None:
        super().__init__(folders, store)
        self._setup = setup
        self._connections = connections
        self._stage = TemplateStage(store, connections, desk, session)

    # --- which one is used

    def chosen(self, kind: TemplateKind) -> str:
        """What the current connection says: a name, `auto`, or `none` (no instruct template)."""
        return getattr(self._connections.current, FIELDS[kind]) or "auto"

    def in_use(self, kind: TemplateKind) -> InUse:
        """The template the current connection's prompts are made with, and why that one."""
        match kind:
            case TemplateKind.INSTRUCT:
                return instruct_in_use(self._connections, self._store)
            case TemplateKind.CONTEXT:
                return context_in_use(self._connections, self._store)
            case _:
                return system_prompt_in_use(self._connections, self._store)

    @property
    def connection(self) -> Connection:
        """The connection that choices are made for."""
        return self._connections.current

    @property
    def are_sent(self) -> bool:
        """Whether the current connection uses templates at all: chat completion does without."""
        return self._connections.spec_of(self.connection).prompt_kind == "text"

    def choose(self, kind: TemplateKind, name: str) -> None:
        """Let the current connection use this template from now on; `auto` and `none` as `chosen`."""
        if name != "auto" and not (name == "none" and kind is TemplateKind.INSTRUCT):
            self.get(kind, name)
        value = "" if kind is TemplateKind.SYSTEM and name == "auto" else name
        self._point(self.connection, kind, value)
        if kind is TemplateKind.CONTEXT and name != "auto":
            self._set_globals(self.get(kind, name))

    def _point(self, connection: Connection, kind: TemplateKind, value: str) -> None:
        changed = replace(connection, **{FIELDS[kind]: value})  # type: ignore[arg-type]  # all three are str
        self._connections.keep(connection, changed)

    def _set_globals(self, template: Template) -> None:
        if not isinstance(template, ContextTemplate):
            return
        options = self._setup.value.options
        said = {name: getattr(template, name) for name in GLOBAL_SETTINGS}
        changed = {name: value for name, value in said.items() if value != getattr(options, name)}
        if changed:
            change_st_settings(self._folders, {("power_user", name): on for name, on in changed.items()})

    # --- keeping

    def save(self, kind: TemplateKind, template: Template) -> None:
        """Keep what was changed. A built-in template is copied to the user's folder first."""
        if template == self.get(kind, template.name):
            return
        self._store.save(template)
        if kind is TemplateKind.CONTEXT and self.chosen(kind) == template.name:
            self._set_globals(template)

    def new(self, kind: TemplateKind, name: str) -> Template:
        """An empty template; a context template begins with the usual story string."""
        made: Template
        match kind:
            case TemplateKind.INSTRUCT:
                made = InstructTemplate()
            case TemplateKind.CONTEXT:
                made = replace(self._store.default_context(), source={})
            case _:
                made = SystemPrompt()
        return self._add(kind, replace(made, name=self._good_name(kind, name)))

    def rename(self, kind: TemplateKind, name: str, new: str) -> Template:
        """Another name, also in the connections that use the template."""
        made = super().rename(kind, name, new)
        for connection in self._connections.all:
            if made.name != name and getattr(connection, FIELDS[kind]) == name:
                self._point(connection, kind, made.name)
        return made

    # --- from and to elsewhere

    def export_used(self, file: str) -> Path:
        """Write all templates the current connection uses as SillyTavern's master export, or as one
        YAML file of ours."""
        used = {kind: self.in_use(kind).name for kind in FIELDS}
        parts = {kind.value: template_to_json(self.get(kind, name)) for kind, name in used.items() if name}
        return write_templates(file, parts)

    # --- looking

    def preview(self, kind: TemplateKind, template: Template, *, sample: bool = False) -> TemplatePreview:
        """The open chat's prompt (`sample`: a small made-up chat's) as this template renders it."""
        return self._stage.preview(kind, template, sample=sample)
