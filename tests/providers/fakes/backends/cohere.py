"""Cohere's second API: `/v2/chat`, with its list of models at the first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.providers.fakes.calling import Wanted, as_openai, openai_calls
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

FIELDS: Mapping[str, Check] = {
    "model": text, "messages": anything, "max_tokens": whole(0), "stream": flag, "temperature": number(0, 1),
    "p": number(0.01, 0.99), "k": whole(0, 500), "frequency_penalty": number(0, 1),
    "presence_penalty": number(0, 1), "seed": whole(0), "stop_sequences": texts(5), "documents": anything,
    "tools": anything, "tool_choice": one_of("REQUIRED", "NONE"), "safety_mode": one_of("CONTEXTUAL", "STRICT", "OFF"),
    "response_format": anything, "thinking": anything,
}  # fmt: skip
TURNS = Turns(
    keys=("role", "content", "tool_calls", "tool_call_id", "tool_plan"),
    parts=frozenset({"text", "image_url"}),
)
MODELS = ("command-a-03-2025", "command-r-08-2024")


class CohereFake(StrictFake):
    """Its events carry a message that grows."""

    id = "cohere"
    base = "/v2"
    generate = frozenset({"POST /v2/chat"})
    model = MODELS[0]
    context = 256_000
    key_needed = True
    counts = True

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "POST /v2/chat": self.chat,
            "POST /v1/tokenize": self.tokenized,
            "GET /v1/models": self.listed,
        }

    async def tokenized(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, {"text": text, "model": text}, needed=("text", "model"))
        wrong = complaint("cohere", "POST /v1/tokenize", body)
        if wrong:
            raise Refused(*self.bad(f"invalid request: {wrong}"))
        words = body["text"].split()
        await answer.send(200, {"tokens": [*range(len(words))], "token_strings": words})

    def error(self, status: int, sentence: str) -> object:
        return {"id": "e-1", "message": sentence}

    async def listed(self, seen: Seen, answer: Answer) -> None:
        entries = [
            {
                "name": name, "endpoints": ["chat"], "finetuned": False, "context_length": self.context,
                "tokenizer_url": "https://example.org/t.json", "default_endpoints": [], "features": None,
            }
            for name in MODELS
        ]  # fmt: skip
        await answer.send(200, {"models": entries})

    async def chat(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, FIELDS, needed=("model", "messages"))
        if body["model"] not in MODELS:
            raise Refused(404, self.error(404, f"model '{body['model']}' not found"))
        wrong = (
            TURNS.complaint(body["messages"]) or complaint("cohere", "POST /v2/chat", body) or _filter(body)
        )
        if wrong:
            raise Refused(*self.bad(f"invalid request: {wrong}"))
        generation = self.begin(body)
        if calls := openai_calls(body):
            usage = _usage([], body)
            if body.get("stream"):
                lines = [*map(_event, _calling(calls, usage)), b"data: [DONE]\n\n"]
                await self.say(seen, answer, generation, lines)
                return
            message = {"role": "assistant", "tool_plan": "I will call.", "tool_calls": as_openai(calls)}
            said = {"id": "c-1", "finish_reason": "TOOL_CALL", "message": message, "usage": usage}
            await answer.send(200, said)
            return
        pieces, why = self.cut(body.get("max_tokens", 99), body.get("stop_sequences", ()))
        reason = {"stop": "COMPLETE", "length": "MAX_TOKENS"}[why]
        usage = _usage(pieces, body)
        if body.get("stream"):
            lines = [*map(_event, _events(pieces, reason, usage)), b"data: [DONE]\n\n"]
            await self.say(seen, answer, generation, lines)
        elif await self.think(seen, generation):
            message = {"role": "assistant", "content": [{"type": "text", "text": "".join(pieces)}]}
            await answer.send(200, {"id": "c-1", "finish_reason": reason, "message": message, "usage": usage})


def _filter(body: Mapping[str, Any]) -> str:
    refused = body.get("safety_mode") == "OFF" and not body["model"].endswith("08-2024")
    return "safety_mode OFF is not supported for this model" if refused else ""


def _usage(pieces: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
    asked = float(sum(count(str(message.get("content"))) for message in body["messages"]))
    spent = {"input_tokens": asked, "output_tokens": float(len(pieces))}
    return {"billed_units": spent, "tokens": spent}


def _events(pieces: list[str], reason: str, usage: object) -> Iterable[dict[str, Any]]:
    opened = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"id": "c-1", "type": "message-start", "delta": {"message": opened}}
    yield {
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    }
    for piece in pieces:
        yield {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
    yield {"type": "content-end", "index": 0}
    yield {"type": "message-end", "delta": {"finish_reason": reason, "usage": usage}}


def _calling(calls: list[Wanted], usage: object) -> Iterable[dict[str, Any]]:
    opened = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"id": "c-1", "type": "message-start", "delta": {"message": opened}}
    yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will call."}}}
    for at, one in enumerate(calls):
        begun = {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": ""}}
        yield {"type": "tool-call-start", "index": at, "delta": {"message": {"tool_calls": begun}}}
        for half in one.halves:
            more = {"tool_calls": {"function": {"arguments": half}}}
            yield {"type": "tool-call-delta", "index": at, "delta": {"message": more}}
        yield {"type": "tool-call-end", "index": at}
    yield {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": usage}}


def _event(payload: Mapping[str, Any]) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


FAKES = {"cohere": CohereFake}
