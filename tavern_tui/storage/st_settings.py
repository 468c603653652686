"""SillyTavern's settings.json as a whole: read with patience, changed key by key."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.errors import UnreadableFile
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import KeyPath, put, read_object


def read_st_settings(folders: Folders, warnings: list[str] | None = None) -> dict[str, object]:
    """The file's object; empty where there is no file, and with a warning for a broken one."""
    if not folders.st_settings.exists():
        return {}
    try:
        return read_object(folders.st_settings)
    except UnreadableFile as error:
        if warnings is not None:
            warnings.append(f"{error} Its settings, personas and tags are not used.")
        return {}


def change_st_settings(folders: Folders, changes: Mapping[KeyPath, object]) -> None:
    """Set these keys; everything else in the file stays as it is. A missing file is made.

    Raises UnreadableFile when the file there is broken, WriteFailed."""
    settings = read_object(folders.st_settings) if folders.st_settings.exists() else {}
    for path, value in changes.items():
        put(settings, path, value)
    write_json(folders.st_settings, settings)
