"""Form: labelled fields made from a table of rows; says which value changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static, TextArea

from tavern_tui.services.suggest import Suggest, suggest_macros
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.widgets.completion import MacroArea
from tavern_tui.ui.widgets.macro_line import MacroLine
from tavern_tui.ui.widgets.sequence import SequenceLine, read_sequence, shown_sequence

Value = str | int | float | bool | None
"""None: left open, where the row says so."""
Kind = Literal["line", "sequence", "text", "integer", "number", "switch", "choice", "heading"]
"""`sequence`: one line in which line breaks count and are written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field: what it is called, what it takes, what it is for."""

    id: str
    label: str
    kind: Kind = "line"
    help: str = ""
    """One sentence, shown under the form while the field has the focus."""
    choices: Sequence[tuple[str, str]] = ()
    """Value and title, for `choice`."""
    macros: bool = False
    """Takes macros: `{{` offers them."""
    suggest: Suggest = suggest_macros
    """What is offered where macros are taken."""
    least: float | None = None
    most: float | None = None
    blank: str = ""
    """What an empty field means, shown in it. A number field with it may be left open (None)."""
    lines: int = 6
    """Height of a `text` field."""
    extra: Mapping[str, object] = field(default_factory=dict)


class Form(VerticalScroll, can_focus=False):
    """Shows values and posts `Changed` for each that the user changes; bad numbers are marked, not posted."""

    DEFAULT_CSS = """
    Form { scrollbar-size-vertical: 1; padding: 0 1; }
    Form .row { height: auto; min-height: 1; }
    Form .row.-tall { margin-bottom: 1; }
    Form .label { width: 24; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    Form .row.-tall .label { width: 1fr; }
    Form .heading { color: $primary; text-style: bold; margin-top: 1; height: 1; }
    Form Input { border: none; height: 1; width: 1fr; padding: 0 1; background: $surface; }
    Form Input:focus { border: none; background: $panel; }
    Form .-bad Input { color: $error; }
    Form TextArea { border: none; background: $surface; padding: 0; }
    Form TextArea:focus { background: $panel; border: none; }
    Form Checkbox { border: none; padding: 0; background: $background; width: 1fr; height: 1; }
    Form Checkbox:focus { border: none; }
    Form Checkbox > .toggle--button { color: $panel; background: $panel; }
    Form Checkbox.-on > .toggle--button { color: $primary; background: $panel; }
    Form Select { width: 1fr; height: 1; }
    Form.-slim .label { width: 16; }
    """

    @dataclass
    class Changed(Message):
        """The user gave a field another value."""

        form: Form
        id: str
        value: Value

        @property
        def control(self) -> Form:
            return self.form

    @dataclass
    class Looked(Message):
        """A field has the focus now; `help` says what it is for."""

        form: Form
        help: str

    def __init__(
        self, rows: Iterable[Row], values: Mapping[str, Value] | None = None, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.rows: dict[str, Row] = {row.id: row for row in rows}
        self._values: dict[str, Value] = dict(values or {})
        self._has_fields = False

    def compose(self) -> ComposeResult:
        for row in self.rows.values():
            yield from self._compose_row(row)

    def _compose_row(self, row: Row) -> ComposeResult:
        value = self._values.get(row.id)
        if row.kind == "heading":
            yield Static(row.label, classes="heading", markup=False)
            return
        label = Static(Content(row.label), classes="label")
        if row.kind == "text":
            with Vertical(classes="row -tall", id=f"row-{row.id}"):
                yield label
                area = _area(row, value)
                area.styles.height = row.lines
                yield area
            return
        with Horizontal(classes="row", id=f"row-{row.id}"):
            yield label
            yield _control(row, value)

    # --- values

    @property
    def values(self) -> Mapping[str, Value]:
        """What the fields hold; a bad number counts as its last good value."""
        return self._values

    def load(self, values: Mapping[str, Value]) -> None:
        """Show other values. Nothing is posted for them."""
        self._values = dict(values)
        if self._has_fields:
            self._fill()

    def on_mount(self) -> None:
        self._has_fields = True
        self._fill()  # other values may have come while the fields were made

    def _fill(self) -> None:
        for row in self.rows.values():
            if row.kind != "heading":
                self._put(row, self._values.get(row.id))

    def _put(self, row: Row, value: Value) -> None:
        widget = self.query_one(f"#{row.id}", Widget)
        match widget:
            case TextArea():
                if widget.text != _shown(row, value):
                    widget.load_text(_shown(row, value))
            case Checkbox():
                widget.value = bool(value)
            case Select():
                widget.value = _choice(row, value)
            case Input():
                widget.value = _shown(row, value)
                self._mark(row, False)

    def _mark(self, row: Row, bad: bool) -> None:
        self.query_one(f"#row-{row.id}").set_class(bad, "-bad")

    def _take(self, id: str | None, value: Value) -> None:
        if id in self.rows and self._values.get(id) != value:
            self._values[id] = value
            self.post_message(self.Changed(self, id, value))

    # --- what the user does
    # The widgets are asked, not the events: an event may be late and tell of what was shown before.

    @on(TextArea.Changed)
    def area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        row, text = self.rows.get(event.text_area.id or ""), event.text_area.text
        if row is not None and text != _shown(row, self._values.get(row.id)):
            self._take(row.id, text)

    @on(Checkbox.Changed)
    def switch_changed(self, event: Checkbox.Changed) -> None:
        event.stop()
        value = event.checkbox.value
        if value != bool(self._values.get(event.checkbox.id or "")):
            self._take(event.checkbox.id, value)

    @on(Select.Changed)
    def choice_changed(self, event: Select.Changed) -> None:
        event.stop()
        row, value = self.rows.get(event.select.id or ""), event.select.value
        if row is not None and isinstance(value, str) and value != _choice(row, self._values.get(row.id)):
            self._take(row.id, value)

    @on(Input.Changed)
    def line_changed(self, event: Input.Changed) -> None:
        event.stop()
        row, value = self.rows.get(event.input.id or ""), event.input.value
        if row is None or value == _shown(row, self._values.get(row.id)):
            if row is not None:
                self._mark(row, False)
            return
        if row.kind in ("line", "sequence"):
            self._take(row.id, read_sequence(value) if row.kind == "sequence" else value)
            return
        number = read_number(row, value)
        bad = isinstance(number, _Bad)
        self._mark(row, bad)
        if not isinstance(number, _Bad):
            self._take(row.id, number)

    @on(Input.Submitted)
    def line_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_descendant_focus(self) -> None:
        focused = self.screen.focused
        row = self.rows.get(focused.id or "") if focused is not None else None
        if row is not None:
            self.post_message(self.Looked(self, row.help))


class _Bad:
    """The mark of a number that is none."""


BAD: _Bad = _Bad()


def read_number(row: Row, text: str) -> int | float | _Bad | None:
    """The number a field holds: None where it may be left open, BAD where it is none or out of range."""
    text = text.strip()
    if not text:
        return None if row.blank else BAD
    try:
        number = int(text) if row.kind == "integer" else float(text)
    except ValueError:
        return BAD
    if not -1e308 < number < 1e308:
        return BAD
    if (row.least is not None and number < row.least) or (row.most is not None and number > row.most):
        return BAD
    return number


def _area(row: Row, value: Value) -> TextArea:
    if row.macros:
        return MacroArea(_shown(row, value), suggest=row.suggest, id=row.id)
    return TextArea(
        _shown(row, value), id=row.id, soft_wrap=True, compact=True, tab_behavior="focus",
        highlight_cursor_line=False,
    )  # fmt: skip


def _control(row: Row, value: Value) -> Widget:
    if row.kind == "switch":
        return Checkbox("", bool(value), id=row.id, compact=True)
    if row.kind == "choice":
        options = [(clean_line(title), key) for key, title in row.choices]
        return Select(options, value=_choice(row, value), allow_blank=False, id=row.id, compact=True)
    if row.kind == "sequence":
        return SequenceLine(_shown(row, value), placeholder=row.blank, suggest=row.suggest, id=row.id)
    if row.macros:
        return MacroLine(_shown(row, value), placeholder=row.blank, suggest=row.suggest, id=row.id)
    return Input(
        _shown(row, value),
        placeholder=row.blank or _range(row),
        id=row.id,
        compact=True,
        select_on_focus=False,
    )


def _choice(row: Row, value: Value) -> str:
    """The value if it is one of the choices, else the first."""
    known = [key for key, _ in row.choices]
    return str(value) if str(value) in known else known[0]


def _shown(row: Row, value: Value) -> str:
    """A value as its field has it: nothing in it that a terminal would obey. It is kept as it is
    until somebody changes it."""
    text = _written(value)
    if row.kind == "sequence":
        return shown_sequence(text)
    return clean_text(text) if row.kind == "text" else clean_text(text).replace("\n", "␊")


def _written(value: Value) -> str:
    if value is None:
        return ""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _range(row: Row) -> str:
    if row.kind in ("line", "sequence") or row.least is None or row.most is None:
        return ""
    return f"{row.least:g} to {row.most:g}"
