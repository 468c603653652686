"""Lorebooks: what there is, where it is active, its entries, and why they fired or did not."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.errors import UsageError
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSource
from tavern_tui.core.persona import Persona
from tavern_tui.core.prompt import LoreVerdict
from tavern_tui.lore.books import lorebook_to_json
from tavern_tui.lore.inputs import MatchSources, ScanInput
from tavern_tui.lore.scan import scan
from tavern_tui.services.library import Library, Trashed
from tavern_tui.services.personas import PersonaService
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.lore_links import rename_in_links, save_character_books
from tavern_tui.storage.lorebooks import list_worlds, read_foreign_lorebook, world_path
from tavern_tui.storage.sillytavern import change_lore_links
from tavern_tui.storage.trash import move_to_trash, restore
from tavern_tui.tokens.estimate import EstimateCounter

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """A lorebook as a list shows it."""

    name: str
    links: tuple[LoreSource, ...] = ()
    """Through what it takes part in the open chat; empty: it does not."""
    embedded: bool = False
    """It is inside the open character's card, not a file of its own."""


class LorebookService:
    """All books and the links of the open chat. Writing raises DataError, UnreadableFile, WriteFailed."""

    def __init__(
        self,
        *,
        folders: Folders,
        library: Library,
        setup: SetupService,
        personas: PersonaService,
        session: Callable[[], ChatSession],
    ) -> None:
        self._folders = folders
        self._library = library
        self._setup = setup
        self._personas = personas
        self._session = session
        self._file = ""

    def of(self, file: str) -> LorebookService:
        """The same for the character with this card, whoever else of a group speaks meanwhile."""
        made = copy(self)
        made._file = file
        return made

    @property
    def _character(self) -> Character:
        """Whose books the character's are."""
        session = self._session()
        if not self._file:
            return session.character
        return session.who(self._file) or self._library.character(self._file)

    def _keep_card(self, character: Character) -> None:
        kept = self._library.keep_card(character)
        if not character.file:  # it has one only now
            self._session().character = kept

    # --- what there is

    def books(self) -> list[BookRow]:
        """The active ones first, then the others by name."""
        names = list_worlds(self._folders)
        rows = [BookRow(name=name, links=self.links(name)) for name in names]
        rows.sort(key=lambda row: not row.links)
        own = self._embedded()
        if own is not None:
            rows.insert(0, BookRow(name=own.name, links=(LoreSource.CHARACTER,), embedded=True))
        return rows

    def _embedded(self) -> Lorebook | None:
        """The open card's own book, where no world file stands in its place."""
        character = self._character
        if character.lorebook is None or (character.world and self.book(character.world) is not None):
            return None
        return character.lorebook

    def book(self, name: str, *, embedded: bool = False) -> Lorebook | None:
        """A book with its entries; None, with one notice, if it cannot be read."""
        return self._embedded() if embedded else self._library.lorebook(name)

    def links(self, name: str) -> tuple[LoreSource, ...]:
        """Through what a book takes part in the open chat."""
        session, setup = self._session(), self._setup.value
        character = self._character
        held = {
            LoreSource.GLOBAL: name in setup.global_books,
            LoreSource.CHARACTER: name == character.world or name in setup.books_of(character.file),
            LoreSource.CHAT: session.chat.metadata.get("world_info") == name,
            LoreSource.PERSONA: session.persona.lorebook == name,
        }
        return tuple(source for source, holds in held.items() if holds)

    def active_everywhere(self) -> tuple[str, ...]:
        """The books that take part in every chat."""
        return self._setup.value.global_books

    def more_of(self, character: Character) -> tuple[str, ...]:
        """A character's books besides the one its card names."""
        return self._setup.value.books_of(character.file)

    # --- linking

    def link(self, name: str, source: LoreSource, active: bool) -> None:
        """Let a book take part through the open chat, persona or character, or everywhere; or end it."""
        match source:
            case LoreSource.GLOBAL:
                others = [one for one in self._setup.value.global_books if one != name]
                change_lore_links(self._folders, (*others, name) if active else tuple(others))
            case LoreSource.CHAT:
                self._session().change_metadata({"world_info": name if active else None})
            case LoreSource.PERSONA:
                self._link_persona(self._session().persona, name if active else "")
            case LoreSource.CHARACTER:
                self._link_character(name, active)

    def _link_persona(self, persona: Persona, name: str) -> None:
        if not persona.file:
            raise UsageError("You play no saved persona here.", hint="Make one first.")
        self._personas.save(replace(persona, lorebook=name))

    def _link_character(self, name: str, active: bool) -> None:
        """The first book of a character is named in its card, the others in the settings."""
        character = self._character
        if not character.file:
            raise UsageError("No saved character is open.")
        if active and not character.world:
            self._library.keep_card(replace(character, world=name))
            return
        if not active and character.world == name:
            self._library.keep_card(replace(character, world=""))
        others = [one for one in self._setup.value.books_of(character.file) if one != name]
        save_character_books(self._folders, character.file, [*others, name] if active else others)

    # --- books

    def save(self, book: Lorebook, *, embedded: bool = False) -> None:
        """Keep a book as it is now."""
        if not embedded:
            self._library.keep_lorebook(book)
            return
        self._keep_card(replace(self._character, lorebook=book))

    def new(self, name: str) -> Lorebook:
        """An empty book."""
        return self._added(Lorebook(name=self._free(name)))

    def duplicate(self, book: Lorebook) -> Lorebook:
        """A copy as a file of its own."""
        return self._added(replace(book, name=self._free(book.name)))

    def move_out(self) -> Lorebook:
        """Make the open card's own book a file that can be shared, linked to the character."""
        own = self._embedded()
        if own is None:
            raise UsageError("The open character's card has no book of its own.")
        character = self._character
        moved = self._added(replace(own, name=self._free(own.name or character.name)))
        self._keep_card(replace(character, world=moved.name))
        return moved

    def import_file(self, path: Path) -> tuple[Lorebook, list[str]]:
        """Take over a lorebook of any program we know; the book, and what was odd about it."""
        odd: list[str] = []
        book = read_foreign_lorebook(path, odd)
        return self._added(replace(book, name=self._free(book.name))), odd

    def export(self, book: Lorebook, file: str) -> None:
        """Write a book as SillyTavern's world file; `~` means the home folder."""
        write_json(Path(file).expanduser(), lorebook_to_json(book))

    def rename(self, name: str, new: str) -> None:
        """Give a book another name; the links of the settings, the open chat, the open character and
        all personas follow."""
        book = self._library.lorebook(name)
        if book is None:
            raise UsageError(f'There is no readable lorebook "{name}".')
        if not new.strip() or new == name:
            raise UsageError("That is no new name.")
        if world_path(self._folders, new).exists():
            raise UsageError(f'There is a lorebook "{new}" already.')
        self._library.keep_lorebook(replace(book, name=new))
        rename_in_links(self._folders, name, new)
        session = self._session()
        if session.chat.metadata.get("world_info") == name:
            session.change_metadata({"world_info": new})
        character = self._character
        if character.world == name:
            self._keep_card(replace(character, world=new))
        for persona in self._personas.all():
            if persona.lorebook == name:
                self._personas.save(replace(persona, lorebook=new))
        self.delete(name)

    def delete(self, name: str) -> Trashed:
        """Move a book to the trash; its links stay, for `restore`."""
        return move_to_trash(self._folders, world_path(self._folders, name), title=f"Lorebook {name}")

    def restore(self, trashed: Trashed) -> None:
        """Bring back a deleted book."""
        restore(self._folders, trashed)

    def _added(self, book: Lorebook) -> Lorebook:
        self._library.keep_lorebook(book)
        return book

    def _free(self, name: str) -> str:
        if not name.strip():
            raise UsageError("A lorebook needs a name.")
        return free_name(self._folders.worlds, name.strip(), ".json")

    # --- what a prompt made of them

    def verdicts(self) -> Sequence[LoreVerdict]:
        """Each entry of the active books: whether it is in the prompt as it would be sent now, and why.

        Raises PromptError."""
        return self._session().preview().built.lore

    def trial(self, books: Sequence[Lorebook], text: str) -> Sequence[LoreVerdict]:
        """Which entries of these books this text alone would activate. Dice always come up well."""
        setup = self._setup.value
        linked = [LinkedBook(book=book, source=LoreSource.GLOBAL) for book in books]
        character = self._character
        found = scan(
            ScanInput(
                books=linked,
                settings=replace(setup.lore, min_activations=0),
                messages=(text,),
                sources=MatchSources(),
                injections=(),
                generation_type="normal",
                character_file=character.file,
                character_tags=setup.tags_of(character.file) or None,
                room=1_000_000,
                count=EstimateCounter().count,
                substitute=lambda words: words,
                rng=_LuckyDice(),
                timed={},
                dry_run=True,
            )
        )
        return found.verdicts


