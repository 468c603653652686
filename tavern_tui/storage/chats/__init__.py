"""Chat files (JSONL): read whole or from the end, appended to, rewritten without loss, listed."""

from tavern_tui.storage.chats.file import (
    ChangedOnDisk,
    ChatFile,
    LoadedChat,
    NewChat,
    read_chat,
    read_rest,
    read_tail,
)
from tavern_tui.storage.chats.listing import ChatListing, list_chats, new_chat_name

__all__ = [
    "ChangedOnDisk",
    "ChatFile",
    "ChatListing",
    "LoadedChat",
    "NewChat",
    "list_chats",
    "new_chat_name",
    "read_chat",
    "read_rest",
    "read_tail",
]
