"""Services that tell more than words: thoughts, calls of tools, and endings other than a full stop."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.providers.fakes.backends.chat import FAKES as CHATS
from tests.providers.fakes.backends.claude import ClaudeFake
from tests.providers.fakes.backends.google import GeminiFake
from tests.providers.fakes.backends.routers import FAKES as ROUTERS
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Refused


@dataclass(frozen=True, kw_only=True)
class Told:
    """One reply besides its words, which are the fake's own."""

    thoughts: tuple[str, ...] = ()
    signature: str = ""
    call: tuple[str, Mapping[str, Any]] | None = None
    """A tool's name and what it is asked; the reply then has no words."""
    ends: str = ""
    """The service's own word for why it ends; empty: it is complete."""
    why: str = ""


class TellsAsClaude(ClaudeFake):
    """Each reply takes the next of `tells`; then there are words only."""

    tells: list[Told]

    def events(self, pieces: list[str], reason: str, body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        told = self.tells.pop(0) if self.tells else Told()
        plain = list(super().events([] if told.call else pieces, told.ends or reason, body))
        blocks = [*_thinking(told)] if told.thoughts else []
        for event in [plain[0], *blocks, *plain[1:]]:
            if event["type"] == "message_delta" and told.why:
                event["delta"]["stop_details"] = {
                    "type": "refusal",
                    "category": told.why,
                    "explanation": None,
                }
            if blocks and event in plain and "index" in event:
                event = {**event, "index": 1}
            yield event


def _thinking(told: Told) -> Iterable[dict[str, Any]]:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    for thought in told.thoughts:
        yield _delta({"type": "thinking_delta", "thinking": thought})
    yield _delta({"type": "signature_delta", "signature": told.signature})
    yield {"type": "content_block_stop", "index": 0}


def _delta(delta: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


class TellsAsGemini(GeminiFake):
    """The same in Google's form."""

    tells: list[Told]

    def told(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        told = self.tells.pop(0) if self.tells else Told()
        if told.ends and told.why:  # the prompt itself was blocked
            return [{"promptFeedback": {"blockReason": told.why}, "usageMetadata": {"promptTokenCount": 9}}]
        if told.ends:
            answers[-1]["candidates"][0]["finishReason"] = told.ends
        return answers


class _TellsAsOpenAI:
    """Mixed into a fake of OpenAI's form."""

    tells: list[Told]

    def chunks(self, pieces: list[str], why: str, body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        told = self.tells.pop(0) if self.tells else Told()
        yield from (self.chunk(0, {"reasoning_content": one}) for one in told.thoughts)  # type: ignore[attr-defined]
        if told.call is not None:
            name, asked = told.call
            function = {"name": name, "arguments": json.dumps(asked)}
            calls = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
            yield self.chunk(0, {"role": "assistant", "content": None, "tool_calls": calls})  # type: ignore[attr-defined]
            pieces, why = [], "tool_calls"
        yield from super().chunks(pieces, told.ends or why, body)  # type: ignore[misc]


class TellsAsOpenAI(_TellsAsOpenAI, CHATS["openai"]):  # type: ignore[misc, valid-type]
    """OpenAI itself."""


class TellsAsDeepSeek(_TellsAsOpenAI, CHATS["deepseek"]):  # type: ignore[misc, valid-type]
    """Its thoughts arrive apart from its words."""


class Moderates(ROUTERS["openrouter"]):  # type: ignore[misc, valid-type]
    """OpenRouter before a model that reads no such thing."""

    async def chat(self, seen: Seen, answer: Answer) -> None:
        flagged = {"reasons": ["violence", "self-harm"], "flagged_input": "…", "provider_name": "OpenAI"}
        said = "Your chosen model requires moderation and your input was flagged"
        raise Refused(403, {"error": {"message": said, "code": 403, "metadata": flagged}})


def telling(kind: type[Any], *tells: Told, reply: Iterable[str] = ("The", " bridge", " is", " down.")) -> Any:
    """A fake that tells this, reply by reply."""
    fake = kind(reply=reply)
    fake.tells = list(tells)
    return fake
