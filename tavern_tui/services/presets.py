"""Presets: which there are, which one a connection uses, and their keeping as SillyTavern's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.prompt import BuiltPrompt
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.services.preset_compare import Difference, compare_presets
from tavern_tui.services.preset_edit import BUILT_IN_NAMES
from tavern_tui.services.preset_files import (
    Exported,
    ImportedPreset,
    export_preset,
    export_prompts,
    import_preset,
    prompts_in,
    with_prompts,
)
from tavern_tui.services.signal import Signal
from tavern_tui.services.template_import import clean_name
from tavern_tui.storage.folders import Folders, free_name, safe_name
from tavern_tui.storage.json_keep import read_object
from tavern_tui.storage.presets import (
    PresetKind,
    TextPreset,
    chat_preset_to_json,
    default_chat_preset,
    lengths_from,
    list_presets,
    preset_path,
    samplers_in,
    save_preset,
    text_kind,
    text_preset_with,
)
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.preset_shelf import PresetShelf
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.session import ChatSession

__all__ = ["BUILT_IN", "DeletedPreset", "PresetEntry", "PresetKind", "PresetService"]

BUILT_IN = ""
"""Name of the preset that comes with the program. Of text presets: none, the server's own values."""

FIELDS = {kind: "chat_preset" if kind is PresetKind.CHAT else "text_preset" for kind in PresetKind}
"""Kind -> field of a connection."""

FIRST_NAME = "My prompts"
"""What a changed copy of the built-in preset is called."""

LAYOUT = frozenset(one.name for one in fields(ChatPreset)) - {
    "name", "prompts", "order", "character_orders", "source",
    "max_context", "max_tokens", "max_context_unlocked",
}  # fmt: skip
"""Fields a reset brings back: texts and switches. Samplers and lengths belong to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetEntry:
    """A preset in a list."""

    kind: PresetKind
    name: str
    title: str
    is_used: bool
    """By the current connection."""
    users: tuple[str, ...] = ()
    """Connections that have chosen it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPreset:
    """What `restore` needs."""

    kind: PresetKind
    name: str
    trashed: Trashed
    users: tuple[str, ...]


