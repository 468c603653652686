"""What a prompt leaves behind in its chat's metadata."""

from __future__ import annotations

from tavern_tui.core.chat import Chat
from tavern_tui.core.prompt import StateChanges
from tavern_tui.services.chat_store import ChatStore

FIRST_INCLUDED = "lastInContextMessageId"
"""Where a chat's metadata says which message was the oldest that found room in the prompt."""


def keep_changes(chat: Chat, store: ChatStore, changes: StateChanges) -> None:
    """Keep what the macros and the lore changed in this chat; it is written with the next message."""
    if changes.chat_variables is not None:
        chat.metadata["variables"] = dict(changes.chat_variables)
    if changes.timed_lore is not None:
        chat.metadata["timedWorldInfo"] = dict(changes.timed_lore)
    if changes.chat_variables is not None or changes.timed_lore is not None:
        store.header_changed = True
    if changes.first_included not in (None, chat.metadata.get(FIRST_INCLUDED)):
        chat.metadata[FIRST_INCLUDED] = changes.first_included
        store.header_aged = True


def drop_injects(chat: Chat, store: ChatStore, ids: set[str]) -> None:
    """Take out the injected texts that were meant for one reply, and forget their `ids`."""
    held = chat.metadata.get("script_injects")
    if ids and isinstance(held, dict):
        chat.metadata["script_injects"] = {id: record for id, record in held.items() if id not in ids}
        store.header_changed = True
    ids.clear()
