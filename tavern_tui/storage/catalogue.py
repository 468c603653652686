"""The list of characters, without opening cards that did not change."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tavern_tui.core.character import USUAL_TALKATIVENESS
from tavern_tui.core.errors import DataError, WriteFailed
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.cards.containers import card_of_png
from tavern_tui.storage.cards.versions import lift_card
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import (
    as_list,
    as_object,
    compact_json,
    dig,
    flag,
    number,
    read_object,
    read_value,
    text,
    texts,
)

ENDING = ".png"
VERSION = 2
"""Of the index; another one is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterSummary:
    """One character of the list."""

    file: str
    """The card's file name without its ending."""
    name: str
    tags: tuple[str, ...]
    favourite: bool
    creator: str
    modified: datetime
    """Local time, aware."""
    has_lorebook: bool
    talkativeness: float
    """How readily they speak in groups, 0 to 1."""


def list_characters(folders: Folders, warnings: list[str] | None = None) -> list[CharacterSummary]:
    """All characters by name. Pictures without a card are passed over, with a warning each.

    What a card says is remembered in the cache folder until its size or date changes."""
    index_path = _index_path(folders)
    known = _read_index(index_path)
    rows: dict[str, object] = {}
    found: list[CharacterSummary] = []
    for entry in _cards(folders.characters):
        try:
            stat = entry.stat()
        except OSError:
            continue
        row = as_list(known.get(entry.name))
        if row[:2] != [stat.st_mtime_ns, stat.st_size]:
            row = [stat.st_mtime_ns, stat.st_size, _look(Path(entry.path))]
        rows[entry.name] = row
        about = row[2]
        if isinstance(about, Mapping):
            found.append(_summary(entry.name, stat.st_mtime, about))
        elif warnings is not None:
            warnings.append(str(about))
    if rows != known:
        with contextlib.suppress(WriteFailed):  # the list is only slower without its index
            write_bytes(index_path, compact_json({"version": VERSION, "cards": rows}))
    return sorted(found, key=lambda one: (one.name.casefold(), one.file))


def _cards(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return [one for one in os.scandir(folder) if one.name.lower().endswith(ENDING) and one.is_file()]
    except OSError:
        return []


def _index_path(folders: Folders) -> Path:
    where = hashlib.sha256(str(folders.characters.absolute()).encode("utf-8", "replace")).hexdigest()[:16]
    return folders.cache / f"characters-{where}.json"


def _read_index(path: Path) -> Mapping[str, object]:
    try:
        index = read_object(path) if path.exists() else {}
    except DataError:
        return {}
    return as_object(index.get("cards")) if index.get("version") == VERSION else {}


def _look(path: Path) -> dict[str, object] | str:
    """What the list shows of a card, or the sentence why it cannot be read."""
    try:
        with path.open("rb") as file:
            card = lift_card(card_of_png(file, path.name), path.name)
    except DataError as error:
        return str(error)
    except OSError as error:
        return f"{path} could not be read: {error.strerror or error}."
    return {
        "name": read_value(dig(card, ("data", "name")), text, "", "", None),
        "tags": list(read_value(dig(card, ("data", "tags")), texts, (), "", None)),
        "favourite": read_value(dig(card, ("data", "extensions", "fav")), flag, False, "", None),
        "creator": read_value(dig(card, ("data", "creator")), text, "", "", None),
        "talkativeness": read_value(
            dig(card, ("data", "extensions", "talkativeness")), number, USUAL_TALKATIVENESS, "", None
        ),
        "lorebook": bool(dig(card, ("data", "character_book")) or dig(card, ("data", "extensions", "world"))),
    }


def _summary(file: str, modified: float, about: Mapping[str, object]) -> CharacterSummary:
    name = about.get("name")
    return CharacterSummary(
        file=file[: -len(ENDING)],
        name=name if isinstance(name, str) and name else file[: -len(ENDING)],
        tags=read_value(about.get("tags"), texts, (), "", None),
        favourite=about.get("favourite") is True,
        creator=str(about.get("creator") or ""),
        modified=datetime.fromtimestamp(modified).astimezone(),
        has_lorebook=about.get("lorebook") is True,
        talkativeness=read_value(about.get("talkativeness"), number, USUAL_TALKATIVENESS, "", None),
    )
