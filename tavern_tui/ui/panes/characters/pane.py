"""CharacterPane: who there is to talk to, characters and groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.widgets.ground import Boxed

if TYPE_CHECKING:
    from tavern_tui.services.chat_places import ChatOwner
    from tavern_tui.services.library import CharacterSummary, Library, Trashed

IMPORTED = (".png", ".json", ".charx", ".yaml", ".yml", ".jsonl")
"""Endings of files that can be taken over."""


class CharacterPane(Boxed):
    """A list that narrows as you type. Enter opens the latest chat with whoever is under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("characters")]

    @dataclass
    class Opened(Message):
        """The user wants to talk to this character or group."""

        owner: ChatOwner
        choose_chat: bool = False
        tab: bool = False
        """In a tab of its own, beside what is open."""

    def __init__(
        self,
        library: Library,
        *,
        open_owner: Callable[[], ChatOwner],
        confirms: Callable[[], bool],
        id: str | None = None,
    ) -> None:
        """`open_owner` tells whose chat is open, `confirms` whether deletions are asked for."""
        super().__init__(id=id, classes="pane")
        self.border_title = "Characters"
        self._library = library
        self._open_owner = open_owner
        self._confirms = confirms
        self._all: Sequence[Row] = ()
        self._shown: Sequence[Row] = ()
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
            self._all = await asyncio.to_thread(rows_of, self._library)
        except TavernError as error:
            self._complain(error)
        self.show()

    def show(self) -> None:
        """Draw the rows that match the search; whose chat is open is marked."""
        words = self.query_one("#character-search", Input).value.casefold().split()
        self._shown = [one for one in self._all if one.matches(words)]
        kept, here = self._list.highlighted, self._open_owner()
        self._list.clear_options()
        self._list.add_options(Option(one.line(is_open=one.owner == here)) for one in self._shown)
        if self._shown:
            open_at = next((at for at, one in enumerate(self._shown) if one.owner == here), 0)
            self._list.highlighted = open_at if kept is None else min(kept, len(self._shown) - 1)
        count = f"{len(self._shown):,} of {len(self._all):,}" if words else f"{len(self._all):,}"
        self.border_subtitle = count

    @property
    def _under_cursor(self) -> Row | None:
        at = self._list.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @property
    def _character(self) -> CharacterSummary | None:
        """The character under the cursor. A group is changed where groups are."""
        row = self._under_cursor
        if row is not None and row.character is None:
            self.notify("Groups are changed with Alt+G.", markup=False)
        return row.character if row is not None else None

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
        self.post_message(self.Opened(self._shown[event.option_index].owner))

    def action_chats(self) -> None:
        row = self._under_cursor
        if row is not None:
            self.post_message(self.Opened(row.owner, choose_chat=True))

    def action_tab(self) -> None:
        row = self._under_cursor
        if row is not None:
            self.post_message(self.Opened(row.owner, tab=True))

    @work(exclusive=True, group="import")
    async def action_import(self) -> None:
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(
            PickFile("Import a card, chat, lorebook or preset", endings=IMPORTED)
        )
        if path is None:
            return
        try:
            brought = await self._library.import_file(path, owner=self._open_owner())
        except TavernError as error:
            self._complain(error)
            return
        self.notify(clean_line(brought.sentence), title="Imported", markup=False)
        if brought.character is not None:
            self.post_message(self.Opened(owner_of(brought.character)))

    @work
    async def action_details(self) -> None:
        from tavern_tui.ui.panes.characters.card import CardView

        character = self._character
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

        character = self._character
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list: a character or a group."""

    owner: ChatOwner
    name: str
    detail: str
    words: str
    """What is searched besides the name."""
    favourite: bool
    character: CharacterSummary | None = None

    def matches(self, words: Sequence[str]) -> bool:
        """Whether all of these words are found in it."""
        where = f"{self.name} {self.words}".casefold()
        return all(word in where for word in words)

    def line(self, *, is_open: bool) -> Content:
        """How it looks."""
        return Content.assemble(
            ("● " if is_open else "  ", "$primary"),
            ("★ " if self.favourite else "", "$warning"),
            (clean_line(self.name), "bold" if is_open else ""),
            (f"  {clean_line(self.detail)}" if self.detail else "", "$foreground-muted"),
        )


def rows_of(library: Library) -> list[Row]:
    """The groups, then the characters. Raises DataError."""
    from tavern_tui.services.chat_places import ChatOwner

    groups = [
        Row(
            owner=ChatOwner(id=one.id, is_group=True),
            name=one.name,
            detail=f"group of {len(one.files)}",
            words=f"group {' '.join(one.members)}",
            favourite=one.favourite,
        )
        for one in library.groups()
    ]
    characters = [
        Row(
            owner=owner_of(one),
            name=one.name,
            detail=", ".join(one.tags[:3]),
            words=f"{' '.join(one.tags)} {one.creator}",
            favourite=one.favourite,
            character=one,
        )
        for one in library.characters()
    ]
    return [*groups, *characters]


def owner_of(character: CharacterSummary) -> ChatOwner:
    """Whom the chats of a character are with."""
    from tavern_tui.services.chat_places import ChatOwner

    return ChatOwner(id=character.file)
