"""The index's SQLite file: opened for each piece of work, made anew when it is broken."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.chat_index.words import WordIndex, available_index

HASH = 32 * 2**20
"""Bytes of words gathered before SQLite writes them down: a large chat is indexed a fifth faster."""
VERSION = 1
"""Of the tables; a file with another one is made anew."""
PATIENCE = 10.0
"""Seconds to wait for another program that writes."""
STEPS = 20_000
"""Steps of SQLite between two looks whether somebody wants us to stop."""

TABLES = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT UNIQUE, owner TEXT, title TEXT, changed INTEGER, size INTEGER
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, file INTEGER, place INTEGER, name TEXT, sent REAL, text TEXT
);
CREATE UNIQUE INDEX messages_by_place ON messages (file, place);
CREATE INDEX messages_by_date ON messages (sent);
"""
NO_FILE = {"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_READONLY_DIRECTORY"}
BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY"}

T = TypeVar("T")


class Stopped(Exception):
    """Somebody does not want to know any more."""


class Database:
    """Runs pieces of work on the file. Where there can be no file, everything is kept in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.made_anew = 0
        """How often everything that was in the file got lost."""
        self._memory: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def run(self, work: Callable[[sqlite3.Connection], T], stop: threading.Event) -> T:
        """What `work` returns; a broken file is made anew and the work done again, once.

        Raises Stopped, WriteFailed."""
        for again in (False, True):
            try:
                with self._open(stop) as file:
                    return work(file)
            except sqlite3.DatabaseError as error:
                name = getattr(error, "sqlite_errorname", "")
                if stop.is_set():
                    raise Stopped from error
                if again or name in BUSY or name == "SQLITE_FULL":
                    raise self._failed(error) from error
                self.made_anew += 1
                if name in NO_FILE and self._memory is None:
                    self._memory = _prepared(":memory:")
                elif self._memory is None:
                    self._remove()
        raise AssertionError("unreachable: the second round returns or raises")

    def close(self) -> None:
        """Let go of what is in memory."""
        with self._lock:
            if self._memory is not None:
                self._memory.close()
                self._memory = None

    @contextmanager
    def _open(self, stop: threading.Event) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            with self._lock:
                assert self._memory is not None
                yield _stoppable(self._memory, stop)
            return
        with contextlib.suppress(OSError):  # SQLite says it better
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_prepared(str(self._path))) as file:
            yield _stoppable(file, stop)

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._path.with_name(f"{self._path.name}{ending}").unlink(missing_ok=True)

    def _failed(self, error: sqlite3.Error) -> WriteFailed:
        return WriteFailed(
            f"The index of all chats could not be used: {error}.",
            hint=f"It can be deleted at any time: {self._path}.",
        )


def _prepared(path: str) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.execute("PRAGMA temp_store = MEMORY")
        if not _is_current(file):
            _make(file)
    except BaseException:
        file.close()
        raise
    return file


def _stoppable(file: sqlite3.Connection, stop: threading.Event) -> sqlite3.Connection:
    file.set_progress_handler(stop.is_set, STEPS)
    return file


def _mark() -> int:
    """Tells the tables of this version, with this kind of index, from all others."""
    return VERSION * 10 + list(WordIndex).index(available_index()) + 1


def _is_current(file: sqlite3.Connection) -> bool:
    return bool(file.execute("PRAGMA user_version").fetchone()[0] == _mark())


def _make(file: sqlite3.Connection) -> None:
    """Make the tables, unless another program just did."""
    with transaction(file):
        if _is_current(file):
            return
        for name in ("words", "files", "messages"):
            file.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in TABLES.split(";"):
            file.execute(statement)
        index = available_index()
        if index is not WordIndex.NONE:
            file.execute(f"CREATE VIRTUAL TABLE words USING fts5(body, content='', tokenize='{index.value}')")
            file.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (HASH,))
        file.execute(f"PRAGMA user_version = {_mark()}")


@contextmanager
def transaction(file: sqlite3.Connection) -> Iterator[None]:
    """All of what is inside, or nothing; no other program writes meanwhile."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")
