"""ConnectionExtras: what few connections need - proxy, certificates, headers, body keys, choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.services.connection_extras import read_body, read_headers, written
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.widgets.form import Form, Row, Value

if TYPE_CHECKING:
    from tavern_tui.services.connections import ProviderOption

OPTION = "option-"
USUAL = (
    Row(id="stream", label="Stream replies", kind="switch", help="Show the reply while it is written."),
    Row(
        id="stop",
        label="Stop strings, one per line",
        kind="text",
        lines=3,
        help="Texts that end a reply, besides those of the templates. \\n is a line break.",
    ),
    Row(
        id="proxy",
        label="Proxy",
        blank="the environment's",
        help="http://, https:// or socks5:// address everything of this connection goes through.",
    ),
    Row(
        id="ca_file",
        label="CA file",
        blank="the usual certificates",
        help="A PEM file whose certificates are trusted besides the usual ones.",
    ),
    Row(
        id="extra_headers",
        label="Headers, one `Name: value` per line",
        kind="text",
        lines=3,
        help="Sent with every request; they take the place of ours of that name.",
    ),
    Row(
        id="extra_body",
        label="Body keys (YAML)",
        kind="text",
        lines=6,
        help="Added to or laid over every request's body. null drops a key: top_a: null",
    ),
)


class ConnectionExtras(Dialog[Connection]):
    """Changes a draft of a connection. The answer is the draft, or None."""

    hint = "Tab  next field    Ctrl+O  done    Esc  cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o,alt+enter", "done", "Done", show=False, priority=True),
    ]

    def __init__(self, connection: Connection, options: Sequence[ProviderOption]) -> None:
        super().__init__("More about this connection")
        self._connection = connection
        self._options = tuple(options)

    def body(self) -> ComposeResult:
        yield Form((*map(option_row, self._options), *USUAL), self._values(), id="extras")
        yield Static("", id="said", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Done", id="done", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.add_class("-tall")

    def _values(self) -> dict[str, Value]:
        now = self._connection
        values: dict[str, Value] = {
            "stream": now.stream,
            "stop": "\n".join(one.replace("\n", "\\n") for one in now.stop),
            "proxy": now.proxy,
            "ca_file": now.ca_file,
            "extra_headers": written(now.extra_headers),
            "extra_body": written(now.extra_body),
        }
        for one in self._options:
            held = now.options.get(one.id, one.default)
            values[OPTION + one.id] = held if isinstance(held, bool | int | str) else str(held)
        return values

    @on(Form.Looked)
    def looked(self, event: Form.Looked) -> None:
        self._say(event.help)

    def _say(self, words: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "-bad")
        said.update(Content(clean_line(words)))

    @on(Button.Pressed, "#done")
    def action_done(self) -> None:
        values = self.query_one("#extras", Form).values
        try:
            changed = replace(
                self._connection,
                stream=bool(values["stream"]),
                stop=tuple(
                    line.replace("\\n", "\n") for line in str(values["stop"] or "").split("\n") if line
                ),
                proxy=str(values["proxy"] or "").strip(),
                ca_file=str(values["ca_file"] or "").strip(),
                extra_headers=read_headers(str(values["extra_headers"] or "")),
                extra_body=read_body(str(values["extra_body"] or "")),
                options=self._chosen(values),
            )
        except TavernError as error:
            self._say(f"{error} {error.hint}", bad=True)
            return
        self.dismiss(changed)

    def _chosen(self, values: object) -> dict[str, object]:
        """The options that differ from what the provider does by itself, and those it does not know."""
        assert isinstance(values, dict)
        known = {one.id for one in self._options}
        kept = {name: value for name, value in self._connection.options.items() if name not in known}
        set_here = {one.id: values[OPTION + one.id] for one in self._options}
        return kept | {one.id: set_here[one.id] for one in self._options if set_here[one.id] != one.default}


def option_row(option: ProviderOption) -> Row:
    """A provider's own choice as a field."""
    if option.choices:
        pairs = [(one, one or "as usual") for one in option.choices]
        return Row(id=OPTION + option.id, label=option.title, kind="choice", choices=pairs, help=option.help)
    if isinstance(option.default, bool):
        return Row(id=OPTION + option.id, label=option.title, kind="switch", help=option.help)
    if isinstance(option.default, int):
        return Row(id=OPTION + option.id, label=option.title, kind="integer", help=option.help)
    return Row(id=OPTION + option.id, label=option.title, blank=option.default, help=option.help)
