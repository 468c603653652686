"""StatisticsDialog: how much was written, by whom, with which models."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import DataTable, Static

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.panes.chat.meter import dollars

if TYPE_CHECKING:
    from tavern_tui.services.chat_places import ChatOwner
    from tavern_tui.services.chat_stats import ChatStatistics, ChatStats, StatsTable

COLUMNS = ("", "messages", "yours", "words", "tokens", "swipes", "waited", "cost", "last")
NAME = 34
"""Cells of the first column at most."""
MODELS = 4
"""How many models are named."""


class StatisticsDialog(Dialog[None]):
    """The chats with one character or group, or everybody's."""

    hint = "w  these chats, everybody's    ↑↓  scroll    Esc  back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w,tab", "switch", "Whose", show=False, priority=True),
        Binding("q,enter", "cancel", "Back", show=False, priority=True),
    ]

    def __init__(self, statistics: ChatStatistics, owner: ChatOwner, name: str) -> None:
        super().__init__("Statistics")
        self.add_class("-tall")
        self._statistics = statistics
        self._owner = owner
        self._who = clean_line(name)
        self._everybody = False

    def body(self) -> ComposeResult:
        yield Static(id="stats-sum", markup=False)
        table: DataTable[Content] = DataTable(id="stats", cursor_type="row", zebra_stripes=True)
        yield table

    def on_mount(self) -> None:
        self._count()

    def action_switch(self) -> None:
        self._everybody = not self._everybody
        self._count()

    @work(exclusive=True, group="count")
    async def _count(self) -> None:
        try:
            if self._everybody:
                found = await self._statistics.of_all(self._progress)
            else:
                found = await self._statistics.of_owner(self._owner, self._progress)
        except TavernError as error:
            self.query_one("#stats-sum", Static).update(clean_line(f"{error} {error.hint}"))
            return
        self._show(found)

    def _progress(self, done: int, total: int) -> None:
        if self.is_attached:
            self.query_one("#stats-sum", Static).update(f"counting {done:,} of {total:,} chats")

    def _show(self, found: StatsTable) -> None:
        who = "everybody" if self._everybody else self._who
        self.query_one("#stats-sum", Static).update(_summary(who, found))
        table = self.query_one(DataTable)
        table.clear(columns=True)
        for title in COLUMNS:
            table.add_column(title or ("character or group" if self._everybody else "chat"))
        for row in found.rows:
            name = Content(clean_line(row.name)).truncate(NAME, ellipsis=True)
            table.add_row(name, *(Content(cell) for cell in _cells(row.stats)))
        table.focus()


def _summary(who: str, found: StatsTable) -> Content:
    total = found.total
    chats = f"{total.chats:,} chat{'' if total.chats == 1 else 's'}"
    since = f" since {total.first:%Y-%m-%d}" if total.first is not None else ""
    models = [f"{clean_line(name)} {count:,}" for name, count in list(total.models.items())[:MODELS]]
    more = len(total.models) - len(models)
    lines = [
        (f"{chats} with {who}{since}", "bold"),
        (
            f"{total.messages:,} messages, {total.by_user:,} of them yours · {total.words:,} words, "
            f"{total.words_by_user:,} of them yours{f' · {dollars(total.cost)}' if total.cost else ''}",
            "",
        ),
        (f"Replies by {', '.join(models)}{f' and {more} more' if more > 0 else ''}" if models else "", ""),
        *((clean_line(problem), "$warning") for problem in found.problems[:3]),
    ]
    shown = [Content.styled(text, style) for text, style in lines if text]
    return Content("\n").join([*shown, Content("")])


def _cells(stats: ChatStats) -> tuple[str, ...]:
    return (
        f"{stats.messages:,}",
        f"{stats.by_user:,}",
        f"{stats.words:,}",
        f"{stats.tokens:,}" if stats.counted else "",
        f"{stats.swipes:,}",
        _duration(stats.seconds),
        dollars(stats.cost) if stats.cost else "",
        f"{stats.last:%Y-%m-%d}" if stats.last is not None else "",
    )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s" if seconds else ""
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
