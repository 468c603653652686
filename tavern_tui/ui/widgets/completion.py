"""MacroArea and MacroLine: text fields that know the macros and offer them after `{{`."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.document._document import Document
from textual.geometry import Offset
from textual.widgets import Input, OptionList, TextArea
from textual.widgets.option_list import Option

from tavern_tui.services.suggest import Suggest, Suggestion, suggest_macros
from tavern_tui.text.clean import clean_text

MOST = 40
"""Suggestions that are listed."""


class Suggestions(OptionList, can_focus=False):
    """The list under the cursor. It never has the focus: the field hands it the keys it needs."""

    DEFAULT_CSS = """
    Suggestions {
        overlay: screen; constrain: inside inflect; display: none;
        width: 64; max-width: 90%; height: auto; max-height: 9; padding: 0 1; border: none;
        background: $panel; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._rows: Sequence[Suggestion] = ()

    def offer(self, rows: Sequence[Suggestion], at: Offset) -> None:
        """Show these rows below a place of the screen; none: go away."""
        self._rows = rows[:MOST]
        self.display = bool(rows)
        if not rows:
            return
        self.clear_options()
        self.add_options(
            Option(Content.assemble((row.title, "$primary"), f"  {row.help}")) for row in self._rows
        )
        self.highlighted = 0
        self.absolute_offset = at + Offset(0, 1)

    def takes(self, key: str) -> Suggestion | bool:
        """What a key means while the list is open: a choice, done (True), or nothing (False)."""
        if not self.display:
            return False
        if key in ("down", "up"):
            (self.action_cursor_down if key == "down" else self.action_cursor_up)()
            return True
        if key == "escape":
            self.display = False
            return True
        if key in ("tab", "enter"):
            self.display = False
            return self._rows[self.highlighted or 0]
        return False


class MacroArea(TextArea):
    """A text of many lines with macro completion. Pasted control characters are made harmless."""

    def __init__(
        self, text: str = "", *, suggest: Suggest = suggest_macros, id: str | None = None, classes: str = ""
    ) -> None:
        super().__init__(
            text, id=id, classes=classes, soft_wrap=True, compact=True, tab_behavior="focus",
            highlight_cursor_line=False,
        )  # fmt: skip
        self._suggest = suggest
        self._list = Suggestions()

    def on_mount(self) -> None:
        self.screen.mount(self._list)

    def on_unmount(self) -> None:
        self._list.remove()

    @property
    def cursor_index(self) -> int:
        """The cursor's place in the text, in characters."""
        return self._text_document.get_index_from_location(self.cursor_location)

    @property
    def _text_document(self) -> Document:
        document = self.document
        assert isinstance(document, Document)
        return document

    def on_text_area_changed(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        rows = self._suggest(self.text, self.cursor_index) if self.has_focus else ()
        self._list.offer(rows, self.cursor_screen_offset)

    def on_blur(self) -> None:
        self._list.offer((), Offset())

    async def _on_key(self, event: events.Key) -> None:
        taken = self._list.takes(event.key)
        if taken is False:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if isinstance(taken, Suggestion):
            start = self._text_document.get_location_from_index(taken.start)
            self.replace(taken.insert, start, self.cursor_location, maintain_selection_offset=False)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert(clean_text(event.text))


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
        self._suggest = suggest
        self._list = Suggestions()

    def on_mount(self) -> None:
        self.screen.mount(self._list)

    def on_unmount(self) -> None:
        self._list.remove()

    def on_input_changed(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        rows = self._suggest(self.value, self.cursor_position) if self.has_focus else ()
        self._list.offer(rows, self.cursor_screen_offset)

    def on_blur(self) -> None:
        self._list.offer((), Offset())

    async def _on_key(self, event: events.Key) -> None:
        taken = self._list.takes(event.key)
        if taken is False:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if isinstance(taken, Suggestion):
            self.replace(taken.insert, taken.start, self.cursor_position)
            self.cursor_position = taken.start + len(taken.insert)
