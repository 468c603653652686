"""Regex scripts: the global ones, the preset's and the character's; their order and their keeping."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.core.preset import RegexScript
from tavern_tui.services.preset_scripts import APIS
from tavern_tui.services.regex_trial import Occasion, Trial, problem_of, try_all, try_one, ways_of
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.cards import read_card
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.json_keep import as_object, read_object
from tavern_tui.storage.presets import PresetKind, preset_path
from tavern_tui.storage.script_lists import ScriptList, card_list, global_list, preset_list
from tavern_tui.storage.sillytavern import (
    ALLOWED_CARDS,
    ALLOWED_PRESETS,
    card_scripts,
    read_regex_scripts,
    regex_scripts_from,
    script_json,
)
from tavern_tui.storage.st_settings import change_st_settings
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.user_setup import SetupService

__all__ = ["HeldScript", "Occasion", "RegexService", "ScriptGroup", "ScriptScope", "Trial"]


class ScriptScope(StrEnum):
    """Whom a script belongs to, in the order in which they run."""

    GLOBAL = "global"
    PRESET = "preset"
    CHARACTER = "character"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldScript:
    """A script and its place among those of its group."""

    scope: ScriptScope
    at: int
    script: RegexScript


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptGroup:
    """The scripts of one scope, in the order in which they run."""

    scope: ScriptScope
    owner: str
    """The preset's name, the card's file; empty for the global ones."""
    title: str
    scripts: tuple[HeldScript, ...] = ()
    allowed: bool = True
    """Whether they run at all: what came with a card or a preset needs the user's word."""
    locked: str = ""
    """Why none can be added here; empty: they can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deleted:
    """What it takes to bring a script back."""

    scope: ScriptScope
    owner: str
    at: int
    trashed: Trashed


class RegexService:
    """The regex scripts of whatever is open. Writing raises UsageError, DataError, WriteFailed."""

    def __init__(
        self,
        folders: Folders,
        setup: SetupService,
        connections: ConnectionService,
        desk: PromptDesk,
        session: Callable[[], ChatSession],
    ) -> None:
        self._folders = folders
        self._setup = setup
        self._connections = connections
        self._desk = desk
        self._session = session
        self._deleted: list[_Deleted] = []
        self._file = ""

    def of(self, file: str) -> RegexService:
        """The same for the character with this card, whoever else of a group speaks meanwhile."""
        made = copy(self)
        made._file = file
        return made

    # --- what there is

    def groups(self) -> list[ScriptGroup]:
        """All scripts there are now; the preset's only where the connection names a preset."""
        found = [self._global(), self._preset(), self._character()]
        return [group for group in found if group is not None]

    def group(self, scope: ScriptScope) -> ScriptGroup:
        """The scripts of one scope. Raises UsageError if there can be none now."""
        for group in self.groups():
            if group.scope is scope:
                return group
        raise UsageError("This connection names no preset that could hold scripts.")

    def _global(self) -> ScriptGroup:
        scripts = self._setup.value.regex_scripts
        return ScriptGroup(
            scope=ScriptScope.GLOBAL,
            owner="",
            title="Everywhere",
            scripts=_held(ScriptScope.GLOBAL, scripts),
        )

    def _preset(self) -> ScriptGroup | None:
        kind, name = self._preset_in_use
        if not name:
            return None
        scripts = self._desk.preset_scripts.all(kind, name)
        path = self._desk.preset_scripts.path(kind, name)
        return ScriptGroup(
            scope=ScriptScope.PRESET,
            owner=name,
            title=f"Preset {name}",
            scripts=_held(ScriptScope.PRESET, scripts),
            allowed=name in self._setup.value.allowed_preset_regex.get(APIS[kind], ()),
            locked="" if path is not None and path.is_file() else "The preset's file is gone.",
        )

    @property
    def _preset_in_use(self) -> tuple[PresetKind, str]:
        connection = self._connections.current
        if self._connections.spec_of(connection).prompt_kind == "chat":
            return PresetKind.CHAT, connection.chat_preset
        return PresetKind.TEXT, connection.text_preset

    def _character(self) -> ScriptGroup:
        session = self._session()
        file = self._file or session.character.file
        there = bool(file) and self._folders.card(file).is_file()
        character = session.who(file)
        if character is None:  # they have left the group
            character = read_card(self._folders.card(file)) if there else Character(name=file, file=file)
        return ScriptGroup(
            scope=ScriptScope.CHARACTER,
            owner=character.file,
            title=character.name or "Character",
            scripts=_held(ScriptScope.CHARACTER, card_scripts(character)),
            allowed=f"{character.file}.png" in self._setup.value.allowed_regex,
            locked="" if there else "The character's card is not in the library.",
        )

    # --- changing them

    def save(self, held: HeldScript, script: RegexScript) -> HeldScript:
        """Put a changed script in its old one's place."""
        rows, where = self._rows(held.scope)
        at = _place_of(rows, held)
        rows[at] = script_json(script)
        where.write(rows)
        return self._at(held.scope, held.at)

    def new(self, scope: ScriptScope, name: str = "New script") -> HeldScript:
        """A script that changes nothing yet, at the end of a group."""
        return self.add(scope, RegexScript(name=name, placement=(2,)))

    def add(
        self, scope: ScriptScope, script: RegexScript, at: int | None = None, *, moved: bool = False
    ) -> HeldScript:
        """Put a script into a group, at its end or before the one at this place. `moved`: it leaves
        another group and keeps its id."""
        rows, where = self._rows(scope)
        places = _places(rows)
        row = script_json(script) if moved else self._with_own_id(script_json(script))
        place = len(rows) if at is None or at >= len(places) else places[at]
        rows.insert(place, row)
        where.write(rows)
        return self._at(scope, sum(one < place for one in places))

    def duplicate(self, held: HeldScript) -> HeldScript:
        """A copy right after the script, switched off: twice the same is seldom meant."""
        copy = replace(
            held.script,
            name=f"{held.script.name} copy",
            disabled=True,
            source={key: value for key, value in held.script.source.items() if key != "id"},
        )
        return self.add(held.scope, copy, held.at + 1)

    def move(self, held: HeldScript, step: int) -> HeldScript:
        """Let a script run so many places later (or earlier, if negative) in its group."""
        rows, where = self._rows(held.scope)
        places = _places(rows)
        here = places.index(_place_of(rows, held))
        there = max(0, min(here + step, len(places) - 1))
        if here == there:
            return held
        rows.insert(places[there], rows.pop(places[here]))
        where.write(rows)
        return self._at(held.scope, there)

    def move_to(self, held: HeldScript, scope: ScriptScope) -> HeldScript:
        """Let a script belong to somebody else, as the last of that group."""
        if scope is held.scope:
            return held
        made = self.add(scope, held.script, moved=True)
        self._take_out(held)
        return made

    def delete(self, held: HeldScript) -> None:
        """Take a script out; `restore` brings it back, and so would its file in the trash."""
        name = free_name(self._folders.data, f"Regex script {held.script.name}", ".json")
        path = self._folders.data / f"{name}.json"
        write_json(path, script_json(held.script))
        trashed = move_to_trash(self._folders, path, title=f"Regex script {held.script.name}")
        owner = self.group(held.scope).owner
        self._take_out(held)
        self._deleted.append(_Deleted(scope=held.scope, owner=owner, at=held.at, trashed=trashed))

    def restore(self) -> HeldScript | None:
        """Bring the script back that was deleted last; None: there is none."""
        if not self._deleted:
            return None
        last = self._deleted[-1]
        if self.group(last.scope).owner != last.owner:
            raise UsageError(
                f'The script that was deleted last belongs to "{last.owner}".',
                hint="Open that, then bring it back.",
            )
        (path,) = restore(self._folders, last.trashed)
        (script,) = regex_scripts_from(read_object(path), path.name, [])
        made = self.add(last.scope, script, last.at)
        path.unlink()
        self._deleted.pop()
        return made

    def _take_out(self, held: HeldScript) -> None:
        rows, where = self._rows(held.scope)
        del rows[_place_of(rows, held)]
        where.write(rows)

    def allow(self, scope: ScriptScope, allowed: bool) -> None:
        """Let the scripts that came with the preset or the card run, or not."""
        if scope is ScriptScope.CHARACTER:
            identity, setup = f"{self.group(scope).owner}.png", self._setup.value
            change_st_settings(self._folders, {ALLOWED_CARDS: _with(setup.allowed_regex, identity, allowed)})
        elif scope is ScriptScope.PRESET:
            kind, name = self._preset_in_use
            before = self._setup.value.allowed_preset_regex.get(APIS[kind], ())
            change_st_settings(self._folders, {(*ALLOWED_PRESETS, APIS[kind]): _with(before, name, allowed)})

    # --- from and to elsewhere

    def import_file(self, scope: ScriptScope, path: Path) -> list[str]:
        """Take over a file with one script or several; returns their names."""
        scripts = read_regex_scripts(path)
        rows, where = self._rows(scope)
        for script in scripts:
            rows.append(self._with_own_id(script_json(script), rows))
        where.write(rows)
        return [script.name for script in scripts]

    def export(self, scripts: Sequence[RegexScript], file: str) -> Path:
        """Write one script, or a list of several, as SillyTavern's file; `~` means the home folder."""
        if not scripts:
            raise UsageError("There is no script here to write.")
        path = Path(file).expanduser()
        if not path.suffix:
            path = path.with_name(f"{path.name}.json")
        rows = [script_json(script) for script in scripts]
        write_json(path, rows[0] if len(rows) == 1 else rows)
        return path

    # --- trying them out

    def try_one(self, script: RegexScript, text: str) -> Trial:
        """What this script alone makes of a text, whatever it is meant for."""
        return try_one(script, text, self._desk.resolver(self._session()))

    def try_all(self, text: str, occasion: Occasion, instead: tuple[HeldScript, RegexScript] | None) -> Trial:
        """What all scripts that run make of a text. `instead`: one of them, as it is being typed."""
        scripts = [
            instead[1] if instead is not None and held == instead[0] else held.script
            for group in self.groups()
            if group.allowed
            for held in group.scripts
        ]
        return try_all(scripts, text, occasion, self._desk.resolver(self._session()))

    def describe(self, script: RegexScript) -> str:
        """When the script runs, in a few words."""
        return ways_of(script)

    def problem(self, script: RegexScript) -> str:
        """Why the script cannot run, or the empty string. Patterns that take macros are not looked at:
        they change with their values."""
        return problem_of(script)

    # --- inside

    def _list(self, scope: ScriptScope) -> ScriptList:
        group = self.group(scope)
        if group.locked:
            raise UsageError(group.locked)
        if scope is ScriptScope.GLOBAL:
            return global_list(self._folders)
        if scope is ScriptScope.PRESET:
            kind, name = self._preset_in_use
            return preset_list(preset_path(self._folders, kind, name))
        return card_list(self._folders, group.owner, self._card_written)

    def _rows(self, scope: ScriptScope) -> tuple[list[object], ScriptList]:
        where = self._list(scope)
        return where.read(), where

    def _card_written(self, character: Character) -> None:
        """The open chat goes on with the card as it is now, in a group, too."""
        self._session().take_card(character)

    def _at(self, scope: ScriptScope, at: int) -> HeldScript:
        return self.group(scope).scripts[at]

    def _with_own_id(self, row: dict[str, object], beside: Sequence[object] = ()) -> dict[str, object]:
        """The row with an id that no other script has: SillyTavern tells scripts apart by it."""
        taken = {held.script.source.get("id") for group in self.groups() for held in group.scripts}
        taken |= {as_object(one).get("id") for one in beside}
        id = row.get("id")
        if isinstance(id, str) and id and id not in taken:
            return row
        return {"id": str(uuid.uuid4()), **{key: value for key, value in row.items() if key != "id"}}


def _held(scope: ScriptScope, scripts: Sequence[RegexScript]) -> tuple[HeldScript, ...]:
    return tuple(HeldScript(scope=scope, at=at, script=script) for at, script in enumerate(scripts))


def _places(rows: Sequence[object]) -> list[int]:
    """Where in a list the scripts stand; what is none is left where it is."""
    return [at for at, row in enumerate(rows) if isinstance(as_object(row).get("findRegex"), str)]


def _place_of(rows: Sequence[object], held: HeldScript) -> int:
    """Where a script stands in the list now. Raises DataError if it is not there any more."""
    places, source = _places(rows), dict(held.script.source)
    if held.at < len(places) and rows[places[held.at]] == source:
        return places[held.at]
    same = [at for at in places if rows[at] == source]
    if len(same) == 1:
        return same[0]
    raise DataError(
        f'The regex script "{held.script.name}" was changed by another program meanwhile.',
        hint="Leave this screen and open it again, then change it.",
    )


def _with(names: Sequence[str], name: str, present: bool) -> list[str]:
    others = [one for one in names if one != name]
    return [*others, name] if present else others
