"""KoboldAI Lite: a saved story. In its chats the turns are marked, or named line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, name_in, spoken
from tavern_tui.storage.json_keep import as_list, as_object

USERS, MODELS = "{{[INPUT]}}", "{{[OUTPUT]}}"
BETWEEN = "||$||"
"""Between the names of several opponents."""


def matches(value: Json) -> bool:
    return isinstance(value.get("savedsettings"), dict)


def read(value: Json, warnings: list[str]) -> Sequence[ForeignChat]:
    settings = as_object(value["savedsettings"])
    user = name_in(settings.get("chatname"))
    opponents = str(settings.get("chatopponent") or "").split(BETWEEN)
    names = [name for one in opponents if (name := name_in(one))]
    pieces = [one for one in (value.get("prompt"), *as_list(value.get("actions"))) if isinstance(one, str)]
    story = "".join(pieces)
    named = _by_names(story, user, names) if USERS not in story and MODELS not in story else []
    lines = named or list(_by_marks(pieces))
    return [ForeignChat(lines=tuple(lines), character=names[0] if names else "", user=user)]


def _by_marks(pieces: Sequence[str]) -> Iterator[Line]:
    for piece in pieces:
        text = spoken(piece.replace(USERS, "").replace(MODELS, ""))
        if text:
            yield Line(text=text, is_user=USERS in piece)


def _by_names(story: str, user: str, opponents: Sequence[str]) -> list[Line]:
    """The turns of a story whose lines begin with `Name:`; none if no line does."""
    names = [name for name in (user, *opponents) if name]
    if not names:
        return []
    label = re.compile(rf"^({'|'.join(map(re.escape, names))}):", re.MULTILINE)
    pieces = label.split(story)
    if len(pieces) < 2:
        return []
    lines = [Line(text=spoken(pieces[0]), is_user=False)] if spoken(pieces[0]) else []
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        if text := spoken(words):
            lines.append(Line(text=text, is_user=name == user, name=name))
    return lines
