"""GroupBench: groups, who is in them, who may speak, and how the turns go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tavern_tui.core.character import GroupMode, GroupStrategy
from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.groups.fields import MEMBER_ROWS, ROWS
from tavern_tui.ui.panes.groups.keys import ROWS as KEYS
from tavern_tui.ui.panes.groups.lines import Line
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form, Value
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.groups import GroupService
    from tavern_tui.services.library import Trashed
    from tavern_tui.services.tavern import Tavern

_NUMBERS = {"strategy": GroupStrategy, "mode": GroupMode}


class GroupBench(Bench):
    """Groups and their members at the left, how the group under the cursor talks at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("group")]
    scope = "group"
    title_text = "Groups"

    @dataclass
    class Speak(Message):
        """A member of the open group shall say something."""

        file: str

    class AutoMode(Message):
        """The open group shall talk on by itself, or shall not any more."""

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._lines: Sequence[Line] = ()
        self._shown = ""
        """Id of the group in the form."""
        self._member = ""
        """Card file of the member in the form."""
        self._seen: tuple[str, str] | None = None
        """Group and member that were looked at last."""
        self._changes: dict[str, Value] = {}
        self._talkative: dict[str, float] = {}
        """What members' cards shall say, by file, until it is written."""
        self._undo: list[Trashed | tuple[str, str, int, bool]] = []

    @property
    def groups(self) -> GroupService:
        return self.tavern.groups

    def side(self) -> ComposeResult:
        yield RowList(id="bench-list")

    def work_area(self) -> ComposeResult:
        yield Static("", id="group-facts", classes="facts", markup=False)
        yield Static("", id="member-name", markup=False)
        yield Form(MEMBER_ROWS, id="member-form")
        yield Form(ROWS, id="form")

    def on_mount(self) -> None:
        here = self.tavern.session.group
        self.refresh_list(here.id if here is not None else "")
        self._list.focus()

    @property
    def _list(self) -> RowList:
        return self.query_one("#bench-list", RowList)

    @property
    def _line(self) -> Line | None:
        return self._lines[self._list.cursor] if self._lines else None

    # --- the list

    def refresh_list(self, group: str = "", member: str = "") -> None:
        """Read the groups again; the cursor goes to this group or member, or stays."""
        lines: list[Line] = []
        for one in self.groups.all():
            lines.append(Line(one))
            lines += [Line(one, at) for at in range(len(one.files))]
        self._lines = lines
        wanted = next(
            (at for at, line in enumerate(lines) if line.group.id == group and line.file == member), None
        )
        self._list.show(len(lines), self._draw, wanted)
        self._show(self._line)

    def _draw(self, at: int) -> Content:
        here = self.tavern.session.group
        line = self._lines[at]
        return line.drawn(is_open=here is not None and here.id == line.group.id)

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._show(self._lines[event.index])

    @on(RowList.Selected, "#bench-list")
    def chosen(self, event: RowList.Selected) -> None:
        event.stop()
        if not self._focus_talkativeness():
            self.query_one("#name").focus()

    def _show(self, line: Line | None) -> None:
        if line is not None and (line.group.id, line.file) != self._seen:
            self._seen = line.group.id, line.file
            self.save_now()
            line = self._line  # the list may have been read again
        form, facts = self.query_one("#form", Form), self.query_one("#group-facts", Static)
        form.display = line is not None
        self._show_member(line)
        if line is None:
            self._shown = ""
            facts.update(Content("There are no groups yet. n makes one."))
            self.say_title("none yet")
            return
        if line.group.id != self._shown:
            self._shown = line.group.id
            try:
                group = self.groups.get(line.group.id)
            except TavernError as error:
                self.complain(error)
                return
            form.load({row.id: _value(getattr(group, row.id)) for row in ROWS})
        session = self.tavern.session
        is_open = session.group is not None and session.group.id == line.group.id
        auto = " · auto mode is on" if is_open and session.auto_mode else ""
        facts.update(Content("open now" + auto if is_open else "o opens it"))
        self.say_title(line.group.name)

    def _show_member(self, line: Line | None) -> None:
        """The member under the cursor, above what holds for the group."""
        talks = line.talkativeness if line is not None else None
        form, name = self.query_one("#member-form", Form), self.query_one("#member-name", Static)
        form.display = name.display = talks is not None
        if line is None or line.member is None or talks is None:
            self._member = ""
            return
        name.update(Content(clean_line(line.group.members[line.member])))
        focused = self.focused.id if self.focused is not None else ""
        if line.file == self._member and focused == "talkativeness":
            return  # it is being typed
        self._member = line.file
        form.load({"talkativeness": talks})

    # --- settings

    @on(Form.Changed, "#member-form")
    def member_changed(self, event: Form.Changed) -> None:
        event.stop()
        if self._member and isinstance(event.value, int | float):
            self._talkative[self._member] = event.value / 100
            self.save_soon()

    @on(Form.Changed, "#form")
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self._changes[event.id] = event.value
        self.save_soon()

    def save(self) -> None:
        changes, self._changes = self._changes, {}
        talkative, self._talkative = self._talkative, {}
        if self._shown and changes:
            fields = {
                name: _NUMBERS[name](int(str(value))) if name in _NUMBERS else value
                for name, value in changes.items()
            }
            self.groups.change(self._shown, **fields)
        for file, share in talkative.items():
            self.groups.set_talkativeness(file, share)
        if (talkative or changes) and self.is_attached:
            self.refresh_list()

    # --- members

    def _try(self, action: Callable[[], object]) -> bool:
        """Do something with the groups; say what is wrong with it."""
        self.save_now()
        try:
            action()
        except TavernError as error:
            self.complain(error)
            return False
        return True

    @property
    def _member_line(self) -> Line | None:
        """The member under the cursor; where there is none, the user is told."""
        line = self._line
        if line is not None and line.member is not None:
            return line
        self.notify(ON_A_MEMBER, markup=False)
        return None

    def action_mute(self) -> None:
        line = self._member_line
        if line is None:
            return
        muted = line.file not in line.group.muted
        if self._try(lambda: self.groups.mute(line.group.id, line.file, muted)):
            self.refresh_list(line.group.id, line.file)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in LIST_ACTIONS:  # in a field these keys mean the field
            return self.is_mounted and self._list.has_focus
        return True

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        line = self._line
        if line is None or line.member is None:
            return
        place = line.member + step
        if self._try(lambda: self.groups.move_member(line.group.id, line.file, place)):
            self.refresh_list(line.group.id, line.file)

    @work
    async def action_card(self) -> None:
        from tavern_tui.ui.panes.characters.card import CardView

        line = self._member_line
        if line is None:
            return
        try:
            card = self.tavern.library.character(line.file)
        except TavernError as error:
            self.complain(error)
            return
        await self.app.push_screen_wait(CardView(card))

    def action_talkativeness(self) -> None:
        """Go to the field in which the talkativeness of the member under the cursor is written."""
        if not self._focus_talkativeness():
            self.notify(ON_A_MEMBER, markup=False)

    def _focus_talkativeness(self) -> bool:
        if self.query_one("#member-form").display:
            field = self.query_one("#talkativeness", Input)
            field.focus()
            self.call_after_refresh(field.select_all)  # what is typed takes its place
            return True
        return False

    @work
    async def action_add(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        line = self._line
        if line is None:
            self.action_new()
            return
        choices = [
            Choice(id=one.file, title=one.name, detail=", ".join(one.tags[:3]))
            for one in self.tavern.library.characters()
            if one.file not in line.group.files
        ]
        picked = await self.app.push_screen_wait(PickOne(f"Who joins {line.group.name}?", choices))
        if picked is not None and self._try(lambda: self.groups.add_member(line.group.id, picked)):
            self.refresh_list(line.group.id, picked)

    def action_speak(self) -> None:
        """Close this screen and let the member under the cursor speak in the open chat."""
        line, session = self._member_line, self.tavern.session
        if line is None:
            return
        if session.group is None or session.group.id != line.group.id:
            self.notify("This group is not open. o opens it.", markup=False)
            return
        self.app.screen_stack[0].post_message(self.Speak(line.file))
        self.dismiss(None)

    def action_auto(self) -> None:
        session = self.tavern.session
        if session.group is None:
            self.notify("No group is open. o opens one.", markup=False)
            return
        session.auto_mode = not session.auto_mode
        self.app.screen_stack[0].post_message(self.AutoMode())
        self._show(self._line)

    # --- groups

    @work(exclusive=True, group="open")
    async def action_open(self) -> None:
        line = self._line
        if line is None:
            return
        self.save_now()
        here = self.tavern.session.group
        try:
            if here is None or here.id != line.group.id:  # else what goes on in it goes on
                await self.tavern.open_group(line.group.id)
        except TavernError as error:
            self.complain(error)
            return
        self.dismiss(None)

    @work
    async def action_new(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        name = await self.app.push_screen_wait(AskText("New group", label="Name"))
        if not name:
            return
        character = self.tavern.session.character
        members = [character.file] if character.file and self.tavern.session.group is None else []
        made: list[str] = []
        if self._try(lambda: made.append(self.groups.create(name, members).id)):
            self.refresh_list(made[0])

    @work
    async def action_delete(self) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        line = self._line
        if line is None:
            return
        if line.member is not None:
            place = line.member
            if self._try(lambda: self.groups.remove_member(line.group.id, line.file)):
                self._undo.append((line.group.id, line.file, place, line.file in line.group.muted))
                self.refresh_list(line.group.id)
            return
        question = f"Move {clean_line(line.group.name)} and its chats to the trash folder?"
        ask = Confirm("Delete group", question, yes="Delete", no="Keep")
        if self.tavern.settings.confirm_deletions and not await self.app.push_screen_wait(ask):
            return
        try:
            self._undo.append(await self.tavern.delete_group(line.group.id))
        except TavernError as error:
            self.complain(error)
            return
        self._shown = ""
        self.refresh_list()
        self.notify(f"{clean_line(line.group.name)} is in the trash. u brings it back.", markup=False)

    def action_restore(self) -> None:
        if not self._undo:
            self.notify("There is nothing to bring back.", markup=False)
            return
        step = self._undo.pop()
        if not isinstance(step, tuple):
            if self._try(lambda: self.groups.restore(step)):
                self.refresh_list()
            return
        group, file, place, muted = step
        if self._try(lambda: self.groups.add_member(group, file)):
            self._try(lambda: self.groups.move_member(group, file, place))
            self._try(lambda: self.groups.mute(group, file, muted))
            self.refresh_list(group, file)


ON_A_MEMBER = "Put the cursor on a member first."
LIST_ACTIONS = frozenset(row.action for row in KEYS)


def _value(value: object) -> Value:
    if isinstance(value, GroupStrategy | GroupMode):
        return str(int(value))
    assert value is None or isinstance(value, str | int | float | bool)
    return value
