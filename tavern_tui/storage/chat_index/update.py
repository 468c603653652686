"""Brings the index up to date: chats that changed are compared with it message by message."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError
from tavern_tui.macros.builtin.moments import parse_moment
from tavern_tui.storage.chat_index.database import Stopped, transaction
from tavern_tui.storage.chat_index.words import WordIndex, available_index, body, normal
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats.layout import Stamp, stamp_of

BATCH = 2_000
"""Messages written down together: each time costs, and meanwhile no other program may write."""
SLICE = 500
"""Messages between two looks whether somebody wants us to stop."""

Progress = Callable[[int, int], object]
"""Told how many files are done, of how many that changed."""
Row = tuple[str, float | None, str]
"""Name, date and text of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedChat:
    """A chat that should be in the index."""

    path: Path
    owner: str
    """Whose it is, in the words of whoever asks."""
    title: str


class Update:
    """One run over all chats."""

    def __init__(
        self,
        file: sqlite3.Connection,
        chats: Iterable[IndexedChat],
        progress: Progress | None,
        stop: threading.Event,
    ) -> None:
        self._file = file
        self._chats = {str(chat.path): chat for chat in chats}
        self._progress = progress
        self._stop = stop
        self._index = available_index()
        self._problems: list[str] = []
        self._written = 0

    def run(self) -> list[str]:
        """Do it; returns a sentence for each chat that could not be read. Raises Stopped."""
        known = self._known()
        gone = [path for path in known if path not in self._chats]
        if gone:
            with transaction(self._file):
                for path in gone:
                    self._forget(path)
        due = [chat for path, chat in self._chats.items() if known.get(path) != _state(chat)]
        done = 0
        while done < len(due):
            with transaction(self._file):
                done = self._batch(due, done)
            self._look_up()
        if due:
            self._tell(done, len(due))
        return self._problems

    def _batch(self, due: Sequence[IndexedChat], done: int) -> int:
        """Index chats until it is time to write them down, or to stop; returns how many are done."""
        self._written = 0
        while done < len(due) and self._written < BATCH:
            self._tell(done, len(due))
            if self._stop.is_set():
                break
            self._take(due[done])
            done += 1
        return done

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)

    def _known(self) -> Mapping[str, tuple[str, str, int, int]]:
        with closing(self._file.execute("SELECT path, owner, title, changed, size FROM files")) as rows:
            return {path: (owner, title, changed, size) for path, owner, title, changed, size in rows}

    def _take(self, chat: IndexedChat) -> None:
        """Index one chat. What cannot be read is as good as empty, until it changes."""
        state = _state(chat)
        if state is None:
            return  # it is gone since; the next run forgets it
        messages: Sequence[Message] = ()
        try:
            messages = read_chat(chat.path).chat.messages
        except DataError as error:
            self._problems.append(str(error))
        rows = self._rows(messages)
        self._file.execute(
            "INSERT INTO files (path, owner, title, changed, size) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET owner = excluded.owner, title = excluded.title,"
            " changed = excluded.changed, size = excluded.size",
            (str(chat.path), *state),
        )
        self._put(self._id(str(chat.path)), rows)

    def _rows(self, messages: Sequence[Message]) -> list[Row]:
        local = datetime.now().astimezone()
        rows: list[Row] = []
        for at, message in enumerate(messages):
            if at % SLICE == 0:
                self._look_up()
            when = parse_moment(message.swipe.sent_at, local) if message.swipe.sent_at else None
            sent = when.timestamp() if when is not None else None
            rows.append((_storable(message.name), sent, _storable(normal(message.text))))
        return rows

    def _put(self, id: int, rows: Sequence[Row]) -> None:
        """Write the messages that are others than in the index."""
        held = self._held(id)
        for place, row in enumerate(rows):
            if place % SLICE == 0:
                self._look_up()
            before = held.pop(place, None)
            if before is None:
                self._add(id, place, row)
            elif before[1] != row:
                self._remove(before[0], before[1][2])
                self._add(id, place, row)
        for number, (_, _, text) in held.values():
            self._remove(number, text)

    def _held(self, id: int) -> dict[int, tuple[int, Row]]:
        sql = "SELECT place, id, name, sent, text FROM messages WHERE file = ?"
        with closing(self._file.execute(sql, (id,))) as rows:
            return {place: (number, (name, sent, text)) for place, number, name, sent, text in rows}

    def _add(self, id: int, place: int, row: Row) -> None:
        self._written += 1
        number = self._file.execute(
            "INSERT INTO messages (file, place, name, sent, text) VALUES (?, ?, ?, ?, ?)", (id, place, *row)
        ).lastrowid
        if self._index is not WordIndex.NONE:
            self._file.execute(
                "INSERT INTO words (rowid, body) VALUES (?, ?)", (number, body(row[2], self._index))
            )

    def _remove(self, number: int, text: str) -> None:
        if self._index is not WordIndex.NONE:
            self._file.execute(
                "INSERT INTO words (words, rowid, body) VALUES ('delete', ?, ?)",
                (number, body(text, self._index)),
            )
        self._file.execute("DELETE FROM messages WHERE id = ?", (number,))

    def _forget(self, path: str) -> None:
        id = self._id(path)
        for number, (_, _, text) in self._held(id).values():
            self._remove(number, text)
        self._file.execute("DELETE FROM files WHERE id = ?", (id,))

    def _id(self, path: str) -> int:
        row = self._file.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        return int(row[0]) if row is not None else -1

    def _look_up(self) -> None:
        if self._stop.is_set():
            raise Stopped


def _state(chat: IndexedChat) -> tuple[str, str, int, int] | None:
    """What a row of the index says of a chat that did not change."""
    try:
        stamp: Stamp | None = stamp_of(chat.path)
    except DataError:
        return None
    return (chat.owner, chat.title, *stamp) if stamp is not None else None


def _storable(text: str) -> str:
    """SQLite takes no halves of characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
