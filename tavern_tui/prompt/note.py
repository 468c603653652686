"""The author's note: whether it is due this time, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.persona import PersonaPosition
from tavern_tui.core.preset import CharacterNote, Injection
from tavern_tui.prompt.injections import NOTE_KEY, PERSONA_KEY, Position, Registry
from tavern_tui.prompt.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The note of this build."""

    text: str
    due: bool
    """Also whether lore and persona may be added to it."""


def authors_note(scene: Scene) -> Note:
    """The note as its interval and the character's own note make it."""
    if not _is_due(scene):
        return Note(text="", due=False)
    return Note(text=_with_character(scene.inputs.note.text, scene.inputs.character_note), due=True)


def with_lore(note: Note, top: Sequence[str], bottom: Sequence[str]) -> Note:
    """The note between the lore entries of its top and bottom, where it is due.

    An empty note leaves an empty line between the two, as it does in SillyTavern."""
    if not note.due or not (top or bottom):
        return note
    text = "\n".join(("\n".join(top), note.text, "\n".join(bottom)))
    return replace(note, text=text.removeprefix("\n").removesuffix("\n"))


def with_persona(note: Note, scene: Scene) -> Note:
    """The note with the persona at its top or bottom, where that is the persona's place."""
    persona = scene.card.persona
    if not note.due or not persona:
        return note
    match scene.inputs.persona.position:
        case PersonaPosition.TOP_OF_NOTE:
            return replace(note, text=f"{persona}\n{note.text}")
        case PersonaPosition.BOTTOM_OF_NOTE:
            return replace(note, text=f"{note.text}\n{persona}")
        case _:
            return note


def register_note(registry: Registry, note: Note, scene: Scene) -> None:
    """Put the note where the chat's settings want it."""
    place = scene.inputs.note
    registry.put(
        Injection(
            key=NOTE_KEY,
            text=note.text,
            position=place.position,
            depth=place.depth,
            role=place.role,
            scan=scene.inputs.options.note_allow_wi_scan,
            title="Author's note",
            origin="author's note",
        )
    )


def register_persona(registry: Registry, scene: Scene) -> None:
    """Put the persona into the chat, where that is its place."""
    persona = scene.inputs.persona
    if persona.position is not PersonaPosition.AT_DEPTH or not scene.card.persona:
        return
    registry.put(
        Injection(
            key=PERSONA_KEY,
            text=scene.card.persona,
            position=Position.IN_CHAT,
            depth=persona.depth,
            role=persona.role,
            title=f"Persona {persona.name}",
            origin="persona description",
        )
    )


def persona_in_prompt(scene: Scene) -> str:
    """The persona's text if it belongs among the character's fields, else the empty string."""
    in_prompt = (PersonaPosition.IN_PROMPT, PersonaPosition.AFTER_CHAR)
    return scene.card.persona if scene.inputs.persona.position in in_prompt else ""


def _is_due(scene: Scene) -> bool:
    interval = scene.inputs.note.interval
    if interval <= 0:
        return False
    if interval == 1:
        return True
    written = sum(1 for message in scene.messages if message.is_user)
    return written >= interval and written % interval == 0


def _with_character(text: str, note: CharacterNote) -> str:
    if not note.enabled:
        return text
    match note.position:
        case 1:
            return f"{note.text}\n{text}"
        case 2:
            return f"{text}\n{note.text}"
        case _:
            return note.text
