"""Which panes stand beside the chat, by the width of the terminal and what the user chose."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from tavern_tui.ui.panes import PANES, PaneRow

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern


class Width(Enum):
    """How many columns there is room for."""

    NARROW = "the chat alone; panes lie over it"
    MEDIUM = "the chat and one side"
    WIDE = "the chat and both sides"

    @staticmethod
    def of(cells: int) -> Width:
        if cells >= 160:
            return Width.WIDE
        return Width.MEDIUM if cells >= 100 else Width.NARROW


class Sides:
    """What is shown left and right. Choices are remembered in the settings."""

    def __init__(self, tavern: Tavern) -> None:
        self._tavern = tavern
        self.width = Width.NARROW
        self.ready = False
        """Panes may be built (the first frame is out)."""
        self._overlay = ""
        self._right = "prompt"

    @property
    def overlays(self) -> bool:
        """Panes lie over the chat instead of beside it."""
        return self.width is Width.NARROW

    def shows(self, side: str) -> bool:
        settings = self._tavern.settings
        match self.width:
            case Width.NARROW:
                return self._overlay in PANES and PANES[self._overlay].side == side
            case Width.MEDIUM:
                return settings.side == side
            case Width.WIDE:
                return settings.show_left_panes if side == "left" else settings.show_prompt_panel

    def wants(self, row: PaneRow) -> bool:
        """Whether this pane is shown when its side is."""
        if self.overlays:
            return row.id == self._overlay
        return row.shares or row.id == self._right

    def show(self, row: PaneRow) -> None:
        if not row.shares:
            self._right = row.id
        self._set(row, True)

    def hide(self, row: PaneRow) -> None:
        self._set(row, False)

    def close_overlay(self) -> None:
        self._overlay = ""

    def _set(self, row: PaneRow, shown: bool) -> None:
        change = self._tavern.change_settings
        match self.width:
            case Width.NARROW:
                self._overlay = row.id if shown else ""
            case Width.MEDIUM:
                change(side=row.side if shown else "none")
            case Width.WIDE if row.side == "left":
                change(show_left_panes=shown)
            case Width.WIDE:
                change(show_prompt_panel=shown)
