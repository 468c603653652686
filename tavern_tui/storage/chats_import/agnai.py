"""Agnai (Agnaistic): a list of messages; those with a user's id are the user's."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, counted, moment_in, name_in, spoken
from tavern_tui.storage.json_keep import as_list, as_object


def matches(value: Json) -> bool:
    return any("msg" in as_object(row) for row in as_list(value.get("messages")))


def read(value: Json, warnings: list[str]) -> Sequence[ForeignChat]:
    rows = [as_object(row) for row in as_list(value.get("messages"))]
    lines: list[Line] = []
    for row in rows:
        text = spoken(row.get("msg"))
        if text:
            is_user = bool(row.get("userId"))
            lines.append(
                Line(
                    text=text,
                    is_user=is_user,
                    name=name_in(row.get("handle")) if is_user else "",
                    sent_at=moment_in(row.get("createdAt")),
                    others=tuple(filter(None, map(spoken, as_list(row.get("retries"))))),
                )
            )
    warnings += counted(len(rows) - len(lines), len(rows), "Agnai")
    return [ForeignChat(lines=tuple(lines), title=name_in(value.get("name")))]
