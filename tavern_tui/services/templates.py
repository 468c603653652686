"""Templates: which there are, where each comes from, and their keeping as SillyTavern's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.services.template_export import write_templates
from tavern_tui.services.template_import import clean_name, import_templates
from tavern_tui.services.template_preview import TemplatePreview, TemplateStage
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
from tavern_tui.storage.templates import DEFAULT, TemplateStore, template_to_json
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.user_setup import SetupService

__all__ = ["InUse", "Template", "TemplateEntry", "TemplateKind", "TemplatePreview", "TemplateService"]

GLOBAL_SETTINGS = ("always_force_name2", "trim_sentences", "single_line")
"""Fields of a context template that SillyTavern keeps as settings of the user's: choosing the template
sets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateEntry:
    """A template in a list."""

    kind: TemplateKind
    name: str
    origin: str
    """`built in`, `yours`, or `changed`: yours, in the place of a built-in one."""
    place: str
    """The file it is read from, as a person says it."""

    @property
    def can_be_deleted(self) -> bool:
        return self.origin != "built in"


class TemplateService:
    """The templates of the program and of the user's folders. Writing raises DataError, WriteFailed."""

    def __init__(
        self,
        folders: Folders,
        store: TemplateStore,
        connections: ConnectionService,
        desk: PromptDesk,
        setup: SetupService,
        session: Callable[[], ChatSession],
    ) -> None:
        self._folders = folders
        self._store = store
        self._setup = setup
        self._connections = connections
        self._stage = TemplateStage(store, connections, desk, session)

    # --- what there is

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each file that could not be used."""
        return self._store.warnings

    def reload(self) -> None:
        """Files may have come or changed since they were read."""
        self._store.reload()

    def entries(self, kind: TemplateKind) -> list[TemplateEntry]:
        """All templates of a kind by name, upper and lower case aside."""
        names = set(self._names(kind))
        if kind is not TemplateKind.INSTRUCT and self._known(kind, DEFAULT) is None:
            names.add(DEFAULT)
        return [self.entry(kind, name) for name in sorted(names, key=lambda one: (one.casefold(), one))]

    def entry(self, kind: TemplateKind, name: str) -> TemplateEntry:
        """Where a template comes from."""
        sources = self._store.sources(kind.value, name)
        built_in = not sources or any(not self._is_users(path) for path in sources)
        if not sources or not self._is_users(sources[0]):
            place = f"{sources[0].name} of the program" if sources else "the program"
            return TemplateEntry(kind=kind, name=name, origin="built in", place=place)
        origin = "changed" if built_in or self._is_virtual(kind, name) else "yours"
        place = sources[0].relative_to(self._folders.data).as_posix()
        return TemplateEntry(kind=kind, name=name, origin=origin, place=place)

    def get(self, kind: TemplateKind, name: str) -> Template:
        """A template by name. Raises UsageError."""
        found: Template | None = getattr(self._store, _GETTERS[kind])(name)
        if found is None and kind is TemplateKind.CONTEXT and name == DEFAULT:
            found = self._store.default_context()
        if found is None and kind is TemplateKind.SYSTEM and name == DEFAULT:
            found = self._store.default_system_prompt()
        if found is None:
            raise UsageError(f'There is no {kind.called} "{name}".')
        return found

    def _names(self, kind: TemplateKind) -> list[str]:
        names: list[str] = getattr(self._store, _LISTS[kind])()
        return names

    def _known(self, kind: TemplateKind, name: str) -> str | None:
        """A template's name as it is spelled."""
        return next((one for one in self._names(kind) if one.casefold() == name.casefold()), None)

    def _is_virtual(self, kind: TemplateKind, name: str) -> bool:
        """Whether the program has such a template without a file."""
        return kind is not TemplateKind.INSTRUCT and name.casefold() == DEFAULT.casefold()

    def _is_users(self, path: Path) -> bool:
        return path.is_relative_to(self._folders.data)

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

    def duplicate(self, kind: TemplateKind, name: str) -> Template:
        """A copy under a name of its own."""
        one = self.get(kind, name)
        return self._add(kind, _renamed(one, self._free_name(kind, f"{one.name} copy")))

    def rename(self, kind: TemplateKind, name: str, new: str) -> Template:
        """Another name, also in the connections that use the template."""
        one = self.get(kind, name)
        if new.strip() == one.name:
            return one
        file = self._own_file(kind, name, "be renamed")
        made = self._add(kind, _renamed(one, self._good_name(kind, new, but=one.name)), instead_of=file)
        for connection in self._connections.all:
            if getattr(connection, FIELDS[kind]) == name:
                self._point(connection, kind, made.name)
        return made

    def delete(self, kind: TemplateKind, name: str) -> Trashed:
        """Move the user's template to the trash; a built-in one of that name is back then."""
        file = self._own_file(kind, name, "be deleted")
        trashed = move_to_trash(self._folders, file, title=f"{kind.called} {name}")
        self._store.reload()
        return trashed

    def restore(self, trashed: Trashed) -> None:
        """Bring back what was deleted."""
        restore(self._folders, trashed)
        self._store.reload()

    def _add(self, kind: TemplateKind, template: Template, instead_of: Path | None = None) -> Template:
        self._store.save(template)
        if instead_of is not None:
            move_to_trash(self._folders, instead_of, title=f"{kind.called}, renamed to {template.name}")
            self._store.reload()
        return self.get(kind, template.name)

    def _own_file(self, kind: TemplateKind, name: str, what: str) -> Path:
        file = self._store.own_file(kind.value, name)
        if file is not None:
            return file
        entry = self.entry(kind, name)
        if entry.can_be_deleted:
            raise UsageError(f"{entry.place} holds more than this {kind.called}, so it cannot {what} here.")
        raise UsageError(
            f'The {kind.called} "{name}" is built in: it cannot {what}.', hint="Copy it instead."
        )

    def _good_name(self, kind: TemplateKind, name: str, but: str = "") -> str:
        name = clean_name(name)
        if not name:
            raise UsageError(f"A {kind.called} needs a name.")
        if name.casefold() in ("auto", "none"):
            raise UsageError(f'"{name}" already means something: choose another name.')
        taken = self._known(kind, name)
        if taken not in (None, but) or (taken is None and self._is_virtual(kind, name)):
            raise UsageError(f'There already is a {kind.called} "{taken or name}".')
        return name

    def _free_name(self, kind: TemplateKind, name: str) -> str:
        wanted, number = name, 2
        while self._known(kind, wanted) is not None:
            wanted, number = f"{name} {number}", number + 1
        return wanted

    # --- from and to elsewhere

    def import_file(self, path: Path) -> list[str]:
        """Take over a template file or a master export; says each part in a few words.

        Raises DataError, UnreadableFile, WriteFailed."""
        return import_templates(self._folders, self._store, path)

    def export(self, kind: TemplateKind, name: str, file: str) -> Path:
        """Write a template as SillyTavern's file, or, if it is to end in `.yaml`, as one of ours; `~`
        means the home folder."""
        return write_templates(file, {kind.value: template_to_json(self.get(kind, name))}, bare=True)

    def export_used(self, file: str) -> Path:
        """Write all templates the current connection uses as SillyTavern's master export, or as one
        YAML file of ours."""
        used = {kind: self.in_use(kind).name for kind in TemplateKind}
        parts = {kind.value: template_to_json(self.get(kind, name)) for kind, name in used.items() if name}
        return write_templates(file, parts)

    # --- looking

    def preview(self, kind: TemplateKind, template: Template, *, sample: bool = False) -> TemplatePreview:
        """The open chat's prompt (`sample`: a small made-up chat's) as this template renders it."""
        return self._stage.preview(kind, template, sample=sample)


def _renamed(template: Template, name: str) -> Template:
    """The template under another name, in its object, too."""
    source: Mapping[str, object] = {**template.source, "name": name} if template.source else {}
    return replace(template, name=name, source=source)


_GETTERS = {
    TemplateKind.INSTRUCT: "instruct",
    TemplateKind.CONTEXT: "context",
    TemplateKind.SYSTEM: "system_prompt",
}
_LISTS = {
    TemplateKind.INSTRUCT: "names",
    TemplateKind.CONTEXT: "context_names",
    TemplateKind.SYSTEM: "system_prompt_names",
}
