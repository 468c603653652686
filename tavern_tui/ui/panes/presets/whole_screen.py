"""WholeScreenEditor: the text editor without anything around it."""

from __future__ import annotations

from tavern_tui.ui.dialogs.editor import Editor


class WholeScreenEditor(Editor):
    """Lets a prompt be written with all the room there is."""

    def on_mount(self) -> None:
        super().on_mount()
        window = self.query_one("#window").styles
        window.width = window.height = window.max_width = window.max_height = "100%"
