"""What another program made of a chat's file: the same chat that goes on, or another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError
from tavern_tui.storage.chats.layout import Layout, Stamp
from tavern_tui.storage.chats.messages import message_json
from tavern_tui.storage.json_keep import as_object, compact_json, parse_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """A file that begins with all that we know of it."""

    added: tuple[Message, ...]
    """Messages behind ours."""
    respelled: tuple[tuple[Message, Message], ...]
    """Messages of ours that say the same, but carry something else besides, or a reply that was still
    growing; ours and theirs."""
    before: Mapping[str, object]
    after: Mapping[str, object]
    """The metadata as we knew it, and as it is."""
    layout: Layout
    stamp: Stamp


def continued(mine: Layout, theirs: Layout, stamp: Stamp) -> Continued | None:
    """How the file goes on; None: something that we know is not in it any more."""
    known = len(mine.messages)
    whole = not (mine.unread or mine.torn or theirs.torn)
    if not whole or known > len(theirs.messages) or (mine.header is None) != (theirs.header is None):
        return None
    respelled: list[tuple[Message, Message]] = []
    for row, (before, after) in enumerate(zip(mine.messages, theirs.messages, strict=False)):
        if before is None or after is None:
            if before is not after or _length(mine, row) != _length(theirs, row):
                return None
        elif before != after and compact_json(message_json(before)) != compact_json(message_json(after)):
            if _words(before) != _words(after) and not (row == known - 1 and _grew(before, after)):
                return None
            respelled.append((before, after))
    return Continued(
        added=tuple(one for one in theirs.messages[known:] if one is not None),
        respelled=tuple(respelled),
        before=_metadata(mine),
        after=_metadata(theirs),
        layout=theirs,
        stamp=stamp,
    )


def _words(message: Message) -> tuple[object, ...]:
    """What somebody who reads the chat would see."""
    texts = tuple(swipe.text for swipe in message.swipes)
    return message.name, message.is_user, message.hidden, message.is_narrator, message.shown, texts


def _grew(before: Message, after: Message) -> bool:
    """Whether a reply went on that was not complete when we saw it."""
    if len(before.swipes) != len(after.swipes) or not after.text.startswith(before.text):
        return False
    return _words(before) == _words(after.with_text(before.text))


def _length(layout: Layout, row: int) -> int:
    return layout.ends[row] - layout.starts[row]


def _metadata(layout: Layout) -> Mapping[str, object]:
    try:
        return as_object(parse_object(layout.header_as_read or b"{}", "header").get("chat_metadata"))
    except DataError:
        return {}
