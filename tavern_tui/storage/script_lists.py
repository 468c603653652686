"""Lists of regex scripts inside other files: settings.json, a preset, a card. Only the list changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.cards import read_card, save_card
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import KeyPath, as_list, dig, put, read_object
from tavern_tui.storage.sillytavern import CARD_SCRIPTS, GLOBAL_SCRIPTS, PRESET_SCRIPTS
from tavern_tui.storage.st_settings import change_st_settings


@dataclass(frozen=True, slots=True)
class ScriptList:
    """Where a list of scripts is kept, what it is not one of ours in it included."""

    read: Callable[[], list[object]]
    """The list as it stands in the file now. Raises UnreadableFile, DataError."""
    write: Callable[[list[object]], None]
    """Put another list there. Raises UnreadableFile, DataError, WriteFailed."""


def global_list(folders: Folders) -> ScriptList:
    """The scripts of settings.json, which run everywhere."""

    def read() -> list[object]:
        there = folders.st_settings.exists()
        return _rows(read_object(folders.st_settings) if there else {}, GLOBAL_SCRIPTS)

    return ScriptList(read, lambda rows: change_st_settings(folders, {GLOBAL_SCRIPTS: rows}))


def preset_list(path: Path) -> ScriptList:
    """The scripts in a preset's file."""

    def write(rows: list[object]) -> None:
        preset = read_object(path)
        put(preset, PRESET_SCRIPTS, rows)
        write_json(path, preset)

    return ScriptList(lambda: _rows(read_object(path), PRESET_SCRIPTS), write)


def card_list(folders: Folders, file: str, written: Callable[[Character], None]) -> ScriptList:
    """The scripts in a card. `written` is told the character as it is then."""

    def write(rows: list[object]) -> None:
        character = read_card(folders.card(file))
        source = dict(character.source)
        put(source, CARD_SCRIPTS, rows)
        written(save_card(folders, replace(character, source=source)))

    return ScriptList(lambda: _rows(read_card(folders.card(file)).source, CARD_SCRIPTS), write)


def _rows(source: Mapping[str, object], path: KeyPath) -> list[object]:
    """The list, or a list of the one script that stands in its place."""
    found = dig(source, path)
    return [found] if isinstance(found, Mapping) else list(as_list(found))
