"""What a real send writes back after a build: variables, bans, timed lore."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.prompt import StateChanges
from tavern_tui.prompt.scene import Scene


def state_changes(scene: Scene, timed_lore: Mapping[str, object] | None = None) -> StateChanges:
    """The changes the macros of this scene made."""
    variables = scene.macros.variables
    return StateChanges(
        chat_variables=dict(variables.chat) if variables.chat_changed else None,
        global_variables=dict(variables.everywhere) if variables.everywhere_changed else None,
        timed_lore=timed_lore,
        banned=tuple(dict.fromkeys(scene.macros.banned)),
    )
