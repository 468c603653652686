"""ConnectionDialog: provider, address, key, model and the settings that go with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
from tavern_tui.ui.panes.connection.words import status_sentence

if TYPE_CHECKING:
    from tavern_tui.services.connection_offers import ConnectionOffers
    from tavern_tui.services.connections import ConnectionService, ProviderInfo

FIELDS: tuple[tuple[str, str, str], ...] = (
    ("name", "Name", "how you call it"),
    ("url", "Address", "the provider's usual one"),
    ("key", "API key", "kept as it is"),
    ("model", "Model", "what the server has loaded"),
    ("max_tokens", "Reply, tokens", "350"),
    ("context_size", "Context, tokens", "the server's; where tokens cost, 32,768"),
    ("tokenizer", "Tokenizer", "the server's, else an estimate; server; or a tokenizer file"),
)
"""Id of the field, its label, what an empty one means."""

PICKERS = {
    "instruct": "Template",
    "context": "Context template",
    "system_prompt": "System prompt",
    "text_preset": "Sampler preset",
    "chat_preset": "Prompt preset",
    "post_processing": "Post-processing",
}
"""Setting that is picked from a list -> its label."""


class ConnectionDialog(Dialog[str]):
    """Sets up or changes one connection. The answer is its name, or None."""

    hint = "Tab next   Ctrl+O save   Ctrl+T test   Alt+M more   Esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o,alt+enter", "save", "Save", show=False, priority=True),
        Binding("ctrl+t", "test", "Test", show=False, priority=True),
        Binding("alt+m", "more", "More", show=False, priority=True),
    ]

    def __init__(
        self, connections: ConnectionService, offers: ConnectionOffers, connection: Connection | None
    ) -> None:
        super().__init__("Connection" if connection else "New connection")
        self._connections = connections
        self._offers = offers
        self._replaces = connection.name if connection else ""
        self._providers: dict[str, ProviderInfo] = {one.id: one for one in connections.providers()}
        self._draft = connection or Connection(name="", provider=next(iter(self._providers), "offline"))

    def body(self) -> ComposeResult:
        with VerticalScroll(id="fields"):
            yield from self._picker("provider", "Provider", self._provider_title())
            for id, label, placeholder in FIELDS:
                yield from self._field(id, label, placeholder)
            for id, label in PICKERS.items():
                yield from self._picker(id, label, self._offers.title(id, self._draft))
        yield Static("", id="said", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("More …", id="more", compact=True)
            yield Button("Test", id="test", compact=True)
            yield Button("Save", id="save", variant="primary", compact=True)

    def _field(self, id: str, label: str, placeholder: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Static(label, classes="label")
            yield Input(
                self._value(id),
                id=f"field-{id}",
                placeholder=placeholder,
                password=id == "key",
                type="integer" if id in ("max_tokens", "context_size") else "text",
                select_on_focus=False,
            )
            if id == "model":
                yield Button("choose", id=f"pick-{id}", compact=True)

    def _picker(self, id: str, label: str, shown: str) -> ComposeResult:
        with Horizontal(classes="field", id=f"row-{id}"):
            yield Static(label, classes="label")
            yield Button(Content(clean_line(shown)), id=f"pick-{id}", classes="picker", compact=True)

    def _value(self, id: str) -> str:
        if id == "key":
            return ""
        value = getattr(self._draft, id)
        return "" if value in (0, "", "auto") else str(value)

    def _provider_title(self) -> str:
        info = self._providers.get(self._draft.provider)
        return info.title if info is not None else self._draft.provider

    def on_mount(self) -> None:
        self._show_usual_address()
        self._show_pickers()
        self.query_one("#field-name" if self._replaces else "#pick-provider").focus()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#fields").styles.max_height = max(3, event.size.height - AROUND_FIELDS)

    def _show_usual_address(self) -> None:
        info = self._providers.get(self._draft.provider)
        if info is not None and info.default_url:
            self._input("url").placeholder = info.default_url

    def _show_pickers(self) -> None:
        """The settings this provider uses, as they are now; the others are kept unseen."""
        used = self._offers.fields(self._draft)
        for id in PICKERS:
            self.query_one(f"#row-{id}").display = id in used
            if id in used:
                title = clean_line(self._offers.title(id, self._draft))
                self.query_one(f"#pick-{id}", Button).label = Content(title)

    def _input(self, id: str) -> Input:
        return self.query_one(f"#field-{id}", Input)

    def _read(self) -> Connection:
        """The connection as the fields have it; an empty name becomes the provider's title."""
        return replace(
            self._draft,
            name=self._input("name").value.strip() or self._free_name(),
            url=self._input("url").value.strip(),
            model=self._input("model").value.strip(),
            max_tokens=_number(self._input("max_tokens").value, 350),
            context_size=_number(self._input("context_size").value, 0),
            tokenizer=self._input("tokenizer").value.strip() or "auto",
        )

    def _free_name(self) -> str:
        taken = {one.name for one in self._connections.all} - {self._replaces}
        name, number = self._provider_title(), 2
        while name in taken:
            name, number = f"{self._provider_title()} {number}", number + 1
        return name

    def _key(self) -> str | None:
        return self._input("key").value.strip() or None

    def _say(self, words: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "-bad")
        said.update(Content(clean_line(words)))

    # --- picking

    @on(Button.Pressed, "#pick-provider")
    def pick_provider(self) -> None:
        self._pick_provider()

    @work
    async def _pick_provider(self) -> None:
        choices = [
            Choice(
                id=one.id,
                title=one.title,
                detail=f"{_KINDS.get(one.kind, one.kind)}{_KEYS.get(one.key, '')}",
                marked=one.id == self._draft.provider,
            )
            for one in self._providers.values()
        ]
        picked = await self.app.push_screen_wait(PickOne("Provider", choices))
        if picked is not None:
            self._draft = replace(self._draft, provider=picked)
            self.query_one("#pick-provider", Button).label = Content(clean_line(self._provider_title()))
            self._show_usual_address()
            self._show_pickers()

    @on(Button.Pressed, ".picker")
    def pick(self, event: Button.Pressed) -> None:
        field = (event.button.id or "").removeprefix("pick-")
        if field in PICKERS:
            self._pick(field)

    @work
    async def _pick(self, field: str) -> None:
        now = getattr(self._draft, field)
        choices = [
            Choice(id=f"{CHOICE}{one.value}", title=one.title, detail=one.detail, marked=one.value == now)
            for one in self._offers.of(field, self._draft)
        ]
        picked = await self.app.push_screen_wait(PickOne(PICKERS[field], choices))
        if picked is None:
            return
        self._draft = replace(self._draft, **{field: picked.removeprefix(CHOICE)})  # type: ignore[arg-type]  # all are str
        self._show_pickers()
        for length, tokens in self._offers.lengths(field, self._draft).items():
            self._input(length).value = str(tokens)

    @on(Button.Pressed, "#pick-model")
    def pick_model(self) -> None:
        self._pick_model()

    @work
    async def _pick_model(self) -> None:
        from tavern_tui.ui.panes.connection.models import ModelsDialog

        here = self._read()
        picked = await self.app.push_screen_wait(ModelsDialog(self._connections, here, self._key()))
        if picked is not None:
            self._input("model").value = picked

    @on(Button.Pressed, "#more")
    def more_pressed(self) -> None:
        self.action_more()

    def action_more(self) -> None:
        """Proxy, certificates, headers, body keys and what only this provider has."""
        from tavern_tui.ui.panes.connection.extras import ConnectionExtras

        info = self._providers.get(self._draft.provider)
        options = info.options if info is not None else ()
        self.app.push_screen(ConnectionExtras(self._draft, options), self._keep_more)

    def _keep_more(self, changed: Connection | None) -> None:
        if changed is not None:
            self._draft = changed

    # --- testing, saving

    @on(Button.Pressed, "#test")
    def test_pressed(self) -> None:
        self.action_test()

    @work(exclusive=True, group="ask server")
    async def action_test(self) -> None:
        connection = self._read()
        self._say("Asking the server …")
        try:
            status = await self._connections.check(connection, self._key())
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        self._say(status_sentence(connection, status), bad=not status.ok)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        connection = self._read()
        try:
            self._connections.save(connection, key=self._key(), replaces=self._replaces)
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        self.dismiss(connection.name)


AROUND_FIELDS = 6
"""Lines of the window that are no fields."""
CHOICE = "choice/"
"""Begins the id of each choice, because a value may be empty."""
_KINDS = {"text": "text completion", "chat": "chat completion"}
_KEYS = {"required": ", needs a key", "optional": ", key optional"}


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.strip().isdigit() else otherwise
