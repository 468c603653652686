"""A program of its own that adds messages to a chat, for tests of several at once."""

from __future__ import annotations

import sys
from pathlib import Path

from tavern_tui.core.chat import a_message
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.storage.chat_guard import ChatGuard
from tavern_tui.storage.chats import ChatFile, read_chat


def main(path: Path, folder: Path, name: str, count: int) -> None:
    """Open the chat, say so, wait for a line on standard input, write, say so, wait for the end."""
    loaded = read_chat(path)
    chat = loaded.chat
    store = ChatStore(ChatFile(path, loaded), guard=ChatGuard(folder, path))
    others = store.hold()
    print("open", len(others), flush=True)
    sys.stdin.readline()
    for number in range(count):
        chat.messages.append(a_message(name, f"{name} {number}", is_user=True))
        store.append(chat)
    store.look(chat)
    print("|".join(message.text for message in chat.messages), flush=True)
    sys.stdin.readline()
    store.close(chat)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
