"""The keys of the regex script screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("regex.switch", "space", "On/off", "Switch the script on or off.", show=True),
    a_key("regex.new", "a", "New", "Add a script to the group under the cursor.", show=True),
    a_key("regex.duplicate", "c", "Copy", "Make a copy, switched off.", show=True),
    a_key("regex.earlier", "K,alt+up", "Earlier", "Let it run before the one above.", show=True),
    a_key("regex.later", "J,alt+down", "Later", "Let it run after the one below.", show=True),
    a_key("regex.try_out", "t", "Try", "Go to the text that scripts are tried on.", show=True),
    a_key("regex.delete", "d,delete", "Delete", "Move the script to the trash folder.", show=True),
    a_key("regex.restore", "u", "Bring back", "Undo the last deletion."),
    a_key("regex.allow", "y", "Allow", "Let the scripts of the preset or card run, or not.", show=True),
    a_key("regex.move_to", "m", "Move to", "Let it belong to another group: everywhere, preset, character."),
    a_key("regex.import", "i", "Import", "Take over a file of SillyTavern's scripts.", show=True),
    a_key("regex.export", "x", "Export", "Write the script as SillyTavern's file."),
    a_key("regex.export_all", "X", "Export group", "Write all scripts of the group as one file."),
)
