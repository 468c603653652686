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
