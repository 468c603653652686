"""How many lines each message takes: which message is at a line, and where a message begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CHUNK = 128


class Heights:
    """Heights in two levels, message and chunk of 128, so that one change costs no walk over the chat.

    A height is an estimate until it is set as exact."""

    __slots__ = ("_exact", "_heights", "_sums", "total")

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._exact = bytearray()
        self._sums: list[int] = []
        self.total = 0
        """Lines of the whole chat."""

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def is_exact(self, index: int) -> bool:
        return bool(self._exact[index])

    def doubtful(self, near: int) -> int:
        """The message whose height is an estimate and that is the nearest to this one; -1: there is none."""
        before, after = self._exact.rfind(0, 0, near), self._exact.find(0, near)
        if before < 0 or after < 0:
            return max(before, after)
        return before if near - before <= after - near else after

    def reset(self, estimates: Iterable[int]) -> None:
        """Forget everything; these are the heights, as far as one can guess."""
        self._heights = list(estimates)
        self._exact = bytearray(len(self._heights))
        self._sum_from(0)

    def doubt_all(self) -> None:
        """All heights stay, as estimates: for a width that is nearly the same."""
        self._exact = bytearray(len(self._heights))

    def insert(self, index: int, estimates: Sequence[int]) -> None:
        """Put messages in before `index`."""
        self._heights[index:index] = estimates
        self._exact[index:index] = bytes(len(estimates))
        self._sum_from(index)

    def remove(self, index: int) -> None:
        del self._heights[index]
        del self._exact[index]
        self._sum_from(index)

    def set(self, index: int, height: int) -> int:
        """Set an exact height; returns by how many lines it grew."""
        grown = height - self._heights[index]
        self._exact[index] = 1
        if grown:
            self._heights[index] = height
            self._sums[index // _CHUNK] += grown
            self.total += grown
        return grown

    def doubt(self, index: int, estimate: int) -> int:
        """Replace a height by an estimate; returns by how many lines it grew."""
        grown = self.set(index, estimate)
        self._exact[index] = 0
        return grown

    def top(self, index: int) -> int:
        """The line at which message `index` begins; for the number of messages: the line after the last."""
        chunk = index // _CHUNK
        return sum(self._sums[:chunk]) + sum(self._heights[chunk * _CHUNK : index])

    def find(self, line: int) -> tuple[int, int]:
        """The message at `line` and the line inside it. Past the end: the number of messages and the rest."""
        chunk, rest = 0, max(0, line)
        while chunk < len(self._sums) and rest >= self._sums[chunk]:
            rest -= self._sums[chunk]
            chunk += 1
        if chunk == len(self._sums):
            return len(self._heights), rest
        index = chunk * _CHUNK
        while rest >= self._heights[index]:
            rest -= self._heights[index]
            index += 1
        return index, rest

    def _sum_from(self, index: int) -> None:
        first = index // _CHUNK
        count = len(self._heights)
        self._sums[first:] = [
            sum(self._heights[start : start + _CHUNK]) for start in range(first * _CHUNK, count, _CHUNK)
        ]
        self.total = sum(self._sums)
