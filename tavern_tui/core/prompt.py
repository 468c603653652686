"""What the model reads, and where each part of it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tavern_tui.core.chat import Role
from tavern_tui.core.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledTool:
    """A call to a tool that the model made."""

    id: str
    name: str
    arguments: str = "{}"
    """JSON, as the model wrote it."""
    signature: str = ""
    """The service's seal on the thoughts that led to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A picture, a film, a sound or a document in a message."""

    kind: str
    """`image`, `video`, `audio` or `document`."""
    url: str
    """A data URL, or an address."""
    detail: str = ""
    """How closely a picture is looked at: `low`, `high`, `auto`; empty: as the service likes."""
    tokens: int = field(default=0, compare=False)
    """What it takes of the context, as far as one can tell."""
    name: str = ""
    """What a document is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """What a message carries besides its words."""

    calls: tuple[CalledTool, ...] = ()
    answers: str = ""
    """Id of the call whose result the message is; a service that knows tools gets it from the tool."""
    signature: str = ""
    """A service's seal on the thoughts behind a reply."""
    thoughts: str = ""
    """What the model thought before it made the calls, for services that want that back."""
    media: tuple[Medium, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.calls or self.answers or self.signature or self.media)


NO_CARGO = Cargo()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMessage:
    """One role-tagged message."""

    role: Role
    content: str
    name: str = ""
    cargo: Cargo = NO_CARGO


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPrompt:
    """Role-tagged messages for a chat-completion API."""

    messages: tuple[PromptMessage, ...]
    prefill: str = ""
    """Text the reply must begin with, for providers that can be given it apart."""
    stop: tuple[str, ...] = ()
    names: Names = field(default_factory=Names)
    """Who speaks, for services whose messages carry no names."""
    placeholder: str = ""
    """What the user says where a service insists on a user's message and there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrompt:
    """One templated string for a text-completion API."""

    text: str
    stop: tuple[str, ...] = ()


Prompt = ChatPrompt | TextPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """One piece of the prompt as it goes out, in order. Parts joined give the prompt's text
    (text completion) or, message by message, the contents (chat completion)."""

    kind: str
    """`system`, `description`, `personality`, `scenario`, `persona`, `lore`, `note`, `examples`,
    `history`, `injection`, `post_history`, `template`, `control`, ..."""
    title: str
    """What a person reads: `Description of Ann`, `Lore: The mill (world "Valley")`, `#12 Ann`."""
    origin: str
    """Where it came from: card field, book and entry uid, message index, preset prompt."""
    text: str
    tokens: int
    message: int | None = None
    """Chat completion: the index of the prompt message this belongs to."""
    role: Role | None = None
    slot: str = ""
    """Chat completion: identifier of the preset's prompt in whose place it stands; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that would have been sent but was not, and why."""

    title: str
    origin: str
    reason: str
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreVerdict:
    """Why one lorebook entry did or did not take part."""

    book: str
    uid: int
    title: str
    active: bool
    reason: str
    """`constant`, `key "mill" in message #12`, `secondary keys`, `probability 30%`, `budget`, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanges:
    """What a real send writes back; a preview throws it away."""

    chat_variables: Mapping[str, object] | None = None
    """The chat's variables after the build, or None if nothing changed."""
    global_variables: Mapping[str, object] | None = None
    timed_lore: Mapping[str, object] | None = None
    """New value of `chat_metadata.timedWorldInfo`, or None."""
    first_included: int | None = None
    """Index of the oldest message that found room; None: no message did."""
    banned: tuple[str, ...] = ()
    """Words of `{{banned}}` macros, for backends that take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltPrompt:
    """A prompt and everything one may want to know about it."""

    prompt: Prompt
    parts: tuple[PromptPart, ...] = ()
    as_built: tuple[PromptPart, ...] = ()
    """Chat completion: the parts before the messages were reshaped for a strict server; empty
    where they were not."""
    left_out: tuple[LeftOut, ...] = ()
    lore: tuple[LoreVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    """One sentence each: a regex that was skipped, a template that did not parse, ..."""
    tokens: int = 0
    """Of the whole prompt, with padding, as it was counted for the budget."""
    budget: int = 0
    """Context size minus response length."""
    counter: str = "estimate"
    exact: bool = False
    changes: StateChanges = field(default_factory=StateChanges)
