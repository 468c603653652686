"""The keys of the reply screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("replies.use", "space,p", "Use", "Use the template, or flip the switch of this row.", show=True),
    a_key("replies.save_marks", "w", "Save marks", "Keep the marks in force as a template.", show=True),
    a_key("replies.duplicate", "c", "Copy", "Make a copy of the template.", show=True),
    a_key("replies.rename", "r", "Rename", "Give the template another name.", show=True),
    a_key(
        "replies.delete",
        "d,delete",
        "Delete",
        "Move yours to the trash; a built-in one is as it was then.",
        show=True,
    ),
    a_key("replies.restore", "u", "Bring back", "Undo the last deletion.", show=True),
    a_key("replies.import", "i", "Import", "Take over SillyTavern's template or master file.", show=True),
    a_key("replies.export", "x", "Export", "Write the template as SillyTavern's file."),
)
