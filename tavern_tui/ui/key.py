"""Key: one row of the key table, and the shorthand it is written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One action, the keys it has out of the box, and what the screens say about it."""

    id: str
    """`scope.action`; what `[keymap]` in the settings names."""
    keys: str
    """Textual key names, separated by commas."""
    action: str
    title: str
    """Footer and palette."""
    help: str
    """One sentence for the help screen."""
    show: bool = False
    """In the footer, when the action is possible."""
    priority: bool = False
    """Asked before the focused widget; the action's `check_action` says when."""
    palette: bool = True
    """False for steps that make no sense outside their place (cursor movement)."""

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]


def a_key(id: str, keys: str, title: str, help: str, **more: bool) -> Key:
    """A row whose action is named like its id, with the scope's prefix where scopes share a node."""
    scope, _, name = id.partition(".")
    action = f"message_{name}" if scope == "messages" else name
    return Key(id=id, keys=keys, action=action, title=title, help=help, **more)
