"""ChatFake: a service with OpenAI's chat completions, described as data (Service)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.providers.fakes.calling import as_openai, openai_calls, openai_deltas
from tests.providers.fakes.completions import bias
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    StrictFake,
    anything,
    count,
    flag,
    number,
    one_of,
    text,
    texts,
    whole,
)
from tests.providers.fakes.turns import Turns

Body = Mapping[str, Any]
Rule = Callable[[Body], str]
"""Says what is wrong with a body that no single field tells; empty: nothing."""


def one_usage(value: Any) -> str:
    return "" if value == {"include_usage": True} else f"{value!r} does not ask for usage"


def a_list(value: Any) -> str:
    return "" if isinstance(value, list) and value else f"{value!r} is not a list of something"


def an_object(value: Any) -> str:
    return "" if isinstance(value, dict) else f"{value!r} is not an object"


BASIC: Mapping[str, Check] = {
    "model": text, "messages": anything, "max_tokens": whole(1), "stream": flag, "temperature": number(0, 2),
    "top_p": number(0, 1),
}  # fmt: skip
PENALTIES: Mapping[str, Check] = {"frequency_penalty": number(-2, 2), "presence_penalty": number(-2, 2)}
TOOLS: Mapping[str, Check] = {"tools": a_list, "tool_choice": anything}
FORMAT: Mapping[str, Check] = {"response_format": an_object}
USUAL: Mapping[str, Check] = {**BASIC, **PENALTIES, **TOOLS, **FORMAT, "stop": texts(4, least=1)}
SEED: Mapping[str, Check] = {"seed": whole(0)}
LOGPROBS: Mapping[str, Check] = {"logprobs": flag, "top_logprobs": whole(0, 20)}
USAGE: Mapping[str, Check] = {"stream_options": one_usage}
EFFORT: Mapping[str, Check] = {
    "reasoning_effort": one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")
}
OPENAI: Mapping[str, Check] = {
    **USUAL, **SEED, **LOGPROBS, **USAGE, **EFFORT, "logit_bias": bias, "n": whole(1, 128),
    "max_completion_tokens": whole(1), "verbosity": one_of("low", "medium", "high"),
}  # fmt: skip

# --- shapes of errors


def openai_error(status: int, sentence: str) -> object:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": sentence, "type": kind, "param": None, "code": None}}


def detail_error(status: int, sentence: str) -> object:
    return {"detail": sentence}


# --- shapes of lists


def plain_entry(model: str, context: int | None) -> dict[str, Any]:
    size = {} if context is None else {"context_length": context}
    return {"id": model, "object": "model", "created": 1, "owned_by": "somebody", **size}


def data_list(entries: list[dict[str, Any]]) -> object:
    return {"object": "list", "data": entries}


ANY_TURNS = Turns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What sets a service apart from others of the same form."""

    id: str
    models: tuple[str, ...]
    """The first is what tests ask for."""
    fields: Mapping[str, Check]
    needed: tuple[str, ...] = ("model", "messages")
    base: str = "/v1"
    path: str = "/chat/completions"
    searches: str = ""
    """What a model's name ends in when it shall search the web."""
    models_path: str | None = "/models"
    """Counted from the server's root if it begins with `//`; None: it has no list."""
    context: int | None = None
    entry: Callable[[str, int | None], dict[str, Any]] = plain_entry
    listing: Callable[[list[dict[str, Any]]], object] = data_list
    noise: tuple[dict[str, Any], ...] = ()
    """Entries of the list that are no models to chat with."""
    open_list: bool = False
    """The list needs no key."""
    turns: Turns = ANY_TURNS
    rules: tuple[Rule, ...] = ()
    published: tuple[str, str] = ("", "")
    error: Callable[[int, str], object] = openai_error
    refusal: int = 400
    """Status for a body it does not take."""
    key_header: str = "authorization"
    key_needed: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    """What the address of a request must end in."""
    options: Mapping[str, str] = field(default_factory=dict)
    opening: tuple[dict[str, Any], ...] = ()
    """Objects before the first piece of a reply."""
    comment: str = ""
    """A comment before each event."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of every object of a reply."""


