"""TabBar: the open chats in one line. A click looks at one, a middle click closes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from tavern_tui.text.clean import clean_line

MOST = 24
"""Cells a tab's words take at most."""
_TIME = re.compile(r"\d{4}-(\d\d-\d\d)@(\d\d)h(\d\d)m(\d\d)s\d+ms")
"""How new chats are called."""
MIDDLE = 2
"""The middle button of a mouse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabLabel:
    """What the bar shows of a tab."""

    name: str
    title: str
    current: bool = False
    busy: bool = False
    news: bool = False


class TabBar(Widget, can_focus=False):
    """Hidden while there is one chat only."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "TabBar { height: 1; padding: 0 1; display: none; }"

    @dataclass
    class Picked(Message):
        """The user wants to look at this tab (counted from 0)."""

        at: int

    @dataclass
    class Closed(Message):
        """The user wants this tab closed."""

        at: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._labels: Sequence[TabLabel] = ()

    def show(self, labels: Iterable[TabLabel]) -> None:
        """Show these tabs."""
        labels = tuple(labels)
        if labels == self._labels:
            return
        self._labels = labels
        self.display = len(labels) > 1
        self.refresh()

    def render(self) -> Content:
        items = [self._item(at, label) for at, label in enumerate(self._labels)]
        first, last = _window(
            [item.cell_length + 1 for item in items],
            next((at for at, label in enumerate(self._labels) if label.current), 0),
            max(1, self.size.width - 4),
        )
        before = [Content.styled("‹", "$foreground-muted")] if first else []
        after = [Content.styled("›", "$foreground-muted")] if last < len(items) else []
        return Content(" ").join([*before, *items[first:last], *after])

    def _item(self, at: int, label: TabLabel) -> Content:
        words = clean_line(label.name) or "?"
        if sum(one.name == label.name for one in self._labels) > 1:
            words += f" · {clean_line(_own_part(label)) or '?'}"
        mark = "●" if label.busy else "•" if label.news else " "
        ink = "$warning" if label.busy else "$success"
        look = "bold $primary on $surface-lighten-1" if label.current else "$foreground-muted"
        text = Content.assemble((mark, ink), (words, ""), " ").truncate(MOST, ellipsis=True)
        return text.stylize_before(look).stylize(Style.from_meta({"tab": at}))

    def on_click(self, event: events.Click) -> None:
        at = event.style.meta.get("tab")
        if isinstance(at, int) and at < len(self._labels):
            event.stop()
            self.post_message(self.Closed(at) if event.button == MIDDLE else self.Picked(at))


def _own_part(label: TabLabel) -> str:
    """What tells a chat from another one with the same character: its title without the name; of a time,
    what fits into a tab."""
    own = label.title.removeprefix(label.name).lstrip(" -")
    return _TIME.sub(r"\1 \2:\3:\4", own)


def _window(widths: Sequence[int], current: int, room: int) -> tuple[int, int]:
    """Which tabs are shown where there is not room for all: the current one and its neighbours."""
    first = last = min(current, len(widths))
    if last < len(widths):
        room -= widths[last]
        last += 1
    while True:
        if last < len(widths) and widths[last] <= room:
            room -= widths[last]
            last += 1
        elif first > 0 and widths[first - 1] <= room:
            first -= 1
            room -= widths[first]
        else:
            return first, last
