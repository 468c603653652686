"""LorebookBench: books and entries, with every field, and what the prompt made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static

from tavern_tui.core.errors import TavernError
from tavern_tui.core.lorebook import Lorebook, LoreEntry, LoreSource
from tavern_tui.services.lorebooks import (
    BookRow,
    with_entry,
    with_new_entry,
    without_entry,
)
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.lorebook.fields import ROWS, values_of, with_value
from tavern_tui.ui.panes.lorebook.listing import MARKS, SORTS, Line, draw_book, draw_entry, lines_of, title_of
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.library import Trashed
    from tavern_tui.services.tavern import Tavern

ENDINGS = (".json", ".png", ".lorebook")
Undo = tuple[BookRow, Lorebook]
"""A book as it was before an entry was deleted."""


class LorebookBench(Bench):
    """Books and entries at the left, the entry under the cursor at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lorebooks")]
    scope = "lorebooks"
    title_text = "Lorebooks"

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._books: Sequence[BookRow] = ()
        self._lines: list[Line] = []
        self._unfolded: dict[str, bool] = {}
        self._words = ""
        self._sort = 0
        self._open: tuple[BookRow, LoreEntry] | None = None
        """What the form shows; None: the book's facts are shown instead."""
        self.lore = tavern.lorebooks.of(tavern.session.character.file)
        self._draft: dict[tuple[str, bool], Lorebook] = {}
        """Books that were changed and are not written yet."""
        self._undo: list[Undo | Trashed] = []

    def side(self) -> ComposeResult:
        yield Input(placeholder="/ to search all books", id="lore-search", classes="search", compact=True)
        yield RowList(id="bench-list")

    def work_area(self) -> ComposeResult:
        yield Static("", id="book-facts", markup=False)
        yield Form(ROWS, id="form")

    def on_mount(self) -> None:
        self.add_class("-broad")
        self._books = self.lore.books()
        active = [row for row in self._books if row.links]
        for row in active or self._books[:1]:
            self._unfolded[row.name] = True
        self.refresh_list(0)
        self._list.focus()

    @property
    def _list(self) -> RowList:
        return self.query_one("#bench-list", RowList)

    # --- the list

    def _read(self, row: BookRow) -> Lorebook | None:
        """A book with the changes that are not written yet."""
        held = self._draft.get((row.name, row.embedded))
        return held if held is not None else self.lore.book(row.name, embedded=row.embedded)

    def reload(self, cursor: int | None = None) -> None:
        """Read the list of books again."""
        self._books = self.lore.books()
        self.refresh_list(cursor)

    def refresh_list(self, cursor: int | None = None) -> None:
        """Draw the list again."""
        self._lines = lines_of(self._books, self._read, self._unfolded, self._words, self._sort)
        self._list.show(len(self._lines), self._draw, cursor)
        self._show(self._lines[self._list.cursor] if self._lines else None)

    def _draw(self, at: int) -> Content:
        line = self._lines[at]
        if line.entry is not None:
            return draw_entry(line.entry)
        unfolded = bool(self._unfolded.get(line.book.name)) or bool(self._words)
        book = self._read(line.book) if unfolded else None
        return draw_book(line.book, len(book.entries) if book is not None else None, unfolded)

    @property
    def _line(self) -> Line | None:
        return self._lines[self._list.cursor] if self._lines else None

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._show(self._lines[event.index])

    @on(RowList.Selected, "#bench-list")
    def chosen(self, event: RowList.Selected) -> None:
        event.stop()
        line = self._lines[event.index]
        self._show(line)
        if line.entry is None:
            self.action_fold()
        else:
            self.query_one("#content").focus()

    def _show(self, line: Line | None) -> None:
        form, facts = self.query_one(Form), self.query_one("#book-facts", Static)
        entry = line.entry if line is not None else None
        form.display, facts.display = entry is not None, entry is None
        if line is None:
            self._open = None
            facts.update(Content("There are no lorebooks yet. b begins one, i takes one over."))
            self.say_title("none yet")
        elif entry is None:
            self._open = None
            facts.update(self._facts(line.book))
            self.say_title(line.book.name)
        else:
            if self._open is None or self._open[1] != entry or self._open[0].name != line.book.name:
                form.load(values_of(entry))
                form.scroll_home(animate=False)
            self._open = (line.book, entry)
            self.say_title(line.book.name, title_of(entry))

    def _facts(self, row: BookRow) -> Content:
        """What a book is, while the cursor is on it."""
        book = self._read(row)
        if book is None:
            return Content("This book cannot be read. The notices say why; the file is left as it is.")
        where = ", ".join(MARKS[link] for link in row.links) or "nowhere"
        count, on = len(book.entries), sum(not entry.disabled for entry in book.entries)
        said = (
            "inside the card of the open character; m moves it out" if row.embedded else "a file of its own"
        )
        return Content.assemble(
            (f"{clean_line(row.name)}\n\n", "bold"),
            f"{count:,} entries, {on:,} of them enabled\nactive: {where}\n{said}\n\n",
            ("Space unfolds it · a adds an entry · l says where it is active\n"
             "w shows which entries are in the prompt now, and why · t tries keys against a text",
             "$foreground-muted"),
        )  # fmt: skip

    # --- changing entries

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        if self._open is None:
            return
        row, entry = self._open
        entry = with_value(entry, event.id, event.value)
        self._put(row, entry)

    def _put(self, row: BookRow, entry: LoreEntry) -> None:
        """Keep an entry's new version, in the list and, soon, on disk."""
        book = self._read(row)
        if book is None:
            return
        self._keep(row, with_entry(book, entry))
        for at, line in enumerate(self._lines):
            if line.entry is not None and line.entry.uid == entry.uid and line.book.name == row.name:
                self._lines[at] = Line(row, entry)
        if self._open is not None and self._open[1].uid == entry.uid:
            self._open = (row, entry)
        self._list.refresh()

    def _keep(self, row: BookRow, book: Lorebook) -> None:
        self._draft[row.name, row.embedded] = book
        self.save_soon()

    def save(self) -> None:
        for (name, embedded), book in list(self._draft.items()):
            self.lore.save(book, embedded=embedded)
            del self._draft[name, embedded]

    def action_fold(self) -> None:
        line = self._line
        if line is None:
            return
        if line.entry is not None:
            self._put(line.book, replace(line.entry, disabled=not line.entry.disabled))
            self._show(self._line)
            return
        self._unfolded[line.book.name] = not self._unfolded.get(line.book.name)
        self.refresh_list()

    def action_add(self) -> None:
        line = self._line
        if line is None:
            self.action_new_book()
            return
        self._add_like(line.book, None)

    def _add_like(self, row: BookRow, like: LoreEntry | None) -> None:
        book = self._read(row)
        if book is None:
            return
        changed, entry = with_new_entry(book, like)
        self._keep(row, changed)
        self._unfolded[row.name] = True
        self._words = self.query_one("#lore-search", Input).value = ""
        self.refresh_list()
        self.go_to(row.name, entry.uid)
        self.query_one("#comment").focus()

    def go_to(self, book: str, uid: int) -> None:
        """Put the cursor on an entry; its book is unfolded."""
        if not any(line.book.name == book and line.entry is not None for line in self._lines):
            self._unfolded[book] = True
            self.refresh_list()
        for at, line in enumerate(self._lines):
            if line.book.name == book and line.entry is not None and line.entry.uid == uid:
                self._list.move_to(at)
                self._show(line)

    def action_copy(self) -> None:
        line = self._line
        if line is None:
            return
        if line.entry is not None:
            self._add_like(line.book, line.entry)
            return
        book = self._read(line.book)
        if book is not None and self._try(lambda: self.lore.duplicate(book)):
            self.reload()

    @work
    async def action_delete(self) -> None:
        line = self._line
        if line is None:
            return
        if line.entry is None:
            await self._delete_book(line.book)
            return
        book = self._read(line.book)
        if book is None:
            return
        self._undo.append((line.book, book))
        self._keep(line.book, without_entry(book, line.entry.uid))
        self.refresh_list()
        self.notify(f"{title_of(line.entry)} is deleted. u brings it back.", markup=False)

    async def _delete_book(self, row: BookRow) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        if row.embedded:
            self.notify("This book is part of the card. Edit its entries, or m moves it out.", markup=False)
            return
        question = f"Move {clean_line(row.name)} to the trash folder?"
        ask = Confirm("Delete lorebook", question, yes="Delete", no="Keep")
        if self.tavern.settings.confirm_deletions and not await self.app.push_screen_wait(ask):
            return
        self.save_now()
        try:
            self._undo.append(self.lore.delete(row.name))
        except TavernError as error:
            self.complain(error)
            return
        self.reload()
        self.notify(f"{clean_line(row.name)} is in the trash. u brings it back.", markup=False)

    def action_undo(self) -> None:
        if not self._undo:
            self.notify("There is nothing to bring back.", markup=False)
            return
        step = self._undo.pop()
        if isinstance(step, tuple):
            self._keep(*step)
            self.refresh_list()
        elif self._try(lambda: self.lore.restore(step)):
            self.reload()

    # --- searching, sorting

    def action_search(self) -> None:
        self.query_one("#lore-search").focus()

    @on(Input.Changed, "#lore-search")
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._words = event.value.strip()
        self.refresh_list(0)

    @on(Input.Submitted, "#lore-search")
    def search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.focus()

    def action_sort(self) -> None:
        self._sort = (self._sort + 1) % len(SORTS)
        self.refresh_list()
        self.say_help(f"Entries stand {SORTS[self._sort]}.")

    # --- why

    @work
    async def action_why(self) -> None:
        from tavern_tui.ui.panes.lorebook.why import WhyView

        self.save_now()
        try:
            verdicts = self.lore.verdicts()
        except TavernError as error:
            self.complain(error)
            return
        picked = await self.app.push_screen_wait(WhyView("In the prompt now, and why", verdicts))
        if picked is not None:
            self.go_to(*picked)

    @work
    async def action_trial(self) -> None:
        from tavern_tui.ui.panes.lorebook.why import TrialView

        line = self._line
        rows = [line.book] if line is not None else []
        books = [book for book in map(self._read, rows) if book is not None]
        title = "Which entries would a text activate?"
        picked = await self.app.push_screen_wait(TrialView(title, lambda text: self.lore.trial(books, text)))
        if picked is not None:
            self.go_to(*picked)

    # --- books

    def _try(self, action: Callable[[], object]) -> bool:
        """Do something with the files; say what is wrong with it."""
        self.save_now()
        try:
            action()
        except TavernError as error:
            self.complain(error)
            return False
        return True

    @work
    async def action_links(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        line = self._line
        if line is None or line.book.embedded:
            return
        here = self.tavern.session
        titles = {
            LoreSource.GLOBAL: "Everywhere",
            LoreSource.CHARACTER: f"With {here.character.name}",
            LoreSource.CHAT: "In this chat",
            LoreSource.PERSONA: f"When you play {here.persona.name}",
        }
        choices = [
            Choice(
                id=source.value,
                title=title,
                detail="active: choose to end it" if source in line.book.links else "",
                marked=source in line.book.links,
            )
            for source, title in titles.items()
        ]
        title = f"Where is {line.book.name} active?"
        picked = await self.app.push_screen_wait(PickOne(title, choices))
        if picked is None:
            return
        source = LoreSource(picked)
        name, active = line.book.name, source not in line.book.links
        if self._try(lambda: self.lore.link(name, source, active)):
            self.reload()
            self._put_cursor_on(name)

    def _put_cursor_on(self, book: str) -> None:
        at = next((at for at, line in enumerate(self._lines) if line.book.name == book), None)
        if at is not None:
            self._list.move_to(at)
            self._show(self._lines[at])

    async def _ask(self, title: str, value: str = "", label: str = "Name") -> str:
        from tavern_tui.ui.dialogs.ask_text import AskText

        return await self.app.push_screen_wait(AskText(title, label=label, value=value)) or ""

    @work
    async def action_new_book(self) -> None:
        name = await self._ask("New lorebook")
        if name and self._try(lambda: self.lore.new(name)):
            self.reload()
            self._put_cursor_on(name)

    @work
    async def action_rename(self) -> None:
        line = self._line
        if line is None or line.book.embedded:
            return
        old = line.book.name
        name = await self._ask("Rename lorebook", old)
        if name and name != old and self._try(lambda: self.lore.rename(old, name)):
            self._unfolded[name] = self._unfolded.pop(old, False)
            self.reload()
            self._put_cursor_on(name)

    def action_move_out(self) -> None:
        if self._try(self.lore.move_out):
            self.reload(0)

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(PickFile("Import a lorebook", endings=ENDINGS))
        if path is None:
            return
        self.save_now()
        try:
            book, odd = self.lore.import_file(path)
        except TavernError as error:
            self.complain(error)
            return
        for sentence in odd[:3]:
            self.notify(clean_line(sentence), severity="warning", markup=False)
        self.reload()
        self._put_cursor_on(book.name)

    @work
    async def action_export(self) -> None:
        line = self._line
        book = self._read(line.book) if line is not None else None
        if book is None:
            return
        answer = await self._ask("Export lorebook", str(Path.home() / f"{book.name}.json"), "File")
        if answer and self._try(lambda: self.lore.export(book, answer)):
            self.notify("Written.", markup=False)
