"""Which panes stand beside the chat, by the width of the terminal and what the user chose."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from tavern_tui.core.settings import Settings
from tavern_tui.ui.panes import PANES, PaneRow


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
    """What is shown left and right. What is chosen is remembered in the settings."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self.width = Width.NARROW
        self._overlay = ""
        self._right = "prompt"

    @property
    def overlays(self) -> bool:
        """Panes lie over the chat instead of beside it."""
        return self.width is Width.NARROW

    def shows(self, side: str) -> bool:
        settings = self._settings()
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

    def show(self, row: PaneRow) -> dict[str, object]:
        """Show a pane; returns the settings that change with it."""
        if not row.shares:
            self._right = row.id
        return self._set(row, True)

    def hide(self, row: PaneRow) -> dict[str, object]:
        """Hide a pane's side; returns the settings that change with it."""
        return self._set(row, False)

    def close_overlay(self) -> None:
        self._overlay = ""

    def _set(self, row: PaneRow, shown: bool) -> dict[str, object]:
        match self.width:
            case Width.NARROW:
                self._overlay = row.id if shown else ""
                return {}
            case Width.MEDIUM:
                return {"side": row.side if shown else "none"}
            case Width.WIDE:
                return {"show_left_panes" if row.side == "left" else "show_prompt_panel": shown}
