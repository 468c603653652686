"""Which lorebooks are active where, as SillyTavern's settings.json says it."""

from __future__ import annotations

from collections.abc import Iterable

from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import KeyPath, as_list, as_object, dig
from tavern_tui.storage.st_settings import change_st_settings, read_st_settings

GLOBAL: KeyPath = ("world_info_settings", "world_info", "globalSelect")
CHARACTERS: KeyPath = ("world_info_settings", "world_info", "charLore")


def save_character_books(folders: Folders, file: str, names: Iterable[str]) -> None:
    """More books of a character (card file without ending). Raises UnreadableFile, WriteFailed."""
    rows = [dict(as_object(row)) for row in as_list(dig(read_st_settings(folders), CHARACTERS))]
    wanted = list(names)
    at = next((at for at, row in enumerate(rows) if row.get("name") == file), None)
    if at is not None:
        rows[at]["extraBooks"] = wanted
    elif wanted:
        rows.append({"name": file, "extraBooks": wanted})
    change_st_settings(folders, {CHARACTERS: rows})


def rename_in_links(folders: Folders, old: str, new: str) -> None:
    """Let every link of settings.json follow a book's new name. Raises UnreadableFile, WriteFailed."""
    settings = read_st_settings(folders)
    said = as_list(dig(settings, GLOBAL))
    rows = [dict(as_object(row)) for row in as_list(dig(settings, CHARACTERS))]
    changes: dict[KeyPath, object] = {}
    if old in said:
        changes[GLOBAL] = [new if name == old else name for name in said]
    if any(old in as_list(row.get("extraBooks")) for row in rows):
        for row in rows:
            row["extraBooks"] = [new if name == old else name for name in as_list(row.get("extraBooks"))]
        changes[CHARACTERS] = rows
    if changes:
        change_st_settings(folders, changes)
