"""Bytes in any pieces -> whole lines."""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINE = 100 * 1024 * 1024
"""Bytes of one line; a server that sends more is not sending text."""


class LineTooLong(Exception):
    """A line is longer than MAX_LINE."""


class LineSplitter:
    """Splits at LF, CRLF and CR, wherever the pieces are cut."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._limit = limit

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are complete now. Raises LineTooLong."""
        self._buffer += data
        while (end := self._next_end()) is not None:
            start, after = end
            line = bytes(self._buffer[:start])
            del self._buffer[:after]
            self._searched = 0
            yield line.decode("utf-8", "replace")
        if len(self._buffer) > self._limit:
            raise LineTooLong
        # The last byte may be a CR whose LF is still to come.
        self._searched = max(0, len(self._buffer) - 1)

    def close(self) -> Iterator[str]:
        """The rest, if the last line had no end."""
        if self._buffer:
            rest = bytes(self._buffer).removesuffix(b"\r")
            self._buffer.clear()
            self._searched = 0
            yield rest.decode("utf-8", "replace")

    def _next_end(self) -> tuple[int, int] | None:
        """Where the first line ends and the next begins."""
        newline = self._buffer.find(b"\n", self._searched)
        stop = newline if newline >= 0 else len(self._buffer)
        cr = self._buffer.find(b"\r", self._searched, stop)
        if cr < 0:
            return (newline, newline + 1) if newline >= 0 else None
        if cr + 1 < len(self._buffer):
            return (cr, cr + 2) if self._buffer[cr + 1] == 0x0A else (cr, cr + 1)
        return None
