"""Makes the heights of messages far from the view exact, a little at a time, while nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from textual.timer import Timer
from textual.widget import Widget

from tavern_tui.ui.panes.chat.heights import Heights

REST = 0.4
"""Seconds in which nothing must have happened before the work begins."""
EVERY = 1 / 30
"""Seconds between two slices of work."""
SLICE = 0.003
"""Seconds a slice takes: less than anybody notices in the echo of a key."""
BAR_EVERY = 0.25
"""Seconds between two moves of the scrollbar."""


class Refiner:
    """Works only while something is to be done: without doubtful heights it has no timer."""

    def __init__(
        self,
        view: Widget,
        heights: Heights,
        *,
        anchor: Callable[[], tuple[int, int]],
        measure: Callable[[int], int],
        show: Callable[[int, int, bool], None],
    ) -> None:
        """`anchor`: the message at the top of the view, and its line there; `measure`: a message's exact
        height; `show` is called after heights have changed, with what was at the top and should be there
        still, and whether the scrollbar may move."""
        self._view = view
        self._heights = heights
        self._anchor = anchor
        self._measure = measure
        self._show = show
        self._timer: Timer | None = None
        self._touched = self._bar_moved = 0.0

    def rest(self) -> None:
        """Something happened: wait until nothing does, then go on."""
        self._touched = perf_counter()
        if self._timer is None and self._heights.doubtful(0) >= 0:
            self._timer = self._view.set_interval(EVERY, self._work)

    def stop(self) -> None:
        """End the work."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _work(self) -> None:
        now = perf_counter()
        if now - self._touched < REST:
            return
        near, line = self._anchor()
        index = self._heights.doubtful(near)
        while index >= 0 and perf_counter() - now < SLICE:
            self._heights.set(index, self._measure(index))
            index = self._heights.doubtful(near)
        if index < 0:
            self.stop()
        bar = index < 0 or now - self._bar_moved >= BAR_EVERY
        if bar:
            self._bar_moved = now
        self._show(near, line, bar)
