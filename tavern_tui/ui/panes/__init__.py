"""The panes beside the chat, as data: layout, toggle keys and palette read this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget

    from tavern_tui.ui.screens.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class PaneRow:
    """One pane. Its id is also the name of the action that shows and hides it."""

    id: str
    side: str
    """`left` or `right` of the chat."""
    focus: str
    """Selector of the widget that takes the keys."""
    shares: bool = False
    """Stands together with others of its side; otherwise it takes their place."""


PANES: dict[str, PaneRow] = {
    row.id: row
    for row in (
        PaneRow(id="connections", side="left", focus="#connection-list", shares=True),
        PaneRow(id="characters", side="left", focus="#character-list", shares=True),
        PaneRow(id="prompt", side="right", focus="#prompt-view"),
        PaneRow(id="logs", side="right", focus="#log-lines"),
    )
}


def build_pane(id: str, screen: Frame) -> Widget:
    """A pane by its id. Modules are imported here, when a pane is first shown."""
    tavern = screen.tavern
    match id:
        case "connections":
            from tavern_tui.ui.panes.connection.pane import ConnectionPane

            return ConnectionPane(tavern.connections, lambda: tavern.offers, id=id)
        case "characters":
            from tavern_tui.ui.panes.characters.pane import CharacterPane

            return CharacterPane(
                tavern.library,
                open_owner=lambda: tavern.owner,
                confirms=lambda: tavern.settings.confirm_deletions,
                id=id,
            )
        case "prompt":
            from tavern_tui.ui.panes.prompt.pane import PromptPane

            return PromptPane(screen.look_ahead, id=id)
        case _:
            from tavern_tui.ui.panes.logs.pane import LogPane

            return LogPane(tavern.log, id=id)
