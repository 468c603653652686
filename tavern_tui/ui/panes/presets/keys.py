"""The keys of the prompt manager."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("manager.switch", "space", "On/off", "Send the prompt or leave it out.", show=True),
    a_key("manager.up", "K,shift+up", "Up", "Move the prompt up in the order.", show=True),
    a_key("manager.down", "J,shift+down", "Down", "Move the prompt down in the order.", show=True),
    a_key("manager.add", "a", "New prompt", "Add a prompt below the cursor.", show=True),
    a_key("manager.write", "e,alt+v", "Full screen", "Write the text on the whole screen.", show=True),
    a_key(
        "manager.remove",
        "d,delete",
        "Remove",
        "Take the prompt out of the order; once more: out of the preset.",
        show=True,
    ),
    a_key("manager.undo", "u", "Bring back", "Undo the last removal, reset or deletion.", show=True),
    a_key("manager.choose", "p", "Preset", "Choose the preset this connection uses.", show=True),
    a_key("manager.texts", "t", "Texts", "Go to the preset's texts, settings and samplers.", show=True),
    a_key("manager.compare", "v", "Compare", "See what differs from another preset.", show=True),
    a_key("manager.whose", "o", "Whose order", "The order for everybody, or for one character.", show=True),
    a_key("manager.duplicate", "c", "Copy preset", "Make a copy of the preset and use it."),
    a_key("manager.new", "n", "New preset", "Make a preset with the built-in prompts and use it."),
    a_key("manager.rename", "r", "Rename preset", "Give the preset another name; connections follow."),
    a_key("manager.delete", "D", "Delete preset", "Move the preset to the trash folder."),
    a_key("manager.reset", "R", "Reset", "Prompts, order and texts as they were built in."),
    a_key("manager.import", "i", "Import", "Take over a preset, or a prompt manager's export."),
    a_key("manager.export", "x", "Export", "Write the preset as SillyTavern's file."),
    a_key("manager.export_prompts", "X", "Export prompts", "Write the prompts and their order alone."),
)
