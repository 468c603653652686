"""Personas: who the user is, which one plays in a chat, and their keeping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import UsageError
from tavern_tui.core.persona import Persona
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders, inside
from tavern_tui.storage.json_keep import read_file, read_object
from tavern_tui.storage.personas import (
    add_personas,
    clear_default_persona,
    list_personas,
    personas_json,
    read_personas,
    remove_persona,
    save_persona,
    set_default_persona,
    set_picture,
)
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession


def persona_for(
    chat: Chat, identity: tuple[str, str], personas: Sequence[Persona], current: str, default: str = ""
) -> Persona:
    """The chat's locked persona, else one bound to whom the chat is with, else the default one, else
    the current one, else the first, else a plain "User"."""
    by_file = {persona.file: persona for persona in personas}
    locked = chat.metadata.get("persona")
    if isinstance(locked, str) and locked in by_file:
        return by_file[locked]
    for persona in personas:
        if identity in persona.connections:
            return persona
    for file in (default, current):
        if file in by_file:
            return by_file[file]
    return personas[0] if personas else Persona()


class PersonaService:
    """All personas and what one can do with them. Writing raises UnreadableFile, DataError, WriteFailed."""

    def __init__(
        self,
        folders: Folders,
        session: Callable[[], ChatSession],
        play_as: Callable[[Persona], None],
    ) -> None:
        """`play_as` lets a persona play from now on."""
        self._folders = folders
        self._session = session
        self._play_as = play_as

    # --- what there is

    def all(self) -> list[Persona]:
        """By name, the default one first."""
        return list_personas(self._folders)

    @property
    def default(self) -> str:
        """File of the persona for chats that name none; empty: there is none."""
        return read_personas(self._folders).default

    @property
    def current(self) -> Persona:
        """Who plays in the open chat."""
        return self._session().persona

    def _one(self, file: str) -> Persona:
        for persona in self.all():
            if persona.file == file:
                return persona
        raise UsageError(f'There is no persona "{file}".')

    # --- playing

    def use(self, file: str) -> Persona:
        """Play as this persona from now on."""
        persona = self._one(file)
        self._play_as(persona)
        return persona

    def is_locked(self, file: str) -> bool:
        """Whether the open chat always has this persona."""
        return self._session().chat.metadata.get("persona") == file

    def lock(self, file: str, locked: bool) -> None:
        """Bind the open chat to this persona, or let it go."""
        self._session().change_metadata({"persona": file if locked else None})

    def is_bound(self, persona: Persona) -> bool:
        """Whether the open character or group always meets this persona."""
        return self._here in persona.connections

    def bind(self, file: str, bound: bool) -> Persona:
        """Bind the open character or group to this persona, or let it go."""
        persona = self._one(file)
        others = tuple(one for one in persona.connections if one != self._here)
        return self.save(replace(persona, connections=(*others, self._here) if bound else others))

    @property
    def _here(self) -> tuple[str, str]:
        return self._session().identity

    def set_default(self, file: str) -> None:
        """The persona for chats that name none; the same again takes it back."""
        if file == self.default:
            clear_default_persona(self._folders)
        else:
            set_default_persona(self._folders, file)

    # --- keeping

    def save(self, persona: Persona) -> Persona:
        """Keep what was changed; who plays as this persona has it at once."""
        saved = save_persona(self._folders, persona)
        if self.current.file == saved.file:
            self._play_as(saved)
        return saved

    def new(self, name: str) -> Persona:
        """A new persona, with a plain picture."""
        if not name.strip():
            raise UsageError("A persona needs a name.")
        return save_persona(self._folders, Persona(name=name.strip()))

    def duplicate(self, file: str) -> Persona:
        """A copy with a picture of its own; chats and characters stay bound to the first."""
        one = self._one(file)
        copy = self.save(replace(one, file="", connections=(), source={**one.source, "connections": []}))
        picture = inside(self._folders.avatars, one.file)
        if picture.is_file():
            set_picture(self._folders, copy.file, picture.read_bytes())
        return copy

    def delete(self, file: str) -> Trashed:
        """Move a persona and its picture to the trash; `restore` brings both back."""
        one = self._one(file)
        note = inside(self._folders.avatars, f"{file}{KEPT}")
        write_json(note, personas_json(self._folders, one.file))
        trashed = move_to_trash(
            self._folders, note, inside(self._folders.avatars, file), title=f"Persona {one.name}"
        )
        remove_persona(self._folders, file)
        return trashed

    def restore(self, trashed: Trashed) -> str:
        """Bring back a deleted persona; returns its name."""
        for path in restore(self._folders, trashed):
            if path.name.endswith(KEPT):
                names = add_personas(self._folders, read_object(path))
                path.unlink()
                return names[0] if names else ""
        return ""

    def change_picture(self, file: str, path: Path) -> None:
        """Another picture, from a PNG file."""
        set_picture(self._folders, file, read_file(path))

    def export(self, file: str) -> None:
        """Write all personas as SillyTavern's persona backup; `~` means the home folder."""
        write_json(Path(file).expanduser(), personas_json(self._folders))

    def import_file(self, path: Path) -> list[str]:
        """Take over a persona backup; returns the names that are new."""
        return add_personas(self._folders, read_object(path))


KEPT = ".persona.json"
"""Ending of the file that holds a deleted persona beside its picture."""
