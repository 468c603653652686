"""Who speaks next in a group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tavern_tui.core.character import Character, GroupStrategy
from tavern_tui.core.chat import Message
from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.prompt.scene import enabled_members

_WORD = re.compile(r"\w+", re.ASCII)


def next_speakers(
    cast: GroupCast,
    messages: Sequence[Message],
    rng: Random,
    *,
    typed: str = "",
    generation: GenerationType = GenerationType.NORMAL,
) -> list[Character]:
    """The members who answer, in order; empty: nobody does, the user has to choose.

    `typed` is what the user has just sent, whether or not it is in `messages` yet."""
    awake = enabled_members(cast)
    author = _author(cast, messages)
    match generation:
        case GenerationType.SWIPE | GenerationType.CONTINUE | GenerationType.REGENERATE:
            if author is not None:
                return [author]
        case GenerationType.QUIET:
            return [author] if author is not None else list(cast.members[:1])
        case GenerationType.IMPERSONATE:
            return _one_of(cast.members, rng)
    match cast.group.strategy:
        case GroupStrategy.LIST:
            return awake
        case GroupStrategy.MANUAL:
            return [] if typed.strip() else _one_of(awake, rng)
        case GroupStrategy.POOLED:
            return _one_of(awake, rng) if typed.strip() else _pooled(awake, messages, author, rng)
        case _:
            return _natural(cast, awake, messages, author, typed, rng)


def wrote(member: Character, message: Message) -> bool:
    """Whether the message is this member's."""
    if message.is_user or message.is_narrator:
        return False
    avatar = message.original_avatar
    if avatar:
        return member.file in (avatar, avatar.rpartition(".")[0])
    return message.name == member.name


def group_greetings(members: Sequence[Character], rng: Random) -> list[tuple[Character, str]]:
    """One greeting of each member that has any, to open a new group chat."""
    chosen: list[tuple[Character, str]] = []
    for member in members:
        greetings = [text for text in (member.first_message, *member.alternate_greetings) if text.strip()]
        if greetings:
            chosen.append((member, rng.choice(greetings)))
    return chosen


def _author(cast: GroupCast, messages: Sequence[Message]) -> Character | None:
    """Who wrote the newest message that is not hidden, if a member did."""
    newest = next((message for message in reversed(messages) if not message.hidden), None)
    if newest is None:
        return None
    return next((member for member in cast.members if wrote(member, newest)), None)


def _natural(
    cast: GroupCast,
    awake: list[Character],
    messages: Sequence[Message],
    author: Character | None,
    typed: str,
    rng: Random,
) -> list[Character]:
    """Those who are mentioned, then those who feel like talking, else anybody."""
    rests = None if cast.group.allow_self_responses or typed.strip() else author
    free = [member for member in awake if member is not rests]
    speakers = _mentioned(free, typed if typed.strip() else _last_words(messages))
    for member in _shuffled(free, rng):
        if member.talkativeness >= rng.random():
            speakers.append(member)
    if not speakers:
        speakers = _one_of([member for member in free if member.talkativeness > 0] or free or awake, rng)
    return [
        one for number, one in enumerate(speakers) if not any(one is other for other in speakers[:number])
    ]


def _mentioned(members: list[Character], text: str) -> list[Character]:
    """For each word of the text, the first member whose name has it."""
    names = [(member, set(_words(member.name))) for member in members]
    return [
        member
        for word in _words(text)
        if (member := next((one for one, name in names if word in name), None)) is not None
    ]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _pooled(
    awake: list[Character], messages: Sequence[Message], author: Character | None, rng: Random
) -> list[Character]:
    """Somebody who has not spoken since the user did; when all have, anybody but the last."""
    silent = list(awake)
    for message in reversed(messages):
        if message.is_user:
            break
        if not message.hidden:
            silent = [member for member in silent if not wrote(member, message)]
    others = [member for member in awake if member is not author]
    return _one_of(silent or others or awake, rng)


def _last_words(messages: Sequence[Message]) -> str:
    return next((message.text for message in reversed(messages) if not message.hidden), "")


def _one_of(members: Sequence[Character], rng: Random) -> list[Character]:
    return [rng.choice(members)] if members else []


def _shuffled(members: Sequence[Character], rng: Random) -> list[Character]:
    shuffled = list(members)
    rng.shuffle(shuffled)
    return shuffled
