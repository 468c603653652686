"""The composer: the box one types in. Grows with the text; Enter sends, if the settings say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tavern_tui.services.suggest import Suggestion, suggest_macros
from tavern_tui.text.clean import clean_text
from tavern_tui.ui.widgets.completion import MacroArea

MOST_LINES = 8
"""Lines the box grows to; longer texts scroll in it."""
REMEMBERED = 200
"""Sent texts that Up brings back."""


def suggest_here(text: str, cursor: int) -> Sequence[Suggestion]:
    """Commands after a slash at the beginning, else macros."""
    if text.startswith("/"):
        from tavern_tui.services.slash.suggesting import suggest_commands  # the commands load with the first

        found = suggest_commands(text, cursor)
        if found:
            return found
    return suggest_macros(text, cursor)


class Composer(MacroArea):
    """Posts `Submitted` with the text; keeps a history of what was sent."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("alt+enter", "line_break", "New line", show=False)]

    @dataclass
    class Submitted(Message):
        """The user sends this."""

        text: str

    @dataclass
    class Dropped(Message):
        """A text was pasted that consists of paths, which may be files to attach."""

        text: str
        paths: list[Path]

    class PicturePasted(Message):
        """A paste without words: there may be a picture in the clipboard."""

    class NothingToErase(Message):
        """Backspace in the empty box."""

    def __init__(self, *, enter_sends: bool = True, id: str | None = None) -> None:
        super().__init__(suggest=suggest_here, id=id, compact=False)
        self.enter_sends = enter_sends
        self._history: list[str] = []
        self._at: int | None = None
        self._draft = ""

    def on_mount(self) -> None:
        self.placeholder = "Write your turn. Enter sends, Ctrl+J breaks the line."
        self._fit()

    def load(self, text: str) -> None:
        """Put this text into the box, the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)
        self._fit()

    def on_text_area_changed(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """As many lines as the text needs, within reason."""
        wanted = max(1, min(MOST_LINES, self.wrapped_document.height))
        if self.styles.height is None or self.styles.height.value != wanted + 2:
            self.styles.height = wanted + 2

    async def _on_key(self, event: events.Key) -> None:
        if not (self.completes(event.key) or self._takes(event.key)):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        from tavern_tui.services.dropped import dropped_paths  # nobody pastes before the first frame

        text = clean_text(event.text)
        paths = dropped_paths(text)
        if paths:
            self.post_message(self.Dropped(text, paths))
        elif not text.strip():
            self.post_message(self.PicturePasted())
        else:
            self.insert(text)

    def action_paste(self) -> None:
        """Ctrl+V: what was copied in here; if nothing was, a picture from elsewhere."""
        if self.app.clipboard:
            super().action_paste()
        else:
            self.post_message(self.PicturePasted())

    def _takes(self, key: str) -> bool:
        """Whether the key means something else here than in any text field; if so, it is done."""
        if key == "enter":
            if self.enter_sends:
                self.submit()
            else:
                self.insert("\n")
            return True
        if key == "backspace" and not self.text:
            self.post_message(self.NothingToErase())
            return True
        if key == "up":
            return self.cursor_location[0] == 0 and self._older()
        return key == "down" and self.cursor_at_last_line and self._newer()

    def action_line_break(self) -> None:
        if self.enter_sends:
            self.insert("\n")
        else:
            self.submit()

    def submit(self) -> None:
        """Send what is written, also if that is nothing, and empty the box."""
        text = self.text
        if text.strip() and (not self._history or self._history[-1] != text):
            self._history.append(text)
            del self._history[:-REMEMBERED]
        self._at = None
        self.load("")
        self.post_message(self.Submitted(text))

    def _older(self) -> bool:
        at = len(self._history) if self._at is None else self._at
        if at == 0:
            return False
        if self._at is None:
            self._draft = self.text
        self._at = at - 1
        self.load(self._history[self._at])
        return True

    def _newer(self) -> bool:
        if self._at is None:
            return False
        if self._at + 1 < len(self._history):
            self._at += 1
            self.load(self._history[self._at])
        else:
            self._at = None
            self.load(self._draft)
        return True
