"""TemplateShelf: which templates of a kind there are, where each comes from, and their keeping as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from tavern_tui.core.errors import UsageError
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.template_export import write_templates
from tavern_tui.services.template_import import clean_name, import_templates
from tavern_tui.services.template_use import Template, TemplateKind
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.templates import DEFAULT, DEFAULT_REASONING, TemplateStore, template_to_json
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

Kept = TypeVar("Kept", bound=Template | ReasoningTemplate)

USUAL = {
    TemplateKind.CONTEXT: DEFAULT,
    TemplateKind.SYSTEM: DEFAULT,
    TemplateKind.REASONING: DEFAULT_REASONING,
}
"""Kinds of which the program has one without a file, and its name."""


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


class TemplateShelf(Generic[Kept]):
    """The templates of the program and of the user's folders. Writing raises DataError, WriteFailed."""

    def __init__(self, folders: Folders, store: TemplateStore) -> None:
        self._folders = folders
        self._store = store

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
        if kind in USUAL and self._known(kind, USUAL[kind]) is None:
            names.add(USUAL[kind])
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

    def get(self, kind: TemplateKind, name: str) -> Kept:
        """A template by name. Raises UsageError."""
        found: Kept | None = getattr(self._store, _GETTERS[kind])(name)
        if found is None and self._is_virtual(kind, name):
            found = getattr(self._store, _USUAL_GETTERS[kind])()
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
        return name.casefold() == USUAL.get(kind, "").casefold() != ""

    def _is_users(self, path: Path) -> bool:
        return path.is_relative_to(self._folders.data)

    # --- keeping

    def save(self, kind: TemplateKind, template: Kept) -> None:
        """Keep what was changed. A built-in template is copied to the user's folder first."""
        if template != self.get(kind, template.name):
            self._store.save(template)

    def duplicate(self, kind: TemplateKind, name: str) -> Kept:
        """A copy under a name of its own."""
        one = self.get(kind, name)
        return self._add(kind, _renamed(one, self._free_name(kind, f"{one.name} copy")))

    def rename(self, kind: TemplateKind, name: str, new: str) -> Kept:
        """Another name."""
        one = self.get(kind, name)
        if new.strip() == one.name:
            return one
        file = self._own_file(kind, name, "be renamed")
        return self._add(kind, _renamed(one, self._good_name(kind, new, but=one.name)), instead_of=file)

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

    def _add(self, kind: TemplateKind, template: Kept, instead_of: Path | None = None) -> Kept:
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


def _renamed(template: Kept, name: str) -> Kept:
    """The template under another name, in its object, too."""
    source: Mapping[str, object] = {**template.source, "name": name} if template.source else {}
    return replace(template, name=name, source=source)


_GETTERS = {
    TemplateKind.INSTRUCT: "instruct",
    TemplateKind.CONTEXT: "context",
    TemplateKind.SYSTEM: "system_prompt",
    TemplateKind.REASONING: "reasoning",
}
_USUAL_GETTERS = {
    TemplateKind.CONTEXT: "default_context",
    TemplateKind.SYSTEM: "default_system_prompt",
    TemplateKind.REASONING: "default_reasoning",
}
_LISTS = {
    TemplateKind.INSTRUCT: "names",
    TemplateKind.CONTEXT: "context_names",
    TemplateKind.SYSTEM: "system_prompt_names",
    TemplateKind.REASONING: "reasoning_names",
}
