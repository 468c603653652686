"""How chats point at one another: to their parent, to branches and to checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from tavern_tui.core.chat import Chat, Message, Swipe
from tavern_tui.core.errors import DataError
from tavern_tui.storage.json_keep import as_list, as_object, parse_json, read_file

PARENT = "main_chat"
"""The key of a chat's metadata that names the chat it began in."""
CHECKPOINT = "bookmark_link"
BRANCHES = "branches"
"""Keys of a message's `extra`: the name of its checkpoint, the names of its branches."""
MAX_CHAT = 1024 * 2**20


class LinkKind(StrEnum):
    """What a message leads to."""

    BRANCH = "branch"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLink:
    """A message names another chat."""

    title: str
    index: int
    """Number of the message, from 0."""
    kind: LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLinks:
    """What one chat's file says of other chats."""

    parent: str = ""
    """Empty: it began by itself."""
    messages: int = 0
    links: tuple[ChatLink, ...] = field(default=())


def links_of(message: Message) -> Iterator[tuple[str, LinkKind]]:
    """The chats a message names, whichever of its swipes is shown."""
    seen: set[tuple[str, LinkKind]] = set()
    for swipe in (message.swipe, *message.swipes):
        for found in _in_extra(swipe.extra):
            if found not in seen:
                seen.add(found)
                yield found


def links_in(chat: Chat) -> ChatLinks:
    """What an open chat says of other chats."""
    return ChatLinks(
        parent=_title(chat.metadata.get(PARENT)),
        messages=len(chat.messages),
        links=tuple(
            ChatLink(title=title, index=index, kind=kind)
            for index, message in enumerate(chat.messages)
            for title, kind in links_of(message)
        ),
    )


def read_links(path: Path) -> ChatLinks:
    """The same of a file; lines that name no chat are counted, but not looked into.

    Raises UnreadableFile; lines that are not JSON are passed over."""
    parent, count = "", 0
    links: list[ChatLink] = []
    for number, line in enumerate(read_file(path, MAX_CHAT).split(b"\n")):
        if number == 0:
            header = _object(line)
            if "mes" not in header:
                parent = _title(as_object(header.get("chat_metadata")).get(PARENT))
                continue
        if b'"mes"' not in line:
            continue
        if CHECKPOINT.encode() in line or BRANCHES.encode() in line:
            links += _on_line(_object(line), count)
        count += 1
    return ChatLinks(parent=parent, messages=count, links=tuple(links))


def mentions(path: Path, title: str) -> bool:
    """Whether a chat's file may name this chat. Raises UnreadableFile."""
    data = read_file(path, MAX_CHAT)
    return any(
        json.dumps(title, ensure_ascii=escaped).encode("utf-8", "replace") in data
        for escaped in (False, True)
    )


def renamed_parent(metadata: dict[str, object], old: str, new: str) -> bool:
    """Let a chat's metadata name its parent anew; whether it did."""
    if metadata.get(PARENT) != old:
        return False
    metadata[PARENT] = new
    return True


def renamed_links(message: Message, old: str, new: str) -> Message:
    """The message with links to `old` leading to `new`; itself if it has none."""
    swipes = tuple(_renamed(swipe, old, new) for swipe in message.swipes)
    if all(one is other for one, other in zip(swipes, message.swipes, strict=True)):
        return message
    return replace(message, swipes=swipes)


def _renamed(swipe: Swipe, old: str, new: str) -> Swipe:
    if old not in {title for title, _ in _in_extra(swipe.extra)}:
        return swipe
    extra = dict(swipe.extra)
    if extra.get(CHECKPOINT) == old:
        extra[CHECKPOINT] = new
    if isinstance(extra.get(BRANCHES), list):
        extra[BRANCHES] = [new if one == old else one for one in as_list(extra[BRANCHES])]
    return replace(swipe, extra=extra)


def _on_line(line: Mapping[str, object], index: int) -> Iterator[ChatLink]:
    extras = [line.get("extra"), *(as_object(one).get("extra") for one in as_list(line.get("swipe_info")))]
    found = dict.fromkeys(pair for extra in extras for pair in _in_extra(as_object(extra)))
    for title, kind in found:
        yield ChatLink(title=title, index=index, kind=kind)


def _in_extra(extra: Mapping[str, object]) -> Iterator[tuple[str, LinkKind]]:
    checkpoint = _title(extra.get(CHECKPOINT))
    if checkpoint:
        yield checkpoint, LinkKind.CHECKPOINT
    for one in as_list(extra.get(BRANCHES)):
        if title := _title(one):
            yield title, LinkKind.BRANCH


def _title(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(line: bytes) -> Mapping[str, object]:
    try:
        return as_object(parse_json(line, "line"))
    except DataError:
        return {}
