"""GroupTurns: who of a group speaks next, and whether it talks on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import quote

from tavern_tui.core.character import Character, Group
from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.prompt.speakers import next_speakers, wrote

CARD_ENDING = ".png"

GOES_ON = (GenerationType.CONTINUE, GenerationType.REGENERATE, GenerationType.SWIPE)
"""What is done to a message by whoever wrote it."""


class GroupTurns:
    """The turns of one group chat. All dice are thrown from the seed of the prompt they are for."""

    def __init__(self, cast: GroupCast) -> None:
        self.cast = cast
        self.auto = False
        """Auto mode: after each round another one begins by itself. Not kept in any file."""

    @property
    def group(self) -> Group:
        return self.cast.group

    def choose(
        self,
        messages: Sequence[Message],
        seed: int,
        *,
        typed: str = "",
        generation: GenerationType = GenerationType.NORMAL,
    ) -> list[Character]:
        """The members who speak, in order; empty: the user has to choose.

        `typed` is what the user sends now. Raises UsageError when a message should go on whose
        author has left the group."""
        if generation in GOES_ON and messages:
            self._check_author(messages[-1])
        dice = Random(f"speakers {seed}")  # not the dice of the prompt, or both would fall alike
        return next_speakers(self.cast, messages, dice, typed=typed, generation=generation)

    def author(self, message: Message) -> Character | None:
        """The member who wrote a message."""
        return next((member for member in self.cast.members if wrote(member, message)), None)

    def member(self, who: str) -> Character:
        """A member by card file (with or without ending) or by name. Raises UsageError."""
        wanted = who.removesuffix(CARD_ENDING)
        for member in self.cast.members:
            if member.file == wanted:
                return member
        for member in self.cast.members:
            if member.name.casefold() == who.casefold():
                return member
        known = ", ".join(member.name for member in self.cast.members)
        raise UsageError(
            f'"{who}" is not in the group {self.group.name}.',
            hint=f"In it: {known}." if known else "Add somebody to the group.",
        )

    def _check_author(self, message: Message) -> None:
        if message.is_user or message.is_narrator or self.author(message) is not None:
            return
        raise UsageError(
            f"{message.name} is not in the group any more and cannot go on with this message.",
            hint="Take them in again, or let somebody else speak.",
        )


def member_message(
    member: Character, text: str, *, sent_at: str, extra: Mapping[str, object] | None = None
) -> Message:
    """What a member of a group says, with the keys by which SillyTavern knows who it was."""
    return signed(a_message(member.name, text, sent_at=sent_at, extra=extra), member.file)


def signed(message: Message, file: str) -> Message:
    """The message of a member with this card."""
    avatar = f"{file}{CARD_ENDING}"
    address = f"/thumbnail?type=avatar&file={quote(avatar, safe=UNQUOTED)}"
    return replace(message, original_avatar=avatar, force_avatar=address)


UNQUOTED = "!~*'()"
"""What a browser leaves as it is in the value of an address, besides letters, digits and `-_.`."""


async def quiet_for(seconds: float, held: asyncio.Event) -> bool:
    """Wait; False as soon as `held` is set, before or while we do."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await held.wait()
    except TimeoutError:
        pass
    return not held.is_set()
