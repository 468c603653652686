"""MacroArea: a text of many lines that knows the macros and offers them after `{{`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.document._document import Document
from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import TextArea

from tavern_tui.services.suggest import Suggest, Suggestion, suggest_macros
from tavern_tui.text.clean import clean_text

if TYPE_CHECKING:
    from tavern_tui.ui.widgets.suggestions import Suggestions


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
            from tavern_tui.ui.widgets.suggestions import Suggestions  # not needed to start

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

    BINDINGS: ClassVar[list[BindingType]] = [
        # Enter already does; this one is for hands that learnt it in the composer.
        Binding("ctrl+j", "line_break", "New line", show=False),
    ]

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

    def action_line_break(self) -> None:
        self.insert("\n")

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
