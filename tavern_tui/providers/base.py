"""What a provider is: its row, its wire format, and what the rest of the program may ask of it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, Protocol

from tavern_tui.core.generation import (
    EventStream,
    GenerationRequest,
    Model,
    Progress,
    ServerStatus,
    StreamEvent,
)
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import SamplerTable

PromptKind = Literal["text", "chat"]
KeyNeed = Literal["none", "optional", "required"]


class Auth(StrEnum):
    """How a server is given the key."""

    NONE = "none"
    BEARER = "bearer"
    X_API_KEY = "x-api-key"
    BOTH = "both"
    """Bearer and x-api-key."""
    APIKEY = "apikey"
    API_KEY = "api-key"
    GOOGLE = "x-goog-api-key"
    QUERY = "query"
    """`?key=` in the address."""


class BaseRule(StrEnum):
    """How an address a user typed becomes the base that paths are put after (see `urls`)."""

    SERVER = "server"
    """Cut off any API path: routes lie at the server's root or under several prefixes."""
    OPENAI = "openai"
    """Keep the path; a bare host gets the usual one, or `/v1`."""
    BEFORE_V1 = "before-v1"
    """Keep the path up to `/v1`, with which every path begins."""
    AS_IS = "as-is"
    """Keep the path; a bare host gets the usual one, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """One HTTP request without address, key and user's additions."""

    path: str
    body: Mapping[str, object]
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: Auth | None = None
    """How this request gives the key, if not as the row says."""


class StreamDecoder(Protocol):
    """Bytes of an answer in, events out; the cuts between the bytes make no difference."""

    @property
    def complete(self) -> bool:
        """Whether the reply's end was seen, so that nothing more need be read."""
        ...

    def feed(self, data: bytes) -> Iterable[StreamEvent]:
        """Events of the next bytes. Raises ProviderError for an error inside the stream."""
        ...

    def close(self) -> Iterable[StreamEvent]:
        """The last events, `Finished` at the end. Raises StreamBroken if the end is missing."""
        ...


