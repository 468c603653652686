"""text-generation-webui (Oobabooga): pairs of what the user said and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, counted, spoken
from tavern_tui.storage.json_keep import as_list

BEGINNING = "<|BEGIN-VISIBLE-CHAT|>"
"""Stands where the user would have spoken before the greeting."""


def matches(value: Json) -> bool:
    return isinstance(value.get("data_visible"), list) or (
        isinstance(value.get("visible"), list) and isinstance(value.get("internal"), list)
    )


def read(value: Json, warnings: list[str]) -> Sequence[ForeignChat]:
    # Newer versions keep the visible text as HTML shows it.
    is_old = isinstance(value.get("data_visible"), list)
    pairs = as_list(value.get("data_visible") if is_old else value.get("visible"))
    lines: list[Line] = []
    odd = 0
    for pair in pairs:
        words = as_list(pair)
        odd += not words
        for side, text in enumerate(words[:2]):
            said = spoken(text) if is_old else unescape(spoken(text))
            if said and said != BEGINNING:
                lines.append(Line(text=said, is_user=side == 0))
    warnings += counted(odd, len(pairs), "text-generation-webui")
    return [ForeignChat(lines=tuple(lines))]
