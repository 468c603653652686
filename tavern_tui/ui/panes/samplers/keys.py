"""The keys of the sampler screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("samplers.less", "left,minus", "Less", "One step down; a switch flips.", show=True),
    a_key("samplers.more", "right,plus,equals_sign", "More", "One step up; a switch flips.", show=True),
    a_key("samplers.much_less", "shift+left,H", "Much less", "Ten steps down."),
    a_key("samplers.much_more", "shift+right,L", "Much more", "Ten steps up."),
    a_key("samplers.neutral", "0,n", "Neutral", "The value that does nothing.", show=True),
    a_key("samplers.unset", "backspace,delete", "Unset", "Back to the preset's value, or the server's."),
    a_key("samplers.search", "slash", "Search", "Narrow the list.", show=True),
    a_key("samplers.choose", "p", "Preset", "Choose a preset.", show=True),
    a_key("samplers.save_preset", "w", "Save", "Write all values into the preset.", show=True),
    a_key("samplers.save_as", "a", "Save as", "Write all values into a new preset.", show=True),
    a_key("samplers.rename", "r", "Rename preset", "Give the preset another name."),
    a_key("samplers.delete", "d", "Delete preset", "Move the preset to the trash folder."),
    a_key("samplers.restore", "b", "Bring back", "Bring the deleted preset back."),
    a_key("samplers.import", "i", "Import", "Take over a preset file."),
    a_key("samplers.export", "x", "Export", "Write the preset to a file."),
    a_key("samplers.neutralise", "N", "All neutral", "Switch every sampler off."),
    a_key("samplers.clear", "C", "Only the preset", "Forget all values set by hand."),
    a_key("samplers.undo", "u", "Undo", "Take back the last change.", show=True),
)
