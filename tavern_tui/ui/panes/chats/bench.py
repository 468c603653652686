"""ChatsBench: all chats with whoever is open - by date or as a tree - and what is in the trash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.chat.transcript import Transcript
from tavern_tui.ui.panes.chats.preview import preview_of
from tavern_tui.ui.panes.chats.titles import beside_name
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.chat_tree import TreeNode
    from tavern_tui.services.tavern import ChatSummary, Tavern


class ChatsBench(Bench):
    """Enter opens the chat under the cursor."""

    scope = "chats"
    title_text = "Chats"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chats")]

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self.files = tavern.chat_files
        self._chats: dict[str, ChatSummary] = {}
        self._branches: list[TreeNode] = []
        self._titles: list[str] = []
        self._as_tree = False

    def side(self) -> ComposeResult:
        yield Input(placeholder="Search", id="search")
        yield RowList(id="bench-list")

    def work_area(self) -> ComposeResult:
        preview = Transcript(id="chat-preview")
        preview.can_focus = False
        yield preview

    def on_mount(self) -> None:
        self.add_class("-broad")
        self.refresh_list(self.tavern.session.chat.title)
        self.query_one(RowList).focus()

    # --- showing

    @property
    def here(self) -> str:
        """The title under the cursor; empty: there is none."""
        at = self.query_one(RowList).cursor
        return self._titles[at] if at < len(self._titles) else ""

    @work(exclusive=True, group="list")
    async def refresh_list(self, cursor: str = "") -> None:
        """Read the chats again, and put the cursor on this one."""
        wanted = cursor or self.here
        try:
            listed = self.files.chats()
            self._branches = list((await self.tavern.branches.tree()).nodes) if self._as_tree else []
        except TavernError as error:
            self.complain(error)
            return
        self._chats = {one.title: one for one in listed}
        titles = [one.title for one in self._branches] if self._as_tree else list(self._chats)
        words = self.query_one("#search", Input).value.lower().split()
        self._titles = [
            title
            for title in titles
            if all(word in f"{title} {self._preview_words(title)}".lower() for word in words)
        ]
        depths = {node.title: node.depth for node in self._branches}
        at = self._titles.index(wanted) if wanted in self._titles else 0
        self.query_one(RowList).show(
            len(self._titles), lambda row: self._row(self._titles[row], depths), cursor=at
        )
        many = len(self._titles)
        self.say_title(self.tavern.session.name, f"{many} chat{'s' if many != 1 else ''}",
                       "as a tree" if self._as_tree else "newest first")  # fmt: skip
        self._show_preview()

    def _preview_words(self, title: str) -> str:
        chat = self._chats.get(title)
        return chat.preview if chat is not None else ""

    def _row(self, title: str, depths: dict[str, int]) -> Content:
        chat = self._chats.get(title)
        depth = depths.get(title, 0)
        facts = (
            [f"{chat.modified:%Y-%m-%d %H:%M}", f"{chat.messages:,}" if chat.messages is not None else ""]
            if chat is not None
            else ["gone"]
        )
        is_open = title == self.tavern.session.chat.title
        return Content.assemble(
            ("● " if is_open else "  ", "$primary"),
            ("  " * (depth - 1) + "└ " if depth else "", "$foreground-disabled"),
            (beside_name(title, self.tavern.session.name), "bold" if is_open else ""),
            (f"  {' · '.join(filter(None, facts))}", "$foreground-muted"),
        )

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._show_preview()

    @work(exclusive=True, group="preview")
    async def _show_preview(self) -> None:
        """The last messages of the chat under the cursor."""
        chat, session = self._chats.get(self.here), self.tavern.session
        names = {"char": session.name, "user": session.persona.name}
        messages = await preview_of(chat.path, names) if chat is not None else []
        self.query_one("#chat-preview", Transcript).set_messages(messages)

    @on(RowList.Selected, "#bench-list")
    def chosen(self, event: RowList.Selected) -> None:
        event.stop()
        self._open(self.here)

    @work(exclusive=True, group="change")
    async def _open(self, title: str) -> None:
        if title and await self._try(lambda: self.tavern.switch_chat(title)):
            self.dismiss(None)

    # --- actions

    @work(exclusive=True, group="change")
    async def action_tab(self) -> None:
        """Open the chat under the cursor in a tab of its own."""
        title = self.here
        if title and await self._try(lambda: self.tavern.switch_chat(title, tab=True)):
            self.dismiss(None)

    @work(exclusive=True, group="change")
    async def action_statistics(self) -> None:
        from tavern_tui.ui.panes.chats.statistics import StatisticsDialog

        owner, name = self.files.owner(), self.tavern.session.name
        await self.app.push_screen_wait(StatisticsDialog(self.tavern.statistics, owner, name))

    async def _try(self, change: Callable[[], Awaitable[object]]) -> bool:
        try:
            await change()
        except TavernError as error:
            self.complain(error)
            return False
        return True

    @work(exclusive=True, group="change")
    async def action_new(self) -> None:
        if await self._try(self.tavern.new_chat):
            self.dismiss(None)

    @work(exclusive=True, group="change")
    async def action_rename(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        old = self.here
        if not old:
            return
        new = await self.app.push_screen_wait(AskText("Rename the chat", label="Title", value=old))
        if new and await self._try(lambda: self.files.rename(self.files.owner(), old, new)):
            self.refresh_list(new.strip())

    @work(exclusive=True, group="change")
    async def action_duplicate(self) -> None:
        here = self.here
        if here and await self._try(lambda: self.files.duplicate(self.files.owner(), here)):
            self.refresh_list()

    @work(exclusive=True, group="change")
    async def action_delete(self) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        here = self.here
        ask = Confirm("Delete chat", f"Move {clean_line(here)} to the trash?", yes="Delete", no="Keep")
        if here and self.tavern.settings.confirm_deletions and not await self.app.push_screen_wait(ask):
            return
        if here and await self._try(lambda: self.files.delete(self.files.owner(), here)):
            self.notify(f"{clean_line(here)} is in the trash. u brings it back.", markup=False)
            self.refresh_list()

    @work(exclusive=True, group="change")
    async def action_restore(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        there = self.files.trash()
        if not there:
            self.notify("The trash is empty.", markup=False)
            return
        choices = [Choice(id=one.id, title=one.title, detail=one.deleted_at[:16]) for one in there]
        picked = await self.app.push_screen_wait(PickOne("Bring back", choices))
        found = next((one for one in there if one.id == picked), None)
        if found is not None and await self._try(lambda: self.files.restore(found)):
            self.refresh_list()

    @work(exclusive=True, group="change")
    async def action_empty(self) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        there = self.files.trash()
        question = f"Delete {len(there)} chats in the trash for good? They cannot be brought back."
        if not there:
            self.notify("The trash is empty.", markup=False)
            return
        sure = Confirm("Empty the trash", question, yes="Delete", no="Keep")
        if await self.app.push_screen_wait(sure):
            await self._try(lambda: self.files.empty_trash(*there))

    def action_tree(self) -> None:
        self._as_tree = not self._as_tree
        self.refresh_list()

    @work(exclusive=True, group="change")
    async def action_export(self) -> None:
        from tavern_tui.services.chat_export import ExportFormat
        from tavern_tui.ui.dialogs.ask_text import AskText
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        title, owner = self.here, self.files.owner()
        formats = {"md": "Markdown", "txt": "Plain text", "html": "A web page", "jsonl": "JSONL, as it is"}
        kind = await self.app.push_screen_wait(
            PickOne("Export as", [Choice(id=id, title=name) for id, name in formats.items()])
        )
        if kind is None or not title:
            return
        usual = str(Path.home() / f"{title}.{kind}")
        answer = await self.app.push_screen_wait(AskText("Export the chat", label="File", value=usual))
        if not answer:
            return
        try:
            data = self.tavern.exporter.export(ExportFormat(kind), owner, title)
            self.tavern.exporter.write(at_home(answer), data)
        except TavernError as error:
            self.complain(error)
            return
        self.notify(f"Written to {clean_line(answer)}.", markup=False)

    @work(exclusive=True, group="change")
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        endings = (".jsonl", ".json")
        path = await self.app.push_screen_wait(PickFile("Import a chat", endings=endings))
        if path is None:
            return
        try:
            said = await self.tavern.library.import_file(path, owner=self.files.owner())
        except TavernError as error:
            self.complain(error)
            return
        self.notify(clean_line(said.sentence), markup=False)
        self.refresh_list()

    # --- searching

    def action_search(self) -> None:
        self.add_class("-searching")
        self.query_one("#search", Input).focus()

    @on(Input.Changed, "#search")
    def narrow(self) -> None:
        self.refresh_list()

    @on(Input.Submitted, "#search")
    def found(self) -> None:
        self.query_one(RowList).focus()

    def action_leave(self) -> None:
        search = self.query_one("#search", Input)
        if self.has_class("-searching"):
            self.remove_class("-searching")
            search.value = ""
            self.query_one(RowList).focus()
            return
        super().action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in LIST_ACTIONS:
            return self.is_mounted and self.query_one(RowList).has_focus
        return True


def at_home(file: str) -> Path:
    """A path as typed; `~` means the home folder."""
    return Path(file).expanduser()


LIST_ACTIONS = frozenset(
    {
        "new",
        "tab",
        "statistics",
        "rename",
        "duplicate",
        "delete",
        "restore",
        "tree",
        "export",
        "import",
        "search",
        "empty",
    }
)
