"""LogPane: what was asked of which server, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings

if TYPE_CHECKING:
    from tavern_tui.services.log import LogLine, LogView


class LogPane(Vertical):
    """The log, newest line last. Holds no prompts and no keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]

    def __init__(self, log: LogView, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = "Log"
        self._log = log
        self._forget: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield OptionList(id="log-lines", compact=True)

    def on_mount(self) -> None:
        self._lines.add_options(Option(_row(line)) for line in self._log.lines())
        self._say_if_empty()
        self._forget = self._log.added.listen(self._add)
        self.call_after_refresh(self.action_bottom)

    def on_unmount(self) -> None:
        self._forget()

    @property
    def _lines(self) -> OptionList:
        return self.query_one("#log-lines", OptionList)

    def _say_if_empty(self) -> None:
        self.border_subtitle = "" if self._lines.option_count else "nothing was asked of a server yet"

    def _add(self, line: LogLine) -> None:
        lines = self._lines
        at_end = lines.highlighted is None or lines.highlighted >= lines.option_count - 1
        lines.add_option(Option(_row(line)))
        self._say_if_empty()
        if at_end:
            self.action_bottom()

    def action_bottom(self) -> None:
        if self._lines.option_count:
            self._lines.highlighted = self._lines.option_count - 1

    def action_copy(self) -> None:
        text = "\n".join(_row(line).plain for line in self._log.lines())
        self.app.copy_to_clipboard(text)
        self.notify("Copied the log.", markup=False)


def _row(line: LogLine) -> Content:
    colour = "$error" if line.level == "error" else ""
    return Content.assemble(
        (f"{line.when:%H:%M:%S} ", "$foreground-disabled"),
        (f"{clean_line(line.connection)} ", "$primary"),
        (clean_line(line.text), colour),
    )
