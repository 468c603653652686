"""CompletionsFake: what servers with OpenAI's `/v1/completions` have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Check, Refused, StrictFake, count


class CompletionsFake(StrictFake):
    """Subclasses fill in `fields`, the shapes of errors, and what else they answer."""

    generate = frozenset({"POST /v1/completions"})
    fields: ClassVar[Mapping[str, Check]]
    needed: ClassVar[tuple[str, ...]] = ("prompt",)
    published: ClassVar[tuple[str, str]] = ("", "")
    """Name and schema of the service's own description of a body."""
    line_end: ClassVar[str] = "\n"
    default_tokens: ClassVar[int] = 16
    owner: ClassVar[str] = "user"
    last_alone: ClassVar[bool] = True
    """The reason comes with an empty text after the last piece."""

    @property
    def routes(self) -> Mapping[str, Any]:
        return {"GET /v1/models": self.listed, "POST /v1/completions": self.completions}

    def error(self, status: int, sentence: str) -> object:
        kind = "invalid_request_error" if status < 500 else "server_error"
        return {"error": {"message": sentence, "type": kind, "param": None, "code": None}}

    # --- what differs

    def model_entry(self) -> dict[str, object]:
        return {"id": self.model, "object": "model", "created": 0, "owned_by": self.owner}

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise Refused for what no single field is wrong about."""

    def chunk(self, choices: list[dict[str, object]]) -> dict[str, object]:
        return {
            "id": "cmpl-1", "object": "text_completion", "created": 1, "model": self.model,
            "choices": choices,
        }  # fmt: skip

    def choice(self, index: int, text: str, reason: str | None, logprobs: object = None) -> dict[str, object]:
        return {"index": index, "text": text, "finish_reason": reason, "logprobs": logprobs}

    def opening(self) -> list[dict[str, object]]:
        """Chunks before the first piece."""
        return []

    # --- answering

    def told(self, payload: object) -> Any:
        async def handle(seen: Seen, answer: Answer) -> None:
            await answer.send(200, payload)

        return handle

    async def listed(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"object": "list", "data": [self.model_entry()]})

    async def completions(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, self.fields, needed=self.needed)
        wrong = complaint(*self.published, body) if self.published[0] else ""
        if wrong:
            raise Refused(*self.bad(wrong))
        self.check(body)
        generation = self.begin(body)
        stop = body.get("stop") or []
        pieces, why = self.cut(
            body.get("max_tokens", self.default_tokens), [stop] if isinstance(stop, str) else stop
        )
        times = body.get("n", 1)
        usage = {"prompt_tokens": count(body["prompt"]), "completion_tokens": len(pieces) * times}
        if body.get("stream"):
            lines = [self._line(one) for one in self._chunks(pieces, why, times, body, usage)]
            await self.say(seen, answer, generation, [*lines, self._data("[DONE]")])
        elif await self.think(seen, generation):
            choices = [
                self.choice(index, "".join(pieces), why, self._probs(pieces, body)) for index in range(times)
            ]
            await answer.send(200, {**self.chunk(choices), "usage": {**usage, "total_tokens": 0}})

    def _chunks(
        self, pieces: list[str], why: str, times: int, body: Mapping[str, Any], usage: object
    ) -> Iterable[dict[str, object]]:
        yield from self.opening()
        for at, piece in enumerate(pieces):
            reason = why if at + 1 == len(pieces) and not self.last_alone else None
            for index in range(times):
                yield self.chunk([self.choice(index, piece, reason, self._probs([piece], body))])
        if self.last_alone:
            for index in range(times):
                yield self.chunk([self.choice(index, "", why)])
        if (body.get("stream_options") or {}).get("include_usage"):
            yield {**self.chunk([]), "usage": usage}

    def _line(self, payload: object) -> bytes:
        return self._data(json.dumps(payload, ensure_ascii=False))

    def _data(self, text: str) -> bytes:
        return f"data: {text}{self.line_end * 2}".encode()

    def _probs(self, pieces: list[str], body: Mapping[str, Any]) -> object:
        wanted = body.get("logprobs")
        return side_by_side(pieces, int(wanted)) if wanted else None


def side_by_side(pieces: list[str], wanted: int) -> dict[str, object]:
    """Token probabilities as lists beside each other."""
    tops = [dict([(piece, -0.25), (" or", -1.25), (" maybe", -2.25)][:wanted]) for piece in pieces]
    return {
        "tokens": pieces,
        "token_logprobs": [-0.25] * len(pieces),
        "top_logprobs": tops,
        "text_offset": [0] * len(pieces),
    }


def bias(value: Any) -> str:
    """`{"id": number}`"""
    fits = isinstance(value, dict) and all(
        id.isdigit() and isinstance(one, int | float) and not isinstance(one, bool)
        for id, one in value.items()
    )
    return "" if fits else f"{value!r} is not an object of ids and numbers"


def ids_text(value: Any) -> str:
    """`"1,2,3"`"""
    fits = isinstance(value, str) and all(one.isdigit() for one in value.split(","))
    return "" if fits else f"{value!r} is not a list of ids in a text"
