"""Copies of chats in the backups folder, named and thinned out as SillyTavern does it."""

from __future__ import annotations

import contextlib
import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path

from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import read_file

KEPT = 50
"""Copies per chat folder."""
THROTTLE = 10.0
"""Seconds between two copies."""
MAX_CHAT = 1024 * 2**20


def backup_chat(folders: Folders, chat: Path, name: str, now: datetime) -> Path | None:
    """Copy a chat file, unless the newest copy is younger than ten seconds or just the same.

    `name`: the character's file or the group's id, which the copy is named after. Returns the
    copy, or None. Raises UnreadableFile, WriteFailed."""
    prefix = f"chat_{backup_key(name)}_"
    copies = _copies(folders.backups, prefix)
    if copies and 0 <= now.timestamp() - copies[-1].stat().st_mtime < THROTTLE:
        return None
    data = read_file(chat, MAX_CHAT)
    if copies and copies[-1].stat().st_size == len(data) and copies[-1].read_bytes() == data:
        return None
    copy = folders.backups / f"{prefix}{now:%Y%m%d-%H%M%S}.jsonl"
    write_bytes(copy, data)
    for old in _copies(folders.backups, prefix)[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
    return copy


def version_path(folders: Folders, name: str, now: datetime) -> Path:
    """A free place among the copies for another version of a chat; the next seconds where this one is
    taken."""
    prefix = f"chat_{backup_key(name)}_"
    while (path := folders.backups / f"{prefix}{now:%Y%m%d-%H%M%S}.jsonl").exists():
        now += timedelta(seconds=1)
    return path


def backup_key(name: str) -> str:
    """The part of a copy's name that says whose it is."""
    key = re.sub(r"[^a-z0-9]", "_", name.lower())
    if name.isascii():
        return key
    return f"{key}_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _copies(folder: Path, prefix: str) -> list[Path]:
    """The copies of one chat folder, oldest first."""
    if not folder.is_dir():
        return []
    pattern = re.compile(re.escape(prefix) + r"\d{8}-\d{6}\.jsonl")
    return sorted(one for one in folder.iterdir() if pattern.fullmatch(one.name))
