"""Every key binding of the program, as data: footer, help, palette and remapping read this table.

A row's keys can be changed in the settings (`[keymap]`, row id -> keys). Left alone on purpose:
Ctrl+B (tmux), Ctrl+A (screen), Ctrl+Space, Ctrl+S and Ctrl+Q (flow control), Ctrl+Z (suspend),
Ctrl+I, Ctrl+M and Ctrl+[ (Tab, Enter and Escape), and what a text field needs for editing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key

SCOPES: dict[str, str] = {
    "app": "Anywhere",
    "main": "Panes and connections",
    "chat": "Chat",
    "messages": "On a message",
    "connections": "Connection pane",
    "characters": "Character pane",
    "prompt": "Prompt panel",
    "logs": "Log pane",
    "editor": "Text editor",
}
"""Where keys work -> the heading of the help screen."""


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


def _key(id: str, keys: str, title: str, help: str, **more: bool) -> Key:
    """A row whose action is named like its id, with the scope's prefix where scopes share a node."""
    scope, _, name = id.partition(".")
    action = f"message_{name}" if scope == "messages" else name
    return Key(id=id, keys=keys, action=action, title=title, help=help, **more)


KEYS: tuple[Key, ...] = (
    _key("app.help", "f1,question_mark", "Help", "This page: every key there is."),
    _key("app.palette", "ctrl+p", "Commands", "Find any action by name.", show=True),
    _key("app.pick_theme", "alt+c", "Theme", "Choose the colours."),
    _key("app.leave", "ctrl+c", "Quit", "Copies a selection; without one, twice quits."),
    # ----- main
    _key("main.connections", "f2", "Connections", "Show, focus or hide the connection pane.", show=True),
    _key("main.characters", "f3", "Characters", "Show, focus or hide the character pane.", show=True),
    _key("main.prompt", "f4", "Prompt", "Show, focus or hide what will be sent.", show=True),
    _key("main.logs", "f5", "Log", "Show, focus or hide what was asked of which server."),
    _key("main.next_connection", "ctrl+n", "Next connection", "Let the next connection answer from now on."),
    _key("main.switch_connection", "ctrl+o", "Switch connection", "Pick who answers from now on.", show=True),
    _key("main.adopt_found", "alt+a", "Use found server", "Use the server that was found on this machine."),
    _key("main.back", "escape", "Back to the chat", "Close an overlay and go back to the composer."),
    # ----- chat
    _key("chat.stop", "escape", "Stop", "Stop the reply and keep what has arrived.", show=True),
    _key(
        "chat.to_messages", "escape,ctrl+up", "Messages", "Go to the messages; so does a double click on one."
    ),
    _key("chat.regenerate", "ctrl+r", "Regenerate", "Replace the last reply with a new one.", show=True),
    _key("chat.continue", "ctrl+g", "Continue", "Let the last message go on."),
    _key("chat.swipe_left", "alt+left", "Swipe left", "The last message's earlier version."),
    _key(
        "chat.swipe_right",
        "alt+right",
        "Swipe right",
        "Its next version; past the last a new one is written.",
    ),
    _key(
        "chat.empty_left",
        "left",
        "Swipe left",
        "The same while the composer is empty.",
        priority=True,
        palette=False,
    ),
    _key(
        "chat.empty_right",
        "right",
        "Swipe right",
        "The same while the composer is empty.",
        priority=True,
        palette=False,
    ),
    _key("chat.impersonate", "ctrl+t", "Write my turn", "Let the model draft your next message."),
    _key("chat.pick_chat", "ctrl+l", "Chats", "Open another chat of this character."),
    _key("chat.new_chat", "alt+n", "New chat", "Begin a new chat; this one is kept."),
    _key("chat.undo_delete", "alt+u", "Undo delete", "Bring the message back that was deleted last."),
    _key("chat.use_persona", "alt+p", "Persona", "Choose who you are."),
    # ----- the message under the cursor
    _key("messages.up", "k,up", "Up", "The message above.", palette=False),
    _key(
        "messages.down",
        "j,down",
        "Down",
        "The message below; past the last, back to the composer.",
        palette=False,
    ),
    _key("messages.first", "g,home", "First", "The first message.", palette=False),
    _key("messages.last", "G,end", "Last", "The last message.", palette=False),
    _key("messages.edit", "e", "Edit", "Change the text.", show=True),
    _key("messages.delete", "d,delete", "Delete", "Take the message out of the chat.", show=True),
    _key("messages.swipe_left", "h,left", "Swipe left", "Its earlier version.", show=True),
    _key("messages.swipe_right", "l,right", "Swipe right", "Its next version, or a new one.", show=True),
    _key(
        "messages.regenerate",
        "r",
        "Regenerate",
        "Replace the reply with a new one (last message).",
        show=True,
    ),
    _key("messages.continue", "c", "Continue", "Let it go on (last message).", show=True),
    _key("messages.copy", "y", "Copy", "Copy the text to the clipboard.", show=True),
    _key("messages.hide", "x", "Hide", "Keep it here but send it no more; again to undo.", show=True),
    _key("messages.search", "slash", "Search", "Find words in the chat, newest first.", show=True),
    _key("messages.next_match", "n", "Next", "The place after.", palette=False),
    _key("messages.previous_match", "N", "Previous", "The place before.", palette=False),
    _key("messages.undo", "u", "Undo delete", "Bring the message back that was deleted last.", palette=False),
    _key("messages.back", "enter,escape,i", "Back", "Back to the composer.", show=True, palette=False),
    # ----- panes
    _key("connections.add", "a", "Add", "Set up a new connection.", show=True),
    _key("connections.edit", "e", "Edit", "Change the connection under the cursor.", show=True),
    _key("connections.test", "t", "Test", "Ask its server whether it is well.", show=True),
    _key("connections.remove", "d,delete", "Remove", "Take it out of the list.", show=True),
    _key("connections.search", "s", "Find servers", "Look for servers on this machine.", show=True),
    _key("characters.search", "slash", "Search", "Narrow the list.", show=True),
    _key("characters.import", "i", "Import", "Bring in a card, chat or lorebook from a file.", show=True),
    _key("characters.details", "v", "Card", "Read the card under the cursor.", show=True),
    _key("characters.chats", "c", "Chats", "Open the character and choose a chat.", show=True),
    _key("characters.delete", "d,delete", "Delete", "Move the card to the trash folder.", show=True),
    _key("characters.restore", "u", "Bring back", "Undo the last deletion."),
    _key("prompt.search", "slash", "Search", "Find words in the prompt.", show=True),
    _key("prompt.next_match", "n", "Next", "The next place they are found.", palette=False),
    _key("prompt.previous_match", "N", "Previous", "The place before.", palette=False),
    _key("prompt.fold", "enter,space", "Fold", "Fold or unfold the part under the cursor.", palette=False),
    _key("prompt.fold_all", "f", "Fold all", "Fold or unfold all parts.", show=True),
    _key("prompt.body", "b", "As it goes out", "Parts, or the request body as it goes out.", show=True),
    _key("prompt.copy_part", "y", "Copy part", "Copy the part under the cursor.", show=True),
    _key("prompt.copy_all", "Y", "Copy all", "Copy the whole prompt."),
    _key("prompt.send_edited", "e", "Edit & send", "Edit the prompt, then send this once.", show=True),
    _key("logs.bottom", "G,end", "End", "Follow the newest line.", palette=False),
    _key("logs.copy", "y", "Copy", "Copy the log.", show=True),
    _key("editor.save", "alt+enter,f2", "Save", "Keep the text.", palette=False),
    _key("editor.cancel", "escape", "Cancel", "Throw the changes away.", palette=False),
)


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
    return _RANKS.get(id, (0, len(KEYS)))


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


_RANKS = {key.id: (-list(SCOPES).index(key.scope), at) for at, key in enumerate(KEYS)}
_NAMES = {"esc": "Esc", "⏎": "Enter", "delete": "Del"}


def unknown_ids(keymap: Mapping[str, str]) -> list[str]:
    """The ids of a user's keymap that name no row."""
    known = {key.id for key in KEYS}
    return [id for id in keymap if id not in known]
