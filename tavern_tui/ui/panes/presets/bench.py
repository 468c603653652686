"""ManagerBench: order, switch and edit the prompts of a chat preset, and see what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from tavern_tui.core.errors import TavernError
from tavern_tui.core.preset import ManagedPrompt
from tavern_tui.services import preset_edit as edit
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.presets import keys
from tavern_tui.ui.panes.presets.actions import PresetActions
from tavern_tui.ui.panes.presets.fields import with_page_value, with_prompt_value
from tavern_tui.ui.panes.presets.lines import Line, draw, lines_of, tokens_of
from tavern_tui.ui.panes.presets.prompt_list import PromptList
from tavern_tui.ui.panes.presets.sheet import PromptSheet
from tavern_tui.ui.panes.presets.which import Which
from tavern_tui.ui.panes.presets.whose import order_title
from tavern_tui.ui.widgets.form import Form
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

LOOK_AFTER = 0.12
"""Seconds of quiet after a change before the prompt is built again."""
OUTSIDE_FIELDS = frozenset(key.action for key in keys.ROWS) - {"write"}
"""Actions whose keys mean nothing while a field has the focus."""


class ManagerBench(PresetActions):
    """The prompts in order at the left; the one under the cursor at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("manager")]
    scope = "manager"
    title_text = "Prompt manager"
    CSS = """
    ManagerBench.-wide #bench-side { width: 44; }
    """

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._lines: list[Line] = []
        self._key = ""
        self._tokens: dict[str, int] = {}
        self._timer: Timer | None = None

    def side(self) -> ComposeResult:
        yield Which(id="which")
        yield PromptList(id="bench-list")

    def work_area(self) -> ComposeResult:
        yield PromptSheet()

    def on_mount(self) -> None:
        own = self._own_character if self._own_character in self._orders_of(self.presets.used()) else ""
        self.who = own
        self.open_used()
        self._list.focus()

    def _orders_of(self, name: str) -> list[str]:
        try:
            return [one.who for one in self.presets.get(name).character_orders]
        except TavernError:
            return []

    @property
    def _list(self) -> PromptList:
        return self.query_one("#bench-list", PromptList)

    @property
    def _sheet(self) -> PromptSheet:
        return self.query_one(PromptSheet)

    @property
    def _line(self) -> Line | None:
        """The row under the cursor."""
        return next((line for line in self._lines if line.key == self._key and not line.heading), None)

    @property
    def _row(self) -> edit.PromptRow | None:
        """The prompt under the cursor."""
        return self._line.row if self._line is not None else None

    # --- the list

    def refresh_all(self, wanted: str = "") -> None:
        """Show the preset as it is now; the cursor goes to the prompt `wanted`, or stays."""
        self._lines = lines_of(self.preset, self.who)
        prompts = self._list
        prompts.headings = frozenset(at for at, line in enumerate(self._lines) if line.heading)
        key = f"prompt/{wanted}" if wanted else self._key
        places = [at for at, line in enumerate(self._lines) if line.key == key and not line.heading]
        cursor = places[0] if places else min(prompts.cursor, len(self._lines) - 1)
        if cursor in prompts.headings:
            cursor += 1
        self._key = self._lines[cursor].key
        prompts.show(len(self._lines), self._draw, cursor)
        self._sheet.show(self.preset, self._line)
        self._say_which()
        self.look_soon()

    def _draw(self, at: int) -> Content:
        prompts = self._list
        width = prompts.scrollable_content_region.width
        return draw(self._lines[at], self._tokens, width, arrows=at == prompts.cursor)

    def _say_which(self) -> None:
        self.query_one(Which).say(
            self.presets.title(self.name_used),
            self.presets.connection.name,
            order_title(self.preset, self.who),
        )

    @on(Which.Clicked)
    def which_clicked(self, event: Which.Clicked) -> None:
        event.stop()
        if event.line == 0:
            self.action_choose()
        else:
            self.action_whose()

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._take_typed()
        self.save_now()
        self._key = self._lines[event.index].key
        self._sheet.show(self.preset, self._line)

    def _take_typed(self) -> None:
        """What was typed a moment ago belongs to the row the cursor leaves, though word of it may
        still be on its way."""
        line = self._line
        if line is not None:
            for field, value in self._sheet.typed().items():
                self._put(line, field, value)

    @on(RowList.Selected, "#bench-list")
    def entered(self, event: RowList.Selected) -> None:
        event.stop()
        self._sheet.focus_first()

    @on(PromptList.Switched)
    def sign_clicked(self, event: PromptList.Switched) -> None:
        event.stop()
        self.action_switch()

    @on(PromptList.Dragged)
    def dragged(self, event: PromptList.Dragged) -> None:
        event.stop()
        row = self._lines[event.index].row
        if row is not None and row.listed:
            self._key = self._lines[event.index].key
            self._move(row.identifier, event.to)

    # --- what the user does to a prompt

    def _change(self, action: Any, *arguments: object, wanted: str = "") -> bool:
        """Change the preset, keep it, show it. Says what is wrong, and whether it went well."""
        try:
            self.preset = action(self.preset, *arguments)
            self.keep()
        except TavernError as error:
            self.complain(error)
            return False
        self.refresh_all(wanted)
        return True

    def action_switch(self) -> None:
        if self._row is not None:
            self._change(edit.toggled, self.who, self._row.identifier, wanted=self._row.identifier)

    def _move(self, identifier: str, to: int) -> None:
        self._change(edit.moved, self.who, identifier, to, wanted=identifier)

    def action_up(self) -> None:
        self._step(-1)

    def action_down(self) -> None:
        self._step(1)

    def _step(self, step: int) -> None:
        row = self._row
        if row is not None and row.listed:
            names = [name for name, _ in edit.order_of(self.preset, self.who)]
            self._move(row.identifier, max(0, names.index(row.identifier) + step))

    @work
    async def action_add(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        name = await self.app.push_screen_wait(AskText("New prompt", label="Name"))
        if name and name.strip():
            prompt = edit.new_prompt(name.strip())
            names = [one for one, _ in edit.order_of(self.preset, self.who)]
            here = self._row.identifier if self._row is not None else ""
            at = names.index(here) + 1 if here in names else len(names)
            if self._change(edit.added, self.who, prompt, at, wanted=prompt.identifier):
                self._sheet.focus_first()

    def action_remove(self) -> None:
        """Out of the order first; what has no place there goes altogether."""
        row = self._row
        if row is None:
            return
        before, title = self.preset, clean_line(row.title)
        if row.listed:
            done, said = (
                self._change(edit.detached, self.who, row.identifier),
                "has no place in the order now",
            )
        else:
            done, said = self._change(edit.removed, row.identifier), "is gone"
        if done:
            self.can_bring_back(before)
            self.notify(f"{title} {said}. u brings it back.", markup=False)

    @work
    async def action_write(self) -> None:
        from tavern_tui.ui.panes.presets.whole_screen import WholeScreenEditor

        row = self._row
        if row is None or row.prompt is None or row.is_place:
            self.notify("The program fills this place; there is no text to write.", markup=False)
            return
        self.save_now()
        text = await self.app.push_screen_wait(WholeScreenEditor(row.title, row.prompt.content))
        if text is not None and self._row is not None and self._row.identifier == row.identifier:
            self._put_into_prompt(row, "content", text)
            self.save_now()
            self._sheet.show(self.preset, self._line)

    # --- the forms

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        is_late = event.form.values.get(event.id) != event.value
        if self._line is not None and not is_late:
            self._put(self._line, event.id, event.value)
            self.look_soon()

    def _put(self, line: Line, field: str, value: object) -> None:
        if line.row is not None:
            self._put_into_prompt(line.row, field, value)
        else:
            self.preset = with_page_value(self.preset, line.page, field, value)
            self.save_soon()

    def _put_into_prompt(self, row: edit.PromptRow, field: str, value: object) -> None:
        """What was typed goes into the preset at once, and into the file soon."""
        if field == "enabled":
            self.action_switch()
            return
        prompt = row.prompt or ManagedPrompt(identifier=row.identifier)
        try:
            self.preset = edit.changed(self.preset, row.identifier, with_prompt_value(prompt, field, value))
        except TavernError as error:
            self.complain(error)
            return
        if field == "identifier":
            self._key = f"prompt/{value}"
        self._lines = lines_of(self.preset, self.who)
        self._list.refresh()
        self._sheet.follow(self.preset, self._line)
        self.save_soon()

    def save(self) -> None:
        self.keep()
        if self.is_attached:
            self._lines = lines_of(self.preset, self.who)
            self._list.refresh()
            self._say_which()

    # --- the prompt as it would go out

    def look_soon(self) -> None:
        """Build the prompt again after a moment without another call."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(LOOK_AFTER, self.look)

    def look(self) -> None:
        """Build the prompt with the preset as it is here."""
        self._timer = None
        try:
            built = self.presets.preview(self.preset, self.tavern.session.draft)
        except TavernError as error:
            self.say_title(str(error))
            return
        self._tokens = tokens_of(built)
        self._list.refresh()
        self._sheet.look(built, self._line)
        about = "" if built.exact else "about "
        self.say_title(
            f"{about}{built.tokens:,} of {built.budget:,} tokens",
            "" if self.is_sent else f"{self.presets.connection.name} sends text: kept for chat connections",
        )

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter means nothing here while a field has the focus, be it one that takes no letters."""
        if action in OUTSIDE_FIELDS and self.focused is not None:
            return not any(isinstance(one, Form) for one in self.focused.ancestors)
        return super().check_action(action, parameters)

    def action_texts(self) -> None:
        """To the pages of the preset, one after the other."""
        pages = [at for at, line in enumerate(self._lines) if line.page]
        here = self._list.cursor
        self._list.move_to(next((at for at in pages if at > here), pages[0]))
