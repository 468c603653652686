"""The chats of a folder, without reading more than their ends."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.storage.folders import safe_name

ENDING = ".jsonl"
TAIL = 64 * 1024
"""Bytes looked at for the preview; nearly always more than the last message."""
COUNTED = 1024 * 1024
"""Chats up to this size are read whole, so that their messages can be counted."""
PREVIEW = 200
"""Characters of the last message that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatListing:
    """One chat of a list."""

    title: str
    path: Path
    size: int
    modified: datetime
    """Local time, aware."""
    messages: int | None
    """None: the file is too large to be counted for a list."""
    preview: str
    """The beginning of the last message; not cleaned for the screen."""


def list_chats(folder: Path, only: Collection[str] | None = None) -> list[ChatListing]:
    """The chats in a folder, the one changed last first. Unreadable files have no preview.

    `only`: the file names that count; None: all."""
    found: list[tuple[int, ChatListing]] = []
    try:
        entries = [one for one in os.scandir(folder) if one.name.endswith(ENDING) and one.is_file()]
    except OSError:
        return []
    for entry in entries:
        if only is not None and entry.name not in only:
            continue
        try:
            stat = entry.stat()
        except OSError:
            continue
        found.append((stat.st_mtime_ns, _listing(Path(entry.path), stat)))
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].title))]


def new_chat_name(character: Character | str, now: datetime) -> str:
    """The title of a new chat: the character's name and the time, as SillyTavern writes it."""
    name = character if isinstance(character, str) else character.name
    return f"{safe_name(name)} - {humanised(now)}"


def humanised(now: datetime) -> str:
    """`2026-11-23@06h44m05s242ms`."""
    return f"{now:%Y-%m-%d@%Hh%Mm%Ss}{now.microsecond // 1000:03d}ms"


def _listing(path: Path, stat: os.stat_result) -> ChatListing:
    counted = stat.st_size <= COUNTED
    lines = _last_lines(path, stat.st_size if counted else TAIL)
    return ChatListing(
        title=path.name.removesuffix(ENDING),
        path=path,
        size=stat.st_size,
        modified=datetime.fromtimestamp(stat.st_mtime).astimezone(),
        messages=sum(1 for line in lines if b'"mes"' in line) if counted else None,
        preview=next(filter(None, (_preview(line) for line in reversed(lines))), ""),
    )


def _last_lines(path: Path, count: int) -> list[bytes]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - count))
            return file.read(count).split(b"\n")
    except OSError:
        return []


def _preview(line: bytes) -> str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    words = found.get("mes") if isinstance(found, dict) else None
    return words[:PREVIEW] if isinstance(words, str) else ""
