"""Deleting is moving: what goes to the trash can be put back where it was."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import failed, write_json
from tavern_tui.storage.folders import Folders, inside
from tavern_tui.storage.json_keep import as_list, read_object

MANIFEST = "trashed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """Files and folders that were deleted together."""

    id: str
    title: str
    deleted_at: str
    """ISO 8601, UTC."""
    paths: tuple[str, ...]
    """Where they were, from the data folder on."""


def move_to_trash(folders: Folders, *paths: Path, title: str = "") -> Trashed:
    """Move these files and folders of the data folder into the trash. Missing ones are passed over.

    Raises DataError for paths outside the data folder, WriteFailed."""
    there = [(path, _relative(folders, path)) for path in paths if path.exists() or path.is_symlink()]
    now = datetime.now(UTC)
    trashed = Trashed(
        id=f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}",
        title=title or (paths[0].name if paths else ""),
        deleted_at=now.isoformat(timespec="seconds"),
        paths=tuple(relative for _, relative in there),
    )
    folder = folders.trash / trashed.id
    record = {"title": trashed.title, "deleted_at": trashed.deleted_at, "paths": list(trashed.paths)}
    write_json(folder / MANIFEST, record)
    for number, (path, _) in enumerate(there):
        _move(path, folder / str(number))
    return trashed


def restore(folders: Folders, trashed: Trashed) -> tuple[Path, ...]:
    """Put everything back where it was and return the places.

    Raises DataError if something else is there by now, WriteFailed."""
    folder = inside(folders.trash, trashed.id)
    moves = [(folder / str(number), folders.data / relative) for number, relative in enumerate(trashed.paths)]
    moves = [(kept, place) for kept, place in moves if kept.exists() or kept.is_symlink()]
    for _, place in moves:
        _relative(folders, place)
        if place.exists():
            raise DataError(f"{place} cannot be restored: there is a new file of that name.")
    for kept, place in moves:
        _move(kept, place)
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    return tuple(place for _, place in moves)


def list_trash(folders: Folders) -> list[Trashed]:
    """What is in the trash, the latest first. What cannot be read is passed over."""
    found: list[Trashed] = []
    for manifest in folders.trash.glob(f"*/{MANIFEST}") if folders.trash.is_dir() else ():
        try:
            record = read_object(manifest)
        except DataError:
            continue
        found.append(
            Trashed(
                id=manifest.parent.name,
                title=str(record.get("title", "")),
                deleted_at=str(record.get("deleted_at", "")),
                paths=tuple(str(one) for one in as_list(record.get("paths"))),
            )
        )
    return sorted(found, key=lambda one: one.id, reverse=True)


def _relative(folders: Folders, path: Path) -> str:
    """The path from the data folder on. Raises DataError if it is not below it."""
    data = folders.data.resolve()
    here = path.parent.resolve() / path.name
    if here == data or not here.is_relative_to(data) or here.name in ("", ".", ".."):
        raise DataError(f"{path} is not in the data folder {folders.data}.")
    return here.relative_to(data).as_posix()


def _move(path: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    except OSError as error:
        raise failed(path, error) from error
