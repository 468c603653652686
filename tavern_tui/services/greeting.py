"""What a new chat begins with: a character's greetings as swipes, or one of each member of a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, Swipe
from tavern_tui.prompt.speakers import group_greetings
from tavern_tui.services.group_turns import member_message


def first_message(
    character: Character, now: datetime, rule: Callable[[str], str] = lambda text: text
) -> Message | None:
    """The greeting with macros unresolved, as SillyTavern stores it; None if the card has none.

    `rule`: the user's scripts for what is stored."""
    texts = [text for text in (character.first_message, *character.alternate_greetings) if text.strip()]
    if not texts:
        return None
    swipes = tuple(Swipe(text=rule(text), sent_at=_stamp(now)) for text in texts)
    return Message(name=character.name, is_user=False, swipes=swipes)


def first_messages(
    members: Sequence[Character], now: datetime, dice: Random, resolve: Callable[[Character, str], str]
) -> list[Message]:
    """A greeting of each member of a group, drawn from those on the card.

    `resolve` makes the text that is stored: outside the first message of a chat nobody resolves
    macros later, and `{{char}}` means whoever speaks then."""
    return [
        member_message(member, resolve(member, text), sent_at=_stamp(now))
        for member, text in group_greetings(members, dice)
    ]


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
