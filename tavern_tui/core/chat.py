"""Message, Swipe, Chat: a conversation as SillyTavern's JSONL files keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """Whose words these are, in the terms of a chat-completion API."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swipe:
    """One of a message's alternative texts, with what is known of how it came to be."""

    text: str
    sent_at: str = ""
    """The date as the file has it: ISO 8601 from us, several older spellings from others."""
    started_at: str = ""
    finished_at: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)
    """`api`, `model`, `reasoning`, `token_count`, `type`, `bias`, ... and keys unknown to us."""
    source: Mapping[str, object] = field(default_factory=dict)
    """The `swipe_info` object as it was read; the writer lays the fields over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat. Always has at least one swipe; `shown` picks it."""

    name: str
    is_user: bool
    swipes: tuple[Swipe, ...]
    shown: int = 0
    hidden: bool = False
    """Not sent to the model (`is_system` in the file)."""
    force_avatar: str = ""
    """Set on messages posted as a saved persona or in a group; names are then added under
    the names behaviour `force`."""
    original_avatar: str = ""
    """In a group: the file name of the character who speaks."""
    source: Mapping[str, object] = field(default_factory=dict)
    """The JSON object as it was read; the writer lays the fields over it, so that keys this
    client does not know survive, in their order."""

    @property
    def swipe(self) -> Swipe:
        """The swipe that is shown."""
        return self.swipes[self.shown]

    @property
    def text(self) -> str:
        return self.swipes[self.shown].text

    @property
    def extra(self) -> Mapping[str, object]:
        """What the shown swipe carries besides its text."""
        return self.swipes[self.shown].extra

    @property
    def reasoning(self) -> str:
        """The model's thinking for the shown swipe, or the empty string."""
        value = self.extra.get("reasoning")
        return value if isinstance(value, str) else ""

    @property
    def is_narrator(self) -> bool:
        """Whether this is a narrator line: sent to the model as a system message."""
        return self.extra.get("type") == "narrator"

    @property
    def role(self) -> Role:
        if self.is_narrator:
            return Role.SYSTEM
        return Role.USER if self.is_user else Role.ASSISTANT

    def with_text(self, text: str) -> Message:
        """This message with another text in the swipe that is shown."""
        return self.with_shown(replace(self.swipe, text=text))

    def with_extra(self, changes: Mapping[str, object]) -> Message:
        """This message with these keys of the shown swipe's `extra` set."""
        return self.with_shown(replace(self.swipe, extra={**self.extra, **changes}))

    def with_shown(self, swipe: Swipe) -> Message:
        """This message with `swipe` in place of the one that is shown."""
        swipes = (*self.swipes[: self.shown], swipe, *self.swipes[self.shown + 1 :])
        return replace(self, swipes=swipes)

    def with_swipe(self, swipe: Swipe) -> Message:
        """This message with `swipe` added at the end and shown."""
        return replace(self, swipes=(*self.swipes, swipe), shown=len(self.swipes))


def a_message(
    name: str,
    text: str,
    *,
    is_user: bool = False,
    sent_at: str = "",
    extra: Mapping[str, object] | None = None,
    **fields: object,
) -> Message:
    """A message with one swipe."""
    swipe = Swipe(text=text, sent_at=sent_at, extra=dict(extra or {}))
    return Message(name=name, is_user=is_user, swipes=(swipe,), **fields)  # type: ignore[arg-type]  # fields of Message


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat: its messages and what the file's header says. The one mutable type of the core."""

    title: str
    """The file name without `.jsonl`."""
    messages: list[Message] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)
    """`chat_metadata` of the header: author's note, variables, timed lore, overrides, ..."""
    source: dict[str, object] = field(default_factory=dict)
    """The header object as it was read, without `chat_metadata`."""

    def visible(self) -> Iterator[Message]:
        """The messages that are sent to the model."""
        return (message for message in self.messages if not message.hidden)
