"""The first message of a new chat: the greeting, its alternatives as swipes."""

from __future__ import annotations

from datetime import UTC, datetime

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, Swipe


def first_message(character: Character, now: datetime) -> Message | None:
    """The greeting with macros unresolved, as SillyTavern stores it; None if the card has none."""
    sent_at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    texts = [text for text in (character.first_message, *character.alternate_greetings) if text.strip()]
    if not texts:
        return None
    swipes = tuple(Swipe(text=text, sent_at=sent_at) for text in texts)
    return Message(name=character.name, is_user=False, swipes=swipes)
