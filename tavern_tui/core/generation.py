"""A request to a model and the events of its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tavern_tui.core.chat_options import ChatOptions
from tavern_tui.core.finish import FinishReason as FinishReason
from tavern_tui.core.prompt import Prompt
from tavern_tui.core.samplers import SamplerValue


class GenerationType(StrEnum):
    """Why a reply is asked for."""

    NORMAL = "normal"
    CONTINUE = "continue"
    REGENERATE = "regenerate"
    SWIPE = "swipe"
    IMPERSONATE = "impersonate"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What a dialect turns into bytes."""

    prompt: Prompt
    model: str = ""
    max_tokens: int = 350
    context_size: int = 8192
    samplers: Mapping[str, SamplerValue] = field(default_factory=dict)
    """By our name (`core.samplers.SAMPLERS`); a name that is absent is left to the server."""
    stop: tuple[str, ...] = ()
    stream: bool = True
    extra_body: Mapping[str, object] = field(default_factory=dict)
    """Keys the user adds to or overrides in the body; a value of None drops the key."""
    token_ids: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Ids of the texts in biases, bans and (NovelAI) stop strings, as the model's tokenizer has them;
    what could not be tokenised is absent."""
    token_text: Callable[[int], str] | None = field(default=None, compare=False, repr=False)
    """The text of a token's id by the same tokenizer, for servers that tell only ids."""
    chat: ChatOptions = field(default_factory=ChatOptions)
    """Chat completion: effort, thoughts, tools and the like."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Choices only this provider has, from the connection."""
    at_home: bool = True
    """It goes to the service itself, not to a proxy of the user's."""
    max_replies: int | None = None
    """Most replies the server makes at once, where it has said so."""
    server_version: str = ""
    """Of the server's API, where requests depend on it (`ServerStatus.version`)."""
    efforts: tuple[str, ...] = ()
    """Words for how much to think that the service's list names for the model (`ServerStatus.efforts`)."""
    session: str = ""
    """A name for this chat that says nothing of it, for services that keep what they have read of a chat on
    one machine; empty: none."""
    genkey: str = ""
    """A name for this generation, unique on the server, where it has such a thing (KoboldCpp)."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the reply. `index` > 0: of a further swipe (n > 1)."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking."""

    text: str


@dataclass(frozen=True, slots=True)
class ThoughtSignature:
    """A service's seal on hidden thoughts; it wants it back with the message, or with the tool call."""

    data: str
    call: str = ""
    """Id of the tool call it belongs to; empty: the message's."""


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of a call to a tool. Pieces of one call have the same `call`."""

    call: int
    """Which call of the reply, from 0."""
    id: str = ""
    """Told once."""
    name: str = ""
    """Told once."""
    arguments: str = ""
    """More of the JSON text."""
    index: int = 0
    """Of which swipe (n > 1)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture the model drew, whole."""

    url: str
    """A data URL, or an address."""


@dataclass(frozen=True, slots=True)
class TokenChosen:
    """One token of the reply, with what else could have come."""

    token: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()
    """Candidates with their natural logarithms, likeliest first; the token itself may be among them."""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """The server works on the prompt: `done` of `total` (tokens, or the queue's places)."""

    done: int
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """Who wrote a reply, where that was not known before (AI Horde, routers)."""

    model: str
    by: str = ""
    """The worker or the service behind the one that was asked."""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Cited:
    """Pages a reply draws on, in the order of its marks (`[1]` is the first)."""

    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    """US dollars, where the service says what it took."""
    surcharge: float = 0.0
    """What keeping the prompt for the next request cost, as so many tokens of the prompt."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The reply is complete. Always the last event."""

    reason: FinishReason = FinishReason.STOP
    detail: str = ""
    """The server's own word, or the refusal's text."""


StreamEvent = (
    TextDelta
    | ReasoningDelta
    | ThoughtSignature
    | ToolCallDelta
    | Picture
    | TokenChosen
    | Progress
    | Served
    | Cited
    | Usage
    | Finished
)
EventStream = AsyncGenerator[StreamEvent, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of a server's list."""

    id: str
    title: str = ""
    context_size: int | None = None
    detail: str = ""
    """What helps to choose, in a few words: owner, size, queue, whether it is loaded."""
    capabilities: tuple[str, ...] = ()
    """What it can do besides text: `vision`, `tools`, `reasoning` ..."""
    prompt_price: float | None = None
    """US dollars for a token of the prompt."""
    reply_price: float | None = None
    cached_price: float | None = None
    """For a token of the prompt that the service still knows from the request before."""
    efforts: tuple[str, ...] = ()
    """Words for how much to think that it knows, where the list names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What a server says of itself."""

    ok: bool
    title: str = ""
    """The server's name and version: `KoboldCpp 1.76`."""
    version: str = ""
    """The version of its API, where requests depend on it: `1.2.4`."""
    model: str = ""
    lacks_model: bool = False
    """It runs, but no model is loaded."""
    context_size: int | None = None
    context_is_limit: bool = False
    """A larger context of the user's is lowered to `context_size`."""
    max_reply: int | None = None
    """Most tokens of one reply, where the server limits it below the context."""
    max_replies: int | None = None
    """Most replies to one request, where the server limits them."""
    prompt_price: float | None = None
    """US dollars for a token of the prompt, where the list says."""
    reply_price: float | None = None
    cached_price: float | None = None
    efforts: tuple[str, ...] = ()
    """Words for how much to think that the model knows, where the list names them."""
    chat_template: str = ""
    """The model's Jinja template, where the server tells it."""
    detail: str = ""
    valid_seconds: float | None = None
    """After this long the server is asked again before it is used; None: it does not change by itself."""
