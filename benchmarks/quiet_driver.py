"""A driver that encodes everything and throws the bytes away, so that painting is measured, too."""

from __future__ import annotations

from textual.drivers.headless_driver import HeadlessDriver


class QuietDriver(HeadlessDriver):
    """Like a terminal that nobody looks at."""

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        data.encode("utf-8")
