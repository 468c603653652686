"""Replaces the last line of a file in place, with a journal that survives a crash in between.

A reply that grows is saved every second or two; writing a chat of 20 MB anew each time would
be felt. The journal says what the end of the file shall be. It is written first and removed
last, so that whoever finds one can finish the work.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import failed
from tavern_tui.storage.json_keep import parse_object


def replace_tail(path: Path, start: int, tail: bytes) -> None:
    """Make the file end with `tail` from byte `start` on, durably. Raises WriteFailed."""
    real = Path(os.path.realpath(path))
    journal = journal_of(real)
    try:
        _write_journal(journal, _sealed(start, tail))
        _overwrite(real, start, tail)
        journal.unlink()
    except OSError as error:
        raise failed(path, error) from error


def recovered(path: Path, data: bytes) -> bytes:
    """The file's bytes with an unfinished replacement carried out; `data` itself if there is none."""
    found = _read(journal_of(Path(os.path.realpath(path))))
    if found is None:
        return data
    start, tail = found
    if start > len(data) or (start and data[start - 1 : start] != b"\n"):
        return data  # another program wrote the file since
    return data[:start] + tail


def finish(path: Path) -> None:
    """Remove the journal: the file has been written whole."""
    with contextlib.suppress(OSError):
        journal_of(Path(os.path.realpath(path))).unlink(missing_ok=True)


def journal_of(path: Path) -> Path:
    """Where the journal of this file is kept: beside it, hidden, under a name of fixed length."""
    name = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return path.with_name(f".tavern-{name}.tail")


def _sealed(start: int, tail: bytes) -> bytes:
    seal = hashlib.sha256(b"%d\n" % start + tail).hexdigest()
    return b'{"start":%d,"sha256":"%s"}\n' % (start, seal.encode()) + tail


def _read(journal: Path) -> tuple[int, bytes] | None:
    """What a journal says; None if there is none, or if it was not finished itself."""
    try:
        head, newline, tail = journal.read_bytes().partition(b"\n")
    except OSError:
        return None
    try:
        start = parse_object(head, "journal").get("start")
    except DataError:
        return None
    if (
        not newline
        or not isinstance(start, int)
        or start < 0
        or _sealed(start, tail).partition(b"\n")[0] != head
    ):
        return None
    return start, tail


def _write_journal(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _overwrite(path: Path, start: int, tail: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(tail)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
