"""SwipesDialog: all versions of one message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.panes.chat.message import FACTS

if TYPE_CHECKING:
    from tavern_tui.core.chat import Message
    from tavern_tui.services.session import ChatSession


FACTS_SHOWN = ("model", "tokens", "seconds", "speed", "cost")
BEGINNING = 200
"""Characters of a swipe's text in its row."""


class SwipeList(OptionList):
    """A click looks at a row; a click on the row that is looked at chooses it."""

    def on_click(self, event: events.Click) -> None:
        row = event.style.meta.get("option")
        if isinstance(row, int) and row != self.highlighted:
            event.prevent_default()
            self.highlighted = row


class SwipesDialog(Dialog[int]):
    """The answer is the number of the swipe to show, from 0, or None."""

    hint = "Enter  show    d  delete    u  undo    Esc  leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "drop", "Delete", show=False),
        Binding("u", "undo", "Undo", show=False),
    ]

    def __init__(self, session: ChatSession, index: int) -> None:
        super().__init__(f"Swipes of #{index} {session.chat.messages[index].name}")
        self._session = session
        self._at = index
        self._dropped = 0
        self.brought_back = False
        """A swipe that was deleted here is there again."""

    def body(self) -> ComposeResult:
        yield SwipeList(id="choices", compact=True)
        with VerticalScroll(id="whole", can_focus=False):
            yield Static(id="swipe-text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Show", id="show", variant="primary", compact=True)
            yield Button("Delete", id="drop", compact=True)

    def on_mount(self) -> None:
        self.add_class("-tall")
        self._fill()
        self._list.focus()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _fill(self, highlight: int | None = None) -> None:
        message = self._session.chat.messages[self._at]
        self._list.clear_options()
        self._list.add_options(Option(swipe_row(message, number)) for number in range(len(message.swipes)))
        wanted = message.shown if highlight is None else highlight
        self._list.highlighted = min(wanted, len(message.swipes) - 1)

    @on(OptionList.OptionHighlighted)
    def looked(self, event: OptionList.OptionHighlighted) -> None:
        swipes = self._session.chat.messages[self._at].swipes
        if event.option_index < len(swipes):
            self.query_one("#swipe-text", Static).update(clean_text(swipes[event.option_index].text))
            self.query_one("#whole").scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    @on(Button.Pressed, "#show")
    def show_it(self) -> None:
        self.dismiss(self._list.highlighted)

    @on(Button.Pressed, "#drop")
    def action_drop(self) -> None:
        number = self._list.highlighted
        if number is None:
            return
        try:
            self._session.delete_swipe(self._at, number)
        except TavernError as error:
            self.notify(f"{error} {error.hint}".strip(), severity="warning", markup=False)
            return
        self._dropped += 1
        self._fill(number)

    def action_undo(self) -> None:
        """Bring back what was deleted here last."""
        if not self._dropped:
            self.notify("Nothing was deleted here.", markup=False)
            return
        try:
            self._session.undo()
        except TavernError as error:
            self.notify(f"{error} {error.hint}".strip(), severity="warning", markup=False)
            return
        self._dropped -= 1
        self.brought_back = True
        self._fill()


def swipe_row(message: Message, number: int) -> Content:
    """A swipe as two lines: number and beginning; model, tokens, seconds and what else is known."""
    swipe = message.swipes[number]
    alone = replace(message, shown=number)
    facts = [FACTS[name](alone) for name in FACTS_SHOWN]
    if swipe.extra.get("reasoning"):
        facts.append("thought")
    known = clean_line(" · ".join(filter(None, facts)))
    return Content.assemble(
        ("● ", "$primary") if number == message.shown else ("  ", ""),
        (f"{number + 1:>2}  ", "$foreground-muted"),
        clean_line(swipe.text[:BEGINNING]) or "(empty)",
        (f"\n   {known or 'written by hand'}", "$foreground-muted"),
    )
