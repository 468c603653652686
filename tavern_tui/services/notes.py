"""The author's note: of the open chat, of its character, and the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING

from tavern_tui.core.preset import AuthorsNote, CharacterNote
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.notes import note_metadata, save_character_note, save_default_note, save_note_scan

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession


INSTEAD = ("scenario", "mes_example", "system_prompt")
"""Keys of a chat's metadata that go before what cards say, in a group before those of all members."""


class NoteService:
    """Reads and writes the notes of whatever is open. All writing raises UnreadableFile, WriteFailed."""

    def __init__(self, folders: Folders, setup: SetupService, session: Callable[[], ChatSession]) -> None:
        self._folders = folders
        self._setup = setup
        self._session = session
        self._file = ""

    def of(self, file: str) -> NoteService:
        """The same for the character with this card, whoever else of a group speaks meanwhile."""
        made = copy(self)
        made._file = file
        return made

    # --- this chat

    @property
    def chat(self) -> AuthorsNote:
        """The note in force in the open chat: its own, filled up from the default."""
        return self._setup.value.note_of(self._session().chat.metadata)

    def change_chat(self, note: AuthorsNote) -> None:
        """Give the open chat this note."""
        self._session().change_metadata(note_metadata(note))

    def due_in(self) -> int:
        """Your messages until the note is in the prompt: 0 now, -1 never (an interval of 0)."""
        interval = self.chat.interval
        if interval <= 0:
            return -1
        if interval == 1:
            return 0
        said = sum(message.is_user for message in self._session().chat.messages)
        return interval - said if said < interval else -said % interval

    # --- what this chat says instead of the cards

    @property
    def instead(self) -> Mapping[str, str]:
        """The chat's own words for each of `INSTEAD`; empty: what the cards say holds."""
        found = self._session().chat.metadata
        return {field: text if isinstance(text := found.get(field), str) else "" for field in INSTEAD}

    def change_instead(self, texts: Mapping[str, str]) -> None:
        """Give the chat words of its own for these fields; an empty text lets the cards speak again."""
        before = self.instead
        changes = {field: text or None for field, text in texts.items() if before[field] != text}
        if changes:
            self._session().change_metadata(changes)

    # --- the character

    @property
    def character(self) -> CharacterNote:
        """The note that belongs to the open character."""
        return self._setup.value.character_note(self._file or self._session().character.file)

    def change_character(self, note: CharacterNote) -> None:
        save_character_note(self._folders, self._file or self._session().character.file, note)

    # --- the default

    @property
    def default(self) -> AuthorsNote:
        """What chats without a note of their own have."""
        return self._setup.value.note

    def change_default(self, note: AuthorsNote) -> None:
        save_default_note(self._folders, note)

    @property
    def is_scanned(self) -> bool:
        """Whether lorebook keys are looked for in the note."""
        return self._setup.value.options.note_allow_wi_scan

    def change_scanned(self, scanned: bool) -> None:
        save_note_scan(self._folders, scanned)
