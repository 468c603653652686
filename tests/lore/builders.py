"""Short ways to entries, books and scans."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSettings, LoreSource
from tavern_tui.lore.inputs import Activation, MatchSources, ScanInput
from tavern_tui.lore.scan import scan


def an_entry(*keys: str, uid: int = 0, content: str = "", **fields: Any) -> LoreEntry:
    return LoreEntry(uid=uid, keys=keys, content=content or f"content {uid}", **fields)


def numbered(*entries: LoreEntry) -> tuple[LoreEntry, ...]:
    """The same entries with uids 0, 1, 2, ... and contents to tell them apart."""
    return tuple(LoreEntry(**{**_fields(entry), "uid": uid}) for uid, entry in enumerate(entries))


def a_scan(
    *entries: LoreEntry,
    chat: Sequence[str] = (),
    settings: LoreSettings | None = None,
    count: Callable[[str], int] = len,
    room: int = 1_000_000,
    timed: Mapping[str, object] | None = None,
    **more: Any,
) -> Activation:
    """Scan one global book. `chat` is oldest first, as people write it."""
    books = more.pop("books", None) or [
        LinkedBook(book=Lorebook(name="world", entries=entries), source=LoreSource.GLOBAL)
    ]
    fields: dict[str, Any] = {
        "sources": MatchSources(),
        "injections": (),
        "generation_type": "normal",
        "character_file": "ann",
        "character_tags": None,
        "substitute": lambda text: text,
        "rng": Random(1),
        **more,
    }
    return scan(
        ScanInput(
            books=books,
            settings=settings or LoreSettings(),
            messages=list(reversed(chat)),
            room=room,
            count=count,
            timed=timed or {},
            **fields,
        )
    )


def uids(activation: Activation) -> list[int]:
    """Of the active entries, in the order of activation."""
    return [active.entry.uid for active in activation.entries]


def reason(activation: Activation, uid: int = 0) -> str:
    return next(verdict.reason for verdict in activation.verdicts if verdict.uid == uid)


def estimate(text: str) -> int:
    """The parity corpus' tokenizer for text completion."""
    return math.ceil(len(text.encode()) / 3.35)


def estimate_loose(text: str) -> int:
    """The same for lore in chat completion."""
    return estimate(json.dumps([{"content": text}], ensure_ascii=False, separators=(",", ":")))


def _fields(entry: LoreEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in LoreEntry.__slots__}
