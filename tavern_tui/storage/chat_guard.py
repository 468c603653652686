"""ChatGuard: who has a chat open, and one writer at a time among the programs of one user."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import write_quickly
from tavern_tui.storage.json_keep import compact_json, read_object
from tavern_tui.storage.processes import own_start, start_of

PATIENCE = 2.0
"""Seconds to wait for another writer; after that we write all the same."""
LOCKS = 64
"""Files the writers of all chats share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Another program that has the chat open."""

    pid: int
    since: str
    """ISO 8601, UTC."""


class ChatGuard:
    """Both are advice: a folder that cannot be written, or a program of another kind, is no obstacle."""

    def __init__(self, folder: Path, chat: Path) -> None:
        """`folder` is for files of ours, the same one for all programs."""
        self._folder = folder
        self._name = _name_of(chat)
        self._held = False

    def follow(self, chat: Path) -> None:
        """The chat's file has this name now."""
        held = self._held
        self.release()
        self._name = _name_of(chat)
        if held:
            self.hold()

    # --- who has it open

    def hold(self) -> list[Holder]:
        """Say that we have the chat open; returns who else has it."""
        record = {
            "pid": os.getpid(),
            "start": own_start(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with contextlib.suppress(OSError):
            # Whole at once, and before we look: of two that come together, one at least sees the other.
            write_quickly(self._own(), compact_json(record).decode())
            self._held = True
        return self._others()

    def release(self) -> None:
        """Say that we have it open no longer."""
        if self._held:
            self._held = False
            with contextlib.suppress(OSError):
                self._own().unlink(missing_ok=True)

    def _own(self) -> Path:
        return self._folder / f"{self._name}.{os.getpid()}.json"

    def _others(self) -> list[Holder]:
        """The other live programs that say so. What dead ones left behind is removed."""
        found: list[Holder] = []
        try:
            paths = [one for one in self._folder.iterdir() if one.suffix == ".json"]
        except OSError:
            return []
        for path in paths:
            pieces = path.name.split(".")
            if len(pieces) != 3 or pieces[1] == str(os.getpid()):
                continue
            holder = _live(path)
            if holder is None:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            elif pieces[0] == self._name:
                found.append(holder)
        return sorted(found, key=lambda one: one.since)

    # --- one writer at a time

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around looking at the chat's file and writing it: no other program of ours does both."""
        path = self._folder / f"writing-{int(self._name[:8], 16) % LOCKS}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)  # and with it goes the lock


def _name_of(chat: Path) -> str:
    real = os.path.realpath(chat)
    return hashlib.sha256(real.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _live(path: Path) -> Holder | None:
    """Who wrote this file, if that process is still there."""
    try:
        record = read_object(path)
    except DataError:
        return None
    pid, start = record.get("pid"), record.get("start")
    if not isinstance(pid, int) or isinstance(pid, bool) or start_of(pid) != start or not start:
        return None
    return Holder(pid=pid, since=str(record.get("since", "")))


def _lock(handle: int) -> None:
    """Lock the file, or give up after a while: better to write without than not to write."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            _try_lock(handle)
        except OSError:
            if time.monotonic() > until:
                return
            time.sleep(0.005)
        else:
            return


def _try_lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
