"""Data folders to start the program on: a character, a chat of any length, a way to a server of ours."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.storage.cards import save_card
from tavern_tui.storage.chats import ChatFile
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern

LONG = 10_000
LAST = "zqlast"
"""Stands in the last message of every chat, and nowhere else."""
SOUGHT = "zqsought"
"""Stands in one message, a third from the beginning of the chat, and nowhere else."""
WORDS = [
    "the",
    "river",
    '"is',
    'high"',
    "*tonight*",
    "and",
    "nobody",
    "crosses",
    "**it**",
    "before",
    "morning,",
    "she",
    "says,",
    "slowly",
]


def messages(count: int) -> list[Message]:
    """Role-play of about 350 characters each, as this program keeps it. Every tenth word is a tag that occurs
    only there, so that one can see in what is painted which part of the chat it is."""
    dice = random.Random(5)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    made = []
    for at in range(count):
        words = dice.choices(WORDS, k=60)
        words[::10] = [f"zq{at}x{part}" for part in range(6)]
        if at == count // 3:
            words[30] = SOUGHT
        if at == count - 1:
            words[-1] = LAST
        extra = {} if at % 2 else {"api": "custom", "model": "a-model-of-12B", "token_count": 80}
        sent = (began + timedelta(minutes=at)).isoformat()
        made.append(
            a_message(
                "User" if at % 2 else "Ann", " ".join(words), is_user=bool(at % 2), sent_at=sent, extra=extra
            )
        )
    return made


def build(folder: str, count: int, *, url: str = "") -> Path:
    """Fill `folder` so that the program opens a chat of `count` messages; returns the chat's file."""
    root = Path(folder)
    beside = root / "beside" / "tavern-tui"
    folders = Folders(data=root / "data", config_file=root / "settings.toml", cache=beside, state=beside)
    ann = save_card(folders, Character(name="Ann", description="Ann keeps the ferry.", first_message="Hm?"))
    path = folders.chats_of(ann.file) / "The river.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    ChatFile(path).rewrite(Chat(title=path.stem, messages=messages(count)))
    tavern = build_tavern(folders, {})
    tavern.connections.save(
        Connection(name="ours", provider="custom", url=url or "http://127.0.0.1:9/v1", model="m", max_tokens=30_000,
                   context_size=40_000, tokenizer="estimate")
    )  # fmt: skip
    tavern.connections.select("ours")
    tavern.change_settings(current_character=ann.file, current_chat=path.stem, probe_on_start=False)
    return path