class Dialect(Protocol):
    """A wire format. Pure: it opens nothing and sends nothing."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        """The request as this format writes it. Raises UsageError for values it cannot carry."""
        ...

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        """A decoder for the answer, streamed or whole as `request.stream` says."""
        ...


class Ask(Protocol):
    """Small questions to one server, answered with parsed JSON."""

    async def get(self, path: str) -> object:
        """Raises ProviderError."""
        ...

    async def post(self, path: str, body: Mapping[str, object]) -> object:
        """Raises ProviderError."""
        ...

    async def maybe(self, path: str) -> object:
        """The answer, or None if the server is there but has no such thing to tell."""
        ...

    async def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """The answer to a request of another method; None if it has no words. Raises ProviderError."""
        ...

    def follow(self, path: str, body: Mapping[str, object]) -> AsyncGenerator[dict[str, object], None]:
        """The objects of an answer that comes piece by piece (SSE or lines of JSON), however long it
        takes. Raises ProviderError, also for an error among them."""
        ...


ModelWork = Callable[[Ask, "ProviderSpec", str], AsyncGenerator[Progress, None]]
"""Does something with the model of this name on the server and tells how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDesk:
    """What one kind of server can be told to do with its models. None: it cannot."""

    load: ModelWork | None = None
    unload: ModelWork | None = None
    fetch: ModelWork | None = None
    """Get a model the server does not have yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRoute:
    """Where a server counts tokens."""

    path: str
    """`{model}` in it stands for the model."""
    text_key: str
    wrap: Callable[[str], object] = str
    """What stands under `text_key` for a text."""
    framed: bool = False
    """It counts a whole message and takes no empty one: what a message takes besides its words is taken
    away."""
    longest: int = 0
    """Most characters it takes; longer texts are counted in parts. 0: any number."""
    on_request: bool = False
    """Asking it has a price or a limit: it counts only for connections that say so (`tokenizer`)."""
    extra: Mapping[str, object] = field(default_factory=dict)
    ids_path: str = ""
    """Where it tells the ids, if `path` gives only the number."""
    needs_model: bool = False
    takes_model: bool = False
    """The model may be named, and is if it is known."""
    subtract_empty: bool = False
    """The server adds a start token that cannot be switched off: the count of "" is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerApi:
    """What one kind of server tells of itself, and where."""

    status: Callable[[Ask, ProviderSpec, str], Coroutine[Any, Any, ServerStatus]]
    models: Callable[[Ask, ProviderSpec], Coroutine[Any, Any, list[Model]]]
    tokens: TokenRoute | None = None
    abort: str = ""
    """Path that ends the generation named by a genkey."""
    asks_first: Callable[[GenerationRequest], bool] = lambda request: False
    """Whether a request like this depends on what the status says, which must be known then."""
    afterwards: Callable[[Ask, GenerationRequest], Coroutine[Any, Any, Sequence[StreamEvent]]] | None = None
    """Events of a complete reply that are told only when asked for."""
    desk: ModelDesk = field(default_factory=ModelDesk)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRule:
    """Parameters that models of one family refuse or call differently."""

    pattern: str
    """Regular expression, searched in the model's id."""
    drop: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    put: Mapping[str, object] = field(default_factory=dict)
    """Keys that have this value whatever was chosen."""
    most: Mapping[str, float] = field(default_factory=dict)
    """Keys whose numbers are lowered to this."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Roles of messages these models do not know -> those they are given instead."""
    effort: bool | None = None
    """True: only where a reasoning effort is asked for, False: only where none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOption:
    """A choice only this provider has, kept in `Connection.options` under its id."""

    id: str
    title: str
    help: str
    default: bool | int | str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """A provider as a row of the catalogue."""

    id: str
    title: str
    prompt_kind: PromptKind
    opener: str = "http"
    """Who opens it: a key of `registry.OPENERS`."""
    dialect: Dialect | None = None
    server: ServerApi | None = None
    default_url: str = ""
    base_rule: BaseRule = BaseRule.SERVER
    middle: str = ""
    """What every path begins with; an address that ends in it is not given it twice."""
    generate_path: str = ""
    models_path: str = "/v1/models"
    """`{option}` in it stands for the connection's choice."""
    home: str = ""
    key: KeyNeed = "none"
    secret: str = ""
    """Name its key is stored under by default."""
    auth: Auth = Auth.BEARER
    headers: Mapping[str, str] = field(default_factory=dict)
    samplers: SamplerTable = field(default_factory=dict)
    """Our sampler names, each with what this server calls it."""
    texts_for_ids: Callable[[GenerationRequest], Sequence[str]] | None = None
    """Texts of a request that go out as token ids, where more than its samplers have such texts."""
    model_rules: tuple[ModelRule, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict)
    """Keys every request of this provider carries."""
    needs_model: bool = False
    sends_model: bool = True
    stop_limit: int | None = None
    """Most stop strings the server takes; the rest is cut locally."""
    knows_chats: bool = False
    """Requests of one chat carry the same name for it (`GenerationRequest.session`)."""
    asks_usage: bool = False
    """Send `stream_options.include_usage`."""
    post_processing: str = ""
    options: tuple[ProviderOption, ...] = ()
    hidden: bool = False
    """Not offered in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest:
    """A request exactly as it goes out."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body_bytes: bytes = field(repr=False)
    shown_headers: Mapping[str, str] = field(default_factory=dict)
    """The headers with every secret blotted out."""
    shown_url: str = ""
    """The address without the key, where that stands in it."""

    @property
    def body(self) -> Mapping[str, object]:
        """The body as the server reads it out of the bytes."""
        found: Mapping[str, object] = json.loads(self.body_bytes or b"{}")
        return found

    def masked(self) -> PreparedRequest:
        """This request as it may be shown: neither a header nor the address tells a secret."""
        return replace(self, headers=self.shown_headers, url=self.shown_url or self.url)


class Provider(Protocol):
    """A connection that is open for business. Close it with `aclose`."""

    @property
    def spec(self) -> ProviderSpec: ...

    @property
    def name(self) -> str:
        """The connection's name."""
        ...

    def wire(self, request: GenerationRequest) -> PreparedRequest:
        """The bytes `stream` would send for this request. Raises UsageError."""
        ...

    def stream(self, request: GenerationRequest) -> EventStream:
        """The reply's events, `Finished` last. Closing the generator ends the request at once.

        Raises ProviderError; StreamBroken once part of the reply has been given out."""
        ...

    async def models(self) -> list[Model]:
        """What the server offers. Raises ProviderError."""
        ...

    async def status(self) -> ServerStatus:
        """What the server says of itself. Raises ProviderError if it does not answer."""
        ...

    async def learn(self, request: GenerationRequest) -> None:
        """Find out what `wire` needs to know of the server for this request (token ids). Never raises
        for a server that does not tell: what needs it is left out."""
        ...

    @property
    def work(self) -> frozenset[str]:
        """What `manage` can do: among `load`, `unload`, `fetch`."""
        ...

    def manage(self, what: str, model: str) -> AsyncGenerator[Progress, None]:
        """Have the server load, unload or fetch a model. Raises ProviderError, UsageError."""
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """Tokens of each text as the server counts them; None if it does not count."""
        ...

    async def aclose(self) -> None:
        """Let go of sockets and child processes."""
        ...
