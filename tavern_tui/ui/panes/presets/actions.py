"""What one can do with a whole preset: choose, copy, rename, delete, reset, compare, carry over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from tavern_tui.core.errors import TavernError
from tavern_tui.core.preset import ChatPreset
from tavern_tui.services import preset_edit as edit
from tavern_tui.services.presets import PresetKind
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
from tavern_tui.ui.panes.presets.whose import DROP, OF, choices_of_orders
from tavern_tui.ui.screens.bench import Bench

if TYPE_CHECKING:
    from tavern_tui.services.presets import PresetService
    from tavern_tui.services.tavern import Tavern


class PresetActions(Bench):
    """A bench that shows the preset of the current connection."""

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self.preset = ChatPreset()
        """As it is on the screen; its file follows."""
        self.name_used = ""
        self.who = edit.EVERYBODY
        """Whose order is shown."""
        self._undo: list[Callable[[], None]] = []

    @property
    def presets(self) -> PresetService:
        return self.tavern.presets

    @property
    def is_sent(self) -> bool:
        """Whether the current connection sends chat prompts at all."""
        return self.presets.kind_sent is PresetKind.CHAT

    @property
    def _own_character(self) -> str:
        """The open character, as orders name it."""
        return f"{self.tavern.session.character.file}.png"

    def refresh_all(self, wanted: str = "") -> None:
        """Show the preset as it is now; the cursor goes to the prompt `wanted`, or stays."""

    def open_used(self) -> None:
        """Show the preset that the connection uses. One that cannot be read is not written over."""
        self.name_used = self.presets.used()
        try:
            self.preset = self.presets.get(self.name_used)
        except TavernError as error:
            self.complain(error)
            self.name_used = ""
            self.preset = self.presets.get("")
        warnings = self.presets.warnings(self.name_used)
        if warnings:
            more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
            self.notify(clean_line(warnings[0]) + more, severity="warning", timeout=8, markup=False)
        self.refresh_all()

    def keep(self) -> None:
        """Write the preset. Raises TavernError."""
        self.preset = self.presets.save(self.name_used, self.preset)
        if not self.name_used and self.presets.used():
            self.name_used = self.presets.used()
            self.notify(
                f'Kept as the preset "{clean_line(self.name_used)}"; the built-in one stays as it is.',
                markup=False,
            )

    def can_bring_back(self, before: ChatPreset) -> None:
        """Let the undo key make the preset as it was."""
        name = self.name_used

        def bring_back() -> None:
            self.presets.save(name, before)
            if self.presets.used() != name:
                self.presets.choose(name)

        self._undo.append(bring_back)

    def action_undo(self) -> None:
        if not self._undo:
            self.notify("There is nothing to bring back.", markup=False)
            return
        if self._do(self._undo[-1]):
            self._undo.pop()
            self.open_used()

    def _do(self, action: Callable[[], object]) -> bool:
        """Write what is typed, then do something with presets; says what is wrong with it."""
        self.save_now()
        try:
            action()
        except TavernError as error:
            self.complain(error)
            return False
        return True

    def _use(self, make: Callable[[], str]) -> None:
        """Make or find a preset, and let the connection use it from now on."""
        if self._do(lambda: self.presets.choose(make())):
            self.open_used()

    # --- which preset

    @work
    async def action_choose(self) -> None:
        self.save_now()
        name = await self._pick("Which prompts?", lambda _: True)
        if name is not None:
            self._use(lambda: name)

    async def _pick(self, title: str, wanted: Callable[[str], bool]) -> str | None:
        choices = [
            Choice(id=f"{OF}{one.name}", title=one.title, detail=", ".join(one.users), marked=one.is_used)
            for one in self.presets.entries()
            if wanted(one.name)
        ]
        picked = await self.app.push_screen_wait(PickOne(title, choices))
        return picked.removeprefix(OF) if picked is not None else None

    @work
    async def action_new(self) -> None:
        name = await self._ask("New preset", "Name", "")
        if name:
            self._use(lambda: self.presets.new(name).name)

    def action_duplicate(self) -> None:
        self._use(lambda: self.presets.duplicate(self.name_used).name)

    @work
    async def action_rename(self) -> None:
        old = self.name_used
        name = await self._ask("Rename the preset", "Name", old)
        if name and self._do(lambda: self.presets.rename(old, name)):
            self.open_used()

    def action_delete(self) -> None:
        name = self.name_used
        if self._do(lambda: self._delete(name)):
            self.open_used()
            self.notify(f"{clean_line(name)} is in the trash. u brings it back.", markup=False)

    def _delete(self, name: str) -> None:
        deleted = self.presets.delete(name)
        self._undo.append(lambda: self.presets.choose(self.presets.restore(deleted)))

    def action_reset(self) -> None:
        before = self.preset
        if self._do(lambda: self.presets.reset(self.name_used)):
            self.can_bring_back(before)
            self.open_used()
            self.notify(
                "Prompts, order and texts are as built in; your own prompts lie below. u undoes it.",
                markup=False,
            )

    # --- whose order

    @work
    async def action_whose(self) -> None:
        self.save_now()
        choices = choices_of_orders(self.preset, self._own_character, self.who)
        picked = await self.app.push_screen_wait(PickOne("Whose order?", choices))
        if picked is None:
            return
        if picked.startswith(DROP):
            before = self.preset
            self.preset = edit.without_order(self.preset, picked.removeprefix(DROP))
            if not self._do(self.keep):
                return
            self.can_bring_back(before)
            self.who = edit.EVERYBODY
        else:
            self.who = picked.removeprefix(OF)
        self.refresh_all()

    # --- comparing and carrying over

    @work
    async def action_compare(self) -> None:
        from tavern_tui.ui.panes.presets.compare import CompareDialog

        self.save_now()
        here = self.name_used
        name = await self._pick("Compare with", lambda one: one != here)
        if name is None:
            return
        try:
            other = self.presets.get(name)
        except TavernError as error:
            self.complain(error)
            return
        found = self.presets.compare(self.preset, other)
        titles = self.presets.title(here), self.presets.title(name)
        await self.app.push_screen_wait(CompareDialog(*titles, found))

    @work
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        self.save_now()
        path = await self.app.push_screen_wait(PickFile("Import a preset or prompts", endings=(".json",)))
        if path is None:
            return
        before = self.preset
        try:
            found = self.presets.import_file(path, self.name_used)
        except TavernError as error:
            self.complain(error)
            return
        said = "is here now" if found.is_new else "was here already"
        if found.kind is not PresetKind.CHAT:
            self.notify(f"The {found.kind} preset {clean_line(found.name)} {said}.", markup=False)
        elif found.name == self.name_used:
            self.can_bring_back(before)
            self.open_used()
            self.notify(f"The prompts of {clean_line(path.name)} are in this preset now.", markup=False)
        else:
            self._use(lambda: found.name)
            self.notify(f"{clean_line(found.name)} {said} and is used.", markup=False)

    @work
    async def action_export(self) -> None:
        name = self.name_used
        file = await self._ask_file(self.presets.title(name))
        if not file:
            return
        self.save_now()
        try:
            done = self.presets.export(name, file)
        except TavernError as error:
            self.complain(error)
            return
        left_out = f" Left out: {', '.join(done.left_out)}." if done.left_out else ""
        self.notify(clean_line(f"Written to {done.path}.{left_out}"), markup=False)

    @work
    async def action_export_prompts(self) -> None:
        file = await self._ask_file(f"{self.presets.title(self.name_used)} prompts")
        if file and self._do(lambda: self.presets.export_prompts(self.name_used, file)):
            self.notify("The prompts and their order are written.", markup=False)

    async def _ask(self, title: str, label: str, value: str) -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        self.save_now()
        return await self.app.push_screen_wait(AskText(title, label=label, value=value))

    async def _ask_file(self, name: str) -> str | None:
        return await self._ask(f"Export {name}", "File", str(Path.home() / f"{name}.json"))
