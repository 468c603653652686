"""StatusLine: facts at the left, what is going on at the right, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

SEPARATOR = " · "
LEAST = 12
"""Cells below which a shortened fact would say nothing."""


class StatusLine(Widget, can_focus=False):
    """Shows as many facts as fit, the most important first; the state is always shown."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "StatusLine { height: 1; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts: Sequence[Content] = ()
        self._state = Content("")

    def show_facts(self, *facts: Content) -> None:
        """What stays true for a while: empty ones are left out."""
        kept = tuple(fact for fact in facts if fact.plain)
        if [fact.plain for fact in kept] != [fact.plain for fact in self._facts] or kept != self._facts:
            self._facts = kept
            self.refresh()

    def show_state(self, state: Content) -> None:
        """What is going on right now."""
        if not state.is_same(self._state):
            self._state = state
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        room = width - self._state.cell_length - 2
        line = Content("")
        for fact in self._facts:
            longer = Content.assemble(line, (SEPARATOR, "$foreground-disabled"), fact) if line.plain else fact
            if longer.cell_length > room:
                if room - line.cell_length > LEAST:
                    line = longer.truncate(room, ellipsis=True)
                break
            line = longer
        space = max(1, width - line.cell_length - self._state.cell_length)
        return line + Content(" " * space) + self._state
