"""What a chat session tells while it works on one user action."""

from __future__ import annotations

from dataclasses import dataclass

from tavern_tui.core.finish import FinishReason


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """A message was appended; it is `session.chat.messages[index]`."""

    index: int


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message has another text, swipe or flag: draw it anew."""

    index: int


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """The message that was at `index` is gone; later ones moved up."""

    index: int


@dataclass(frozen=True, slots=True)
class ChatReplaced:
    """Messages from `first` on are others than before: draw them anew."""

    first: int = 0


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A group is about to answer: the names of those who will speak, in order.

    Empty: nobody does by themselves; the user chooses with `session.speak`."""

    speakers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundDue:
    """Auto mode: the group talks on in so many seconds, unless the user does something."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """A request is on its way for the message at `index` (None: no message yet, or impersonation)."""

    index: int | None
    speaker: str = ""
    """Name of the member whose turn it is; empty outside groups."""


@dataclass(frozen=True, slots=True)
class ReplyGrew:
    """More text arrived for the message that is being written."""

    index: int | None
    delta: str


@dataclass(frozen=True, slots=True)
class ReasoningGrew:
    """More of the model's thinking arrived."""

    index: int | None
    delta: str


@dataclass(frozen=True, slots=True)
class ReplyProgress:
    """The server is still reading the prompt, or the request waits in a queue."""

    done: int
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyEnded:
    """The reply is complete, or was stopped; it is saved."""

    index: int | None
    text: str
    """The final text (for impersonation: what belongs into the composer)."""
    reason: FinishReason
    stopped: bool = False
    """The user stopped it."""
    tokens: int = 0
    """Tokens of the reply, by the server's count where it told, else estimated."""
    seconds: float = 0.0
    first_token: float | None = None
    """Seconds until the first word."""
    cost: float | None = None
    """US dollars, where that is known."""
    held_back: str = ""
    """Why the service held the rest of the reply back, in its own word; empty: it did not."""
    calls: int = 0
    """How many tools the model calls. Another reply follows when they have answered."""


@dataclass(frozen=True, slots=True)
class SideGrew:
    """Of two models that answer at once, this one (0 or 1) said or thought more."""

    side: int
    delta: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEnded:
    """One of two models is done, or failed."""

    side: int
    text: str
    reasoning: str = ""
    thinking_seconds: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    first_token: float | None = None
    """Seconds from the request to the first word or thought."""
    cost: float | None = None
    """US dollars, where that is known."""
    error: str = ""
    """Why it broke off; empty: it is complete."""


SessionEvent = (
    MessageAdded
    | MessageChanged
    | MessageRemoved
    | ChatReplaced
    | RoundStarted
    | RoundDue
    | ReplyStarted
    | ReplyGrew
    | ReasoningGrew
    | ReplyProgress
    | ReplyEnded
    | SideGrew
    | SideEnded
)
