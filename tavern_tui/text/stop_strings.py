"""Where a reply ends: stop strings in a whole text and in a stream."""

from __future__ import annotations

from collections.abc import Sequence


def cut_at_stop(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """`text` up to the first stop string in it, and whether there was one."""
    found = [at for at in (text.find(stop) for stop in stops if stop) if at >= 0]
    return (text[: min(found)], True) if found else (text, False)


def without_half_stop(text: str, stop: str) -> str:
    """`text` without the longest end of it that is a beginning of `stop`."""
    return text[: len(text) - begun(text, stop)]


def begun(text: str, stop: str) -> int:
    """Length of the longest end of `text` that is a beginning of `stop`."""
    if not stop or not text:
        return 0
    # Only places where the stop string's first character stands can begin it.
    at = text.find(stop[0], max(0, len(text) - len(stop)))
    while at >= 0:
        if stop.startswith(text[at:]):
            return len(text) - at
        at = text.find(stop[0], at + 1)
    return 0


class StopCutter:
    """Passes a stream on up to its first stop string.

    The end of what has arrived is held back while it may still become a stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped = False
        """A stop string was found; everything from it on is dropped."""

    def feed(self, text: str) -> str:
        """More of the stream; returns what is certain not to belong to a stop string."""
        if self.stopped:
            return ""
        text = self._held + text
        text, self.stopped = cut_at_stop(text, self._stops)
        held = 0 if self.stopped else max((begun(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def close(self) -> str:
        """The stream has ended; returns what was held back."""
        held, self._held = self._held, ""
        return held
