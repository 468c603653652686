"""Deleting is moving: what goes to the trash can be put back where it was."""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tavern_tui.core.errors import DataError, WriteFailed
from tavern_tui.storage.atomic import failed, write_json
from tavern_tui.storage.folders import Folders, inside
from tavern_tui.storage.json_keep import as_list, read_object

MANIFEST = "trashed.json"
ID = re.compile(r"\d{8}-\d{6,12}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """Files and folders that were deleted together."""

    id: str
    title: str
    deleted_at: str
    """ISO 8601, UTC."""
    paths: tuple[str, ...]
    """Where they were, from the data folder on."""
    owner: str = ""
    """Whose they were, in the words of whoever deleted them."""


def move_to_trash(folders: Folders, *paths: Path, title: str = "", owner: str = "") -> Trashed:
    """Move these files and folders of the data folder into the trash. Missing ones are passed over;
    when one cannot be moved, all stay where they are.

    Raises DataError for paths outside the data folder, WriteFailed."""
    there = [(path, _relative(folders, path)) for path in paths if path.exists() or path.is_symlink()]
    now = datetime.now(UTC)
    trashed = Trashed(
        id=f"{now:%Y%m%d-%H%M%S%f}-{uuid.uuid4().hex[:8]}",
        title=title or (paths[0].name if paths else ""),
        deleted_at=now.isoformat(timespec="seconds"),
        paths=tuple(relative for _, relative in there),
        owner=owner,
    )
    folder = folders.trash / trashed.id
    record = {"title": trashed.title, "deleted_at": trashed.deleted_at, "paths": list(trashed.paths)}
    write_json(folder / MANIFEST, record | ({"owner": owner} if owner else {}))
    try:
        for number, (path, _) in enumerate(there):
            _move(path, folder / str(number))
    except WriteFailed:
        _put_back(folder, [path for path, _ in there])
        raise
    return trashed


def _put_back(folder: Path, paths: list[Path]) -> None:
    """After a failure: what was moved already returns, and the folder goes if it is empty then."""
    for number, path in enumerate(paths):
        if (folder / str(number)).exists() and not path.exists():
            with contextlib.suppress(WriteFailed):
                _move(folder / str(number), path)
    with contextlib.suppress(OSError):
        if [one.name for one in folder.iterdir()] == [MANIFEST]:
            shutil.rmtree(folder)


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
                owner=str(record.get("owner", "")),
            )
        )
    return sorted(found, key=lambda one: one.id, reverse=True)


def erase(folders: Folders, *ids: str) -> int:
    """Delete these for good, without ids everything in the trash; says how many. Raises WriteFailed."""
    try:
        there = [one for one in folders.trash.iterdir() if ID.fullmatch(one.name) and one.is_dir()]
    except OSError:
        return 0
    wanted = [one for one in there if not ids or one.name in ids]
    for folder in wanted:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise failed(folder, error) from error
    return len(wanted)


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
