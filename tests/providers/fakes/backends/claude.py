"""Anthropic's Messages API: its models' own refusals, its events, and its list in pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.providers.fakes.calling import Wanted, wanted_calls, words_of
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
    text,
    texts,
    whole,
)

FIELDS: Mapping[str, Check] = {
    "model": text, "messages": anything, "max_tokens": whole(1), "stream": flag, "system": anything,
    "stop_sequences": texts(8191), "temperature": number(0, 1), "top_p": number(0, 1), "top_k": whole(0),
    "tools": anything, "tool_choice": anything, "thinking": anything, "output_config": anything,
    "metadata": anything,
}  # fmt: skip
SAMPLERS = ("temperature", "top_p", "top_k")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a model takes."""

    samplers: str = "none"
    """all, one (temperature or top_p), none"""
    thinking: tuple[str, ...] = ("adaptive", "disabled")
    prefill: bool = False
    effort: bool = True


OLDER = Kind(samplers="all", thinking=(), prefill=True, effort=False)
BUDGET = Kind(samplers="all", thinking=("enabled", "disabled"), prefill=True, effort=False)
ONE = Kind(samplers="one", thinking=("enabled", "disabled"), prefill=True, effort=False)

MODELS: Mapping[str, Kind] = {
    "claude-sonnet-4-5": ONE,
    "claude-3-haiku-20240307": OLDER,
    "claude-3-5-sonnet-20241022": OLDER,
    "claude-3-7-sonnet-20250219": BUDGET,
    "claude-sonnet-4-20250514": BUDGET,
    "claude-opus-4-1": ONE,
    "claude-haiku-4-5": ONE,
    "claude-opus-4-5": Kind(samplers="one", thinking=("enabled", "disabled"), prefill=True),
    "claude-sonnet-4-6": Kind(samplers="one", thinking=("enabled", "adaptive", "disabled")),
    "claude-opus-4-7": Kind(),
    "claude-opus-5": Kind(),
    "claude-fable-5-2": Kind(),
}
VERSION = re.compile(r"20\d\d-\d\d-\d\d")
KINDS_OF_ERROR = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error",
    529: "overloaded_error",
}  # fmt: skip


FRAME = 7
"""Tokens of a message besides its words."""


