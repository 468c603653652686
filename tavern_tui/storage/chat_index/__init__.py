"""ChatIndex: the words of all chats in one SQLite file, made from the chats' own files.

The file is a cache: it can be deleted at any time, follows the chats by their size and date, and is made
anew when it is broken. Several programs may use it at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.storage.chat_index.database import Database, Stopped
from tavern_tui.storage.chat_index.update import IndexedChat, Progress, Update
from tavern_tui.storage.chat_index.words import Terms, available_index, match_expression

__all__ = ["ChatIndex", "Found", "IndexedChat", "Progress", "Stopped", "Terms"]

COLUMNS = """
    files.owner, files.title, files.path, messages.place, messages.name, messages.text, messages.sent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message that holds the words."""

    owner: str
    title: str
    path: Path
    index: int
    """Number of the message in its chat, from 0."""
    name: str
    text: str
    sent: float | None
    """Seconds since 1970; None: the message does not say."""


class ChatIndex:
    """Follows the chats and finds words in them. It blocks: for worker threads."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._chats: tuple[IndexedChat, ...] = ()

    def update(
        self,
        chats: Iterable[IndexedChat],
        *,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> list[str]:
        """Bring the index up to date with exactly these chats; returns a sentence for each that could
        not be read. `stop` ends it soon; what was done is kept. Raises WriteFailed, Stopped."""
        self._chats = wanted = tuple(chats)
        stop = stop or threading.Event()
        return self._database.run(lambda file: Update(file, wanted, progress, stop).run(), stop)

    def find(
        self,
        terms: Terms,
        *,
        owner: str = "",
        limit: int = 100,
        best_first: bool = False,
        stop: threading.Event | None = None,
    ) -> list[Found]:
        """Messages that hold all terms: the newest first, or those in which they weigh most.

        `owner`: only of this one's chats. Raises WriteFailed, Stopped."""
        if not terms.all:
            return []
        stop = stop or threading.Event()

        def ask() -> list[Found]:
            return self._database.run(lambda file: _ask(file, terms, owner, limit, best_first), stop)

        before = self._database.made_anew
        found = ask()
        if self._database.made_anew != before:  # it was broken, and is empty now
            self.update(self._chats, stop=stop)
            found = ask()
        return found

    def close(self) -> None:
        """Let go of what is in memory."""
        self._database.close()


def _ask(file: sqlite3.Connection, terms: Terms, owner: str, limit: int, best_first: bool) -> list[Found]:
    asked, look_again = match_expression(terms, available_index())
    tables, conditions, values = "messages JOIN files ON files.id = messages.file", [], []
    if asked:
        tables = f"words JOIN {tables}"
        conditions.append("words MATCH ? AND messages.id = words.rowid")
        values.append(asked)
    if owner:
        conditions.append("files.owner = ?")
        values.append(owner)
    if look_again:
        patterns = terms.patterns()
        file.create_function(
            "holds_all", 1, lambda text: all(one.search(text) for one in patterns), deterministic=True
        )
        conditions.append("holds_all(messages.text)")
    order = "messages.sent DESC, files.changed DESC, messages.place DESC"
    if best_first and asked:
        order = f"bm25(words), {order}"
    sql = f"SELECT {COLUMNS} FROM {tables} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
    with closing(file.execute(sql, (*values, limit))) as rows:
        return [
            Found(owner=whose, title=title, path=Path(path), index=place, name=name, text=text, sent=sent)
            for whose, title, path, place, name, text, sent in rows
        ]
