"""ChatExporter: a chat as a file for other programs and for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import UsageError
from tavern_tui.macros.builtin.moments import parse_moment
from tavern_tui.prompt.scene import open_scene
from tavern_tui.prompt.sources import card_fields
from tavern_tui.services.chat_html import as_html
from tavern_tui.services.chat_places import ChatOwner, ChatPlaces
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.group_turns import GroupTurns
from tavern_tui.services.groups import GroupService
from tavern_tui.services.library import Library
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats.file import chat_bytes
from tavern_tui.storage.chats.moving import chat_file_bytes
from tavern_tui.text.clean import clean_line, clean_text


class ExportFormat(StrEnum):
    """How a chat is written; also the ending of the file."""

    JSONL = "jsonl"
    """The file as it is."""
    MARKDOWN = "md"
    TEXT = "txt"
    HTML = "html"


class HiddenMessages(StrEnum):
    """What becomes of messages that are kept from the model."""

    MARK = "mark"
    LEAVE_OUT = "leave-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as it is exported; its words are clean."""

    index: int
    name: str
    text: str
    is_user: bool
    hidden: bool
    when: str
    """Local time, or the empty string."""
    thinking: str = ""


class ChatExporter:
    """Exports chats, whether they are open or not. Changes nothing."""

    def __init__(
        self,
        *,
        places: ChatPlaces,
        library: Library,
        groups: GroupService,
        desk: PromptDesk,
        session: Callable[[], ChatSession],
        now: Callable[[], datetime],
    ) -> None:
        self._places = places
        self._library = library
        self._groups = groups
        self._desk = desk
        self._session = session
        self._now = now

    def export(
        self,
        format: ExportFormat,
        owner: ChatOwner | None = None,
        title: str = "",
        *,
        hidden: HiddenMessages = HiddenMessages.MARK,
        thinking: bool = False,
    ) -> bytes:
        """A chat in this format: without an owner the open one, without a title the one written last.

        Macros are resolved, except in JSONL. `thinking`: with the model's thinking. Raises UsageError,
        DataError."""
        session = self._session()
        here = ChatOwner.of_session(session)
        owner = owner or here
        if not title:
            title = session.chat.title if owner == here else self._latest(owner)
        is_open = owner == here and title == session.chat.title
        if format is ExportFormat.JSONL:
            return self._as_it_is(owner, title, session.chat if is_open else None)
        if not is_open:
            session = self._reading(owner, title)
        messages = [
            one
            for one in self._said(session, thinking=thinking)
            if not (one.hidden and hidden is HiddenMessages.LEAVE_OUT)
        ]
        written = WRITERS[format](clean_line(title), clean_line(session.name), messages)
        return written.encode("utf-8", "replace")

    def write(self, path: Path, data: bytes) -> None:
        """Write an export; a file that is there is replaced. Raises WriteFailed."""
        write_bytes(path, data)

    def _latest(self, owner: ChatOwner) -> str:
        there = self._places.chats(owner)
        if not there:
            raise UsageError(f'There is no chat with "{self._places.name(owner)}" yet.')
        return there[0].title

    def _as_it_is(self, owner: ChatOwner, title: str, opened: Chat | None) -> bytes:
        path = self._places.path(owner, title)
        if opened is not None and not path.is_file():
            return chat_bytes(opened)
        return chat_file_bytes(self._places.existing(owner, title))

    def _reading(self, owner: ChatOwner, title: str) -> ChatSession:
        """A session of a chat that is only read."""
        chat = read_chat(self._places.existing(owner, title)).chat
        turns = None
        if owner.is_group:
            cast = self._groups.cast(self._groups.get(owner.id))
            turns = GroupTurns(cast)
            character = next(iter(cast.members), Character(name=cast.group.name))
        elif self._library.has(owner.id):
            character = self._library.character(owner.id)
        else:
            character = Character(name=owner.id, file=owner.id)
        return ChatSession(
            character=character, chat=chat, store=ChatStore(None), desk=self._desk, turns=turns
        )

    def _said(self, session: ChatSession, *, thinking: bool) -> Iterator[Said]:
        resolvers: dict[str, Callable[[str], str]] = {}
        user = next((one.name for one in session.chat.messages if one.is_user and one.name), "")
        now = self._now()
        for index, message in enumerate(session.chat.messages):
            text = shown_words(message)
            if "{{" in text or "<" in text:
                author = (session.turns.author(message) if session.turns else None) or session.character
                if author.file not in resolvers:
                    resolvers[author.file] = self._resolver(session, author, user)
                text = resolvers[author.file](text)
            when = parse_moment(message.swipe.sent_at, now) if message.swipe.sent_at else None
            yield Said(
                index=index,
                name=clean_line(message.name),
                text=clean_text(text).strip("\n"),
                is_user=message.is_user,
                hidden=message.hidden,
                when=f"{when.astimezone(now.tzinfo):%Y-%m-%d %H:%M}" if when is not None else "",
                thinking=clean_text(message.reasoning).strip("\n") if thinking else "",
            )

    def _resolver(self, session: ChatSession, author: Character, user: str) -> Callable[[str], str]:
        """Resolves macros as at the end of the chat. Whoever plays now need not be who played then."""
        inputs = self._desk.inputs(session, user_input="", seed=0, dry_run=True, speaker=author)
        if user:
            inputs = replace(inputs, persona=replace(inputs.persona, name=user))
        scene = open_scene(inputs)
        scene.macros.card = card_fields(scene)
        return scene.substitute


