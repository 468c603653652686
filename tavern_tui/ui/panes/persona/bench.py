"""PersonaBench: choose and edit who you are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form, Row, Value

if TYPE_CHECKING:
    from tavern_tui.services.library import Trashed
    from tavern_tui.services.personas import PersonaService
    from tavern_tui.services.tavern import Tavern

POSITIONS = (
    (str(PersonaPosition.IN_PROMPT.value), "In the prompt"),
    (str(PersonaPosition.TOP_OF_NOTE.value), "Before the author's note"),
    (str(PersonaPosition.BOTTOM_OF_NOTE.value), "After the author's note"),
    (str(PersonaPosition.AT_DEPTH.value), "In the chat, at a depth"),
    (str(PersonaPosition.NONE.value), "Nowhere"),
)
ROLES = (("0", "System"), ("1", "User"), ("2", "Assistant"))
TEXTS = ("name", "title", "description", "lorebook")
NUMBERS = ("position", "depth", "role")


def rows(worlds: Sequence[str]) -> tuple[Row, ...]:
    """The fields of a persona; `worlds` are the lorebooks it may bring along."""
    books = (("", "none"), *((name, name) for name in worlds))
    return (
        Row(id="name", label="Name", help="What the model and the chat call you; {{user}} in texts."),
        Row(id="title", label="Title", help="A word for yourself, to tell personas of one name apart."),
        Row(id="description", label="Description", kind="text", macros=True, lines=12,
            help="What the model is told of you; {{persona}} in texts."),
        Row(id="position", label="Where", kind="choice", choices=POSITIONS,
            help="Where the description stands in what is sent."),
        Row(id="depth", label="Depth", kind="integer", least=0, most=10_000,
            help="At a depth: messages after it; 0 is the very end."),
        Row(id="role", label="Role", kind="choice", choices=ROLES, help="At a depth: who says it."),
        Row(id="lorebook", label="Lorebook", kind="choice", choices=books,
            help="Active whenever you play this persona."),
    )  # fmt: skip


class PersonaBench(Bench):
    """Personas at the left, the one under the cursor at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("personas")]
    scope = "personas"
    title_text = "Personas"

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._all: Sequence[Persona] = ()
        self._shown: Persona | None = None
        self._trashed: list[Trashed] = []

    @property
    def personas(self) -> PersonaService:
        return self.tavern.personas

    def side(self) -> ComposeResult:
        yield OptionList(id="bench-list", compact=True)

    def work_area(self) -> ComposeResult:
        worlds = self.tavern.library.worlds()
        yield Form(rows([*worlds, *self._missing(worlds)]), id="form")

    def _missing(self, worlds: Sequence[str]) -> list[str]:
        """Lorebooks that personas name and that are not there: the link is kept."""
        named = {one.lorebook for one in self.personas.all() if one.lorebook}
        return sorted(named - set(worlds))

    def on_mount(self) -> None:
        self.refresh_list(self.personas.current.file)
        self._list.focus()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#bench-list", OptionList)

    def refresh_list(self, wanted: str | None = None) -> None:
        """Read the personas again; the cursor goes to `wanted`, or stays."""
        kept = wanted if wanted is not None else (self._shown.file if self._shown else "")
        self._all = self.personas.all()
        default, current = self.personas.default, self.personas.current.file
        self._list.clear_options()
        self._list.add_options(Option(self._row(one, default, current)) for one in self._all)
        at = next((at for at, one in enumerate(self._all) if one.file == kept), 0)
        self._list.highlighted = at if self._all else None
        self._show(self._all[at] if self._all else None)
        self.say_title(f"{len(self._all)} of them, a makes one" if self._all else "none yet: a makes one")

    def _row(self, one: Persona, default: str, current: str) -> Content:
        bound = [
            word
            for word, holds in (
                ("chat", self.personas.is_locked(one.file)),
                ("character", self.personas.is_bound(one)),
            )
            if holds
        ]
        about = " · ".join(part for part in (clean_line(one.title), *bound) if part)
        return Content.assemble(
            ("● " if one.file == current else "  ", "$primary"),
            ("★ " if one.file == default else "", "$warning"),
            (clean_line(one.name), "bold" if one.file == current else ""),
            (f"  {about}" if about else "", "$foreground-muted"),
        )

    def _show(self, persona: Persona | None) -> None:
        self._shown = persona
        form = self.query_one(Form)
        form.display = persona is not None
        if persona is not None:
            form.load(values_of(persona))

    # --- the list

    @on(OptionList.OptionHighlighted, "#bench-list")
    def looked_at(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        one = self._all[event.option_index] if event.option_index < len(self._all) else None
        if one is not None and (self._shown is None or one.file != self._shown.file):
            self.save_now()
            self._show(one)

    @on(OptionList.OptionSelected, "#bench-list")
    def chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.query_one("#description").focus()

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self.save_soon()

    def save(self) -> None:
        if self._shown is None:
            return
        self._shown = self.personas.save(with_values(self._shown, self.query_one(Form).values))
        if self.is_attached:
            self.refresh_list()

    # --- actions

    def _try(self, action: str, *arguments: object) -> object:
        """Do something with the personas; say what is wrong with it."""
        self.save_now()
        try:
            result: object = getattr(self.personas, action)(*arguments)
        except TavernError as error:
            self.complain(error)
            return None
        self.refresh_list()
        return result

    def action_play(self) -> None:
        if self._shown is not None:
            self._try("use", self._shown.file)

    def action_lock(self) -> None:
        if self._shown is not None:
            self._try("lock", self._shown.file, not self.personas.is_locked(self._shown.file))

    def action_bind(self) -> None:
        if self._shown is not None:
            self._try("bind", self._shown.file, not self.personas.is_bound(self._shown))

    def action_default(self) -> None:
        if self._shown is not None:
            self._try("set_default", self._shown.file)

    def action_duplicate(self) -> None:
        if self._shown is not None:
            made = self._try("duplicate", self._shown.file)
            if isinstance(made, Persona):
                self.refresh_list(made.file)

    @work
    async def action_new(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        name = await self.app.push_screen_wait(AskText("New persona", label="Name"))
        if name:
            made = self._try("new", name)
            if isinstance(made, Persona):
                self.refresh_list(made.file)
                self.query_one("#description").focus()

    def action_delete(self) -> None:
        if self._shown is None:
            return
        name = clean_line(self._shown.name)
        trashed = self._try("delete", self._shown.file)
        if trashed is not None:
            self._trashed.append(trashed)  # type: ignore[arg-type]
            self.notify(f"{name} is in the trash. u brings the persona back.", markup=False)

    def action_restore(self) -> None:
        if self._trashed:
            self._try("restore", self._trashed.pop())
        else:
            self.notify("There is nothing to bring back.", markup=False)

    @work
    async def action_picture(self) -> None:
        path = await self._ask_file("A picture for the persona", (".png",))
        if path is not None and self._shown is not None:
            self._try("change_picture", self._shown.file, path)

    @work
    async def action_import(self) -> None:
        path = await self._ask_file("Import a persona backup", (".json",))
        if path is None:
            return
        names = self._try("import_file", path)
        if isinstance(names, list):
            said = ", ".join(map(clean_line, names)) or "nobody: all of them were here already"
            self.notify(f"New here: {said}.", markup=False)

    @work
    async def action_export(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        answer = await self.app.push_screen_wait(
            AskText("Export all personas", label="File", value=str(Path.home() / "personas.json"))
        )
        if answer:
            self._try("export", answer)

    async def _ask_file(self, title: str, endings: tuple[str, ...]) -> Path | None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        return await self.app.push_screen_wait(PickFile(title, endings=endings))


def values_of(persona: Persona) -> dict[str, Value]:
    """A persona as the form has it."""
    texts: dict[str, Value] = {name: getattr(persona, name) for name in TEXTS}
    return texts | {name: int(getattr(persona, name)) for name in NUMBERS}


def with_values(persona: Persona, values: Mapping[str, Any]) -> Persona:
    """The persona with what the form says."""
    position = int(values["position"])
    if position == PersonaPosition.IN_PROMPT and persona.position == PersonaPosition.AFTER_CHAR:
        position = persona.position  # the old alias means the same: leave the file as it was
    texts: dict[str, Any] = {name: str(values[name] or "") for name in TEXTS}
    return replace(
        persona,
        **texts,
        position=PersonaPosition(position),
        depth=int(values["depth"]),
        role=int(values["role"]),
    )
