"""SamplerBench: what the connection's server can be told about choosing tokens, and the presets of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from tavern_tui.core.errors import TavernError
from tavern_tui.core.samplers import SamplerKind, SamplerSpec, SamplerValue
from tavern_tui.services.presets import PresetKind
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.samplers.lines import about, row, schema_complaint
from tavern_tui.ui.panes.samplers.order import OrderList
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form, Row, Value
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.presets import DeletedPreset
    from tavern_tui.services.samplers import SamplerState
    from tavern_tui.services.tavern import Tavern

STEPS = 10
"""Steps of the keys that move far."""


class SamplerBench(Bench):
    """The list steps values with the arrow keys; Enter goes to the field."""

    scope = "samplers"
    title_text = "Samplers"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("samplers")]
    DEFAULT_CSS = """
    SamplerBench #editor { height: auto; max-height: 60%; }
    SamplerBench #about { height: auto; margin: 1 1 0 1; }
    SamplerBench #remarks { height: auto; max-height: 40%; margin: 1; color: $warning; }
    SamplerBench #search { display: none; border: none; height: 1; background: $panel; }
    SamplerBench.-searching #search { display: block; }
    SamplerBench OrderList { height: auto; max-height: 24; }
    """

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self.samplers = tavern.samplers
        self._all: list[SamplerState] = []
        self._editing = ""
        self._deleted: list[DeletedPreset] = []

    def side(self) -> ComposeResult:
        yield Input(placeholder="Search", id="search")
        yield RowList(id="bench-list")

    def work_area(self) -> ComposeResult:
        yield Static(id="about", markup=False)
        yield VerticalScroll(id="editor", can_focus=False)
        yield Static(id="remarks", markup=False)

    def on_mount(self) -> None:
        self.refresh_list()
        self.query_one(RowList).focus()

    # --- showing

    @property
    def here(self) -> SamplerState | None:
        """The sampler under the cursor."""
        at = self.query_one(RowList).cursor
        return self._all[at] if at < len(self._all) else None

    def refresh_list(self) -> None:
        """Draw everything from what the service says now."""
        words = self.query_one("#search", Input).value.lower().split()
        self._all = [
            one
            for one in self.samplers.all()
            if all(word in f"{one.spec.title} {one.spec.id} {one.spec.help}".lower() for word in words)
        ]
        self.query_one(RowList).show(len(self._all), lambda at: row(self._all[at]))
        preset = self.samplers.preset_name
        self.say_title(
            self.samplers.connection.name, f"preset {preset}" if preset else "no preset",
            "" if self._all else "nothing can be set here",
        )  # fmt: skip
        self.query_one("#remarks", Static).update(clean_line(" ".join(self.samplers.remarks())))
        self._show_about()

    def _show_about(self) -> None:
        here = self.here
        self.query_one("#about", Static).update(
            Content.assemble((here.spec.title, "bold $primary"), f"\n{clean_line(about(here))}")
            if here is not None
            else Content("")
        )
        self._show_editor(here)

    @work(exclusive=True, group="editor")
    async def _show_editor(self, here: SamplerState | None) -> None:
        """The field of the sampler under the cursor."""
        box = self.query_one("#editor", VerticalScroll)
        id = here.spec.id if here is not None else ""
        if here is not None and id == self._editing:
            for form in box.query(Form):
                if form.values != {id: field_value(here)} and not form.has_focus_within:
                    form.load({id: field_value(here)})
            for order in box.query(OrderList):
                order.load(self._order(here))
            return
        self._editing = id
        await box.remove_children()
        if here is None:
            return
        if id == "sampler_order":
            await box.mount(OrderList(self._order(here), self.samplers.order_name))
        else:
            await box.mount(Form([field(here.spec)], {id: field_value(here)}))

    def _order(self, state: SamplerState) -> tuple[str | int, ...]:
        value = state.value if isinstance(state.value, tuple) else ()
        return value or self.samplers.usual_order()

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._show_about()

    @on(RowList.Selected, "#bench-list")
    def chosen(self, event: RowList.Selected) -> None:
        event.stop()
        for widget in self.query(
            "#editor Input, #editor TextArea, #editor Checkbox, #editor Select, OrderList"
        ):
            widget.focus()
            return

    # --- changing

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        here = self.here
        if here is None or event.id != here.spec.id:
            return
        complaint = schema_complaint(str(event.value)) if event.id in ("json_schema", "reply_schema") else ""
        if complaint:
            self.say_help(complaint)
            return
        self._try(lambda: self.samplers.set(event.id, sampler_value(here.spec, event.value)))

    @on(OrderList.Changed)
    def reordered(self, event: OrderList.Changed) -> None:
        event.stop()
        entries = tuple(event.entries)
        value = () if entries == self.samplers.usual_order() else entries
        self._try(lambda: self.samplers.set("sampler_order", value or None))  # type: ignore[arg-type]  # all of one type

    def _step(self, steps: int) -> None:
        here = self.here
        if here is not None:
            self._try(lambda: self.samplers.step(here.spec.id, steps))

    def action_less(self) -> None:
        self._step(-1)

    def action_more(self) -> None:
        self._step(1)

    def action_much_less(self) -> None:
        self._step(-STEPS)

    def action_much_more(self) -> None:
        self._step(STEPS)

    def action_neutral(self) -> None:
        here = self.here
        if here is not None:
            self._try(lambda: self.samplers.set(here.spec.id, here.spec.neutral))

    def action_unset(self) -> None:
        here = self.here
        if here is not None:
            self._try(lambda: self.samplers.set(here.spec.id, None))

    def action_neutralise(self) -> None:
        self._try(self.samplers.neutralise)

    def action_clear(self) -> None:
        self._try(self.samplers.clear)

    def action_undo(self) -> None:
        if not self.samplers.undo():
            self.notify("There is nothing to take back.", markup=False)
        self.refresh_list()

    def _try(self, change: object) -> bool:
        assert callable(change)
        try:
            change()
        except TavernError as error:
            self.complain(error)
            return False
        self.refresh_list()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in LIST_ACTIONS:
            return self.query_one(RowList).has_focus if self.is_mounted else False
        return True

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
        if self.has_class("-searching") and (search.has_focus or search.value):
            self.remove_class("-searching")
            search.value = ""
            self.query_one(RowList).focus()
            return
        super().action_leave()

    # --- presets

    @property
    def _kind(self) -> PresetKind:
        return self.tavern.presets.kind_sent

    @work
    async def action_choose(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        choices = [
            Choice(id=f"p/{one.name}", title=one.title, detail=", ".join(one.users), marked=one.is_used)
            for one in self.tavern.presets.entries(self._kind)
        ]
        picked = await self.app.push_screen_wait(PickOne("Preset", choices))
        if picked is not None:
            self._try(lambda: self.tavern.presets.choose(picked.removeprefix("p/"), self._kind))

    def action_save_preset(self) -> None:
        if not self.samplers.preset_name and self._kind is not PresetKind.CHAT:
            self.action_save_as()
        elif self._try(self.samplers.save_into_preset):
            self.notify(f"Written into {clean_line(self.samplers.preset_name)}.", markup=False)

    @work
    async def action_save_as(self) -> None:
        name = await self._ask("Save as a new preset", self.samplers.preset_name)
        if name:
            self._try(lambda: self.samplers.save_into_preset(name))

    @work
    async def action_rename(self) -> None:
        old = self.samplers.preset_name
        name = await self._ask("Rename the preset", old) if old else None
        if name:
            self._try(lambda: self.tavern.presets.rename(old, name, self._kind))

    async def _ask(self, title: str, value: str) -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        return await self.app.push_screen_wait(AskText(title, label="Name", value=value))

    def action_delete(self) -> None:
        name = self.samplers.preset_name
        if name and self._try(lambda: self._deleted.append(self.tavern.presets.delete(name, self._kind))):
            self.notify(f"{clean_line(name)} is in the trash. b brings it back.", markup=False)

    def action_restore(self) -> None:
        if self._deleted:
            gone = self._deleted.pop()
            self._try(lambda: self.tavern.presets.restore(gone))
        else:
            self.notify("There is nothing to bring back.", markup=False)

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(PickFile("Import a preset", endings=(".json", ".settings")))
        if path is None:
            return
        try:
            said = self.tavern.presets.import_file(path)
        except TavernError as error:
            self.complain(error)
            return
        if said.kind is self._kind:
            self._try(lambda: self.tavern.presets.choose(said.name, said.kind))
        self.notify(f"{clean_line(said.name)} is there now ({said.kind}).", markup=False)

    @work
    async def action_export(self) -> None:
        name = self.samplers.preset_name
        if not name:
            self.notify("Choose or save a preset first.", markup=False)
            return
        from tavern_tui.ui.dialogs.ask_text import AskText

        answer = await self.app.push_screen_wait(
            AskText("Export the preset", label="File", value=str(Path.home() / f"{name}.json"))
        )
        if answer:
            self._try(lambda: self.tavern.presets.export(name, answer, self._kind))


FIELDS = "#editor Input, #editor TextArea, #editor Checkbox, #editor Select, OrderList"
LIST_ACTIONS = frozenset(
    {"less", "more", "much_less", "much_more", "neutral", "unset", "neutralise", "clear", "undo", "search",
     "choose", "save_preset", "save_as", "rename", "delete", "restore", "import", "export"}
)  # fmt: skip
"""Actions whose keys are letters elsewhere."""


def field(spec: SamplerSpec) -> Row:
    """A sampler as a field."""
    if spec.choices:
        pairs = [(one, one.replace("_", " ")) for one in spec.choices]
        return Row(id=spec.id, label=spec.title, kind="choice", choices=pairs, help=spec.help)
    match spec.kind:
        case SamplerKind.BOOL:
            return Row(id=spec.id, label=spec.title, kind="switch", help=spec.help)
        case SamplerKind.FLOAT | SamplerKind.INT:
            kind = "number" if spec.kind is SamplerKind.FLOAT else "integer"
            return Row(
                id=spec.id, label=spec.title, kind="number" if kind == "number" else "integer",
                least=spec.low, most=spec.high, blank="not set", help=spec.help,
            )  # fmt: skip
    return Row(id=spec.id, label=spec.title, kind="text", lines=8, help=spec.help)


def field_value(state: SamplerState) -> Value:
    """A sampler's value as its field has it."""
    if isinstance(state.value, tuple):
        return "\n".join(str(one).replace("\n", "\\n") for one in state.value)
    return state.value if state.value is not None or state.spec.kind is not SamplerKind.BOOL else False


def sampler_value(spec: SamplerSpec, value: Value) -> SamplerValue | None:
    """What a field holds as a sampler's value; None: not set."""
    if spec.kind is SamplerKind.STRINGS:
        lines = str(value or "").split("\n")
        return tuple(line.replace("\\n", "\n") for line in lines if line.strip()) or None
    if value is None or (value == "" and spec.kind is not SamplerKind.TEXT):
        return None
    return value
