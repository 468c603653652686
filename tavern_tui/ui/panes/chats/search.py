"""SearchDialog: words in all chats of all characters and groups; the answer leads to the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.panes.chats.titles import beside_name
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tavern_tui.services.search import SearchHit, SearchService

PAUSE = 0.15
"""Seconds of quiet before a search begins."""


class SearchDialog(Dialog["SearchHit"]):
    """The answer is the message to go to, or None."""

    hint = "Enter  go there    ↑↓  move    Ctrl+R  best first    Esc  leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("ctrl+r", "rank", "Order", show=False, priority=True),
    ]

    def __init__(self, search: SearchService, words: str = "") -> None:
        super().__init__("Search all chats")
        self._search = search
        self._words = words
        self._hits: Sequence[SearchHit] = ()
        self._best_first = False

    def body(self) -> ComposeResult:
        yield Input(self._words, placeholder='Words, or "a phrase"', id="search")
        yield RowList(id="hits")
        yield Static("", id="said", classes="note", markup=False)

    def on_mount(self) -> None:
        self.add_class("-tall")
        self.query_one("#search").focus()
        self._look()

    @on(Input.Changed, "#search")
    def typed(self) -> None:
        self._look()

    def action_rank(self) -> None:
        self._best_first = not self._best_first
        self._look()

    @work(exclusive=True, group="search")
    async def _look(self) -> None:
        from asyncio import sleep

        words = self.query_one("#search", Input).value
        if not words.strip():
            self._show((), "")
            return
        await sleep(PAUSE)
        try:
            found = await self._search.search(words, best_first=self._best_first, progress=self._progress)
        except TavernError as error:
            self._show((), f"{error} {error.hint}")
            return
        more = "more than " if found.more else ""
        order = "best first" if self._best_first else "newest first"
        many = "messages" if len(found.hits) != 1 else "message"
        said = f"{more}{len(found.hits)} {many}, {order}" if found.hits else "Nowhere."
        self._show(found.hits, " ".join([said, *found.problems[:2]]))

    def _progress(self, done: int, total: int) -> None:
        self.query_one("#said", Static).update(f"Reading chats: {done:,} of {total:,} …")

    def _show(self, hits: Sequence[SearchHit], said: str) -> None:
        self._hits = hits
        self.query_one(RowList).show(len(hits), lambda at: hit_row(self._hits[at]), cursor=0)
        self.query_one("#said", Static).update(Content(clean_line(said)))

    def action_move(self, step: int) -> None:
        rows = self.query_one(RowList)
        rows.move_to(rows.cursor + step)

    @on(Input.Submitted, "#search")
    def accept(self) -> None:
        at = self.query_one(RowList).cursor
        if at < len(self._hits):
            self.dismiss(self._hits[at])

    @on(RowList.Selected)
    def clicked(self, event: RowList.Selected) -> None:
        if event.index < len(self._hits):
            self.dismiss(self._hits[event.index])


def hit_row(hit: SearchHit) -> Content:
    """A message that was found, as a line: when, who, the words."""
    date = f"{hit.date:%Y-%m-%d}" if hit.date is not None else ""
    words = Content(clean_text(hit.snippet)) if not hit.matches else _marked(hit)
    return Content.assemble(
        (f"{date:10}  ", "$foreground-disabled"),
        (f"{clean_line(hit.owner_name)} ", "$primary"),
        (f"{beside_name(hit.title, hit.owner_name)} #{hit.index}  ", "$foreground-muted"),
        words,
    )


def _marked(hit: SearchHit) -> Content:
    """The snippet with the places that were found."""
    parts: list[tuple[str, str]] = []
    at = 0
    for start, end in hit.matches:
        parts.append((clean_text(hit.snippet[at:start]), ""))
        parts.append((clean_text(hit.snippet[start:end]), "bold $warning"))
        at = end
    parts.append((clean_text(hit.snippet[at:]), ""))
    return Content.assemble(*parts)