class PresetService:
    """The presets of the user's folders. Reading raises UsageError; writing DataError, WriteFailed."""

    def __init__(
        self,
        folders: Folders,
        shelf: PresetShelf,
        connections: ConnectionService,
        desk: PromptDesk,
        session: Callable[[], ChatSession],
        *,
        changed: Signal[str],
    ) -> None:
        self._folders = folders
        self._shelf = shelf
        self._connections = connections
        self._desk = desk
        self._session = session
        self.changed = changed
        """A preset's contents are others now, or which one is used: its name."""

    # --- what there is

    def names(self, kind: PresetKind = PresetKind.CHAT) -> list[str]:
        """The user's presets of a kind."""
        return list_presets(self._folders, kind)

    def entries(self, kind: PresetKind = PresetKind.CHAT) -> list[PresetEntry]:
        """What can be chosen, the built-in one (text: none) first."""
        used = self.used(kind)
        found = self.names(kind)
        names = [BUILT_IN, *found, *([used] if used not in ("", *found) else [])]
        return [
            PresetEntry(
                kind=kind,
                name=name,
                title=self.title(name, kind),
                is_used=name == used,
                users=tuple(one.name for one in self._users(kind, name)),
            )
            for name in names
        ]

    def title(self, name: str, kind: PresetKind = PresetKind.CHAT) -> str:
        """What a person calls it."""
        return name or ("Built in" if kind is PresetKind.CHAT else "None: the server's own values")

    def get(self, name: str) -> ChatPreset:
        """A chat preset. Raises UsageError if there is none that can be read."""
        if name == BUILT_IN:
            return default_chat_preset()
        preset = self._shelf.chat(name)
        if preset is None:
            why = self.warnings(name)
            raise UsageError(why[0] if why else f'There is no preset "{name}".', hint="Choose another.")
        return preset

    def get_text(self, name: str, kind: PresetKind = PresetKind.TEXT) -> TextPreset:
        """A text-completion preset. Raises UsageError."""
        preset = self._shelf.text(name, kind)
        if preset is None:
            raise UsageError(f'There is no text preset "{name}" that can be read.')
        return preset

    def warnings(self, name: str, kind: PresetKind = PresetKind.CHAT) -> tuple[str, ...]:
        """What is odd in a preset's file, one sentence each."""
        return self._shelf.warnings(kind, name) if name else ()

    def _users(self, kind: PresetKind, name: str) -> list[Connection]:
        return [
            one
            for one in self._connections.all
            if getattr(one, FIELDS[kind]) == name
            and (kind is PresetKind.CHAT or text_kind(one.provider) is kind)
        ]

    # --- which one is used

    @property
    def connection(self) -> Connection:
        """The connection that choices are made for."""
        return self._connections.current

    @property
    def kind_sent(self) -> PresetKind:
        """Which kind of preset the current connection's requests are made with."""
        return self.kind_for(self.connection)

    def kind_for(self, connection: Connection) -> PresetKind:
        """The same for any connection."""
        kind = self._connections.spec_of(connection).prompt_kind
        return PresetKind.CHAT if kind == "chat" else text_kind(connection.provider)

    def used(self, kind: PresetKind = PresetKind.CHAT) -> str:
        """Name of the preset the current connection has chosen. It keeps one of each kind."""
        name: str = getattr(self.connection, FIELDS[kind])
        return name

    def choose(self, name: str, kind: PresetKind = PresetKind.CHAT) -> None:
        """Let the current connection use this preset from now on. The lengths the preset says
        become the connection's, as far as its server has room for them."""
        chosen = replace(self.connection, **{FIELDS[kind]: name})  # type: ignore[arg-type]  # both are str
        if name:
            lengths = self._lengths(name, kind)
            if kind is self.kind_sent:
                chosen = self._with_lengths(chosen, lengths)
        self._point(self.connection, chosen)
        self.changed.send(name)

    def lengths(self, name: str, kind: PresetKind) -> dict[str, int]:
        """What a preset says of `max_tokens` and `context_size`; empty if it cannot be read."""
        try:
            return self._lengths(name, kind) if name else {}
        except UsageError:
            return {}

    def _lengths(self, name: str, kind: PresetKind) -> dict[str, int]:
        if kind is PresetKind.CHAT:
            return lengths_from(self.get(name).source)
        return dict(self.get_text(name, kind).lengths)

    def _with_lengths(self, connection: Connection, lengths: dict[str, int]) -> Connection:
        status = self._connections.status
        room = status.context_size if status is not None else None
        if room and lengths.get("context_size", 0) > room:
            lengths = {**lengths, "context_size": 0}
        return replace(connection, **lengths)  # type: ignore[arg-type]  # both are int

    def _point(self, connection: Connection, changed: Connection) -> None:
        if changed != connection:
            self._connections.keep(connection, changed)

    # --- keeping

    def save(self, name: str, preset: ChatPreset) -> ChatPreset:
        """Keep what was changed, and nothing else; returns the preset as it is kept. A changed
        built-in preset becomes one of the user's, which the current connection uses then."""
        value = chat_preset_to_json(preset)
        if name == BUILT_IN:
            return self._save_copy(value)
        before = self.get(name)
        if value == before.source and list(value) == list(before.source):
            return before
        save_preset(self._folders, PresetKind.CHAT, name, value)
        self._follow(name, lengths_from(before.source), lengths_from(value))
        self.changed.send(name)
        return self.get(name)

    def _save_copy(self, value: dict[str, object]) -> ChatPreset:
        if value == chat_preset_to_json(default_chat_preset()):
            return default_chat_preset()
        name = self._free_name(PresetKind.CHAT, FIRST_NAME)
        save_preset(self._folders, PresetKind.CHAT, name, value)
        self._point(self.connection, replace(self.connection, chat_preset=name))
        self.changed.send(name)
        return self.get(name)

    def _follow(self, name: str, before: dict[str, int], after: dict[str, int]) -> None:
        """Connections that took their lengths from the preset take its new ones."""
        for one in self._users(PresetKind.CHAT, name):
            fresh = {
                field: value
                for field, value in after.items()
                if before.get(field) != value and getattr(one, field) == before.get(field, value)
            }
            self._point(one, self._with_lengths(one, fresh) if fresh else one)

    def save_text(
        self,
        name: str,
        kind: PresetKind,
        values: Mapping[str, SamplerValue],
        *,
        backend: str,
        lengths: Mapping[str, int],
        new: bool = False,
    ) -> str:
        """Write samplers and lengths into a text-completion preset; the rest of its file stays. `new`:
        under a name that is free. Returns the name."""
        if new:
            name = self._good_name(kind, name)
        source: Mapping[str, object] = {} if new else self.get_text(name, kind).source
        used = self.used(kind)
        if new and used and used in self.names(kind):
            source = self.get_text(used, kind).source  # what is not known here comes along
        gone = {ours: None for ours in samplers_in(kind, source) if ours not in values}
        made = text_preset_with(kind, source, {**gone, **values}, backend=backend, lengths=lengths)
        save_preset(self._folders, kind, name, made)
        self.changed.send(name)
        return name

    def new(self, name: str) -> ChatPreset:
        """A preset with the built-in prompts."""
        return self._add(self._good_name(PresetKind.CHAT, name), default_chat_preset())

    def duplicate(self, name: str) -> ChatPreset:
        """A copy under a name of its own."""
        one = self.get(name)
        return self._add(self._free_name(PresetKind.CHAT, f"{name or FIRST_NAME} copy"), one)

    def _add(self, name: str, preset: ChatPreset) -> ChatPreset:
        save_preset(self._folders, PresetKind.CHAT, name, chat_preset_to_json(preset))
        return self.get(name)

    def rename(self, name: str, new: str, kind: PresetKind = PresetKind.CHAT) -> str:
        """Another name, also in the connections that use the preset. Returns it."""
        self._must_be_file(name, kind, "be renamed")
        if new.strip() == name:
            return name
        fresh = self._good_name(kind, new, but=name)
        old = preset_path(self._folders, kind, name)
        save_preset(self._folders, kind, fresh, read_object(old))
        if fresh.casefold() != name.casefold() or old.name != f"{fresh}.json":
            move_to_trash(self._folders, old, title=f"{kind} preset, renamed to {fresh}")
        for one in self._users(kind, name):
            self._point(one, replace(one, **{FIELDS[kind]: fresh}))  # type: ignore[arg-type]
        self.changed.send(fresh)
        return fresh

    def delete(self, name: str, kind: PresetKind = PresetKind.CHAT) -> DeletedPreset:
        """Move a preset to the trash; connections that used it use the built-in one then."""
        self._must_be_file(name, kind, "be deleted")
        path = preset_path(self._folders, kind, name)
        trashed = move_to_trash(self._folders, path, title=f"{kind} preset {name}")
        users = self._users(kind, name)
        for one in users:
            self._point(one, replace(one, **{FIELDS[kind]: BUILT_IN}))  # type: ignore[arg-type]
        self.changed.send(name)
        return DeletedPreset(kind=kind, name=name, trashed=trashed, users=tuple(one.name for one in users))

    def restore(self, deleted: DeletedPreset) -> str:
        """Bring back a deleted preset, also to the connections that have chosen no other since."""
        restore(self._folders, deleted.trashed)
        for one in self._users(deleted.kind, BUILT_IN):
            if one.name in deleted.users:
                self._point(one, replace(one, **{FIELDS[deleted.kind]: deleted.name}))  # type: ignore[arg-type]
        self.changed.send(deleted.name)
        return deleted.name

    def reset(self, name: str) -> ChatPreset:
        """Prompts, order and texts as the program has them. The user's own prompts stay, without a
        place; so do samplers, lengths and what is not known here."""
        preset, usual = self.get(name), default_chat_preset()
        own = tuple(one for one in preset.prompts if one.identifier not in BUILT_IN_NAMES)
        texts: dict[str, Any] = {field: getattr(usual, field) for field in LAYOUT}
        fresh = replace(
            preset, prompts=(*usual.prompts, *own), order=usual.order, character_orders=(), **texts
        )
        return self.save(name, fresh)

    def _must_be_file(self, name: str, kind: PresetKind, what: str) -> None:
        if name == BUILT_IN:
            raise UsageError(f"The built-in preset cannot {what}.", hint="Copy it instead.")
        if name not in self.names(kind):
            raise UsageError(f'There is no {kind} preset "{name}".')

    def _good_name(self, kind: PresetKind, name: str, but: str = "") -> str:
        name = clean_name(safe_name(clean_name(name))) if clean_name(name) else ""
        if not name:
            raise UsageError("A preset needs a name.")
        taken = {one.casefold(): one for one in self.names(kind) if one != but}
        if name.casefold() in taken:
            raise UsageError(f'There already is a preset "{taken[name.casefold()]}".')
        return name

    def _free_name(self, kind: PresetKind, name: str) -> str:
        return free_name(preset_path(self._folders, kind, "x").parent, name, ".json")

    # --- from and to elsewhere

    def import_file(self, path: Path, into: str = BUILT_IN) -> ImportedPreset:
        """Take over a preset file of any kind, or a prompt manager's export, whose prompts go into
        the chat preset `into`. Raises DataError, UnreadableFile, WriteFailed."""
        value = read_object(path)
        data = prompts_in(value)
        if data is None:
            return import_preset(self._folders, path.stem, value)
        warnings: list[str] = []
        self.save(into, with_prompts(self.get(into), data, warnings))
        name = into or self.used()  # a changed built-in preset is another one now
        return ImportedPreset(kind=PresetKind.CHAT, name=name, is_new=False, warnings=tuple(warnings))

    def export(self, name: str, file: str, kind: PresetKind = PresetKind.CHAT) -> Exported:
        """Write a preset as SillyTavern's file, without addresses and passwords."""
        if kind is PresetKind.CHAT:
            return export_preset(chat_preset_to_json(self.get(name)), kind, file)
        return export_preset(self.get_text(name).source, kind, file)

    def export_prompts(self, name: str, file: str) -> Path:
        """Write the prompts alone, for SillyTavern's prompt manager."""
        return export_prompts(self.get(name), file)

    # --- looking

    def compare(self, left: ChatPreset, right: ChatPreset) -> list[Difference]:
        """What differs between two presets."""
        return compare_presets(left, right)

    def preview(self, preset: ChatPreset, user_input: str = "") -> BuiltPrompt:
        """The open chat's prompt as this preset lays it out, whether it is the one in use or not.

        Changes nothing; no I/O. Raises PromptError."""
        session = self._session()
        inputs = self._desk.inputs(session, user_input=user_input, seed=0, dry_run=True)
        shape = self._desk.chat_shape(preset, inputs.character)
        return self._desk.build(replace(inputs, shape=shape))
