"""The end of a chat, for a look at it without opening it."""

from __future__ import annotations

from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.storage.chats import read_chat


def last_messages(path: Path, number: int) -> tuple[int, list[Message]]:
    """How many messages a chat has, and its last ones. Raises UnreadableFile, DataError."""
    messages = read_chat(path).chat.messages
    return len(messages), messages[-number:]
