"""Chats and personas as rows of a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tavern_tui.core.persona import Persona
from tavern_tui.ui.dialogs.pick_one import Choice

if TYPE_CHECKING:
    from tavern_tui.services.tavern import ChatSummary

NEW = "\x00new"
"""Id of the row that begins a new chat; no file can be named like this."""


def chat_choices(chats: Iterable[ChatSummary], open_title: str) -> list[Choice]:
    """A row for each chat, after one for a new chat."""
    return [
        Choice(id=NEW, title="New chat", detail="this one is kept"),
        *(
            Choice(
                id=chat.title,
                title=chat.title,
                detail=" · ".join(
                    part
                    for part in (
                        f"{chat.modified:%Y-%m-%d %H:%M}",
                        f"{chat.messages:,} messages" if chat.messages is not None else "",
                        chat.preview,
                    )
                    if part
                ),
                marked=chat.title == open_title,
            )
            for chat in chats
        ),
    ]


def persona_choices(personas: Iterable[Persona], current: Persona) -> list[Choice]:
    return [
        Choice(
            id=one.file,
            title=one.name,
            detail=one.title or one.description,
            marked=one.file == current.file,
        )
        for one in personas
    ]
