"""Token counts by text: in memory, optionally in a file, with an estimate for what is not known."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.tokens import TokenCounter

if TYPE_CHECKING:
    import sqlite3

MEMORY_LIMIT = 50_000
FILE_LIMIT = 200_000
MISSING_LIMIT = 5_000

Key = tuple[str, bytes]


def _key(tokenizer: str, text: str) -> Key:
    return tokenizer, hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class TokenCache:
    """Counts of all tokenisers, least recently used out first. Safe to use from several threads.

    With a `path`, counts outlive the program; a file that cannot be used is done without."""

    def __init__(self, path: Path | None = None, *, limit: int = MEMORY_LIMIT) -> None:
        self._limit = limit
        self._counts: OrderedDict[Key, int] = OrderedDict()
        self._lock = threading.Lock()
        self._file = _open(path) if path is not None else None

    def get(self, tokenizer: str, text: str) -> int | None:
        """The count, or None if this tokeniser has not counted this text."""
        key = _key(tokenizer, text)
        with self._lock:
            count = self._counts.get(key)
            if count is not None:
                self._counts.move_to_end(key)
                return count
            count = self._look_up(key)
            if count is not None:
                self._remember(key, count)
            return count

    def put(self, tokenizer: str, counts: Mapping[str, int]) -> None:
        """Keep these counts."""
        rows = [(*_key(tokenizer, text), count) for text, count in counts.items() if count >= 0]
        with self._lock:
            for name, digest, count in rows:
                self._remember((name, digest), count)
            if self._file is not None and rows:
                import sqlite3  # loaded already: there is a file

                with suppress(sqlite3.Error), self._file:
                    self._file.executemany("INSERT OR REPLACE INTO counts VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Let go of the file; counts in memory stay."""
        with self._lock:
            file, self._file = self._file, None
            if file is not None:
                file.close()

    def _remember(self, key: Key, count: int) -> None:
        self._counts[key] = count
        self._counts.move_to_end(key)
        while len(self._counts) > self._limit:
            self._counts.popitem(last=False)

    def _look_up(self, key: Key) -> int | None:
        if self._file is None:
            return None
        import sqlite3  # loaded already: there is a file

        try:
            with closing(
                self._file.execute("SELECT count FROM counts WHERE tokenizer = ? AND text = ?", key)
            ) as rows:
                row = rows.fetchone()
        except sqlite3.Error:
            return None
        return int(row[0]) if row is not None and isinstance(row[0], int) else None


def _open(path: Path) -> sqlite3.Connection | None:
    """The cache file, made anew if it is broken; None if there can be none."""
    import sqlite3  # 2 MB, and the offline writer needs no counts

    for attempt in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _prepared(path)
        except sqlite3.DatabaseError as error:
            if attempt or isinstance(error, sqlite3.OperationalError):
                return None
            with suppress(OSError):
                path.unlink()
        except OSError:
            return None
    return None


def _prepared(path: Path) -> sqlite3.Connection:
    import sqlite3

    file = sqlite3.connect(path, timeout=1.0, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = OFF")  # a lost count is counted again
        file.execute(
            "CREATE TABLE IF NOT EXISTS counts "
            "(tokenizer TEXT, text BLOB, count INTEGER, PRIMARY KEY (tokenizer, text)) WITHOUT ROWID"
        )
        (rows,) = file.execute("SELECT count(*) FROM counts").fetchone()
        if rows > FILE_LIMIT:
            file.execute("DELETE FROM counts")
        file.commit()
    except BaseException:
        file.close()
        raise
    return file


class CachedCounter:
    """Counts from the cache; what is not there is estimated and noted in `missing`."""

    def __init__(
        self, tokenizer: str, fallback: TokenCounter, cache: TokenCache | None = None, *, server: str = ""
    ) -> None:
        """`tokenizer` tells apart whose counts these are; `server` is what people read."""
        self._tokenizer = tokenizer
        self._cache = cache if cache is not None else TokenCache()
        self._fallback = fallback
        self._server = server or tokenizer
        self._estimated = self._known = False
        self.missing: dict[str, None] = {}
        """Texts that were estimated, in order: have them counted, then `learn` the counts."""

    def fresh(self, fallback: TokenCounter | None = None) -> CachedCounter:
        """A counter of the same counts whose `name` and `exact` speak of what it alone gives out;
        what it misses is missed here, too. `fallback`: another estimate in the place of this one's."""
        made = CachedCounter(self._tokenizer, fallback or self._fallback, self._cache, server=self._server)
        made.missing = self.missing
        return made

    @property
    def name(self) -> str:
        if not self._known:
            return self._fallback.name
        return f"{self._server}, partly {self._fallback.name}" if self._estimated else self._server

    @property
    def exact(self) -> bool:
        return self._known and not self._estimated

    def count(self, text: str) -> int:
        if not text:
            return 0
        known = self._cache.get(self._tokenizer, text)
        if known is not None:
            self._known = True
            return known
        self._estimated = True
        if len(self.missing) < MISSING_LIMIT:
            self.missing[text] = None
        return self._fallback.count(text)

    def count_message(self, role: str, content: str, name: str = "") -> int:
        if not content:
            return 0
        around = self._fallback.count_message(role, content, name) - self._fallback.count(content)
        return max(0, around) + self.count(content)

    def count_loose(self, text: str) -> int:
        if not text:
            return 0
        around = self._fallback.count_loose(text) - self._fallback.count(text)
        return max(0, around) + self.count(text)

    def learn(self, counts: Mapping[str, int]) -> None:
        """Take over counts from the server; when none is missing any more, counting is exact."""
        self._cache.put(self._tokenizer, counts)
        for text in counts:
            self.missing.pop(text, None)
        self._known = self._known or bool(counts)
        self._estimated = self._estimated and bool(self.missing)
