"""Suggestions: the list of what may be meant, under the cursor of a text field."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Offset
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tavern_tui.services.suggest import Suggestion

MOST = 40
"""Suggestions that are listed."""


class Suggestions(OptionList, can_focus=False):
    """The list under the cursor. It never has the focus: the field hands it the keys it needs."""

    DEFAULT_CSS = """
    Suggestions {
        overlay: screen; constrain: inside inflect; display: none;
        width: 64; max-width: 90%; height: auto; max-height: 9; padding: 0 1; border: none;
        background: $panel; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._rows: Sequence[Suggestion] = ()

    def offer(self, rows: Sequence[Suggestion], at: Offset) -> None:
        """Show these rows below a place of the screen; none: go away."""
        self._rows = rows[:MOST]
        self.display = bool(rows)
        if not rows:
            return
        self.clear_options()
        self.add_options(
            Option(Content.assemble((row.title, "$primary"), f"  {row.help}")) for row in self._rows
        )
        self.highlighted = 0
        self.absolute_offset = at + Offset(0, 1)

    def takes(self, key: str) -> Suggestion | bool:
        """What a key means while the list is open: a choice, done (True), or nothing (False)."""
        if not self.display:
            return False
        if key in ("down", "up"):
            (self.action_cursor_down if key == "down" else self.action_cursor_up)()
            return True
        if key == "escape":
            self.display = False
            return True
        if key in ("tab", "enter"):
            self.display = False
            return self._rows[self.highlighted or 0]
        return False
