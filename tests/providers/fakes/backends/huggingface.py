"""Hugging Face's text-generation-inference, version 3.3.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Check, anything, flag, ids, number, text, texts, whole


class HuggingFaceFake(CompletionsFake):
    """Says "" where others say null for a reply that goes on."""

    id = "huggingface"
    counts = True
    context = 4096
    model = "org/tiny-7b"
    needed = ("model", "prompt")
    default_tokens = 1024
    last_alone = False
    fields: ClassVar[Mapping[str, Check]] = {
        "model": text, "prompt": text, "max_tokens": whole(1), "temperature": number(above=0),
        "top_p": number(0.0001, 0.9999), "frequency_penalty": number(-2, 2),
        "repetition_penalty": number(above=0), "seed": whole(0), "stop": texts(4), "stream": flag,
        "stream_options": anything,
    }  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        info = {
            "model_id": self.model, "model_pipeline_tag": "text-generation", "max_concurrent_requests": 128,
            "max_best_of": 2, "max_stop_sequences": 4, "max_input_tokens": 3072,
            "max_total_tokens": self.context, "validation_workers": 2, "max_client_batch_size": 4,
            "router": "text-generation-router", "version": "3.3.6-dev0",
        }  # fmt: skip
        return {**super().routes, "GET /info": self.told(info), "POST /tokenize": self.tokenize}

    def error(self, status: int, sentence: str) -> object:
        kinds = {422: "validation", 424: "generation", 429: "overloaded"}
        return {"error": sentence, "error_type": kinds.get(status, "generation")}

    def bad(self, sentence: str) -> tuple[int, object]:
        return 422, self.error(422, f"Input validation error: {sentence}")

    def choice(self, index: int, text: str, reason: str | None, logprobs: object = None) -> dict[str, object]:
        word = {"stop": "eos_token", "length": "length", None: ""}[reason]
        return {"index": index, "text": text, "logprobs": None, "finish_reason": word}

    async def tokenize(self, seen: Seen, answer: Answer) -> None:
        """With a start token."""
        given = self.body(seen, {"inputs": text, "parameters": anything}, needed=["inputs"])["inputs"]
        found = [{"id": id, "text": "t", "start": 0, "stop": 1} for id in (1, *ids(given))]
        await answer.send(200, found)


FAKES = {"huggingface": HuggingFaceFake}
