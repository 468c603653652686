"""vLLM, and Aphrodite, which came from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake, bias
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    anything,
    flag,
    ids,
    number,
    one_of,
    text,
    texts,
    whole,
)

SHARED: Mapping[str, Check] = {
    "model": text, "prompt": text, "max_tokens": whole(0), "min_tokens": whole(0), "n": whole(1, 16_384),
    "stream": flag, "stream_options": anything, "stop": texts(), "stop_token_ids": anything,
    "include_stop_str_in_output": flag, "echo": flag, "logit_bias": bias, "seed": whole(), "user": text,
    "temperature": number(0), "top_p": number(0, 1, above=0), "min_p": number(0, 1),
    "repetition_penalty": number(above=0), "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2), "ignore_eos": flag, "skip_special_tokens": flag,
    "spaces_between_special_tokens": flag, "add_special_tokens": flag, "truncate_prompt_tokens": whole(-1),
}  # fmt: skip


def _top_k(value: Any) -> str:
    wrong = whole(-1)(value)
    return wrong or ("0 is refused by older versions" if value == 0 else "")


def _structured(value: Any) -> str:
    fits = (
        isinstance(value, dict) and len(value) == 1 and value.keys() <= {"json", "grammar", "regex", "choice"}
    )
    return "" if fits else f"{value!r} is not one rule"


class VllmFake(CompletionsFake):
    """Only `/v1` asks for the key."""

    id = "vllm"
    counts = True
    model = "org/tiny-7b"
    owner = "vllm"
    last_alone = False
    needed = ("model", "prompt")
    version: ClassVar[str] = "0.11.2"
    tokenize_path: ClassVar[str] = "/tokenize"
    fields: ClassVar[Mapping[str, Check]] = {
        **SHARED, "top_k": _top_k, "logprobs": whole(-1, 5), "bad_words": texts(),
        "structured_outputs": _structured, "response_format": anything, "length_penalty": number(),
        "use_beam_search": flag, "allowed_token_ids": anything, "priority": whole(), "request_id": text,
    }  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            **super().routes,
            "GET /version": self.told({"version": self.version}),
            f"POST {self.tokenize_path}": self.tokenize,
        }

    def open_routes(self) -> frozenset[str]:
        return frozenset(name for name in self.routes if " /v1" not in name)

    def error(self, status: int, sentence: str) -> object:
        if status == 401:
            return {"error": "Unauthorized"} if sentence == "Invalid API key" else {"error": sentence}
        kind = "NotFoundError" if status == 404 else "BadRequestError"
        return {"error": {"message": sentence, "type": kind, "param": None, "code": status}}

    def model_entry(self) -> dict[str, object]:
        return {
            "id": self.model, "object": "model", "created": 1, "owned_by": self.owner, "root": self.model,
            "parent": None, "max_model_len": self.context,
        }  # fmt: skip

    def check(self, body: Mapping[str, Any]) -> None:
        if body.get("model", self.model) != self.model:
            sentence = f"The model `{body['model']}` does not exist."
            raise Refused(404, self.error(404, sentence))
        if body["prompt"] == "":
            raise Refused(*self.bad("Either prompt or prompt_embeds must be provided and non-empty."))
        if body.get("min_tokens", 0) > body.get("max_tokens", self.default_tokens):
            raise Refused(*self.bad("min_tokens must be less than or equal to max_tokens"))

    async def tokenize(self, seen: Seen, answer: Answer) -> None:
        fields = {"model": text, "prompt": text, "add_special_tokens": flag, "return_token_strs": flag}
        body = self.body(seen, fields, needed=["prompt"])
        found = [*([1] if body.get("add_special_tokens", True) else []), *ids(body["prompt"])]
        await answer.send(200, {"count": len(found), "max_model_len": self.context, "tokens": found})


ORDER = [
    "dry", "penalties", "no_repeat_ngram", "temperature", "top_nsigma", "top_p_top_k", "top_a", "min_p",
    "tfs", "eta_cutoff", "epsilon_cutoff", "typical_p", "quadratic", "xtc",
]  # fmt: skip


def _order(value: Any) -> str:
    wrong = texts()(value)
    return wrong or ("" if sorted(value) == sorted(ORDER) else f"{value!r} is not all names")


class AphroditeFake(VllmFake):
    """Its key goes into `x-api-key`, and loading and unloading asks for its admin's."""

    id = "aphrodite"
    owner = "pygmalionai"
    version = "0.6.7"
    tokenize_path = "/v1/tokenize"
    fields: ClassVar[Mapping[str, Check]] = {
        **SHARED, "top_k": _top_k, "logprobs": whole(0, 10), "top_a": number(0), "tfs": number(0, 1),
        "eta_cutoff": number(0), "epsilon_cutoff": number(0, 1000), "typical_p": number(0, 1, above=0),
        "smoothing_factor": number(0), "smoothing_curve": number(1), "no_repeat_ngram_size": whole(0),
        "temperature_last": flag, "xtc_threshold": number(0), "xtc_probability": number(0, 1),
        "dry_multiplier": number(0), "dry_base": number(1), "dry_allowed_length": whole(0),
        "dry_range": whole(0), "dry_penalty_last_n": whole(0), "dry_sequence_breakers": texts(),
        "dynatemp_min": number(0), "dynatemp_max": number(0), "dynatemp_exponent": number(0),
        "nsigma": number(0), "skew": number(), "custom_token_bans": anything, "sampler_priority": _order,
        "guided_json": anything, "guided_regex": text, "guided_choice": anything, "guided_grammar": text,
        "best_of": whole(1), "early_stopping": one_of(True, False),
    }  # fmt: skip

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.loaded = True

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            **super().routes,
            "POST /v1/model/load": self.load,
            "DELETE /v1/model/unload": self.unload,
        }

    def error(self, status: int, sentence: str) -> object:
        if status == 401:
            return super().error(status, sentence)
        return {
            "object": "error",
            "message": sentence,
            "type": "BadRequestError",
            "param": None,
            "code": status,
        }

    async def listed(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"object": "list", "data": [self.model_entry()] if self.loaded else []})

    async def load(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, {"model": text, "max_model_len": whole(1)}, needed=["model"])
        if self.loaded:
            raise Refused(
                400, {"status": "error", "message": "A model is already loaded. Please unload it first."}
            )
        if "/" not in body["model"]:
            raise Refused(500, {"status": "error", "message": "Failed to load model: it is nowhere"})
        self.model = body["model"]  # type: ignore[misc]  # this one's own, from now on
        self.loaded = True
        await answer.send(200, {"status": "success"})

    async def unload(self, seen: Seen, answer: Answer) -> None:
        if not self.loaded:
            raise Refused(500, {"status": "error", "message": "No model loaded."})
        self.loaded = False
        await answer.send(200, {"status": "success"})


FAKES = {"vllm": VllmFake, "aphrodite": AphroditeFake}
