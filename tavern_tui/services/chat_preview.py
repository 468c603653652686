"""The end of a chat, for a look at it without opening it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.storage.chats import read_chat

_NAME = re.compile(r"\{\{(char|user)\}\}", re.IGNORECASE)


def last_messages(path: Path, number: int, names: Mapping[str, str]) -> tuple[int, list[tuple[Message, str]]]:
    """How many messages a chat has, and its last ones with their texts. `names` says who `{{char}}` and
    `{{user}}` are; other macros stay as they are. Raises UnreadableFile, DataError."""
    messages = read_chat(path).chat.messages

    def named(text: str) -> str:
        return _NAME.sub(lambda found: names.get(found[1].lower(), found[0]), text)

    return len(messages), [(one, named(one.text)) for one in messages[-number:]]
