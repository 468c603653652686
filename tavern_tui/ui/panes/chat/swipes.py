"""SwipesDialog: all versions of one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from tavern_tui.core.chat import Swipe
    from tavern_tui.services.session import ChatSession


class SwipesDialog(Dialog[int]):
    """The answer is the number of the swipe to show, from 0, or None."""

    hint = "Enter  show    d  delete    Esc  leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,delete", "drop", "Delete", show=False)]

    def __init__(self, session: ChatSession, index: int) -> None:
        super().__init__(f"Swipes of #{index} {session.chat.messages[index].name}")
        self._session = session
        self._at = index

    def body(self) -> ComposeResult:
        yield OptionList(id="choices", compact=True)
        with VerticalScroll(id="whole", can_focus=False):
            yield Static(id="swipe-text", markup=False)

    def on_mount(self) -> None:
        self.add_class("-tall")
        self._fill()
        self._list.focus()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _fill(self) -> None:
        message = self._session.chat.messages[self._at]
        self._list.clear_options()
        self._list.add_options(
            Option(swipe_row(number, swipe, number == message.shown))
            for number, swipe in enumerate(message.swipes)
        )
        self._list.highlighted = message.shown

    @on(OptionList.OptionHighlighted)
    def looked(self, event: OptionList.OptionHighlighted) -> None:
        swipes = self._session.chat.messages[self._at].swipes
        if event.option_index < len(swipes):
            self.query_one("#swipe-text", Static).update(clean_text(swipes[event.option_index].text))
            self.query_one("#whole").scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_drop(self) -> None:
        number = self._list.highlighted
        if number is None:
            return
        try:
            self._session.delete_swipe(self._at, number)
        except TavernError as error:
            self.notify(f"{error} {error.hint}".strip(), severity="warning", markup=False)
            return
        self._fill()


def swipe_row(number: int, swipe: Swipe, is_shown: bool) -> Content:
    """A swipe as a line: number, model, tokens, its beginning."""
    model, tokens = swipe.extra.get("model"), swipe.extra.get("token_count")
    facts = [
        model.rpartition("/")[2] if isinstance(model, str) else "",
        f"{tokens} tokens" if isinstance(tokens, int) and tokens else "",
        "thinking" if swipe.extra.get("reasoning") else "",
    ]
    return Content.assemble(
        ("● ", "$primary") if is_shown else ("  ", ""),
        (f"{number + 1:>3}  ", "$foreground-muted"),
        clean_line(swipe.text)[:200],
        (f"  {clean_line(' · '.join(filter(None, facts)))}", "$foreground-muted"),
    )
