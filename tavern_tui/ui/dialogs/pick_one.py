"""PickOne: a list that narrows as you type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row: what is returned, what is shown, and what stands dimmed beside it."""

    id: str
    title: str
    detail: str = ""
    marked: bool = False
    """The one that is in force now."""


class PickOne(Dialog[str]):
    """Asks for one of many. The answer is the choice's id, or None."""

    hint = "type to narrow    Enter  choose    Esc  cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Iterable[Choice], *, placeholder: str = "Search") -> None:
        super().__init__(title)
        self._choices: Sequence[Choice] = tuple(choices)
        self._placeholder = placeholder

    def body(self) -> ComposeResult:
        yield Input(placeholder=self._placeholder, id="search")
        yield OptionList(id="choices", compact=True)

    def on_mount(self) -> None:
        self._fill("")
        marked = next((at for at, choice in enumerate(self._choices) if choice.marked), 0)
        if self._choices:
            self._list.highlighted = marked

    @property
    def _list(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    @on(Input.Changed, "#search")
    def narrow(self, event: Input.Changed) -> None:
        self._fill(event.value.strip())

    def _fill(self, query: str) -> None:
        options = self._list
        options.clear_options()
        options.add_options(Option(row(choice), id=str(at)) for at, choice in self._matching(query))
        if options.option_count:
            options.highlighted = 0

    def _matching(self, query: str) -> list[tuple[int, Choice]]:
        rows = list(enumerate(self._choices))
        if not query:
            return rows
        matcher = Matcher(query)
        scored = [(matcher.match(f"{choice.title} {choice.detail}"), at, choice) for at, choice in rows]
        wanted = query.casefold()
        best = sorted(
            (one for one in scored if one[0] > 0), key=lambda one: (-_said(wanted, one[2]), -one[0])
        )
        return [(at, choice) for _, at, choice in best]

    @on(Input.Submitted, "#search")
    def accept(self) -> None:
        option = self._list.highlighted_option
        if option is not None and option.id is not None:
            self.dismiss(self._choices[int(option.id)].id)

    @on(OptionList.OptionSelected, "#choices")
    def clicked(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            self.dismiss(self._choices[int(event.option_id)].id)

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_page(self, step: int) -> None:
        page = max(1, self._list.size.height - 1)
        last = self._list.option_count - 1
        if last >= 0:
            here = self._list.highlighted or 0
            self._list.highlighted = max(0, min(last, here + step * page))


def _said(wanted: str, choice: Choice) -> int:
    """Whether `wanted` is its whole title (2) or a part of it (1); these come before what is only like it."""
    title = choice.title.casefold()
    return 2 if title == wanted else int(wanted in title)


def row(choice: Choice) -> Content:
    """One line: a mark, the title, the detail dimmed."""
    mark = ("● ", "$primary") if choice.marked else ("  ", "")
    detail = clean_line(choice.detail)
    return Content.assemble(
        mark, clean_line(choice.title), (f"  {detail}" if detail else "", "$foreground-muted")
    )