def shown_words(message: Message) -> str:
    """What a message shows: a translation or the like where there is one."""
    display = message.extra.get("display_text")
    return display if isinstance(display, str) and display else message.text


# --- the formats


def _text(title: str, name: str, messages: list[Said]) -> str:
    marks = {True: " (hidden)", False: ""}
    written = [f"{_thought(one)}{one.name}{marks[one.hidden]}: {one.text}" for one in messages]
    return "\n\n".join(written) + "\n" if written else ""


def _thought(said: Said) -> str:
    return f"{said.name} (thinking): {said.thinking}\n\n" if said.thinking else ""


def _markdown(title: str, name: str, messages: list[Said]) -> str:
    pieces = [f"# {_plain(title)}\n"]
    if name and name not in title:
        pieces.append(f"A chat with {_plain(name)}.\n")
    for one in messages:
        about = " · ".join(filter(None, (one.when, "*hidden*" if one.hidden else "")))
        pieces.append(f"---\n\n**{_plain(one.name)}**{f' · {about}' if about else ''}\n")
        if one.thinking:
            quoted = "\n".join(f"> {line}" for line in one.thinking.split("\n"))
            pieces.append(f"> *Thinking*\n>\n{quoted}\n")
        pieces.append(f"{_with_breaks(one.text)}\n")
    return "\n".join(pieces)


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def _plain(words: str) -> str:
    """Words that are no Markdown."""
    return _MARKS.sub(r"\\\1", words)


def _with_breaks(text: str) -> str:
    """The text's own Markdown, its line breaks kept: in role-play they mean something."""
    lines = text.split("\n")
    fence = ""
    for at, line in enumerate(lines[:-1]):
        found = _FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and line.strip() == found[1] and found[1].startswith(fence):
            fence = ""
        elif not fence and line.strip() and lines[at + 1].strip() and not _FENCE.match(lines[at + 1]):
            lines[at] = f"{line.rstrip()}  "
    if fence:
        lines.append(fence)
    return "\n".join(lines)


def _html(title: str, name: str, messages: list[Said]) -> str:
    return as_html(title, "" if name in title else f"A chat with {name}", messages)


WRITERS: Mapping[ExportFormat, Callable[[str, str, list[Said]], str]] = {
    ExportFormat.MARKDOWN: _markdown,
    ExportFormat.TEXT: _text,
    ExportFormat.HTML: _html,
}
