"""TemplateBench: choose and edit the templates a prompt is laid out by, and see what they do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import AwaitMount
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.services.templates import Template, TemplateEntry, TemplateKind
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.templates import keys
from tavern_tui.ui.panes.templates.fields import ROWS, values_of, with_values
from tavern_tui.ui.panes.templates.kinds import TITLES, KindBar
from tavern_tui.ui.panes.templates.lines import Line, about_line, list_row
from tavern_tui.ui.panes.templates.preview import PreviewHead, PreviewPane
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form
from tavern_tui.ui.widgets.two_up import TwoUp

if TYPE_CHECKING:
    from tavern_tui.services.library import Trashed
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.services.templates import TemplateService

LOOK_AFTER = 0.12
"""Seconds of quiet after a change before the preview is made again."""

NOT_SENT = "This connection sends a list of messages and needs no templates."
KINDS = tuple(TITLES)
OUTSIDE_FIELDS = frozenset(key.action for key in keys.ROWS) - {"sample"}
"""Actions whose keys mean nothing while a field has the focus."""


class TemplateBench(Bench):
    """Kinds and templates at the left; the one under the cursor and its preview at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("templates")]
    scope = "templates"
    title_text = "Templates"
    DEFAULT_CSS = """
    TemplateBench #about { height: 2; margin-bottom: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TemplateBench #about.-long { height: 6; text-wrap: wrap; }
    TemplateBench Form > .heading:first-child { margin-top: 0; }
    TemplateBench #forms { height: 5fr; }
    TemplateBench PreviewPane { height: 4fr; border-top: hkey $line; }
    TemplateBench TwoUp.-beside > * { height: 1fr; }
    TemplateBench TwoUp.-beside > PreviewPane { border-top: none; border-left: vkey $line; padding-left: 1; }
    """

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._kind = TemplateKind.INSTRUCT
        self._entries: list[TemplateEntry] = []
        self._lines: list[Line] = []
        self._at: Line | None = None
        self._shown: Template | None = None
        self._trashed: list[tuple[TemplateKind, Trashed, str]] = []
        self._sample = False
        self._forms: dict[TemplateKind, Form] = {}
        self._mounting: dict[TemplateKind, AwaitMount] = {}
        self._is_loaded = True
        """Whether form and preview show what the cursor stands on. They follow when it rests."""
        self._timer: Timer | None = None
        self._cursors: dict[TemplateKind, str] = {}

    @property
    def templates(self) -> TemplateService:
        return self.tavern.templates

    def side(self) -> ComposeResult:
        yield KindBar()
        yield Input(placeholder="/ to search", id="find", classes="search", compact=True)
        yield OptionList(id="bench-list", compact=True)

    def work_area(self) -> ComposeResult:
        yield Static("", id="about", markup=False)
        with TwoUp():
            yield Vertical(id="forms")
            yield PreviewPane()

    def on_mount(self) -> None:
        self.templates.reload()
        for sentence in self.templates.warnings:
            self.notify(clean_line(sentence), severity="warning", markup=False)
        self._forget = self.tavern.connections.status_changed.listen(lambda _: self._in_use_changed())
        self.show_kind(TemplateKind.INSTRUCT)
        self._list.focus()

    def on_unmount(self) -> None:
        self._forget()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#bench-list", OptionList)

    # --- the list

    def show_kind(self, kind: TemplateKind) -> None:
        """List the templates of a kind; the cursor goes to the one in use, or where it was."""
        self.save_now()
        self._kind = kind
        self._at = self._shown = None
        self._is_loaded = True
        self.query_one(KindBar).show(kind)
        self.refresh_list(self._cursors.get(kind) or self.templates.in_use(kind).name or "none")

    def refresh_list(self, wanted: str | None = None) -> None:
        """Read the templates again; the cursor goes to `wanted`, or stays."""
        kept = wanted if wanted is not None else (self._at.name if self._at else "auto")
        self._entries = self.templates.entries(self._kind)
        words = self.query_one("#find", Input).value.casefold().split()
        found = [one for one in self._entries if all(word in one.name.casefold() for word in words)]
        ways = () if words else ("auto", "none") if self._kind is TemplateKind.INSTRUCT else ("auto",)
        self._lines = [*map(Line, ways), *(Line(one.name, one) for one in found)]
        self._draw_list()
        at = next((at for at, one in enumerate(self._lines) if one.name == kept), 0)
        self._list.highlighted = at if self._lines else None
        self._stand_on(self._lines[at] if self._lines else None)
        self.look_soon()
        self.say_title(f"{len(self._entries)} {TITLES[self._kind].lower()}", self.templates.connection.name)

    def _draw_list(self) -> None:
        chosen, used = self.templates.chosen(self._kind), self.templates.in_use(self._kind)
        kept = self._list.highlighted
        self._list.clear_options()
        self._list.add_options(Option(list_row(line, chosen, used)) for line in self._lines)
        self._list.highlighted = kept

    def _in_use_changed(self) -> None:
        """The server said what it runs: auto may pick another template now."""
        self._draw_list()
        self._show_about()
        if self._at is not None and self._at.entry is None:
            self.look_soon()

    @on(OptionList.OptionHighlighted, "#bench-list")
    def looked_at(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        line = self._lines[event.option_index] if event.option_index < len(self._lines) else None
        if line is not None and (self._at is None or line.name != self._at.name):
            self.save_now()
            self._stand_on(line)
            self.look_soon()

    @on(OptionList.OptionSelected, "#bench-list")
    async def entered(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._template is None:
            self.action_use()
            return
        await self._mounting[self._kind]
        first = next(row.id for row in ROWS[self._kind] if row.kind != "heading")
        self._forms[self._kind].query_one(f"#{first}").focus()

    @on(KindBar.Picked)
    def kind_picked(self, event: KindBar.Picked) -> None:
        event.stop()
        self.show_kind(event.kind)

    @on(Input.Changed, "#find")
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        self.save_now()
        self.refresh_list()

    @on(Input.Submitted, "#find")
    def found(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.focus()

    # --- the template under the cursor

    def _stand_on(self, line: Line | None) -> None:
        self._at = line
        self._is_loaded = False
        if line is not None:
            self._cursors[self._kind] = line.name
        self._show_about()

    @property
    def _template(self) -> Template | None:
        """The template under the cursor as it is kept; None where there is none."""
        if not self._is_loaded:
            self._is_loaded = True
            self._shown = self._read()
            self._show_form()
        return self._shown

    def _read(self) -> Template | None:
        if self._at is None or self._at.entry is None:
            return None
        try:
            return self.templates.get(self._kind, self._at.name)
        except TavernError as error:
            self.complain(error)
            return None

    def on_descendant_focus(self) -> None:
        self._template  # noqa: B018  # whoever clicks into the form at once gets the right one

    def _show_about(self) -> None:
        line = self._at
        if line is None:
            self.query_one("#about", Static).update("", layout=False)
            return
        used = self.templates.in_use(self._kind)
        connection = self.templates.connection.name
        about = about_line(line, self.templates.chosen(self._kind), used, connection)
        if not self.templates.are_sent:
            about = Content("\n").join([about.split("\n")[0], Content.styled(NOT_SENT, "$warning")])
        place = self.query_one("#about", Static)
        place.set_class(line.entry is None, "-long")
        place.update(about, layout=False)

    def _show_form(self) -> None:
        self.query_one("#forms").display = self._shown is not None
        if self._shown is None:
            return
        values = values_of(self._kind, self._shown)
        if self._kind in self._forms:
            self._forms[self._kind].load(values)
        else:
            form = self._forms[self._kind] = Form(ROWS[self._kind], values)
            self._mounting[self._kind] = self.query_one("#forms").mount(form)
        for kind, form in self._forms.items():
            form.display = kind is self._kind

    def _typed(self) -> Template | None:
        """The template as the form has it."""
        template = self._template
        return with_values(template, self._forms[self._kind].values) if template is not None else None

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self.save_soon()
        self.look_soon()

    def save(self) -> None:
        if not self._is_loaded or self._shown is None:
            return
        typed = with_values(self._shown, self._forms[self._kind].values)
        if typed == self._shown:
            return
        self.templates.save(self._kind, typed)
        self._shown = self.templates.get(self._kind, typed.name)
        self._entry_changed(typed.name)

    def _entry_changed(self, name: str) -> None:
        """Built in until now, perhaps: its row says so."""
        if not self.query("#bench-list"):
            return  # the screen is going
        self._lines = [
            Line(name, self.templates.entry(self._kind, name)) if line.name == name and line.entry else line
            for line in self._lines
        ]
        self._at = next((line for line in self._lines if line.name == name), self._at)
        self._draw_list()
        self._show_about()

    # --- the preview

    def look_soon(self) -> None:
        """Make the preview again after a moment without another call."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(LOOK_AFTER, self.look)

    def look(self) -> None:
        """Make the preview now."""
        self._timer = None
        kind, template = self._kind, self._typed()
        if template is None:
            kind, template = self._stand_in()
        try:
            preview = self.templates.preview(kind, template, sample=self._sample)
        except TavernError as error:
            self.complain(error)
            return
        self.query_one(PreviewPane).show(preview, sample=self._sample)

    def _stand_in(self) -> tuple[TemplateKind, Template]:
        """What `auto` picks. Where that is no template (`none`, too): the layout that is used then."""
        used = self.templates.in_use(self._kind).name
        picked = "" if self._at is not None and self._at.name == "none" else used
        if picked:
            return self._kind, self.templates.get(self._kind, picked)
        return TemplateKind.CONTEXT, self.templates.get(TemplateKind.CONTEXT, "Default")

    @on(PreviewHead.Clicked)
    def action_sample(self) -> None:
        self._sample = not self._sample
        self.look()

    # --- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter means nothing here while a field has the focus, be it one that takes no letters."""
        if action in OUTSIDE_FIELDS and self.focused is not None:
            return not any(isinstance(one, Form) for one in self.focused.ancestors)
        return super().check_action(action, parameters)

    def _try(self, action: str, *arguments: object) -> object:
        """Do something with the templates; say what is wrong with it."""
        self.save_now()
        try:
            result: object = getattr(self.templates, action)(*arguments)
        except TavernError as error:
            self.complain(error)
            return None
        return result

    def action_use(self) -> None:
        if self._at is not None:
            self._try("choose", self._kind, self._at.name)
            self._draw_list()
            self._show_about()
            self.look_soon()

    def action_next_kind(self, step: int = 1) -> None:
        self.show_kind(KINDS[(KINDS.index(self._kind) + step) % len(KINDS)])

    def action_previous_kind(self) -> None:
        self.action_next_kind(-1)

    def action_search(self) -> None:
        self.query_one("#find").focus()

    @work
    async def action_new(self) -> None:
        name = await self._ask(f"New {self._kind.called}", "")
        if name is not None:
            self._made(self._try("new", self._kind, name))

    def action_duplicate(self) -> None:
        template = self._template
        if template is not None:
            self._made(self._try("duplicate", self._kind, template.name))

    @work
    async def action_rename(self) -> None:
        if self._template is None:
            return
        old = self._template.name
        name = await self._ask(f"Rename the {self._kind.called}", old)
        if name is not None:
            self._made(self._try("rename", self._kind, old, name))

    def _made(self, made: object) -> None:
        if made is not None:
            self.query_one("#find", Input).value = ""
            self.refresh_list(getattr(made, "name", None))

    def action_delete(self) -> None:
        if self._template is None:
            return
        name, kind = self._template.name, self._kind
        trashed = self._try("delete", kind, name)
        if trashed is None:
            return
        self._trashed.append((kind, trashed, name))  # type: ignore[arg-type]  # what delete returns
        self._shown = None
        self.refresh_list()
        there = any(one.name == name for one in self._entries)
        said = f"{name} is as it was built in." if there else f"{name} is in the trash."
        self.notify(clean_line(f"{said} u brings yours back."), markup=False)

    def action_restore(self) -> None:
        if not self._trashed:
            self.notify("There is nothing to bring back.", markup=False)
            return
        kind, trashed, name = self._trashed[-1]
        self.save_now()
        try:
            self.templates.restore(trashed)
        except TavernError as error:
            self.complain(error)
            return
        self._trashed.pop()
        self._kind = kind
        self.query_one(KindBar).show(kind)
        self.refresh_list(name)

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(PickFile("Import templates", endings=(".json",)))
        if path is None:
            return
        said = self._try("import_file", path)
        if isinstance(said, list):
            self.notify(clean_line(f"Here now: {', '.join(said)}."), markup=False)
        self.refresh_list()

    @work
    async def action_export(self) -> None:
        if self._template is None:
            return
        name = self._template.name
        file = await self._ask_file(f"Export {name}", name)
        if file:
            self._say_written(self._try("export", self._kind, name, file))

    @work
    async def action_export_used(self) -> None:
        file = await self._ask_file("Export all templates this connection uses", "templates")
        if file:
            self._say_written(self._try("export_used", file))

    def _say_written(self, path: object) -> None:
        if isinstance(path, Path):
            self.notify(clean_line(f"Written to {path}."), markup=False)

    async def _ask(self, title: str, value: str) -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        return await self.app.push_screen_wait(AskText(title, label="Name", value=value))

    async def _ask_file(self, title: str, name: str) -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        safe = name.replace("/", "").replace("\\", "")
        start = str(Path.home() / f"{clean_line(safe)}.json")
        return await self.app.push_screen_wait(AskText(title, label="File", value=start))
