"""Every key binding of the program, as data: footer, help, palette and remapping read this table.

A row's keys can be changed in the settings (`[keymap]`, row id -> keys). Left alone on purpose:
Ctrl+B (tmux), Ctrl+A (screen), Ctrl+Space, Ctrl+S and Ctrl+Q (flow control), Ctrl+Z (suspend),
Ctrl+I, Ctrl+M and Ctrl+[ (Tab, Enter and Escape), and what a text field needs for editing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding
from textual.keys import format_key

from tavern_tui.ui import key_rows
from tavern_tui.ui.key import Key
from tavern_tui.ui.panes.chats import keys as chats
from tavern_tui.ui.panes.groups import keys as groups
from tavern_tui.ui.panes.lorebook import keys as lorebook
from tavern_tui.ui.panes.persona import keys as persona
from tavern_tui.ui.panes.presets import keys as presets
from tavern_tui.ui.panes.regex import keys as regex
from tavern_tui.ui.panes.replies import keys as replies
from tavern_tui.ui.panes.samplers import keys as samplers
from tavern_tui.ui.panes.templates import keys as templates

SCOPES: dict[str, str] = {
    "app": "Anywhere",
    "main": "Panes and connections",
    "chat": "Chat",
    "messages": "On a message",
    "compare": "Two models at once",
    "connections": "Connection pane",
    "characters": "Character pane",
    "prompt": "Prompt panel",
    "logs": "Log pane",
    "group": "Groups",
    "lorebooks": "Lorebooks",
    "personas": "Personas",
    "manager": "Prompt manager",
    "templates": "Templates",
    "regex": "Regex scripts",
    "samplers": "Samplers",
    "replies": "Replies",
    "chats": "Chats",
    "bench": "On every editing screen",
    "editor": "Text editor",
}
"""Where keys work -> the heading of the help screen."""

KEYS: tuple[Key, ...] = (
    *key_rows.ROWS,
    *groups.ROWS,
    *lorebook.ROWS,
    *persona.ROWS,
    *presets.ROWS,
    *templates.ROWS,
    *regex.ROWS,
    *samplers.ROWS,
    *replies.ROWS,
    *chats.ROWS,
)
"""Every key there is. A bench adds the rows of its `keys.py` here."""


def keys_of(*scopes: str) -> Iterable[Key]:
    """The rows of these scopes, scope by scope, in table order."""
    return (key for scope in scopes for key in KEYS if key.scope == scope)


def bindings(*scopes: str) -> list[Binding]:
    """The rows of these scopes as Textual bindings."""
    return [
        Binding(
            key.keys,
            key.action,
            key.title,
            show=key.show,
            priority=key.priority,
            tooltip=key.help,
            id=key.id,
        )
        for key in keys_of(*scopes)
    ]


def footer_rank(id: str) -> tuple[int, int]:
    """Sorts the footer: what belongs to the focused place comes before what works everywhere."""
    return FOOTER_FIRST if id == STOP else _RANKS.get(id, (0, len(KEYS)))


def shown_keys(key: Key, keymap: Mapping[str, str]) -> str:
    """How the keys of a row are written on screen: `Ctrl+R`, `j ↓`."""
    return " ".join(display(name) for name in keymap.get(key.id, key.keys).split(","))


def display(name: str) -> str:
    """A Textual key name as a person writes it: `ctrl+r` -> `Ctrl+R`, `slash` -> `/`."""
    *modifiers, last = name.strip().split("+")
    if not modifiers and len(last) == 1:
        return last
    shown = format_key(last)
    shown = _NAMES.get(shown.lower(), shown if len(shown) < 2 else shown.capitalize())
    if modifiers and len(shown) == 1:
        shown = shown.upper()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), shown])


STOP = "chat.stop"
FOOTER_FIRST = (-len(SCOPES), 0)
"""Of what stops a reply: it is looked for in haste, and must not be cut off where it is narrow."""
_RANKS = {key.id: (-list(SCOPES).index(key.scope), at) for at, key in enumerate(KEYS)}
_NAMES = {"esc": "Esc", "⏎": "Enter", "delete": "Del"}


def unknown_ids(keymap: Mapping[str, str]) -> list[str]:
    """The ids of a user's keymap that name no row."""
    known = {key.id for key in KEYS}
    return [id for id in keymap if id not in known]


def with_room(keymap: Mapping[str, str]) -> dict[str, str]:
    """A user's keymap, and what it takes away: a key given to one action no longer opens a screen."""
    taken = {one.strip() for keys in keymap.values() for one in keys.split(",")}
    made_room = {
        key.id: ",".join(kept)
        for key in KEYS
        if key.priority
        and key.scope == "main"
        and key.id not in keymap
        and (kept := [one for one in key.keys.split(",") if one not in taken]) != key.keys.split(",")
    }
    return {**made_room, **keymap}
