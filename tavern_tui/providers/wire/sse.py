"""Server-sent events: lines -> the `data` of each event."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.providers.wire.lines import LineSplitter


class SseParser:
    """Reads an event stream; lenient about a missing blank line at the end."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._data: list[str] = []
        self._first = True

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of every event that is complete now. Raises LineTooLong."""
        for line in self._lines.feed(chunk):
            yield from self._line(line)

    def close(self) -> Iterator[str]:
        for line in self._lines.close():
            yield from self._line(line)
        yield from self._flush()

    def _line(self, line: str) -> Iterator[str]:
        if self._first:
            line = line.removeprefix("\ufeff")
            self._first = False
        if not line:
            yield from self._flush()
            return
        name, _, value = line.partition(":")
        # Old llama.cpp builds send errors in a field of their own.
        if name in ("data", "error"):
            self._data.append(value.removeprefix(" "))

    def _flush(self) -> Iterator[str]:
        if self._data:
            yield "\n".join(self._data)
            self._data.clear()


class NdjsonParser:
    """One JSON text per line."""

    def __init__(self) -> None:
        self._lines = LineSplitter()

    def feed(self, chunk: bytes) -> Iterator[str]:
        return (line for line in self._lines.feed(chunk) if line.strip())

    def close(self) -> Iterator[str]:
        return (line for line in self._lines.close() if line.strip())
