"""RegexBench: order and edit the find-and-replace scripts, and try them on a text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.core.preset import RegexScript
from tavern_tui.services.regex import HeldScript, ScriptGroup, ScriptScope
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.regex import keys
from tavern_tui.ui.panes.regex.fields import ROWS, values_of, with_values
from tavern_tui.ui.panes.regex.lines import Line, about_line, lines_of, list_row
from tavern_tui.ui.panes.regex.trial import TrialBox
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form
from tavern_tui.ui.widgets.two_up import TwoUp

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

TRY_AFTER = 0.15
"""Seconds of quiet after a change before the scripts are tried again."""
AT_ONCE = 20
"""Patterns that are looked at before the screen gets its turn."""
OUTSIDE_FIELDS = frozenset(key.action for key in keys.ROWS)
"""Actions whose keys mean nothing while a field has the focus."""


class RegexBench(Bench):
    """Groups and scripts at the left; the one under the cursor and the trial at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("regex")]
    scope = "regex"
    title_text = "Regex scripts"
    DEFAULT_CSS = """
    RegexBench #about { height: 2; margin-bottom: 1; text-overflow: ellipsis; }
    RegexBench #fields { height: 5fr; }
    RegexBench TrialBox { height: 5fr; border-top: hkey $line; }
    RegexBench.-narrow TrialBox TextArea { height: 3; }
    RegexBench TwoUp.-beside > * { height: 1fr; }
    RegexBench TwoUp.-beside > TrialBox { border-top: none; border-left: vkey $line; padding-left: 1; }
    """

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self.scripts = tavern.regex.of(tavern.session.character.file)
        self._lines: list[Line] = []
        self._at: Line | None = None
        self._loaded: tuple[ScriptScope, int] | None = None
        self._bad: set[tuple[ScriptScope, int]] = set()
        self._changed = False
        self._form = Form(ROWS, id="form")
        self._timer: Timer | None = None

    def side(self) -> ComposeResult:
        yield OptionList(id="bench-list", compact=True)

    def work_area(self) -> ComposeResult:
        messages = self.tavern.session.chat.messages
        yield Static("", id="about", markup=False)
        with TwoUp():
            with Vertical(id="fields"):
                yield self._form
            yield TrialBox(messages[-1].text if messages else "")

    def on_mount(self) -> None:
        self.refresh_list()
        first = next((at for at, line in enumerate(self._lines) if line.held is not None), 0)
        self._list.highlighted = first
        self._list.focus()

    def on_unmount(self) -> None:
        self.save_now()
        if self._changed:
            self.tavern.opened.send(self.tavern.session)  # messages may be shown otherwise now

    @property
    def _list(self) -> OptionList:
        return self.query_one("#bench-list", OptionList)

    # --- the list

    def refresh_list(self, wanted: tuple[ScriptScope, int] | None = None) -> None:
        """Read the scripts again; the cursor goes to `wanted`, or stays."""
        kept = wanted or (self._at.key if self._at is not None else None)
        self._lines = lines_of(self.scripts.groups())
        self._bad = set()
        self._list.clear_options()
        self._list.add_options(Option(list_row(line, is_bad=False)) for line in self._lines)
        at = next((at for at, line in enumerate(self._lines) if line.key == kept), None)
        if at is None:
            at = min(self._list.highlighted or 0, len(self._lines) - 1)
        self._list.highlighted = at
        self._stand_on(self._lines[at])
        self.try_soon()
        self._look_for_bad_patterns()
        count = sum(line.held is not None for line in self._lines)
        self.say_title(f"{count:,} of them, a makes one" if count else "none yet: a makes one")

    @work(exclusive=True, group="patterns")
    async def _look_for_bad_patterns(self) -> None:
        """Mark the scripts that cannot run. There may be many, and each has to be compiled."""
        from asyncio import sleep

        lines = list(self._lines)
        for at, line in enumerate(lines):
            if line.held is not None and self.scripts.problem(line.held.script):
                self._bad.add(line.key)
                self._list.replace_option_prompt_at_index(at, list_row(line, is_bad=True))
            if at % AT_ONCE == AT_ONCE - 1:
                await sleep(0)

    @on(OptionList.OptionHighlighted, "#bench-list")
    def looked_at(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        line = self._lines[event.option_index] if event.option_index < len(self._lines) else None
        if line is not None and (self._at is None or line.key != self._at.key):
            self.save_now()
            self._stand_on(line)
            self.try_soon()

    @on(OptionList.OptionSelected, "#bench-list")
    def entered(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._script is not None:
            self._form.query_one("#find").focus()

    # --- the script under the cursor

    def _stand_on(self, line: Line) -> None:
        self._at = line
        self._loaded = None
        self._show_about()

    @property
    def _script(self) -> HeldScript | None:
        """The script under the cursor as it is kept; None on a heading. The form follows."""
        if self._at is None:
            return None
        held = self._at.held
        if self._loaded != self._at.key:
            self._loaded = self._at.key
            self.query_one("#fields").display = held is not None
            if held is not None:
                self._form.load(values_of(held.script))
        return held

    def on_descendant_focus(self) -> None:
        self._script  # noqa: B018  # whoever clicks into the form at once gets the right one

    def _typed(self) -> RegexScript | None:
        """The script as the form has it."""
        held = self._script
        return with_values(held.script, self._form.values) if held is not None else None

    def _show_about(self) -> None:
        if self._at is not None:
            held = self._at.held
            ways = self.scripts.describe(held.script) if held is not None else ""
            self.query_one("#about", Static).update(about_line(self._at, ways), layout=False)

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self.save_soon()
        self.try_soon()

    def save(self) -> None:
        line = self._at
        if line is None or line.held is None or self._loaded != line.key:
            return
        typed = with_values(line.held.script, self._form.values)
        if typed == line.held.script:
            return
        saved = self.scripts.save(line.held, typed)
        self._changed = True
        if self.query("#bench-list"):
            self._put(saved)

    def _put(self, held: HeldScript) -> None:
        """Show a saved script in its row, without reading all others again."""
        assert self._at is not None
        at = next(at for at, line in enumerate(self._lines) if line.key == self._at.key)
        line = self._lines[at] = self._at = Line(self._at.group, held)
        self._bad.discard(line.key)
        if self.scripts.problem(held.script):
            self._bad.add(line.key)
        self._list.replace_option_prompt_at_index(at, list_row(line, is_bad=line.key in self._bad))
        self._show_about()

    # --- trying

    @on(TrialBox.Asked)
    def asked(self, event: TrialBox.Asked) -> None:
        event.stop()
        self.try_soon()

    def try_soon(self) -> None:
        """Try the scripts again after a moment without another call."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(TRY_AFTER, self.try_now)

    def try_now(self) -> None:
        """Try the scripts now."""
        self._timer = None
        held, typed, box = self._script, self._typed(), self.query_one(TrialBox)
        text, occasion = box.text, box.occasion
        try:
            if occasion is not None:
                instead = (held, typed) if held is not None and typed is not None else None
                box.show(text, self.scripts.try_all(text, occasion, instead))
            else:
                box.show(text, self.scripts.try_one(typed, text) if typed is not None else None)
        except TavernError as error:
            self.complain(error)

    def action_try_out(self) -> None:
        self.add_class("-working")
        self.query_one(TrialBox).take_text()

    # --- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter means nothing here while a field has the focus, be it one that takes no letters."""
        if action in OUTSIDE_FIELDS and self.focused is not None:
            return not any(isinstance(one, Form | TrialBox) for one in self.focused.ancestors)
        return super().check_action(action, parameters)

    def _try(self, action: str, *arguments: object) -> object:
        """Do something with the scripts, and show what there is then; say what is wrong with it."""
        self.save_now()
        try:
            result: object = getattr(self.scripts, action)(*arguments)
        except TavernError as error:
            self.complain(error)
            return None
        self._changed = True
        self.refresh_list((result.scope, result.at) if isinstance(result, HeldScript) else None)
        return result

    @property
    def _group(self) -> ScriptGroup | None:
        return self._at.group if self._at is not None else None

    def _kept(self) -> HeldScript | None:
        """The script under the cursor, with what was typed last."""
        self.save_now()
        return self._script

    def action_switch(self) -> None:
        held = self._kept()
        if held is not None:
            self._try("save", held, replace(held.script, disabled=not held.script.disabled))

    @work
    async def action_new(self) -> None:
        if self._group is not None:
            made = self._try("new", self._group.scope)
            if made is not None and self._script is not None:
                self._form.query_one("#name").focus()

    def action_duplicate(self) -> None:
        held = self._kept()
        if held is not None:
            self._try("duplicate", held)

    def action_earlier(self, step: int = -1) -> None:
        held = self._kept()
        if held is not None:
            self._try("move", held, step)

    def action_later(self) -> None:
        self.action_earlier(1)

    def action_delete(self) -> None:
        held = self._kept()
        if held is None:
            return
        count = len(self._lines)
        self._try("delete", held)
        if len(self._lines) < count:
            name = clean_line(held.script.name) or "The script"
            self.notify(f"{name} is in the trash. u brings it back.", markup=False)

    def action_restore(self) -> None:
        count = len(self._lines)
        if self._try("restore") is None and len(self._lines) == count:
            self.notify("There is nothing to bring back.", markup=False)

    def action_allow(self) -> None:
        group = self._group
        if group is None or group.scope is ScriptScope.GLOBAL:
            self.notify("Global scripts always run: switch them off one by one.", markup=False)
            return
        self._try("allow", group.scope, not group.allowed)

    @work
    async def action_move_to(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        held = self._kept()
        if held is None:
            return
        choices = [
            Choice(id=group.scope.value, title=group.title, marked=group.scope is held.scope)
            for group in self.scripts.groups()
        ]
        name = clean_line(held.script.name)
        picked = await self.app.push_screen_wait(PickOne(f"Where does {name} belong?", choices))
        if picked is not None:
            self._try("move_to", held, ScriptScope(picked))

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        group = self._group
        if group is None:
            return
        path = await self.app.push_screen_wait(PickFile(f"Import scripts: {group.title}", endings=(".json",)))
        if path is None:
            return
        names = self._try("import_file", group.scope, path)
        if isinstance(names, list):
            self.notify(f"New here: {', '.join(map(clean_line, names))}.", markup=False)

    @work
    async def action_export(self) -> None:
        held = self._kept()
        if held is not None:
            await self._export([held.script], held.script.name)

    @work
    async def action_export_all(self) -> None:
        self.save_now()
        if self._group is not None:
            group = self.scripts.group(self._group.scope)
            await self._export([held.script for held in group.scripts], "regex scripts")

    async def _export(self, scripts: list[RegexScript], name: str) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        safe = clean_line(name.replace("/", "").replace("\\", "")) or "script"
        start = str(Path.home() / f"{safe}.json")
        file = await self.app.push_screen_wait(AskText(f"Export {name}", label="File", value=start))
        if not file:
            return
        try:
            path = self.scripts.export(scripts, file)
        except TavernError as error:
            self.complain(error)
            return
        self.notify(clean_line(f"Written to {path}."), markup=False)
