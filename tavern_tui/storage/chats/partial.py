"""A reply that is still arriving, kept beside its chat so that a crash loses little of it.

The chat's own file is only ever appended to or replaced whole; rewriting a long chat every
second for a few more words would be the wrong price. So the growing message lies in
`<chat>.jsonl.partial` until it is finished, and is put into the chat when that is next opened.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.chats.messages import message_from_json, message_json
from tavern_tui.storage.json_keep import compact_json, read_object

ENDING = ".partial"


@dataclass(frozen=True, slots=True)
class Partial:
    """A growing message and what the chat's file held in its place when it began."""

    index: int
    message: Message
    before: Message | None
    """None: the file ended before it."""


def partial_path(chat: Path) -> Path:
    """Where the growing reply of a chat file lies."""
    return chat.with_name(chat.name + ENDING)


def save_partial(chat: Path, partial: Partial) -> None:
    """Keep the growing message. Raises WriteFailed."""
    before = message_json(partial.before) if partial.before is not None else None
    value = {"index": partial.index, "message": message_json(partial.message), "before": before}
    write_bytes(partial_path(chat), compact_json(value))


def drop_partial(chat: Path) -> None:
    """The message is finished and in the chat's file."""
    with contextlib.suppress(OSError):
        partial_path(chat).unlink(missing_ok=True)


def recover_partial(path: Path, chat: Chat) -> int | None:
    """Put a reply that a crash cut off into `chat`; returns its index, or None if there is none.

    Nothing happens if the chat's file has moved on since. Does not write anything."""
    if not partial_path(path).exists():
        return None
    try:
        partial = _read(path)
    except DataError:
        return None  # torn itself: what it held was less than two seconds old
    if partial.index > len(chat.messages):
        return None
    if partial.index == len(chat.messages):
        if partial.before is not None:
            return None
        chat.messages.append(partial.message)
        return partial.index
    there = chat.messages[partial.index]
    if partial.before is None or message_json(there) != message_json(partial.before):
        return None
    chat.messages[partial.index] = partial.message
    return partial.index


def _read(path: Path) -> Partial:
    where = partial_path(path)
    value = read_object(where)
    index, message, before = value.get("index"), value.get("message"), value.get("before")
    if not isinstance(index, int) or not isinstance(message, dict) or index < 0:
        raise DataError(f"{where} holds no message.")
    warnings: list[str] = []
    grown = message_from_json(message, str(where), warnings)
    old = message_from_json(before, str(where), warnings) if isinstance(before, dict) else None
    if grown is None:
        raise DataError(f"{where} holds no message.")
    return Partial(index, grown, old)
