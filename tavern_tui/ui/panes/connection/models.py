"""ModelsDialog: the models of a connection's server - choose one, have one loaded, let go or fetched."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from tavern_tui.core.generation import Model, Progress
    from tavern_tui.services.connections import ConnectionService

WORDS = {"load": "Loading", "unload": "Letting go of", "fetch": "Getting"}
BUTTONS = {"load": "Load", "unload": "Unload", "fetch": "Get"}
KEYS = {"load": "Ctrl+L  load", "unload": "Ctrl+U  unload", "fetch": "Ctrl+G  get the typed name"}


class ModelsDialog(Dialog[str]):
    """The answer is the id of the model to use, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("ctrl+l", "work('load')", "Load", show=False, priority=True),
        Binding("ctrl+u", "work('unload')", "Unload", show=False, priority=True),
        Binding("ctrl+g", "work('fetch')", "Get", show=False, priority=True),
        Binding("ctrl+e", "price", "Price", show=False, priority=True),
    ]

    def __init__(
        self, connections: ConnectionService, connection: Connection, key: str | None = None
    ) -> None:
        """`connection` may be a draft; then `key` is the one typed for it."""
        super().__init__(f"Models of {connection.name}")
        self._connections = connections
        self._connection = connection
        self._key = key
        self._can = connections.work_of(connection)
        self._models: Sequence[Model] = ()
        self._shown: list[Model] = []
        self.hint = "    ".join(
            [
                "Enter  use",
                *(words for what, words in KEYS.items() if what in self._can),
                "Ctrl+E  price",
                "Esc  leave",
            ]
        )

    def body(self) -> ComposeResult:
        yield Input(placeholder="Search, or a name to get", id="search")
        yield OptionList(id="choices", compact=True)
        yield ProgressBar(id="progress", show_eta=False, total=None)
        yield Static("", id="said", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Use", id="use", variant="primary", compact=True)
            for what in KEYS:
                if what in self._can:
                    yield Button(BUTTONS[what], name=what, classes="work", compact=True)
            yield Button("Price", id="price", compact=True)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self._ask()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _say(self, words: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "-bad")
        said.update(Content(clean_line(words)))

    @work(exclusive=True, group="ask server")
    async def _ask(self) -> None:
        self._say("Asking for the list of models …")
        try:
            self._models = await self._connections.models(self._connection, self._key)
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        self._say("" if self._models else "The server lists no models.")
        self._fill()

    @on(Input.Changed, "#search")
    def _fill(self) -> None:
        words = self.query_one("#search", Input).value.lower().split()
        self._shown = [
            one
            for one in self._models
            if all(word in f"{one.id} {one.title} {one.detail}".lower() for word in words)
        ]
        options = self._list
        options.clear_options()
        options.add_options(Option(model_row(one, self._connection.model)) for one in self._shown)
        if self._shown:
            used = (at for at, one in enumerate(self._shown) if one.id == self._connection.model)
            options.highlighted = next(used, 0)

    def _here(self) -> Model | None:
        at = self._list.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @on(Button.Pressed, "#use")
    @on(Input.Submitted, "#search")
    @on(OptionList.OptionSelected, "#choices")
    def chosen(self) -> None:
        here = self._here()
        if here is not None:
            self.dismiss(here.id)

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    @on(Button.Pressed, ".work")
    def work_pressed(self, event: Button.Pressed) -> None:
        self.action_work(event.button.name or "")

    @on(Button.Pressed, "#price")
    @work(exclusive=True, group="price")
    async def action_price(self) -> None:
        """State what the model under the cursor, or the one that was typed, costs."""
        from tavern_tui.services.prices import price_as_written
        from tavern_tui.ui.dialogs.ask_text import AskText

        here = self._here()
        model = here.id if here is not None else self.query_one("#search", Input).value.strip()
        if not model:
            self._say("Type the name of the model.", bad=True)
            return
        prices, provider = self._connections.prices, self._connection.provider
        stated = prices.stated(provider, model)
        words = await self.app.push_screen_wait(
            AskText(
                f"What {model} costs",
                label="US dollars per million tokens: prompt / reply / cached prompt. Empty: as listed.",
                value=price_as_written(stated) if stated is not None else "",
            )
        )
        if words is None:
            return
        try:
            prices.state(provider, model, words)
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        self._ask()

    def action_work(self, what: str) -> None:
        typed = self.query_one("#search", Input).value.strip()
        here = self._here()
        model = typed if what == "fetch" and typed else here.id if here is not None else ""
        if what not in self._can:
            self._say(f"This server cannot {what} models from here.", bad=True)
        elif not model:
            self._say("Type the name of the model to get.", bad=True)
        else:
            self._manage(what, model)

    @work(exclusive=True, group="manage")
    async def _manage(self, what: str, model: str) -> None:
        bar = self.query_one("#progress", ProgressBar)
        bar.update(total=None)
        bar.display = True
        self._say(f"{WORDS[what]} {model} …")
        try:
            async with aclosing(self._connections.manage(self._connection, what, model, self._key)) as steps:
                async for step in steps:
                    self._show(bar, step)
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        finally:
            bar.display = False
        self._ask()

    def _show(self, bar: ProgressBar, step: Progress) -> None:
        bar.update(total=step.total or None, progress=step.done)
        if step.note:
            self._say(step.note)


def model_row(model: Model, used: str) -> Content:
    """A model as a line: mark, name, context, price, what it can do."""
    facts = [
        f"{model.context_size:,}" if model.context_size else "",
        price_words(model),
        " ".join(model.capabilities),
        model.detail,
    ]
    return Content.assemble(
        ("● ", "$primary") if model.id == used else ("  ", ""),
        clean_line(model.title or model.id),
        (f"  {clean_line(' · '.join(filter(None, facts)))}", "$foreground-muted"),
    )


def price_words(model: Model) -> str:
    """What a million tokens cost, there and back; empty where it is not told."""
    if model.prompt_price is None and model.reply_price is None:
        return ""
    if not model.prompt_price and not model.reply_price:
        return "free"
    cached = f", cached ${model.cached_price * 1e6:.2f}" if model.cached_price is not None else ""
    return f"${(model.prompt_price or 0) * 1e6:.2f} / ${(model.reply_price or 0) * 1e6:.2f} per M{cached}"
