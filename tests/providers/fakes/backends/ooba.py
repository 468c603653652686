"""text-generation-webui, as recorded in May 2026."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake, bias, ids_text
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    anything,
    count,
    flag,
    ids,
    number,
    text,
    texts,
    whole,
)

ORDER = {
    "repetition_penalty", "presence_penalty", "frequency_penalty", "dry", "top_n_sigma", "temperature",
    "dynamic_temperature", "quadratic_sampling", "top_k", "top_p", "typical_p", "epsilon_cutoff",
    "eta_cutoff", "tfs", "top_a", "min_p", "adaptive_p", "mirostat", "xtc", "encoder_repetition_penalty",
    "no_repeat_ngram",
}  # fmt: skip


def _order(value: Any) -> str:
    wrong = texts()(value)
    return wrong or (
        "" if set(value) == ORDER and len(value) == len(ORDER) else f"{value!r} is not all names"
    )


def _breakers(value: Any) -> str:
    """A text: a JSON array, or what is between its brackets."""
    if not isinstance(value, str):
        return f"{value!r} is not a text"
    try:
        found = json.loads(value if value.startswith("[") else f"[{value}]")
    except ValueError:
        return f"{value!r} is no JSON array"
    return texts()(found)


class OobaFake(CompletionsFake):
    """Its model list tells no context; the loader is llama.cpp."""

    id = "ooba"
    context = None
    counts = True
    model = "tiny.gguf"
    published = ("text-generation-webui", "CompletionRequest")
    default_tokens = 512
    others: ClassVar[tuple[str, ...]] = ("other.gguf",)
    """Further files in its folder."""
    fields: ClassVar[Mapping[str, Check]] = {
        "model": text, "prompt": text, "max_tokens": whole(1), "stream": flag, "stop": texts(),
        "stream_options": anything, "n": whole(1), "echo": flag, "suffix": text, "logprobs": whole(0),
        "logit_bias": bias, "temperature": number(0), "top_p": number(0, 1), "top_k": whole(-1),
        "min_p": number(0, 1), "typical_p": number(0, 1), "tfs": number(0, 1), "top_a": number(0),
        "top_n_sigma": number(0), "epsilon_cutoff": number(0), "eta_cutoff": number(0),
        "adaptive_target": number(0, 1), "adaptive_decay": number(0, 1), "dynamic_temperature": flag,
        "dynatemp_low": number(0), "dynatemp_high": number(0), "dynatemp_exponent": number(0),
        "smoothing_factor": number(0), "smoothing_curve": number(0), "xtc_threshold": number(0),
        "xtc_probability": number(0), "dry_multiplier": number(0), "dry_base": number(0),
        "dry_allowed_length": whole(0), "dry_sequence_breakers": _breakers,
        "repetition_penalty": number(0), "repetition_penalty_range": whole(0),
        "frequency_penalty": number(), "presence_penalty": number(),
        "encoder_repetition_penalty": number(0), "no_repeat_ngram_size": whole(0),
        "penalty_alpha": number(0), "guidance_scale": number(), "negative_prompt": text,
        "mirostat_mode": whole(0, 2), "mirostat_tau": number(0), "mirostat_eta": number(0),
        "temperature_last": flag, "do_sample": flag, "sampler_priority": _order,
        "custom_token_bans": ids_text, "ban_eos_token": flag, "add_bos_token": flag,
        "skip_special_tokens": flag, "truncation_length": whole(0), "seed": whole(-1),
        "grammar_string": text, "max_tokens_second": whole(0), "auto_max_new_tokens": flag, "preset": text,
    }  # fmt: skip

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.loaded = self.model

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            **super().routes,
            "GET /v1/internal/model/info": self.info,
            "GET /v1/internal/model/list": self.told({"model_names": [self.model, *self.others]}),
            "POST /v1/internal/model/load": self.load,
            "POST /v1/internal/model/unload": self.unload,
            "POST /v1/internal/token-count": self.token_count,
            "POST /v1/internal/encode": self.encode,
            "POST /v1/internal/stop-generation": self.told("OK"),
        }

    def error(self, status: int, sentence: str) -> object:
        if status == 401:
            return {"detail": "Unauthorized" if sentence == "Invalid API key" else sentence}
        if status == 404:
            return {"detail": sentence}
        return super().error(status, sentence)

    def bad(self, sentence: str) -> tuple[int, object]:
        place, _, what = sentence.partition(": ")
        return 422, {"detail": [{"type": "value_error", "loc": ["body", place], "msg": what, "input": None}]}

    def check(self, body: Mapping[str, Any]) -> None:
        if body.get("n", 1) > 1 and body.get("stream"):
            raise Refused(400, self.error(400, "n > 1 is not supported with streaming."))
        if not self.loaded:
            raise Refused(500, b"Internal Server Error")

    def model_entry(self) -> dict[str, object]:
        return {"id": self.loaded, "object": "model", "created": 0, "owned_by": "user"}

    async def listed(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"object": "list", "data": [self.model_entry()] if self.loaded else []})

    def opening(self) -> list[dict[str, object]]:
        return [self.chunk([self.choice(0, "", None)])]

    async def info(self, seen: Seen, answer: Answer) -> None:
        name = self.loaded or "None"
        await answer.send(200, {"model_name": name, "lora_names": [], "loader": "llama.cpp"})

    async def load(self, seen: Seen, answer: Answer) -> None:
        fields = {"model_name": text, "args": anything, "instruction_template": text}
        name = self.body(seen, fields, needed=["model_name"])["model_name"]
        if name not in (self.model, *self.others):
            raise Refused(500, {"detail": "Failed to load the model."})
        self.loaded = name
        await answer.send(200, "OK")

    async def unload(self, seen: Seen, answer: Answer) -> None:
        self.loaded = ""
        await answer.send(200, "OK")

    async def token_count(self, seen: Seen, answer: Answer) -> None:
        """With a start token, which cannot be switched off."""
        given = self.body(seen, {"text": text}, needed=["text"])["text"]
        await answer.send(200, {"length": count(given) + 1})

    async def encode(self, seen: Seen, answer: Answer) -> None:
        found = [1, *ids(self.body(seen, {"text": text}, needed=["text"])["text"])]
        await answer.send(200, {"tokens": found, "length": len(found)})


FAKES = {"ooba": OobaFake}
