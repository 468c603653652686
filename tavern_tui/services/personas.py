"""Which persona plays in a chat."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat
from tavern_tui.core.persona import Persona


def persona_for(chat: Chat, character: Character, personas: Sequence[Persona], current: str) -> Persona:
    """The chat's locked persona, else one bound to the character, else the current one, else the
    first, else a plain "User"."""
    by_file = {persona.file: persona for persona in personas}
    locked = chat.metadata.get("persona")
    if isinstance(locked, str) and locked in by_file:
        return by_file[locked]
    identity = f"{character.file}.png"
    for persona in personas:
        if ("character", identity) in persona.connections:
            return persona
    if current in by_file:
        return by_file[current]
    return personas[0] if personas else Persona()
