"""CharacterPane: who there is to talk to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings

if TYPE_CHECKING:
    from tavern_tui.services.library import CharacterSummary, Library, Trashed

IMPORTED = (".png", ".json", ".charx", ".yaml", ".yml", ".jsonl")
"""Endings of files that can be taken over."""


class CharacterPane(Vertical):
    """A list that narrows as you type. Enter opens the character's latest chat."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("characters")]

    @dataclass
    class Opened(Message):
        """The user wants to talk to this character."""

        file: str
        choose_chat: bool = False
        tab: bool = False
        """In a tab of its own, beside what is open."""

    def __init__(
        self,
        library: Library,
        *,
        open_file: Callable[[], str],
        confirms: Callable[[], bool],
        id: str | None = None,
    ) -> None:
        """`open_file` tells the file of the open character, `confirms` whether deletions are asked for."""
        super().__init__(id=id, classes="pane")
        self.border_title = "Characters"
        self._library = library
        self._open_file = open_file
        self._confirms = confirms
        self._all: Sequence[CharacterSummary] = ()
        self._shown: Sequence[CharacterSummary] = ()
        self._trashed: list[Trashed] = []
        self._forget: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield Input(placeholder="/ to search", id="character-search", compact=True)
        yield OptionList(id="character-list", compact=True)

    def on_mount(self) -> None:
        self._forget = self._library.changed.listen(self._library_changed)
        self.reload()

    def on_unmount(self) -> None:
        self._forget()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#character-list", OptionList)

    def _library_changed(self, _: None) -> None:
        self.reload()

    @work(exclusive=True, group="list")
    async def reload(self) -> None:
        """Read the list again, beside the screen: there may be a thousand cards."""
        try:
            self._all = await asyncio.to_thread(self._library.characters)
        except TavernError as error:
            self._complain(error)
        self.show()

    def show(self) -> None:
        """Draw the characters that match the search; the open one is marked."""
        words = self.query_one("#character-search", Input).value.casefold().split()
        self._shown = [one for one in self._all if _matches(one, words)]
        kept, here = self._list.highlighted, self._open_file()
        self._list.clear_options()
        self._list.add_options(Option(_row(one, one.file == here)) for one in self._shown)
        if self._shown:
            open_at = next((at for at, one in enumerate(self._shown) if one.file == here), 0)
            self._list.highlighted = open_at if kept is None else min(kept, len(self._shown) - 1)
        count = f"{len(self._shown):,} of {len(self._all):,}" if words else f"{len(self._all):,}"
        self.border_subtitle = count

    @property
    def _under_cursor(self) -> CharacterSummary | None:
        at = self._list.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    # --- search

    def action_search(self) -> None:
        self.query_one("#character-search").focus()

    @on(Input.Changed, "#character-search")
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._list.highlighted = None
        self.show()

    @on(Input.Submitted, "#character-search")
    def search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.focus()

    # --- bringing in and opening

    @on(OptionList.OptionSelected, "#character-list")
    def chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Opened(self._shown[event.option_index].file))

    def action_chats(self) -> None:
        character = self._under_cursor
        if character is not None:
            self.post_message(self.Opened(character.file, choose_chat=True))

    def action_tab(self) -> None:
        character = self._under_cursor
        if character is not None:
            self.post_message(self.Opened(character.file, tab=True))

    @work(exclusive=True, group="import")
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(
            PickFile("Import a card, chat, lorebook or preset", endings=IMPORTED)
        )
        if path is None:
            return
        try:
            brought = await self._library.import_file(path, character=self._open_file())
        except TavernError as error:
            self._complain(error)
            return
        self.notify(clean_line(brought.sentence), title="Imported", markup=False)
        if brought.character is not None:
            self.post_message(self.Opened(brought.character.file))

    @work
    async def action_details(self) -> None:
        from tavern_tui.ui.panes.characters.card import CardView

        character = self._under_cursor
        if character is None:
            return
        try:
            card = self._library.character(character.file)
        except TavernError as error:
            self._complain(error)
            return
        await self.app.push_screen_wait(CardView(card))

    @work
    async def action_delete(self) -> None:
        from tavern_tui.ui.dialogs.confirm import Confirm

        character = self._under_cursor
        if character is None:
            return
        name = clean_line(character.name)
        question = f"Move {name} to the trash folder? The chats stay where they are."
        ask = Confirm("Delete character", question, yes="Delete", no="Keep")
        if self._confirms() and not await self.app.push_screen_wait(ask):
            return
        try:
            self._trashed.append(await self._library.delete(character.file))
        except TavernError as error:
            self._complain(error)
            return
        self.notify(f"{name} is in the trash. u brings the card back.", markup=False)

    @work
    async def action_restore(self) -> None:
        """Bring back the card that was deleted last."""
        if not self._trashed:
            self.notify("There is nothing to bring back.", markup=False)
            return
        try:
            await self._library.restore(self._trashed.pop())
        except TavernError as error:
            self._complain(error)

    def _complain(self, error: TavernError) -> None:
        self.notify(
            clean_line(error.hint), title=clean_line(str(error)), severity="error", markup=False, timeout=8
        )


def _matches(character: CharacterSummary, words: Sequence[str]) -> bool:
    where = f"{character.name} {' '.join(character.tags)} {character.creator}".casefold()
    return all(word in where for word in words)


def _row(character: CharacterSummary, is_open: bool) -> Content:
    tags = ", ".join(character.tags[:3])
    return Content.assemble(
        ("● " if is_open else "  ", "$primary"),
        ("★ " if character.favourite else "", "$warning"),
        (clean_line(character.name), "bold" if is_open else ""),
        (f"  {clean_line(tags)}" if tags else "", "$foreground-muted"),
    )
