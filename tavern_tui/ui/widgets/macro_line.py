"""MacroLine: one line with macro completion."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from tavern_tui.services.suggest import Suggest, Suggestion, suggest_macros
from tavern_tui.ui.widgets.completion import Completer


class MacroLine(Input):
    """One line with macro completion."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        suggest: Suggest = suggest_macros,
        id: str | None = None,
        classes: str = "",
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, id=id, classes=classes, compact=True, select_on_focus=False
        )
        self._completer = Completer(self, suggest)

    def on_unmount(self) -> None:
        self._completer.remove()

    def on_blur(self) -> None:
        self._completer.close()

    def on_input_changed(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        self._completer.look(self.value, self.cursor_position, self.cursor_screen_offset)

    async def _on_key(self, event: events.Key) -> None:
        taken = self._completer.takes(event.key)
        if taken is False:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if isinstance(taken, Suggestion):
            self.replace(taken.insert, taken.start, self.cursor_position)
            self.cursor_position = taken.start + len(taken.insert)
