"""ConnectionPane: the saved connections, which one answers, and how its server is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.connection.switching import Switching
from tavern_tui.ui.panes.connection.words import ServerState, state_of, status_sentence
from tavern_tui.ui.widgets.ground import Boxed

if TYPE_CHECKING:
    from tavern_tui.core.generation import ServerStatus
    from tavern_tui.services.connection_offers import ConnectionOffers
    from tavern_tui.services.connections import ConnectionService, Found


class ConnectionPane(Boxed):
    """Lists the connections. Enter lets one answer from now on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("connections")]

    class ServersFound(Message):
        """Servers answered on this machine's usual ports."""

        def __init__(self, servers: Sequence[Found]) -> None:
            super().__init__()
            self.servers = servers

    def __init__(
        self, connections: ConnectionService, offers: Callable[[], ConnectionOffers], *, id: str | None = None
    ) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = "Connections"
        self._connections = connections
        self._offers = offers
        self._forget: list[Callable[[], None]] = []
        self._asked = ""
        """The connection whose server is being asked before it may answer."""

    def compose(self) -> ComposeResult:
        yield OptionList(id="connection-list", compact=True)
        yield Static(id="connection-facts")

    def on_mount(self) -> None:
        self._forget = [
            self._connections.changed.listen(lambda _: self.refresh_list()),
            self._connections.status_changed.listen(lambda _: self.refresh_list()),
        ]
        self.refresh_list()

    def on_unmount(self) -> None:
        for forget in self._forget:
            forget()

    @cached_property
    def _switching(self) -> Switching:
        return Switching(self.app, self._connections)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#connection-list", OptionList)

    def refresh_list(self) -> None:
        """Draw the list and the facts below it from what the service knows."""
        options, kept = self._list, self._list.highlighted
        current, status = self._connections.current, self._connections.status
        options.clear_options()
        options.add_options(
            Option(self._row(connection, current, status)) for connection in self._connections.all
        )
        if options.option_count:
            here = self._index_of(current) if kept is None else kept
            options.highlighted = min(here, options.option_count - 1)
        self._show_facts(current, status)

    def _index_of(self, connection: Connection) -> int:
        names = [one.name for one in self._connections.all]
        return names.index(connection.name) if connection.name in names else 0

    def _row(self, connection: Connection, current: Connection, status: ServerStatus | None) -> Content:
        is_current = connection.name == current.name
        state = state_of(connection, status) if is_current else ServerState.IDLE
        detail = connection.model or connection.provider
        if connection.name == self._asked:
            state, detail = ServerState.UNKNOWN, "asking its server …"
        return Content.assemble(
            (f"{state.dot} ", state.colour),
            (clean_line(connection.name), "bold" if is_current else ""),
            (f"  {clean_line(detail)}" if detail != connection.name else "", "$foreground-muted"),
        )

    def _show_facts(self, current: Connection, status: ServerStatus | None) -> None:
        template = self._connections.template_name
        lines = [status_sentence(current, status)]
        if self._connections.has_template(current):
            lines.append(f"Template: {clean_line(template)}")
        self.query_one("#connection-facts", Static).update(
            Content.styled("\n".join(lines), "$foreground-muted")
        )

    def _under_cursor(self) -> Connection | None:
        at = self._list.highlighted
        return self._connections.all[at] if at is not None and at < len(self._connections.all) else None

    # --- choosing

    @on(OptionList.OptionSelected, "#connection-list")
    def chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._switch(self._connections.all[event.option_index].name)

    @work(exclusive=True, group="switch")
    async def _switch(self, name: str) -> None:
        self._asked = name
        self.refresh_list()
        try:
            await self._switching.to(name)
        finally:
            self._asked = ""
            self.refresh_list()

    def action_add(self) -> None:
        self.open_dialog(None)

    def action_edit(self) -> None:
        connection = self._under_cursor()
        if connection is not None:
            self.open_dialog(connection)

    @work
    async def open_dialog(self, connection: Connection | None) -> None:
        """Set up a new connection (None) or change one."""
        from tavern_tui.ui.panes.connection.dialog import ConnectionDialog

        saved = await self.app.push_screen_wait(
            ConnectionDialog(self._connections, self._offers(), connection)
        )
        if saved is not None:
            self._try(lambda: self._connections.select(saved))
            self.refresh_list()

    @work
    async def action_models(self) -> None:
        """Choose among the server's models, or have it load, unload or fetch one."""
        from tavern_tui.ui.panes.connection.models import ModelsDialog

        connection = self._under_cursor()
        if connection is None:
            return
        picked = await self.app.push_screen_wait(ModelsDialog(self._connections, connection))
        if picked is not None:
            self._try(lambda: self._connections.change(connection.name, model=picked))
            self.refresh_list()

    @work
    async def action_keys(self) -> None:
        """The API keys of the connection's provider: choose one, add, label or remove them."""
        from tavern_tui.ui.panes.connection.keys_dialog import manage_keys

        connection = self._under_cursor()
        if connection is not None:
            await manage_keys(self, self._connections, connection.name)
            self.refresh_list()

    @work
    async def action_remove(self) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        connection = self._under_cursor()
        if connection is None:
            return
        question = f'Take "{clean_line(connection.name)}" out of the list? Its key stays in the key store.'
        if await self.app.push_screen_wait(Confirm("Remove connection", question, yes="Remove", no="Keep")):
            self._try(lambda: self._connections.remove(connection.name))
            self.refresh_list()

    @work(exclusive=True, group="test connection")
    async def action_test(self) -> None:
        connection = self._under_cursor()
        if connection is None:
            return
        try:
            status = await self._connections.check(connection)
        except TavernError as error:
            self._complain(error)
            return
        self.notify(
            status_sentence(connection, status),
            title=clean_line(connection.name),
            severity="information" if status.ok else "warning",
            markup=False,
        )

    @work(exclusive=True, group="probe")
    async def action_search(self) -> None:
        """Look for servers on this machine and offer what answers."""
        found = await self._connections.probe()
        self.post_message(self.ServersFound(found))

    def _try(self, change: Callable[[], object]) -> None:
        try:
            change()
        except TavernError as error:
            self._complain(error)

    def _complain(self, error: TavernError) -> None:
        self.notify(
            clean_line(error.hint) or "Nothing was changed.",
            title=clean_line(str(error)),
            severity="error",
            markup=False,
        )
