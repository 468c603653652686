"""The keys of the group screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("group.open", "o", "Open", "Talk with the group under the cursor.", show=True),
    a_key("group.speak", "t", "Let speak", "Have the member under the cursor say something now.", show=True),
    a_key(
        "group.mute", "space", "Mute", "Keep a member from speaking by themselves; again to undo.", show=True
    ),
    a_key(
        "group.talkativeness",
        "e",
        "Talkativeness",
        "Say how readily the member under the cursor joins in.",
        show=True,
    ),
    a_key("group.up", "K,shift+up", "Up", "Move the member towards the front.", show=True, palette=False),
    a_key("group.down", "J,shift+down", "Down", "Move the member towards the end.", palette=False),
    a_key("group.card", "v", "Card", "Read the card of the member under the cursor."),
    a_key("group.add", "a", "Add member", "Take a character into the group.", show=True),
    a_key("group.auto", "m", "Auto mode", "Let the open group talk on by itself, or end it.", show=True),
    a_key("group.new", "n", "New group", "Make a group.", show=True),
    a_key(
        "group.delete", "d,delete", "Remove", "Let the member go, or move the group to the trash.", show=True
    ),
    a_key("group.restore", "u", "Bring back", "Undo the last removal."),
)
