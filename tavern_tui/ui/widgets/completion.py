"""MacroArea and MacroLine: text fields that know the macros and offer them after `{{`."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.document._document import Document
from textual.geometry import Offset
from textual.widget import Widget
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


class Completer:
    """What a text field needs to offer suggestions. The list is made when it is first needed."""

    def __init__(self, field: Widget, suggest: Suggest) -> None:
        self._field = field
        self._suggest = suggest
        self._list: Suggestions | None = None

    def look(self, text: str, cursor: int, at: Offset) -> None:
        """Offer what may be meant at the cursor, below `at`; nothing where nothing may be."""
        rows = self._suggest(text, cursor) if self._field.has_focus else ()
        if rows and self._list is None:
            self._list = Suggestions()
            self._field.screen.mount(self._list)
            self._field.call_after_refresh(self._offer, rows, at)
        else:
            self._offer(rows, at)

    def _offer(self, rows: Sequence[Suggestion], at: Offset) -> None:
        if self._list is not None:
            self._list.offer(rows, at)

    def takes(self, key: str) -> Suggestion | bool:
        """What a key means to the list: a choice, done (True), or nothing (False)."""
        return self._list.takes(key) if self._list is not None else False

    def close(self) -> None:
        """The field lost the focus."""
        self._offer((), Offset())

    def remove(self) -> None:
        """The field is gone."""
        if self._list is not None:
            self._list.remove()
            self._list = None


class MacroArea(TextArea):
    """A text of many lines with macro completion. Pasted control characters are made harmless."""

    def __init__(
        self,
        text: str = "",
        *,
        suggest: Suggest = suggest_macros,
        id: str | None = None,
        classes: str = "",
        compact: bool = True,
    ) -> None:
        super().__init__(
            text,
            id=id,
            classes=classes,
            soft_wrap=True,
            show_line_numbers=False,
            compact=compact,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self._completer = Completer(self, suggest)

    def on_unmount(self) -> None:
        self._completer.remove()

    def on_blur(self) -> None:
        self._completer.close()

    def on_text_area_changed(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        document = self.document
        assert isinstance(document, Document)
        cursor = document.get_index_from_location(self.cursor_location)
        self._completer.look(self.text, cursor, self.cursor_screen_offset)

    def completes(self, key: str) -> bool:
        """Whether the key was meant for the list of suggestions; if so, it is done."""
        taken = self._completer.takes(key)
        if isinstance(taken, Suggestion):
            document = self.document
            assert isinstance(document, Document)
            start = document.get_location_from_index(taken.start)
            self.replace(taken.insert, start, self.cursor_location, maintain_selection_offset=False)
        return taken is not False

    async def _on_key(self, event: events.Key) -> None:
        if not self.completes(event.key):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """Pasted lines are words, never keys."""
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
