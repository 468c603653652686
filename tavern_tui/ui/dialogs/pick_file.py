"""PickFile: a path, completed as you type it."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog

LONGEST = 500
"""Entries of a folder that are listed; more are narrowed by typing."""


class PickFile(Dialog[Path]):
    """Asks for an existing file. The answer is its path, or None."""

    hint = "Tab  complete    Enter  open    Esc  cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
    ]

    def __init__(self, title: str, *, endings: Collection[str] = (), start: Path | None = None) -> None:
        """`endings`: lower-case file endings with their dot that are listed; empty: all."""
        super().__init__(title)
        self._endings = frozenset(endings)
        self._start = start or Path.home()

    def body(self) -> ComposeResult:
        yield Input(f"{self._start}{os.sep}", id="path", select_on_focus=False)
        yield OptionList(id="entries", compact=True)
        yield Static(self._kinds(), classes="note", markup=False)

    def _kinds(self) -> str:
        return f"Listed: {'  '.join(sorted(self._endings))}" if self._endings else ""

    @property
    def _input(self) -> Input:
        return self.query_one("#path", Input)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#entries", OptionList)

    @on(Input.Changed, "#path")
    def path_changed(self, event: Input.Changed) -> None:
        self.list_entries(event.value)

    @work(thread=True, exclusive=True, group="listing")
    def list_entries(self, typed: str) -> None:
        """List what the typed path may become. In a thread: a network folder may take its time."""
        found = entries(typed, self._endings)
        self.app.call_from_thread(self._show, typed, found)

    def _show(self, typed: str, found: list[str]) -> None:
        if not self.is_attached or self._input.value != typed:
            return
        self._found = found
        self._list.clear_options()
        self._list.add_options(Option(Content(clean_line(name)), id=str(at)) for at, name in enumerate(found))
        if found:
            self._list.highlighted = 0

    def _completed(self) -> str | None:
        option = self._list.highlighted_option
        if option is None or option.id is None:
            return None
        folder, _ = os.path.split(self._input.value)
        return os.path.join(folder, self._found[int(option.id)])  # noqa: PTH118  # keeps the spelling the user typed

    def action_complete(self) -> None:
        completed = self._completed()
        if completed is not None:
            self._input.value = completed
            self._input.cursor_position = len(completed)

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    @on(Input.Submitted, "#path")
    def accept(self) -> None:
        self._open(Path(self._input.value.strip()).expanduser())

    @on(OptionList.OptionSelected, "#entries")
    def clicked(self) -> None:
        self.action_complete()
        self._open(Path(self._input.value).expanduser())

    def _open(self, path: Path) -> None:
        """A file is the answer; a folder is entered; anything else takes the highlighted entry."""
        if path.is_file():
            self.dismiss(path)
        elif self._completed() is not None and not self._input.value.endswith(os.sep):
            self.action_complete()
            completed = Path(self._input.value).expanduser()
            if completed.is_file():
                self.dismiss(completed)
        elif self._completed() is not None:
            self.action_complete()


def entries(typed: str, endings: Collection[str]) -> list[str]:
    """Names in the typed folder that begin like its last part; folders first, with a separator.

    Hidden ones only when their dot is typed. A folder that cannot be read has none."""
    folder, start = os.path.split(typed)
    try:
        with os.scandir(Path(folder or ".").expanduser()) as found:
            names = [(not entry.is_dir(), entry.name) for entry in found if _begins(entry.name, start)]
    except OSError:
        return []
    kept = [
        (is_file, name)
        for is_file, name in names
        if not is_file or not endings or Path(name).suffix.lower() in endings
    ]
    kept.sort(key=lambda one: (one[0], one[1].lower()))
    return [name if is_file else f"{name}{os.sep}" for is_file, name in kept[:LONGEST]]


def _begins(name: str, start: str) -> bool:
    hidden_and_unasked = name.startswith(".") and not start.startswith(".")
    return not hidden_and_unasked and name.lower().startswith(start.lower())
