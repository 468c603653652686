"""OrderList: the order of samplers; entries are moved with keys, and switched off where servers can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tavern_tui.text.clean import clean_line

Entry = str | int


class OrderList(OptionList):
    """Shift+arrows, or J and K, move the entry under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up,K", "shift(-1)", "Move up"),
        Binding("shift+down,J", "shift(1)", "Move down"),
        Binding("R", "usual", "Usual order"),
    ]

    @dataclass
    class Changed(Message):
        """The user put the entries into another order. Empty: the usual one."""

        entries: Sequence[Entry]

    def __init__(self, entries: Sequence[Entry], title: Callable[[Entry], str]) -> None:
        super().__init__(compact=True)
        self._entries = list(entries)
        self._title = title

    def on_mount(self) -> None:
        self._fill(0)

    def load(self, entries: Sequence[Entry]) -> None:
        """Show another order; posts nothing."""
        if list(entries) != self._entries:
            self._entries = list(entries)
            self._fill(self.highlighted or 0)

    def _fill(self, cursor: int) -> None:
        self.clear_options()
        self.add_options(
            Option(Content.assemble((f"{at + 1:>2}  ", "$foreground-muted"), clean_line(self._title(one))))
            for at, one in enumerate(self._entries)
        )
        if self._entries:
            self.highlighted = max(0, min(cursor, len(self._entries) - 1))

    def action_shift(self, step: int) -> None:
        here = self.highlighted
        if here is None or not 0 <= here + step < len(self._entries):
            return
        self._entries.insert(here + step, self._entries.pop(here))
        self._fill(here + step)
        self.post_message(self.Changed(tuple(self._entries)))

    def action_usual(self) -> None:
        self.post_message(self.Changed(()))
