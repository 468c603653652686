"""Writing files so that a crash at any instant leaves the old file or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.json_keep import pretty_json


def write_bytes(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace the file at `path`. Missing folders are made; a link is written through.

    The file keeps its permissions unless `mode` gives others. Raises WriteFailed; the old file
    is then untouched."""
    try:
        _replace(Path(os.path.realpath(path)), data, mode)
    except OSError as error:
        raise failed(path, error) from error


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace the file at `path` with `text` as UTF-8. Raises WriteFailed."""
    write_bytes(path, text.encode("utf-8", "replace"), mode=mode)


def write_json(path: Path, value: object, *, mode: int | None = None) -> None:
    """Replace the file at `path` with JSON as SillyTavern writes it: UTF-8, four spaces.

    Raises WriteFailed."""
    write_bytes(path, pretty_json(value), mode=mode)


def write_quickly(path: Path, text: str) -> None:
    """Replace the file without waiting for the disk: whole after a crash of the program, perhaps
    an older version after a power cut. For what is written with every key. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(text.encode("utf-8", "replace"))
    beside.replace(path)


def append_bytes(path: Path, data: bytes) -> None:
    """Add `data` at the end of the file, durably. Raises WriteFailed; the file is then as before."""
    try:
        _append(path, data)
    except OSError as error:
        raise failed(path, error) from error


def failed(path: Path, error: OSError) -> WriteFailed:
    """The sentence for a file that could not be written."""
    return WriteFailed(f"{path} could not be written: {error.strerror or error}.")


def _replace(path: Path, data: bytes, mode: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tavern-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode_of(path) if mode is None else mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _mode_of(path: Path) -> int:
    """The permissions the file has, or those a new file gets."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return 0o666 & ~_UMASK


def _read_umask() -> int:
    # The umask can only be read by setting it, which is not thread-safe: once, at import.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_UMASK = _read_umask()


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _append(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        before = os.fstat(handle).st_size
        try:
            _write_all(handle, data)
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
