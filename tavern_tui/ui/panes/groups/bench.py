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
from textual.widgets import Static

from tavern_tui.core.character import GroupMode, GroupStrategy
from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form, Row, Value
from tavern_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tavern_tui.services.groups import GroupService
    from tavern_tui.services.library import GroupSummary, Trashed
    from tavern_tui.services.tavern import Tavern

STRATEGIES = (
    (GroupStrategy.NATURAL, "Natural: who is named, then who is talkative"),
    (GroupStrategy.LIST, "All of them, in order"),
    (GroupStrategy.POOLED, "Who has not spoken since your last message"),
    (GroupStrategy.MANUAL, "Nobody, until you say who"),
)
MODES = (
    (GroupMode.SWAP, "Only the speaker's"),
    (GroupMode.APPEND, "All members', but the muted"),
    (GroupMode.APPEND_DISABLED, "All members', the muted too"),
)
ROWS = (
    Row(id="name", label="Name", help="What the group is called."),
    Row(id="strategy", label="Who speaks", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in STRATEGIES),
        help="Who answers when you have said something."),
    Row(id="mode", label="Cards in the prompt", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in MODES),
        help="Whose descriptions the model is told."),
    Row(id="join_prefix", label="Before each card's field", kind="text", macros=True, lines=3,
        help="With joined cards; <FIELDNAME> becomes Description, Personality, Scenario …"),
    Row(id="join_suffix", label="After each card's field", kind="text", macros=True, lines=3,
        help="With joined cards; the same in {{char}} and <FIELDNAME>."),
    Row(id="allow_self_responses", label="Answers itself", kind="switch",
        help="The one who spoke last may be the next to speak."),
    Row(id="auto_mode_delay", label="Auto mode, seconds", kind="number", least=0, most=3600,
        help="How long the group waits before it talks on by itself."),
    Row(id="favourite", label="Favourite", kind="switch", help="For the list."),
)  # fmt: skip
_NUMBERS = {"strategy": GroupStrategy, "mode": GroupMode}


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: a group, or a member of it (the place in the order)."""

    group: GroupSummary
    member: int | None = None

    @property
    def file(self) -> str:
        """The member's card file."""
        return "" if self.member is None else self.group.files[self.member]


class GroupBench(Bench):
    """Groups and their members at the left, how the group under the cursor talks at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("group")]
    scope = "group"
    title_text = "Groups"

    @dataclass
    class Speak(Message):
        """A member of the open group shall say something."""

        file: str

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._lines: Sequence[_Line] = ()
        self._shown = ""
        """Id of the group in the form."""
        self._changes: dict[str, Value] = {}
        self._undo: list[Trashed | tuple[str, str, int]] = []

    @property
    def groups(self) -> GroupService:
        return self.tavern.groups

    def side(self) -> ComposeResult:
        yield RowList(id="bench-list")

    def work_area(self) -> ComposeResult:
        yield Static("", id="group-facts", classes="facts", markup=False)
        yield Form(ROWS, id="form")

    def on_mount(self) -> None:
        here = self.tavern.session.group
        self.refresh_list(here.id if here is not None else "")
        self._list.focus()

    @property
    def _list(self) -> RowList:
        return self.query_one("#bench-list", RowList)

    @property
    def _line(self) -> _Line | None:
        return self._lines[self._list.cursor] if self._lines else None

    # --- the list

    def refresh_list(self, group: str = "", member: str = "") -> None:
        """Read the groups again; the cursor goes to this group or member, or stays."""
        lines: list[_Line] = []
        for one in self.groups.all():
            lines.append(_Line(one))
            lines += [_Line(one, at) for at in range(len(one.files))]
        self._lines = lines
        wanted = next(
            (at for at, line in enumerate(lines) if line.group.id == group and line.file == member), None
        )
        self._list.show(len(lines), self._draw, wanted)
        self._show(self._line)

    def _draw(self, at: int) -> Content:
        line = self._lines[at]
        here = self.tavern.session.group
        if line.member is None:
            is_open = here is not None and here.id == line.group.id
            return Content.assemble(
                ("● " if is_open else "  ", "$primary"),
                ("★ " if line.group.favourite else "", "$warning"),
                (clean_line(line.group.name), "bold"),
                (f"  {_members(len(line.group.files))}", "$foreground-muted"),
            )
        muted = line.file in line.group.muted
        return Content.assemble(
            "    ",
            (clean_line(line.group.members[line.member]), "$foreground-disabled" if muted else ""),
            ("  muted" if muted else "", "$foreground-muted"),
        )

    @on(RowList.Highlighted, "#bench-list")
    def looked_at(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._show(self._lines[event.index])

    @on(RowList.Selected, "#bench-list")
    def chosen(self, event: RowList.Selected) -> None:
        event.stop()
        self.query_one("#name").focus()

    def _show(self, line: _Line | None) -> None:
        form, facts = self.query_one(Form), self.query_one("#group-facts", Static)
        form.display = line is not None
        if line is None:
            self._shown = ""
            facts.update(Content("There are no groups yet. n makes one."))
            self.say_title("none yet")
            return
        if line.group.id != self._shown:
            self.save_now()
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

    # --- settings

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self._changes[event.id] = event.value
        self.save_soon()

    def save(self) -> None:
        changes, self._changes = self._changes, {}
        if self._shown and changes:
            fields = {
                name: _NUMBERS[name](int(str(value))) if name in _NUMBERS else value
                for name, value in changes.items()
            }
            self.groups.change(self._shown, **fields)
            if self.is_attached:
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

    def action_mute(self) -> None:
        line = self._line
        if line is None or line.member is None:
            return
        muted = line.file not in line.group.muted
        if self._try(lambda: self.groups.mute(line.group.id, line.file, muted)):
            self.refresh_list(line.group.id, line.file)

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
        line, session = self._line, self.tavern.session
        if line is None or line.member is None:
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
        self._show(self._line)

    # --- groups

    @work(exclusive=True, group="open")
    async def action_open(self) -> None:
        line = self._line
        if line is None:
            return
        self.save_now()
        try:
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
                self._undo.append((line.group.id, line.file, place))
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
        group, file, place = step
        if self._try(lambda: self.groups.add_member(group, file)):
            self._try(lambda: self.groups.move_member(group, file, place))
            self.refresh_list(group, file)


def _value(value: object) -> Value:
    if isinstance(value, GroupStrategy | GroupMode):
        return str(int(value))
    assert value is None or isinstance(value, str | int | float | bool)
    return value


def _members(count: int) -> str:
    return f"{count} member{'' if count == 1 else 's'}"
