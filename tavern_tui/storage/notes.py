"""Author's notes: a chat's in its metadata, defaults and characters' notes in settings.json."""

from __future__ import annotations

from tavern_tui.core.preset import AuthorsNote, CharacterNote
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import KeyPath, as_list, as_object, dig
from tavern_tui.storage.st_settings import change_st_settings, read_st_settings

CHAT_KEYS = {
    "text": "note_prompt",
    "interval": "note_interval",
    "position": "note_position",
    "depth": "note_depth",
    "role": "note_role",
}
"""Field of AuthorsNote -> key of the chat's metadata."""

DEFAULT_KEYS = {
    "text": "default",
    "interval": "defaultInterval",
    "position": "defaultPosition",
    "depth": "defaultDepth",
    "role": "defaultRole",
}
"""Field of AuthorsNote -> key below `extension_settings.note`."""

NOTE: KeyPath = ("extension_settings", "note")


def note_metadata(note: AuthorsNote) -> dict[str, object]:
    """A chat's note as its metadata says it."""
    return {key: getattr(note, name) for name, key in CHAT_KEYS.items()}


def save_default_note(folders: Folders, note: AuthorsNote) -> None:
    """The note of chats without one of their own. Raises UnreadableFile, WriteFailed."""
    change_st_settings(folders, {(*NOTE, key): getattr(note, name) for name, key in DEFAULT_KEYS.items()})


def save_note_scan(folders: Folders, scanned: bool) -> None:
    """Whether lorebook keys are looked for in the author's note. Raises UnreadableFile, WriteFailed."""
    change_st_settings(folders, {(*NOTE, "allowWIScan"): scanned})


def save_character_note(folders: Folders, file: str, note: CharacterNote) -> None:
    """The note of a character (card file without ending). Raises UnreadableFile, WriteFailed."""
    rows = [dict(as_object(row)) for row in as_list(dig(read_st_settings(folders), (*NOTE, "chara")))]
    said = {"name": file, "prompt": note.text, "useChara": note.enabled, "position": note.position}
    at = next((at for at, row in enumerate(rows) if row.get("name") == file), None)
    if at is None:
        rows.append(said)
    else:
        rows[at] |= said
    change_st_settings(folders, {(*NOTE, "chara"): rows})
