"""Characters, personas, lorebooks and presets: listing, opening, taking over from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.core.lorebook import Lorebook
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import ChatPreset
from tavern_tui.services.preset_shelf import PresetShelf
from tavern_tui.services.settling import copy_bundled
from tavern_tui.services.signal import Signal
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.cards import read_card, save_card
from tavern_tui.storage.catalogue import CharacterSummary, list_characters
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.groups import GroupSummary, list_groups, summarise
from tavern_tui.storage.lorebooks import list_worlds, read_lorebook, save_lorebook, world_path
from tavern_tui.storage.personas import list_personas
from tavern_tui.storage.presets import PresetKind, TextPreset
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

if TYPE_CHECKING:
    from tavern_tui.services.chat_places import ChatOwner

__all__ = ["CharacterSummary", "GroupSummary", "Imported", "Library", "Trashed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file that was taken over."""

    kind: str
    """`character`, `lorebook`, `chat`, `preset`, `template`, ..."""
    name: str
    sentence: str
    character: CharacterSummary | None = None


class Library:
    """What the data folder holds. Lorebooks are read again only when their file changed."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._books: dict[str, tuple[tuple[int, int], Lorebook | None]] = {}
        self._bundled: Character | None = None
        self._said: set[str] = set()
        self.presets = PresetShelf(folders, warn)
        self.changed: Signal[None] = Signal()
        self.card_kept: Signal[Character] = Signal()
        """A card as it was written, for whoever holds the one before."""

    # --- characters

    def characters(self) -> list[CharacterSummary]:
        """All characters by name. Cards that cannot be read are named once in the notices."""
        warnings: list[str] = []
        found = list_characters(self._folders, warnings)
        self._say_once(warnings)
        return found

    def groups(self) -> list[GroupSummary]:
        """All groups by name. Files that cannot be read are named once in the notices."""
        warnings: list[str] = []
        found = list_groups(self._folders, warnings)
        self._say_once(warnings)
        characters = {one.file: one for one in self.characters()} if found else {}
        return [summarise(self._folders, group, characters) for group in found]

    def _say_once(self, warnings: list[str]) -> None:
        for sentence in warnings:
            if sentence not in self._said:
                self._said.add(sentence)
                self._warn(sentence)

    def has(self, file: str) -> bool:
        """Whether there is a character with this file name (without ending)."""
        try:
            return self._folders.card(file).is_file()
        except DataError:
            return False

    def character(self, file: str) -> Character:
        """A character by its file name. Raises DataError, UnreadableFile."""
        warnings: list[str] = []
        found = read_card(self._folders.card(file), warnings)
        for sentence in warnings:
            self._warn(sentence)
        return found

    def find(self, name: str) -> Character:
        """A character by its file name or, if that is unique, by its name. Raises UsageError."""
        if self.has(name):
            return self.character(name)
        same = [one for one in self.characters() if one.name.casefold() == name.casefold()]
        if len(same) == 1:
            return self.character(same[0].file)
        bundled = self._bundled_card()
        if not same and bundled.name.casefold() == name.casefold():
            return self.bundled()
        if same:
            files = ", ".join(one.file for one in same)
            raise UsageError(f'Several characters are called "{name}".', hint=f"Say which: {files}.")
        raise UsageError(
            f'There is no character "{name}" and no such file.',
            hint="`tavern-tui import FILE` takes over a card.",
        )

    def bundled(self) -> Character:
        """The character that comes with the program, put into the data folder at its first use."""
        card = self._bundled_card()
        if self.has(card.file):
            return self.character(card.file)
        return card

    def settle_bundled(self) -> CharacterSummary:
        """Make sure the bundled character is in the data folder. Raises WriteFailed."""
        card = self._bundled_card()
        if not self.has(card.file):
            copy_bundled(self._folders)
            self.changed.send(None)
        return next(one for one in self.characters() if one.file == card.file)

    def _bundled_card(self) -> Character:
        if self._bundled is None:
            cards = [path for path in bundled_files("bundled", ".png") if not path.name.startswith("default")]
            if not cards:
                raise UsageError("The bundled character is missing from this installation.")
            self._bundled = read_card(cards[0])
        return self._bundled

    async def delete(self, file: str) -> Trashed:
        """Move a character's card to the trash; `restore` brings it back. Raises WriteFailed."""
        moved = await asyncio.to_thread(move_to_trash, self._folders, self._folders.card(file))
        self.changed.send(None)
        return moved

    async def restore(self, trashed: Trashed) -> None:
        """Bring back what was deleted. Raises WriteFailed."""
        await asyncio.to_thread(restore, self._folders, trashed)
        self.changed.send(None)

    # --- taking over

    async def import_file(
        self, path: Path, *, character: str | None = None, owner: ChatOwner | None = None
    ) -> Imported:
        """Take over a card, lorebook, chat, preset or template; says what it was.

        Whose chat an imported chat is: `owner`, or `character`, a character or group as the user
        names them; neither: as the file says. Raises TavernError."""
        from tavern_tui.services import importing  # knows every kind of file there is

        warnings: list[str] = []
        try:
            kind, name, sentence = await asyncio.to_thread(
                importing.import_any, self._folders, path, owner or character, warnings
            )
        except OSError as error:
            raise TavernError(f"{path} could not be read: {error.strerror or error}.") from error
        for one in warnings:
            self._warn(one)
        self.changed.send(None)
        summary = None
        if kind == "character":
            summary = next((one for one in self.characters() if one.file == name), None)
        return Imported(kind=kind, name=name, sentence=sentence, character=summary)

    # --- lorebooks, personas, presets

    def worlds(self) -> list[str]:
        """Names of the lorebooks."""
        return list_worlds(self._folders)

    def lorebook(self, name: str) -> Lorebook | None:
        """A lorebook by name; None, with one notice, if it is missing or cannot be read."""
        try:
            path = world_path(self._folders, name)
            stat = path.stat()
        except (DataError, OSError):
            self._missing(name, f'The lorebook "{name}" is linked here but does not exist.')
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        held = self._books.get(name)
        if held is not None and held[0] == stamp:
            return held[1]
        warnings: list[str] = []
        try:
            book: Lorebook | None = read_lorebook(path, warnings)
        except DataError as error:
            warnings.append(f"{error} {error.hint}".strip())
            book = None
        for sentence in warnings:
            self._warn(sentence)
        self._books[name] = (stamp, book)
        return book

    def keep_lorebook(self, book: Lorebook) -> None:
        """Write a lorebook; the next prompt reads it as it is now. Raises DataError, WriteFailed."""
        stat = save_lorebook(self._folders, book).stat()
        self._books[book.name] = ((stat.st_mtime_ns, stat.st_size), book)

    def keep_card(self, character: Character) -> Character:
        """Write a character's card, its picture as it was. Raises DataError, UnreadableFile, WriteFailed."""
        saved = save_card(self._folders, character)
        self.card_kept.send(saved)
        self.changed.send(None)
        return saved

    def _missing(self, name: str, sentence: str) -> None:
        if self._books.get(name) != ((0, 0), None):
            self._books[name] = ((0, 0), None)
            self._warn(sentence)

    def personas(self) -> list[Persona]:
        """The saved personas."""
        return list_personas(self._folders)

    def text_preset(self, name: str, kind: PresetKind = PresetKind.TEXT) -> TextPreset | None:
        """A saved text-completion preset by name; None, with a notice, if it cannot be read."""
        return self.presets.text(name, kind)

    def chat_preset(self, name: str) -> ChatPreset | None:
        """A saved chat-completion preset by name; None, with a notice, if it cannot be read."""
        return self.presets.chat(name)