class Talks(StrictFake):
    """The route for chats, of a service of its own or of a server that has others besides."""

    service: ClassVar[Service]

    async def chat(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, self.service.fields, needed=self.service.needed)
        self.check(seen, body)
        generation = self.begin(body)
        calls = openai_calls(body)
        if calls and body.get("stream"):
            deltas = ({"role": "assistant", "content": None}, *openai_deltas(calls))
            told = (*(self.chunk(0, one) for one in deltas), self.chunk(0, {}, "tool_calls"))
            await self.say(seen, answer, generation, [*map(self.event, told), b"data: [DONE]\n\n"])
            return
        if calls:
            message = {"role": "assistant", "content": None, "tool_calls": as_openai(calls)}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None}
            head = self._head("chat.completion")
            await answer.send(200, {**head, "choices": [choice], "usage": _usage([], body)})
            return
        stop = body.get("stop") or []
        pieces, why = self.cut(
            body.get("max_tokens", body.get("max_completion_tokens", 99)),
            [stop] if isinstance(stop, str) else stop,
        )
        if body.get("stream"):
            lines = [*map(self.event, self.chunks(pieces, why, body)), b"data: [DONE]\n\n"]
            await self.say(seen, answer, generation, lines)
        elif await self.think(seen, generation):
            await answer.send(200, self.answered("".join(pieces), why, body))

    def check(self, seen: Seen, body: Body) -> None:
        """Raise Refused for what the service would not answer."""
        service = self.service
        named = str(body.get("model", service.models[0]))
        if not {named, named.removesuffix(service.searches)} & set(service.models):
            raise Refused(404, self.error(404, f"The model {body['model']} does not exist"))
        if not seen.path.endswith(service.query):
            raise Refused(404, self.error(404, "Resource not found"))
        for name, value in service.headers.items():
            if seen.headers.get(name) != value:
                raise Refused(*self.bad(f"The header {name} is not {value}"))
        wrong = service.turns.complaint(body["messages"])
        wrong = wrong or next(filter(None, (rule(body) for rule in service.rules)), "")
        if not wrong and service.published[0]:
            wrong = complaint(*service.published, body)
        if wrong:
            raise Refused(*self.bad(wrong))

    def chunks(self, pieces: list[str], why: str, body: Body) -> Iterable[dict[str, Any]]:
        yield from self.service.opening
        times = range(body.get("n", 1))
        for index in times:
            yield self.chunk(index, {"role": "assistant", "content": ""})
        for piece in pieces:
            for index in times:
                yield self.chunk(index, {"content": piece}, logprobs=_probs([piece], body))
        for index in times:
            yield self.chunk(index, {}, why)
        if body.get("stream_options"):
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(pieces, body)}

    def chunk(
        self, index: int, delta: dict[str, Any], why: str | None = None, logprobs: object = None
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "finish_reason": why, "logprobs": logprobs}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def answered(self, said: str, why: str, body: Body) -> dict[str, Any]:
        message = {"role": "assistant", "content": said, "refusal": None}
        choices = [
            {"index": index, "message": message, "finish_reason": why, "logprobs": _probs([said], body)}
            for index in range(body.get("n", 1))
        ]
        return {**self._head("chat.completion"), "choices": choices, "usage": _usage([said], body)}

    def event(self, payload: Mapping[str, Any]) -> bytes:
        comment = f": {self.service.comment}\n\n" if self.service.comment else ""
        return f"{comment}data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()

    def _head(self, kind: str) -> dict[str, Any]:
        head = {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self.service.models[0]}
        return {**head, **self.service.extra}


class ChatFake(Talks):
    """Refuses what its service does not know, and every message it would refuse."""

    @property
    def routes(self) -> Mapping[str, Any]:
        service = self.service
        found = {f"POST {service.base}{service.path}": self.chat}
        if service.models_path is not None:
            found[f"GET {_placed(service)}"] = self.listed
        return found

    def open_routes(self) -> frozenset[str]:
        return frozenset({f"GET {_placed(self.service)}"}) if self.service.open_list else frozenset()

    def error(self, status: int, sentence: str) -> object:
        return self.service.error(status, sentence)

    def bad(self, sentence: str) -> tuple[int, object]:
        return self.service.refusal, self.error(self.service.refusal, sentence)

    async def listed(self, seen: Seen, answer: Answer) -> None:
        service = self.service
        entries = [*service.noise, *(service.entry(model, service.context) for model in service.models)]
        await answer.send(200, service.listing(entries))


def _placed(service: Service) -> str:
    path = service.models_path or ""
    return path[1:] if path.startswith("//") else service.base + path


def _probs(pieces: list[str], body: Body) -> object:
    if not body.get("logprobs"):
        return None
    tops = [("x", -0.25), (" or", -1.25), (" maybe", -2.25)][: body.get("top_logprobs", 0)]
    return {
        "content": [
            {
                "token": piece, "logprob": -0.25, "bytes": list(piece.encode()),
                "top_logprobs": [{"token": word, "logprob": value, "bytes": None} for word, value in tops],
            }
            for piece in pieces
        ]
    }  # fmt: skip


def _usage(pieces: list[str], body: Body) -> dict[str, Any]:
    asked = sum(count(str(message.get("content"))) for message in body["messages"])
    return {"prompt_tokens": asked, "completion_tokens": len(pieces), "total_tokens": asked + len(pieces)}


def fake_of(service: Service) -> type[ChatFake]:
    """The service's own class."""
    return type(
        f"{service.id.title()}Fake",
        (ChatFake,),
        {
            "__doc__": f"{service.id}, as its row of data says.",
            "service": service,
            "id": service.id,
            "generate": frozenset({f"POST {service.base}{service.path}"}),
            "model": service.models[0],
            "context": service.context,
            "lists": service.models_path is not None,
            "base": service.base,
            "options": service.options,
            "key_header": service.key_header,
            "key_needed": service.key_needed,
        },
    )
