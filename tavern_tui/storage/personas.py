"""Personas: SillyTavern keeps them in settings.json, their pictures in `User Avatars`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tavern_tui.core.errors import DataError
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.bundled import art
from tavern_tui.storage.cards.png_chunks import plain_picture
from tavern_tui.storage.folders import Folders, free_name, inside
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
    as_list,
    as_object,
    choice,
    dig,
    key,
    lay_over,
    whole,
)
from tavern_tui.storage.st_settings import change_st_settings, read_st_settings

PNG = b"\x89PNG\r\n\x1a\n"
NAMES: KeyPath = ("power_user", "personas")
DESCRIPTIONS: KeyPath = ("power_user", "persona_descriptions")
DEFAULT: KeyPath = ("power_user", "default_persona")

PERSONA = KeyTable(
    Persona,
    key("description", "description"),
    key("title", "title"),
    key("depth", "depth", whole),
    key("role", "role", whole),
    key("lorebook", "lorebook"),
    key("position", "position", choice(PersonaPosition)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personas:
    """What settings.json says of the user."""

    all: tuple[Persona, ...] = ()
    default: str = ""
    """File of the persona for chats that name none."""
    current: str = ""
    """File of the persona that was in use."""


def read_personas(folders: Folders, warnings: list[str] | None = None) -> Personas:
    """All personas, by name. A folder with only a user name gives one without a file."""
    settings = read_st_settings(folders, warnings)
    descriptions = as_object(dig(settings, DESCRIPTIONS))
    found = [
        _persona(file, name, as_object(descriptions.get(file)), warnings)
        for file, name in as_object(dig(settings, NAMES)).items()
        if isinstance(name, str)
    ]
    username = settings.get("username")
    if not found and isinstance(username, str) and username:
        found = [Persona(name=username)]
    found.sort(key=lambda persona: (persona.name.casefold(), persona.file))
    return Personas(
        all=tuple(found), default=_text(dig(settings, DEFAULT)), current=_text(settings.get("user_avatar"))
    )


def list_personas(folders: Folders, warnings: list[str] | None = None) -> list[Persona]:
    """All personas, by name; the default one first."""
    personas = read_personas(folders, warnings)
    return sorted(personas.all, key=lambda persona: persona.file != personas.default)


def save_persona(folders: Folders, persona: Persona) -> Persona:
    """Keep a persona and return it with its `file`; a new one is given a picture.

    Raises UnreadableFile when settings.json is broken, DataError, WriteFailed."""
    if not persona.file:
        name = free_name(folders.avatars, persona.name, ".png")
        persona = replace(persona, file=f"{name}.png")
    picture = inside(folders.avatars, persona.file)
    if not picture.exists():
        write_bytes(picture, art("default-persona.png") or plain_picture(400, 400))
    change_st_settings(
        folders,
        {(*NAMES, persona.file): persona.name, (*DESCRIPTIONS, persona.file): _persona_json(persona)},
    )
    return persona


def remove_persona(folders: Folders, file: str) -> None:
    """Forget a persona; its picture stays. Raises UnreadableFile, WriteFailed."""
    settings = read_st_settings(folders)
    left = {
        path: {name: value for name, value in as_object(dig(settings, path)).items() if name != file}
        for path in (NAMES, DESCRIPTIONS)
    }
    if dig(settings, DEFAULT) == file:
        left[DEFAULT] = None  # type: ignore[assignment]  # JSON's null, as SillyTavern writes it
    change_st_settings(folders, left)


def set_default_persona(folders: Folders, file: str) -> None:
    """The persona for chats that name none. Raises DataError for an unknown one, WriteFailed."""
    if all(persona.file != file for persona in read_personas(folders).all):
        raise DataError(f'There is no persona "{file}".')
    change_st_settings(folders, {DEFAULT: file})


def clear_default_persona(folders: Folders) -> None:
    """No persona is the default any more. Raises UnreadableFile, WriteFailed."""
    change_st_settings(folders, {DEFAULT: None})


def _persona(file: str, name: str, about: Mapping[str, object], warnings: list[str] | None) -> Persona:
    return Persona(
        name=name,
        file=file,
        connections=tuple(
            (str(one.get("type", "")), str(one.get("id", "")))
            for one in map(as_object, as_list(about.get("connections")))
        ),
        source=about,
        **PERSONA.read(about, f'Persona "{name}"', warnings),
    )


def _persona_json(persona: Persona) -> dict[str, object]:
    before = _persona(persona.file, persona.name, persona.source, None) if persona.source else None
    return lay_over(persona.source, _values(before) if before else {}, _values(persona))


def _values(persona: Persona) -> dict[KeyPath, object]:
    values = PERSONA.values(persona)
    values["connections",] = [{"type": kind, "id": id} for kind, id in persona.connections]
    return values


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def set_picture(folders: Folders, file: str, picture: bytes) -> None:
    """Give a persona another picture, a PNG. Raises DataError for anything else, WriteFailed."""
    if not picture.startswith(PNG):
        raise DataError("The picture is no PNG file.", hint="Save it as PNG first.")
    write_bytes(inside(folders.avatars, file), picture)


def personas_json(folders: Folders, only: str = "") -> dict[str, object]:
    """All personas, or one, the way SillyTavern's persona backup has them."""
    settings = read_st_settings(folders)
    tables = {
        path[-1]: {
            file: value for file, value in as_object(dig(settings, path)).items() if not only or file == only
        }
        for path in (NAMES, DESCRIPTIONS)
    }
    return {**tables, "default_persona": dig(settings, DEFAULT)}


def add_personas(folders: Folders, backup: Mapping[str, object]) -> list[str]:
    """Take over the personas of a backup; those there are stay as they are. Returns the new names.

    Raises DataError if it holds none, UnreadableFile, WriteFailed."""
    found = {file: name for file, name in as_object(backup.get("personas")).items() if isinstance(name, str)}
    if not found:
        raise DataError("There is no persona in this file.", hint="A persona backup has a list of personas.")
    have = as_object(dig(read_st_settings(folders), NAMES))
    about = as_object(backup.get("persona_descriptions"))
    changes: dict[KeyPath, object] = {}
    for file, name in found.items():
        if file in have:
            continue
        picture = inside(folders.avatars, file)
        if not picture.exists():
            write_bytes(picture, art("default-persona.png") or plain_picture(400, 400))
        changes[*NAMES, file] = name
        changes[*DESCRIPTIONS, file] = about.get(file, {})
    if changes:
        change_st_settings(folders, changes)
    return [name for file, name in found.items() if file not in have]
