"""ReplyBench: how thinking is read, sent back and shown, and what follows a reply by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.services.reasoning_templates import REASONING
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.replies import keys
from tavern_tui.ui.panes.replies.fields import SECTIONS, Section
from tavern_tui.ui.panes.replies.lines import Line, about_section, about_template, lines_of, list_row
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form

if TYPE_CHECKING:
    from tavern_tui.services.reasoning_templates import ReasoningTemplates
    from tavern_tui.services.reply_settings import ReplySettings
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.storage.trash import Trashed

OUTSIDE_FIELDS = frozenset(key.action for key in keys.ROWS)
"""Actions whose keys mean nothing while a field has the focus."""
ON_TEMPLATES = frozenset({"duplicate", "rename", "delete", "export"})
"""Actions on the template under the cursor."""
HEADING = "Reasoning templates"


class ReplyBench(Bench):
    """Three subjects and the reasoning templates at the left; what is under the cursor at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("replies")]
    scope = "replies"
    title_text = "Replies"
    DEFAULT_CSS = """
    ReplyBench #about { height: auto; margin-bottom: 1; }
    """

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._lines: list[Line] = []
        self._changed: set[str] = set()
        self._trashed: list[Trashed] = []
        self._forms = {one.id: Form(one.rows, id=f"form-{one.id}") for one in SECTIONS}

    @property
    def replies(self) -> ReplySettings:
        return self.tavern.replies

    @property
    def templates(self) -> ReasoningTemplates:
        return self.tavern.reasoning_templates

    def side(self) -> ComposeResult:
        yield OptionList(id="bench-list", compact=True)

    def work_area(self) -> ComposeResult:
        yield Static("", id="about", markup=False)
        yield from self._forms.values()

    def on_mount(self) -> None:
        self.add_class("-broad")
        self.templates.reload()
        for sentence in self.templates.warnings:
            self.notify(clean_line(sentence), severity="warning", markup=False)
        self._fill_forms()
        self.refresh_list()
        self._list.focus()

    # --- showing

    @property
    def _list(self) -> OptionList:
        return self.query_one("#bench-list", OptionList)

    @property
    def here(self) -> Line:
        """The row under the cursor."""
        at = self._list.highlighted or 0
        return self._lines[min(self._row_of(at), len(self._lines) - 1)]

    def _row_of(self, option: int) -> int:
        """The list has a heading between subjects and templates."""
        return option - 1 if option > len(SECTIONS) else option

    def refresh_list(self, wanted: str = "") -> None:
        """Read the templates again; the cursor goes to the row `wanted`, or stays."""
        kept = wanted or (self.here.key if self._lines else "")
        entries = self.templates.entries(REASONING)
        self._lines = lines_of([(one, self.templates.get(REASONING, one.name)) for one in entries])
        self._draw()
        at = next((at for at, line in enumerate(self._lines) if line.key == kept), 0)
        self._list.highlighted = at + 1 if at >= len(SECTIONS) else at
        self._show()

    def _draw(self) -> None:
        """The rows, from what the settings say now."""
        changed, at = self.templates.is_changed, self._list.highlighted
        rows = [Option(list_row(line, self.replies, changed=changed)) for line in self._lines]
        rows.insert(len(SECTIONS), Option(f"\n{HEADING}", disabled=True))
        self._list.set_options(rows)
        self._list.highlighted = at
        in_use = clean_line(self.templates.chosen) or "no template"
        self.say_title(f"{in_use}, changed" if changed else in_use)

    def _show(self) -> None:
        """What is under the cursor."""
        here = self.here
        for id, form in self._forms.items():
            form.display = here.section is not None and here.section.id == id
        self._show_about()

    def _show_about(self) -> None:
        here, connection = self.here, self.tavern.connections.current
        if here.section is None:
            about = about_template(here, self.replies, changed=self.templates.is_changed)
        else:
            sends_messages = self.tavern.connections.spec_of(connection).prompt_kind == "chat"
            about = about_section(here, self.replies, sends_messages=sends_messages, name=connection.name)
        self.query_one("#about", Static).update(about)

    def _fill_forms(self) -> None:
        for section in SECTIONS:
            self._forms[section.id].load(section.values(self.replies))

    @on(OptionList.OptionHighlighted, "#bench-list")
    def looked_at(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show()
        self.refresh_bindings()

    @on(OptionList.OptionSelected, "#bench-list")
    def entered(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        section = self.here.section
        if section is None:
            self.action_use()
        else:
            self._forms[section.id].query_one(f"#{section.rows[0].id}").focus()

    # --- changing

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self._changed.add((event.form.id or "").removeprefix("form-"))
        self.save_soon()

    def save(self) -> None:
        changed, self._changed = self._changed, set()
        try:
            for section in SECTIONS:
                if section.id in changed:
                    section.keep(self.replies, self._forms[section.id].values)
                    changed.discard(section.id)
        finally:
            self._changed |= changed
            if self.is_attached and self.query("#bench-list"):
                self._draw()
                self._show_about()

    def action_use(self) -> None:
        """Use the template under the cursor, or flip a subject's switch."""
        here = self.here
        if here.section is not None:
            self._flip(here.section)
        elif here.entry is not None:
            self._try("choose", here.entry.name)

    def _flip(self, section: Section) -> None:
        self.save_now()
        values = section.values(self.replies)
        values[section.switch] = not values[section.switch]
        try:
            section.keep(self.replies, values)
        except TavernError as error:
            self.complain(error)
        self._settings_changed()

    def _settings_changed(self, wanted: str = "") -> None:
        self._fill_forms()
        self.refresh_list(wanted)

    def _try(self, action: str, *arguments: object) -> object:
        """Do something with the templates; say what is wrong with it."""
        self.save_now()
        try:
            result: object = getattr(self.templates, action)(*arguments)
        except TavernError as error:
            self.complain(error)
            return None
        made = getattr(result, "name", "") if action != "choose" else ""
        self._settings_changed(f"t/{made}" if made else "")
        return result

    # --- templates

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter means nothing here while a field has the focus, be it one that takes no letters."""
        if action in OUTSIDE_FIELDS and not (self.is_mounted and self._list.has_focus):
            return False
        if action in ON_TEMPLATES:
            return bool(self._lines) and self.here.entry is not None
        return super().check_action(action, parameters)

    @property
    def template_name(self) -> str:
        """The template under the cursor."""
        return self.here.entry.name if self.here.entry is not None else ""

    @work
    async def action_save_marks(self) -> None:
        name = await self._ask("Keep the marks as a template", "Name", self.templates.chosen)
        if name is not None:
            self._try("save_marks", name)

    def action_duplicate(self) -> None:
        self._try("duplicate", REASONING, self.template_name)

    @work
    async def action_rename(self) -> None:
        old = self.template_name
        name = await self._ask("Rename the reasoning template", "Name", old)
        if name is not None:
            self._try("rename", REASONING, old, name)

    def action_delete(self) -> None:
        name = self.template_name
        trashed: Trashed | None = self._try("delete", REASONING, name)  # type: ignore[assignment]  # what it returns
        if trashed is not None:
            self._trashed.append(trashed)
            self.notify(f"{clean_line(name)} is in the trash. u brings it back.", markup=False)

    def action_restore(self) -> None:
        if self._trashed:
            self._try("restore", self._trashed.pop())
        else:
            self.notify("There is nothing to bring back.", markup=False)

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        picker = PickFile("Import templates", endings=(".json", ".yaml", ".yml"))
        path = await self.app.push_screen_wait(picker)
        said = self._try("import_file", path) if path is not None else None
        if isinstance(said, list):
            self.notify(f"Taken over: {', '.join(map(clean_line, said))}.", markup=False)

    @work
    async def action_export(self) -> None:
        name = self.template_name
        safe = clean_line(name.replace("/", "").replace("\\", "")) or "template"
        file = await self._ask(f"Export {name}", "File", str(Path.home() / f"{safe}.json"))
        if file is not None:
            written = self._try("export", REASONING, name, file)
            if isinstance(written, Path):
                self.notify(clean_line(f"Written to {written}."), markup=False)

    async def _ask(self, title: str, label: str, value: str) -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        return await self.app.push_screen_wait(AskText(clean_line(title), label=label, value=value)) or None
