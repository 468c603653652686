"""Joins an open chat with what another program wrote into its file meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.chat import Chat, Message
from tavern_tui.storage.chats.continued import Continued

OURS = frozenset({"lastInContextMessageId", "tainted", "timedWorldInfo"})
"""Metadata that every program writes anew with each reply: where both did, ours holds."""
FIXED = "integrity"
"""A file with another one is another chat."""
MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Another program went on with the open chat."""

    first: int
    """Where its messages are now."""
    messages: tuple[Message, ...]
    respelled: tuple[int, ...] = ()
    """Messages that carry something else now, such as a checkpoint."""


def join(chat: Chat, theirs: Continued, new: int = 0) -> Joined | None:
    """Put everything of theirs into the chat; None, and nothing changes, where both changed the same.

    `new`: how many messages at the chat's end nobody has seen yet; theirs come before them."""
    places = {id(message): at for at, message in enumerate(chat.messages)}
    changes = _changes(theirs.before, chat.metadata, theirs.after)
    if changes is None or any(id(ours) not in places for ours, _ in theirs.respelled):
        return None
    for ours, other in theirs.respelled:
        chat.messages[places[id(ours)]] = other
    for name, value in changes.items():
        if value is MISSING:
            chat.metadata.pop(name, None)
        else:
            chat.metadata[name] = value
    first = len(chat.messages) - new
    chat.messages[first:first] = theirs.added
    return Joined(
        first=first,
        messages=theirs.added,
        respelled=tuple(sorted(places[id(ours)] for ours, _ in theirs.respelled)),
    )


def _changes(
    before: Mapping[str, object], ours: Mapping[str, object], theirs: Mapping[str, object]
) -> dict[str, object] | None:
    """What they changed and we did not; None: both changed the same key, each in its own way."""
    changes: dict[str, object] = {}
    for name in dict.fromkeys((*before, *theirs)):
        was, is_ours, is_theirs = (one.get(name, MISSING) for one in (before, ours, theirs))
        if is_theirs in (was, is_ours):
            continue
        if name == FIXED and was is not MISSING:
            return None
        if is_ours == was:
            changes[name] = is_theirs
        elif name not in OURS:
            return None
    return changes
