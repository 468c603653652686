"""Drafts: kept soon, not with every key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tavern_tui.core.chat import Chat
from tavern_tui.services import chat_store
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.storage.chats import ChatFile


def a_store(tmp_path: Path) -> ChatStore:
    return ChatStore(ChatFile(tmp_path / "chat.jsonl"), drafts=tmp_path / "drafts")


def kept(tmp_path: Path) -> list[str]:
    return [path.read_text() for path in (tmp_path / "drafts").glob("*.txt")]


async def test_typing_writes_once_in_a_while_and_always_what_was_typed_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[str] = []
    monkeypatch.setattr(chat_store, "write_quickly", lambda path, text: writes.append(text))
    store = a_store(tmp_path)
    for end in range(1, 6):
        store.draft = "Hello"[:end]
    assert (writes, store.draft) == ([], "Hello")
    store.close(Chat(title="chat"))
    assert writes == ["Hello"]


async def test_a_pause_keeps_the_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_store, "DRAFT_EVERY", 0)
    store = a_store(tmp_path)
    store.draft = "Hello"
    for _ in range(3):  # a turn of the loop for the timer
        await asyncio.sleep(0)
    assert kept(tmp_path) == ["Hello"]


async def test_what_was_sent_is_no_draft_any_more_at_once(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.draft = "Hello"
    store.close(Chat(title="chat"))
    assert kept(tmp_path) == ["Hello"]
    store.draft = "Hello."
    store.draft = ""
    assert kept(tmp_path) == []
    store.close(Chat(title="chat"))
    assert kept(tmp_path) == []


def test_outside_a_running_program_it_is_kept_at_once(tmp_path: Path) -> None:
    a_store(tmp_path).draft = "Hello"
    assert kept(tmp_path) == ["Hello"]
    assert a_store(tmp_path).draft == "Hello"
