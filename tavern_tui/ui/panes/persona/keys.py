"""The keys of the persona screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("personas.play", "space,p", "Play as", "Be this persona from now on.", show=True),
    a_key("personas.new", "a", "New", "Add a persona.", show=True),
    a_key("personas.duplicate", "c", "Copy", "Make a copy to change.", show=True),
    a_key("personas.lock", "l", "This chat", "Bind the open chat to this persona, or let it go.", show=True),
    a_key("personas.bind", "h", "This character", "Bind the open character to it, or let it go.", show=True),
    a_key("personas.default", "s", "Default", "For chats that name none; again takes it back.", show=True),
    a_key("personas.picture", "v", "Picture", "Give the persona another picture (PNG)."),
    a_key("personas.import", "i", "Import", "Take over a SillyTavern persona backup."),
    a_key("personas.export", "x", "Export", "Write all personas as SillyTavern's backup."),
    a_key("personas.delete", "d,delete", "Delete", "Move the persona to the trash folder.", show=True),
    a_key("personas.restore", "u", "Bring back", "Undo the last deletion."),
)
