"""WhyView and TrialView: which entries are active, and what keeps the others out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from tavern_tui.core.errors import TavernError
from tavern_tui.core.prompt import LoreVerdict
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.widgets.row_list import RowList

Judge = Callable[[str], Sequence[LoreVerdict]]


class WhyView(Dialog[tuple[str, int]]):
    """The verdict on every entry that took part; Enter goes to the entry."""

    hint = "type to narrow    Tab  list    Enter  go to the entry    Esc  close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "list", "List", show=False),
    ]

    def __init__(self, title: str, verdicts: Sequence[LoreVerdict]) -> None:
        super().__init__(title)
        self._all = sorted(verdicts, key=lambda one: not one.active)
        self._shown = self._all

    def body(self) -> ComposeResult:
        yield Static(Content(summary(self._all)), classes="note", id="summary")
        yield Input(placeholder="Search", id="search")
        yield RowList(id="verdicts")

    def on_mount(self) -> None:
        self.add_class("-tall")
        self._narrow("")
        self.query_one(RowList).focus()

    @on(Input.Changed, "#search")
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._narrow(event.value)

    def _narrow(self, words: str) -> None:
        wanted = words.casefold().split()
        self._shown = [one for one in self._all if all(word in _said(one) for word in wanted)]
        self.query_one(RowList).show(len(self._shown), lambda at: draw(self._shown[at]), cursor=0)

    def action_list(self) -> None:
        self.query_one(RowList).focus()

    @on(Input.Submitted)
    def done(self) -> None:
        self.action_list()

    @on(RowList.Selected)
    def chosen(self, event: RowList.Selected) -> None:
        one = self._shown[event.index]
        self.dismiss((one.book, one.uid))


class TrialView(Dialog[tuple[str, int]]):
    """A box to type a text in; below, what it would activate."""

    hint = "Tab  results    Enter  go to the entry    Esc  close"

    def __init__(self, title: str, judge: Judge) -> None:
        super().__init__(title)
        self._judge = judge
        self._shown: Sequence[LoreVerdict] = ()

    def body(self) -> ComposeResult:
        area = TextArea("", id="trial", soft_wrap=True, compact=True, tab_behavior="focus")
        area.placeholder = "Write or paste what might be said in the chat."
        yield area
        yield Static("", classes="note", id="summary", markup=False)
        yield RowList(id="verdicts")

    def on_mount(self) -> None:
        self.add_class("-tall")
        self.query_one("#trial").styles.height = "40%"
        self.query_one("#trial").focus()
        self.look()

    @on(TextArea.Changed)
    def look(self) -> None:
        """Judge the text as it stands."""
        text = self.query_one("#trial", TextArea).text
        try:
            verdicts = self._judge(text)
        except TavernError as error:
            self.query_one("#summary", Static).update(Content(clean_line(str(error))))
            return
        self._shown = sorted(verdicts, key=lambda one: not one.active)
        self.query_one("#summary", Static).update(Content(summary(self._shown)))
        self.query_one(RowList).show(len(self._shown), lambda at: draw(self._shown[at]), cursor=0)

    @on(RowList.Selected)
    def chosen(self, event: RowList.Selected) -> None:
        one = self._shown[event.index]
        self.dismiss((one.book, one.uid))


def summary(verdicts: Sequence[LoreVerdict]) -> str:
    """How many of how many are active."""
    if not verdicts:
        return "No lorebook takes part here. l on a book makes it active."
    active = sum(one.active for one in verdicts)
    return f"{active:,} of {len(verdicts):,} entries are active."


def draw(one: LoreVerdict) -> Content:
    """An entry, and why it is in or out."""
    return Content.assemble(
        ("✓ " if one.active else "· ", "$success" if one.active else "$foreground-disabled"),
        (clean_line(one.title), "bold" if one.active else ""),
        (f"  {clean_line(one.reason) or 'no key was found'}", "$foreground-muted"),
        (f"  {clean_line(one.book)}", "$foreground-disabled"),
    )


def _said(one: LoreVerdict) -> str:
    return f"{one.title} {one.reason} {one.book}".casefold()