class ClaudeFake(StrictFake):
    """`/v1/messages`, version 2023-06-01."""

    id = "claude"
    base = "/v1"
    generate = frozenset({"POST /v1/messages"})
    model = "claude-sonnet-4-5"
    context = 200_000
    key_header = "x-api-key"
    key_needed = True
    counts = True

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "POST /v1/messages": self.messages,
            "POST /v1/messages/count_tokens": self.counted,
            "GET /v1/models": self.listed,
        }

    def error(self, status: int, sentence: str) -> object:
        kind = KINDS_OF_ERROR.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": sentence}, "request_id": "req_1"}

    def check_key(self, seen: Seen) -> None:
        """The key stands in a header of the service's own, or, from its newer client, in the usual one."""
        sent = {
            seen.headers.get(self.key_header),
            seen.headers.get("authorization", "").removeprefix("Bearer "),
        }
        if self.key not in sent:
            raise Refused(401, self.error(401, "invalid x-api-key"))
        if not VERSION.fullmatch(seen.headers.get("anthropic-version", "")):
            raise Refused(*self.bad("anthropic-version: header is required"))

    async def listed(self, seen: Seen, answer: Answer) -> None:
        asked = parse_qs(urlsplit(seen.path).query)
        names = list(MODELS)
        start = names.index(asked["after_id"][0]) + 1 if "after_id" in asked else 0
        page = names[start : start + min(int(asked.get("limit", ["20"])[0]), 1000)]
        skills = {"image_input": {"supported": True}, "thinking": {"supported": True}}
        entries = [
            {
                "type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01T00:00:00Z",
                "max_input_tokens": self.context, "max_tokens": 64_000, "capabilities": skills,
            }
            for name in page
        ]  # fmt: skip
        more = bool(page) and page[-1] != names[-1]
        ends = {"first_id": page[0] if page else None, "last_id": page[-1] if page else None}
        await answer.send(200, {"data": entries, "has_more": more, **ends})

    async def counted(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, {"model": text, "messages": anything}, needed=("model", "messages"))
        wrong = complaint("anthropic", "CountMessageTokensParams", body)
        wrong = wrong or _messages(body, MODELS[body["model"]])
        if wrong:
            raise Refused(*self.bad(wrong))
        words = sum(count(str(message["content"])) for message in body["messages"])
        await answer.send(200, {"input_tokens": words + FRAME})

    async def messages(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, FIELDS, needed=("model", "max_tokens", "messages"))
        if body["model"] not in MODELS:
            raise Refused(404, self.error(404, f"model: {body['model']}"))
        rules = (_messages, _order, _prefill, _samplers, _thinking, _effort)
        wrong = complaint("anthropic", "CreateMessageParams", body)
        wrong = wrong or next(filter(None, (rule(body, MODELS[body["model"]]) for rule in rules)), "")
        if wrong:
            raise Refused(*self.bad(wrong))
        generation = self.begin(body)
        if calls := _calls(body):
            if body.get("stream"):
                await self.say(seen, answer, generation, map(_event, _calling(calls, body)))
                return
            blocks = [
                {"type": "tool_use", "id": one.id, "name": one.name, "input": one.values} for one in calls
            ]
            usage = {"input_tokens": _asked(body), "output_tokens": len(calls)}
            said = {**_head(body), "content": blocks, "stop_reason": "tool_use", "usage": usage}
            await answer.send(200, said)
            return
        pieces, why = self.cut(body["max_tokens"], body.get("stop_sequences", ()))
        reason = {"stop": "end_turn", "length": "max_tokens"}[why]
        if body.get("stream"):
            await self.say(seen, answer, generation, map(_event, self.events(pieces, reason, body)))
        elif await self.think(seen, generation):
            content = [{"type": "text", "text": "".join(pieces), "citations": None}]
            usage = {"input_tokens": _asked(body), "output_tokens": len(pieces)}
            await answer.send(200, {**_head(body), "content": content, "stop_reason": reason, "usage": usage})

    def events(self, pieces: list[str], reason: str, body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        """What is streamed; a subclass may say more than words."""
        return _events(pieces, reason, body)


# --- what is refused


def _messages(body: Mapping[str, Any], kind: Kind) -> str:
    if not body["messages"]:
        return "messages: at least one message is required"
    for at, message in enumerate(body["messages"]):
        content = message["content"]
        if not content:
            return f"messages.{at}: all messages must have non-empty content"
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            return "messages: text content blocks must contain non-whitespace text"
    return ""


def _order(body: Mapping[str, Any], kind: Kind) -> str:
    """Every call is answered in the next message, and nothing else is."""
    waiting: set[str] = set()
    for at, message in enumerate(body["messages"]):
        blocks = message["content"] if isinstance(message["content"], list) else []
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered != waiting:
            what = (
                "tool_use ids were found without tool_result blocks" if waiting else "unexpected tool_result"
            )
            return f"messages.{at}: {what}"
        waiting = {block["id"] for block in blocks if block["type"] == "tool_use"}
        if waiting and not body.get("tools"):
            return "Requests which include `tool_use` or `tool_result` blocks must define tools"
    return ""


def _prefill(body: Mapping[str, Any], kind: Kind) -> str:
    last = body["messages"][-1]
    if last["role"] != "assistant":
        return ""
    if not kind.prefill or body.get("thinking", {}).get("type") == "enabled":
        return (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    words = last["content"] if isinstance(last["content"], str) else last["content"][-1].get("text", "")
    return (
        "messages: final assistant content cannot end with trailing whitespace"
        if words != words.rstrip()
        else ""
    )


def _samplers(body: Mapping[str, Any], kind: Kind) -> str:
    named = [name for name in SAMPLERS if name in body]
    if kind.samplers == "none" and named:
        return f"`{named[0]}` is deprecated for this model."
    if kind.samplers == "one" and {"temperature", "top_p"} <= set(named):
        return "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    return ""


def _thinking(body: Mapping[str, Any], kind: Kind) -> str:
    thinking = body.get("thinking")
    if thinking is None:
        return ""
    if thinking["type"] not in kind.thinking:
        return f'"thinking.type.{thinking["type"]}" is not supported for this model.'
    if thinking["type"] != "enabled":
        return ""
    if not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        return "`max_tokens` must be greater than `thinking.budget_tokens`, which must be at least 1024."
    if body.get("temperature", 1) != 1 or "top_k" in body or body.get("top_p", 1) < 0.95:
        return "`temperature` may only be set to 1 when thinking is enabled, and `top_k` not at all."
    return ""


def _effort(body: Mapping[str, Any], kind: Kind) -> str:
    told = "effort" in (body.get("output_config") or {})
    return "This model does not support the effort parameter." if told and not kind.effort else ""


# --- what is said


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
        "stop_reason": None, "stop_sequence": None, "stop_details": None, "container": None,
    }  # fmt: skip


def _asked(body: Mapping[str, Any]) -> int:
    return sum(len(re.findall(r"\w+", str(message["content"]))) for message in body["messages"])


def _events(pieces: list[str], reason: str, body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    usage = {"input_tokens": _asked(body), "output_tokens": 1}
    yield {"type": "message_start", "message": {**_head(body), "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for at, piece in enumerate(pieces):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        if at == 0:
            yield {"type": "ping"}
    yield {"type": "content_block_stop", "index": 0}
    spent = {"output_tokens": count("".join(pieces))}
    yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": spent}
    yield {"type": "message_stop"}


def _calls(body: Mapping[str, Any]) -> list[Wanted]:
    last = body["messages"][-1]
    return wanted_calls(words_of(last["content"]), (tool["name"] for tool in body.get("tools", ())))


def _calling(calls: list[Wanted], body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    yield {
        "type": "message_start",
        "message": {**_head(body), "usage": {"input_tokens": 1, "output_tokens": 1}},
    }
    for at, one in enumerate(calls):
        block = {"type": "tool_use", "id": one.id, "name": one.name, "input": {}}
        yield {"type": "content_block_start", "index": at, "content_block": block}
        for half in one.halves:
            delta = {"type": "input_json_delta", "partial_json": half}
            yield {"type": "content_block_delta", "index": at, "delta": delta}
        yield {"type": "content_block_stop", "index": at}
    ended = {"stop_reason": "tool_use", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": len(calls)}}
    yield {"type": "message_stop"}


def _event(payload: Mapping[str, Any]) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


FAKES = {"claude": ClaudeFake}
