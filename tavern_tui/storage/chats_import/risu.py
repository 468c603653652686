"""RisuAI: an exported chat, `type` "risuChat"."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, counted, moment_in, name_in, spoken
from tavern_tui.storage.json_keep import as_list, as_object


def matches(value: Json) -> bool:
    return value.get("type") == "risuChat"


def read(value: Json, warnings: list[str]) -> Sequence[ForeignChat]:
    chat = as_object(value.get("data"))
    rows = [as_object(row) for row in as_list(chat.get("message"))]
    lines = tuple(
        Line(
            text=text,
            is_user=row.get("role") == "user",
            name=name_in(row.get("name")),
            sent_at=moment_in(row.get("time")),
        )
        for row in rows
        if (text := spoken(row.get("data")))
    )
    warnings += counted(len(rows) - len(lines), len(rows), "RisuAI")
    return [ForeignChat(lines=lines, title=name_in(chat.get("name")))]
