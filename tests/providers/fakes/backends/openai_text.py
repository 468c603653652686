"""Servers with OpenAI's completions: a strict one, and LM Studio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake, bias
from tests.providers.fakes.published import complaint
from tests.providers.fakes.strict import Check, Refused, anything, flag, number, text, texts, whole

FIELDS: Mapping[str, Check] = {
    "model": text, "prompt": text, "max_tokens": whole(0), "stream": flag, "stream_options": anything,
    "temperature": number(0, 2), "top_p": number(0, 1), "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2), "seed": whole(), "logit_bias": bias, "user": text,
}  # fmt: skip


class GenericFake(CompletionsFake):
    """Takes what OpenAI publishes and nothing else."""

    id = "generic"
    last_alone = False
    fields: ClassVar[Mapping[str, Check]] = {
        **FIELDS, "stop": texts(4), "n": whole(1, 128), "best_of": whole(1, 20), "logprobs": whole(0, 5),
        "echo": flag, "suffix": text,
    }  # fmt: skip

    def error(self, status: int, sentence: str) -> object:
        return {"error": {"message": sentence, "type": "invalid_request_error", "param": None, "code": None}}

    def check(self, body: Mapping[str, Any]) -> None:
        wrong = complaint("openai", "CreateCompletionRequest", {"model": self.model, **body})
        if wrong:
            raise Refused(*self.bad(wrong))

    def model_entry(self) -> dict[str, object]:
        return {**super().model_entry(), "context_length": self.context}


class LmStudioFake(CompletionsFake):
    """Tells of contexts and states at its own route."""

    id = "lmstudio"
    model = "qwen2.5-7b-instruct"
    owner = "organization_owner"
    fields: ClassVar[Mapping[str, Check]] = {
        **FIELDS, "temperature": number(0), "stop": texts(), "top_k": whole(-1), "min_p": number(0, 1),
        "repeat_penalty": number(0),
    }  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        known = [
            {
                "id": self.model, "object": "model", "type": "vlm", "publisher": "qwen", "arch": "qwen2",
                "compatibility_type": "gguf", "quantization": "4bit", "state": "loaded",
                "max_context_length": 32768, "loaded_context_length": self.context,
                "capabilities": ["tool_use"],
            },
            {"id": "other-13b", "type": "llm", "state": "not-loaded", "max_context_length": 4096},
            {"id": "nomic-embed", "type": "embeddings", "state": "not-loaded", "max_context_length": 2048},
        ]  # fmt: skip
        entries = [{**self.model_entry(), "id": one["id"]} for one in known]
        return {
            **super().routes,
            "GET /v1/models": self.told({"object": "list", "data": entries}),
            "GET /api/v0/models": self.told({"object": "list", "data": known}),
        }

    def error(self, status: int, sentence: str) -> object:
        return {"error": sentence} if status == 404 else {"error": {"message": sentence, "type": "x"}}


FAKES = {"generic": GenericFake, "lmstudio": LmStudioFake}
