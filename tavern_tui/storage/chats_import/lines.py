"""What the chats of all programs have in common: who said what, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tavern_tui.core.chat import Message, Swipe
from tavern_tui.macros.builtin.moments import parse_moment

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One turn."""

    text: str
    is_user: bool
    name: str = ""
    """Empty: the file does not say."""
    sent_at: str = ""
    others: tuple[str, ...] = ()
    """Alternatives to the text, which were not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignChat:
    """One chat of a file."""

    lines: tuple[Line, ...]
    title: str = ""
    """What the other program calls it."""
    character: str = ""
    """Whose chat it is, if the file says so."""
    user: str = ""


def messages_of(chat: ForeignChat, character: str, user: str) -> list[Message]:
    """The chat's messages; the names are for lines that have none of their own."""
    return [_message(line, (chat.user or user) if line.is_user else character) for line in chat.lines]


def _message(line: Line, name: str) -> Message:
    return Message(
        name=line.name or name,
        is_user=line.is_user,
        swipes=tuple(Swipe(text=text, sent_at=line.sent_at) for text in (line.text, *line.others)),
    )


def spoken(text: object) -> str:
    """A turn's words, trimmed; the empty string for what is no text."""
    return text.strip() if isinstance(text, str) else ""


def name_in(value: object) -> str:
    """A name, on one line."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def moment_in(value: object) -> str:
    """A date as chat files have it, from a text, or from milliseconds since 1970; else empty."""
    if isinstance(value, bool):
        return ""
    words = str(int(value)) if isinstance(value, int | float) and abs(value) < 1e15 else value
    if not isinstance(words, str):
        return ""
    found = parse_moment(words, datetime.now().astimezone())
    if found is None:
        return ""
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def counted(missing: int, total: int, where: str) -> Iterable[str]:
    """The warning for turns that could not be read."""
    if missing:
        yield f"{where}: {missing} of {total} messages hold no text and were left out."
