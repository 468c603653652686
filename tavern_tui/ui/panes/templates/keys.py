"""The keys of the template screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("templates.use", "space,p", "Use", "Let the current connection use it from now on.", show=True),
    a_key("templates.next_kind", "right,l", "Next kind", "Instruct, context, system prompt.", show=True),
    a_key("templates.previous_kind", "left,h", "Kind before", "The kind of templates before."),
    a_key("templates.sample", "v,alt+v", "Chat/sample", "Look at the open chat, or at a sample.", show=True),
    a_key("templates.new", "a", "New", "Add an empty template.", show=True),
    a_key("templates.duplicate", "c", "Copy", "Make a copy to change.", show=True),
    a_key("templates.rename", "r", "Rename", "Give it another name; connections follow.", show=True),
    a_key(
        "templates.delete",
        "d,delete",
        "Delete",
        "Move yours to the trash; a built-in one is as it was then.",
        show=True,
    ),
    a_key("templates.restore", "u", "Bring back", "Undo the last deletion."),
    a_key("templates.search", "slash", "Search", "Narrow the list.", show=True),
    a_key("templates.import", "i", "Import", "Take over SillyTavern's template or master file.", show=True),
    a_key("templates.export", "x", "Export", "Write it as SillyTavern's file."),
    a_key("templates.export_used", "X", "Export all used", "Write what this connection uses as one file."),
)
