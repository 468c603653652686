"""Services that complete a text: Mancer, DreamGen, Together, Infermatic, Featherless, OpenRouter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake, bias
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    anything,
    flag,
    number,
    one_of,
    text,
    texts,
    whole,
)

BASIC: Mapping[str, Check] = {
    "model": text, "prompt": text, "max_tokens": whole(1), "stream": flag, "stop": texts(),
    "temperature": number(0), "top_p": number(0, 1), "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2), "min_p": number(0, 1), "repetition_penalty": number(above=0),
}  # fmt: skip


def _ids(value: Any) -> str:
    fits = isinstance(value, list) and all(isinstance(one, int) for one in value)
    return "" if fits else f"{value!r} is not a list of ids"


def _vllm_top_k(value: Any) -> str:
    return whole(-1)(value) or ("0 is refused by older versions" if value == 0 else "")


class HostedFake(CompletionsFake):
    """Nobody is answered without a key; every request names a model."""

    key_needed = True
    needed = ("model", "prompt")
    default_tokens = 200
    model = "org/tale-70b"
    middle: ClassVar[str] = ""

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            f"GET {self.middle}/v1/models": self.listed,
            f"POST {self.middle}/v1/completions": self.completions,
        }

    def check(self, body: Mapping[str, Any]) -> None:
        if body["model"] != self.model:
            raise Refused(404, self.error(404, f"The model {body['model']} does not exist"))
        shortest = body.get("min_tokens", body.get("minimum_message_content_tokens", 0))
        if shortest > body.get("max_tokens", self.default_tokens):
            raise Refused(*self.bad("min_tokens must be less than or equal to max_tokens"))


class MancerFake(HostedFake):
    """Its key goes into a header of its own, too; models tell their limits and prices."""

    id = "mancer"
    model = "mytholite"
    middle = "/oai"
    generate = frozenset({"POST /oai/v1/completions"})
    longest: ClassVar[int] = 512
    fields: ClassVar[Mapping[str, Check]] = {
        **BASIC, "top_k": whole(-1), "top_a": number(0, 1), "typical_p": number(0, 1), "tfs": number(0, 1),
        "epsilon_cutoff": number(0, 0.009), "eta_cutoff": number(0, 0.02), "smoothing_factor": number(0),
        "smoothing_curve": number(1), "xtc_threshold": number(0, 0.5), "xtc_probability": number(0, 1),
        "dry_multiplier": number(0), "dry_base": number(1), "dry_allowed_length": whole(1),
        "dry_sequence_breakers": texts(), "dynatemp_mode": one_of(0, 1), "dynatemp_min": number(0),
        "dynatemp_max": number(0), "dynatemp_exponent": number(0), "min_tokens": whole(0),
        "custom_token_bans": _ids, "logit_bias": bias, "logprobs": whole(0, 10), "n": whole(1),
        "seed": whole(0),
    }  # fmt: skip

    def check_key(self, seen: Seen) -> None:
        super().check_key(seen)
        if seen.headers.get("x-api-key") != self.key:
            raise Refused(401, self.error(401, "Invalid API key"))

    def check(self, body: Mapping[str, Any]) -> None:
        super().check(body)
        if body.get("dynatemp_min", 0) > body.get("dynatemp_max", 99):
            raise Refused(*self.bad("dynatemp_min: more than dynatemp_max"))

    def model_entry(self) -> dict[str, object]:
        return {
            "id": self.model, "name": "MythoLite", "limits": {"context": self.context, "completion": self.longest},
            "pricing": {"prompt": 0.5, "completion": 1},
        }  # fmt: skip


class DreamGenFake(HostedFake):
    """Tells no contexts; also lists models that draw."""

    id = "dreamgen"
    model = "lucid-v1-extra-large/text"
    middle = "/api/openai"
    context = None
    generate = frozenset({"POST /api/openai/v1/completions"})
    fields: ClassVar[Mapping[str, Check]] = {
        **BASIC, "top_k": whole(-1), "top_a": number(0, 1), "typical_p": number(0, 1), "tfs": number(0, 1),
        "smoothing_factor": number(0), "smoothing_curve": number(1), "dry_multiplier": number(0),
        "dry_base": number(1), "dry_allowed_length": whole(1), "dry_sequence_breakers": texts(),
        "minimum_message_content_tokens": whole(0), "ban_eos_token": flag, "seed": whole(0),
        "logprobs": whole(0, 10),
    }  # fmt: skip

    async def listed(self, seen: Seen, answer: Answer) -> None:
        drawing = {**self.model_entry(), "id": "lucid-draw", "display_type": "image"}
        await answer.send(200, {"object": "list", "data": [drawing, self.model_entry()]})


class TogetherFake(HostedFake):
    """Its older list is a bare array with names for ids."""

    id = "togetherai"
    model = "Gryphe/MythoMax-L2-13b"
    fields: ClassVar[Mapping[str, Check]] = {**BASIC, "top_k": whole(-1)}
    old_list: ClassVar[bool] = True

    @property
    def routes(self) -> Mapping[str, Any]:
        older = {"GET /api/models": self.older} if self.old_list else {}
        return {**super().routes, **older}

    def open_routes(self) -> frozenset[str]:
        return frozenset({"GET /api/models"})

    async def older(self, seen: Seen, answer: Answer) -> None:
        entry = {
            "_id": "64acef", "name": self.model, "display_name": "MythoMax-L2 (13B)", "display_type": "chat",
            "type": "chat", "context_length": self.context,
        }  # fmt: skip
        drawing = {"name": "black-forest-labs/FLUX.1", "display_name": "FLUX", "type": "image"}
        await answer.send(200, [drawing, entry])

    async def listed(self, seen: Seen, answer: Answer) -> None:
        entry = {
            "id": self.model, "object": "model", "type": "chat", "display_name": "MythoMax-L2 (13B)",
            "context_length": self.context, "pricing": {"hourly": 0, "input": 0.3, "output": 0.6},
        }  # fmt: skip
        await answer.send(200, [entry, {"id": "BAAI/bge", "object": "model", "type": "embedding"}])


class InfermaticFake(HostedFake):
    """Whole replies come as a message, also for a completion."""

    id = "infermaticai"
    context = None
    model = "Sao10K-L3.3-70B-Euryale"
    fields: ClassVar[Mapping[str, Check]] = {
        **BASIC, "top_p": number(0, 1, above=0), "top_k": _vllm_top_k, "seed": whole(0), "ignore_eos": flag,
        "n": whole(1), "best_of": whole(1), "min_tokens": whole(0), "spaces_between_special_tokens": flag,
        "skip_special_tokens": flag, "logprobs": whole(0, 5),
    }  # fmt: skip

    def chunk(self, choices: list[dict[str, object]]) -> dict[str, object]:
        return {**super().chunk(choices), "object": "chat.completion"}

    async def completions(self, seen: Seen, answer: Answer) -> None:
        self._whole = not seen.json.get("stream")
        await super().completions(seen, answer)

    def choice(self, index: int, text: str, reason: str | None, logprobs: object = None) -> dict[str, object]:
        found = super().choice(index, text, reason, logprobs)
        if self._whole:
            found |= {"message": {"role": "assistant", "content": found.pop("text")}}
        return found

    async def listed(self, seen: Seen, answer: Answer) -> None:
        drawing = {**self.model_entry(), "id": "sdxl", "display_type": "image"}
        await answer.send(200, {"object": "list", "data": [drawing, self.model_entry()]})


class FeatherlessFake(HostedFake):
    """vLLM with a list that tells contexts and classes."""

    id = "featherless"
    model = "org/tale-12b"
    fields: ClassVar[Mapping[str, Check]] = {
        **BASIC, "top_p": number(0, 1, above=0), "top_k": _vllm_top_k, "seed": whole(0), "ignore_eos": flag,
        "n": whole(1), "min_tokens": whole(0), "spaces_between_special_tokens": flag, "logit_bias": bias,
        "skip_special_tokens": flag, "logprobs": whole(0, 5), "guided_grammar": text, "guided_json": anything,
    }  # fmt: skip

    def check(self, body: Mapping[str, Any]) -> None:
        super().check(body)
        if {"guided_grammar", "guided_json"} <= body.keys():
            raise Refused(*self.bad("You can only use one kind of guided decoding"))

    def model_entry(self) -> dict[str, object]:
        return {**super().model_entry(), "context_length": self.context, "model_class": "mistral-nemo-12b"}


class OpenRouterFake(HostedFake):
    """Its route for chats, asked with a prompt; its list of models is open to everybody."""

    id = "openrouter-text"
    model = "vendor/tale-large"
    generate = frozenset({"POST /v1/chat/completions"})
    fields: ClassVar[Mapping[str, Check]] = {
        **BASIC, "temperature": number(0, 2), "top_k": whole(0), "top_a": number(0, 1), "seed": whole(),
        "logit_bias": bias, "provider": anything, "include_reasoning": flag, "stop": texts(4),
    }  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        return {"GET /v1/models": self.listed, "POST /v1/chat/completions": self.completions}

    def open_routes(self) -> frozenset[str]:
        return frozenset({"GET /v1/models"})

    def error(self, status: int, sentence: str) -> object:
        return {"error": {"code": status, "message": sentence}}

    def check(self, body: Mapping[str, Any]) -> None:
        super().check(body)
        # What is published is the form for chats: it knows neither a prompt nor the older switch.
        own = {name: value for name, value in body.items() if name not in ("prompt", "include_reasoning")}
        message = {"role": "user", "content": body["prompt"]}
        wrong = complaint("openrouter", "ChatRequest", {**own, "messages": [message]})
        if wrong:
            raise Refused(*self.bad(wrong))

    def chunk(self, choices: list[dict[str, object]]) -> dict[str, object]:
        return {**super().chunk(choices), "provider": "DeepInfra", "object": "chat.completion.chunk"}

    def _line(self, payload: object) -> bytes:
        return b": OPENROUTER PROCESSING\n\n" + super()._line(payload)

    def model_entry(self) -> dict[str, object]:
        return {
            "id": self.model, "canonical_slug": self.model, "name": "Vendor: Tale", "created": 1,
            "context_length": self.context, "pricing": {"prompt": "0.0000008", "completion": "0.000004"},
            "architecture": {
                "modality": "text+image->text", "input_modalities": ["text", "image"],
                "output_modalities": ["text"], "tokenizer": "Mistral",
            },
            "top_provider": {"context_length": self.context, "max_completion_tokens": 4096},
            "supported_parameters": ["max_tokens", "reasoning", "tools"],
        }  # fmt: skip


FAKES = {
    "mancer": MancerFake,
    "dreamgen": DreamGenFake,
    "togetherai": TogetherFake,
    "infermaticai": InfermaticFake,
    "featherless": FeatherlessFake,
    "openrouter-text": OpenRouterFake,
}
