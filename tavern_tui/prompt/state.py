"""What a real send writes back after a build: variables, bans, timed lore, what found room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tavern_tui.core.prompt import PromptPart, StateChanges
from tavern_tui.prompt.scene import Scene

_MESSAGE = re.compile(r"message (\d+)")
"""The origin of a part that is a message of the chat."""


def state_changes(
    scene: Scene,
    timed_lore: Mapping[str, object] | None = None,
    parts: Sequence[PromptPart] = (),
) -> StateChanges:
    """The changes the macros of this scene made, and which messages are among the parts."""
    variables = scene.macros.variables
    return StateChanges(
        chat_variables=dict(variables.chat) if variables.chat_changed else None,
        global_variables=dict(variables.everywhere) if variables.everywhere_changed else None,
        timed_lore=timed_lore,
        first_included=min(_messages(parts), default=None),
        banned=tuple(dict.fromkeys(scene.macros.banned)),
    )


def _messages(parts: Sequence[PromptPart]) -> list[int]:
    found = (_MESSAGE.fullmatch(part.origin) for part in parts if part.kind == "history")
    return [int(match[1]) for match in found if match is not None]