class _LuckyDice(random.Random):
    """Dice that let every probability through: a trial asks about keys."""

    def random(self) -> float:
        return 0.0


@lru_cache(maxsize=4096)
def tokens_of(text: str) -> int:
    """Tokens of an entry's content, estimated."""
    return EstimateCounter().count(text)


# --- entries: a book with one thing changed


def entry_of(book: Lorebook, uid: int) -> LoreEntry | None:
    """The entry with this uid."""
    return next((entry for entry in book.entries if entry.uid == uid), None)


def with_entry(book: Lorebook, entry: LoreEntry) -> Lorebook:
    """The book with this entry in the place of the one with its uid."""
    return replace(book, entries=tuple(entry if one.uid == entry.uid else one for one in book.entries))


def with_new_entry(book: Lorebook, like: LoreEntry | None = None) -> tuple[Lorebook, LoreEntry]:
    """The book with one entry more: an empty one, or a copy of `like` behind it."""
    uid = max((one.uid for one in book.entries), default=-1) + 1
    source: Mapping[str, object] = {**like.source, "uid": uid} if like is not None else {}
    fresh = replace(like, uid=uid, source=source) if like is not None else LoreEntry(uid=uid)
    at = book.entries.index(like) + 1 if like is not None else len(book.entries)
    return replace(book, entries=(*book.entries[:at], fresh, *book.entries[at:])), fresh


def without_entry(book: Lorebook, uid: int) -> Lorebook:
    """The book without an entry."""
    return replace(book, entries=tuple(one for one in book.entries if one.uid != uid))
