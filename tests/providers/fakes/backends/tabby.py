"""TabbyAPI, as recorded in August 2026 (with a stub for a model)."""

from __future__ import annotations

import json
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


def _ids(value: Any) -> str:
    fits = isinstance(value, list) and all(isinstance(one, int) for one in value)
    return "" if fits else f"{value!r} is not a list of ids"


class TabbyFake(CompletionsFake):
    """Lines end in CRLF, chunks name the model `model_name`; the key is its admin's."""

    id = "tabby"
    context = 4096
    counts = True
    model = "stub-model"
    owner = "tabbyAPI"
    published = ("tabbyapi", "CompletionRequest")
    line_end = "\r\n"
    default_tokens = 150
    others: ClassVar[tuple[str, ...]] = ("other-model",)
    """Further models in its folder."""
    fields: ClassVar[Mapping[str, Check]] = {
        "model": text, "prompt": text, "max_tokens": whole(0), "min_tokens": whole(0), "stream": flag,
        "stream_options": anything, "stop": texts(), "banned_strings": texts(), "banned_tokens": _ids,
        "allowed_tokens": _ids, "token_healing": flag, "temperature": number(0, 10),
        "temperature_last": flag, "top_k": whole(-1), "top_p": number(0, 1), "min_p": number(0, 1),
        "xtc_probability": number(0, 1), "xtc_threshold": number(0, 1),
        "repetition_penalty": number(above=0), "penalty_range": whole(-1), "repetition_decay": whole(),
        "frequency_penalty": number(0), "presence_penalty": number(0), "add_bos_token": flag,
        "logit_bias": bias, "json_schema": anything, "regex_pattern": text, "grammar_string": text,
        "max_temp": number(0), "min_temp": number(0), "temp_exponent": number(0),
        "adaptive_target": number(0, 1), "adaptive_decay": number(0, 0.99), "loop_detect_window": whole(0),
        "n": whole(1), "logprobs": whole(0), "response_format": anything,
        # Taken, and applied by versions with ExLlamaV2:
        "ban_eos_token": flag, "smoothing_factor": number(0), "top_a": number(), "tfs": number(),
        "typical": number(0, 1, above=0), "skew": number(), "dry_multiplier": number(0),
        "dry_base": number(), "dry_allowed_length": whole(0), "dry_range": whole(0),
        "dry_sequence_breakers": texts(), "mirostat_mode": one_of(0, 1, 2), "mirostat_tau": number(),
        "mirostat_eta": number(),
    }  # fmt: skip

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.loaded = self.model

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            **super().routes,
            "GET /health": self.told({"status": "healthy", "issues": []}),
            "GET /v1/model/list": self.listed,
            "GET /v1/model": self.current,
            "GET /props": self.props,
            "GET /v1/auth/permission": self.told({"permission": "admin"}),
            "POST /v1/model/load": self.load,
            "POST /v1/model/unload": self.unload,
            "POST /v1/token/encode": self.encode,
        }

    def open_routes(self) -> frozenset[str]:
        return frozenset({"GET /health"})

    def error(self, status: int, sentence: str) -> object:
        return {"detail": sentence}

    def bad(self, sentence: str) -> tuple[int, object]:
        place, _, what = sentence.partition(": ")
        return 422, {"detail": [{"type": "value_error", "loc": ["body", place], "msg": what, "input": None}]}

    def check_key(self, seen: Seen) -> None:
        sent = seen.headers.get("x-api-key") or seen.headers.get("authorization", "").removeprefix("Bearer ")
        if self.key and sent != self.key:
            sentence = "Invalid API key" if sent else "Please provide an API key"
            raise Refused(401, self.error(401, sentence))

    def check(self, body: Mapping[str, Any]) -> None:
        self.need_model()
        if body.get("min_tokens", 0) > body.get("max_tokens", self.default_tokens):
            raise Refused(*self.bad("min_tokens: more than max_tokens"))
        if body.get("min_temp", 0) > body.get("max_temp", 99):
            raise Refused(*self.bad("min_temp: more than max_temp"))

    def need_model(self) -> None:
        if not self.loaded:
            raise Refused(503, self.error(503, "No models are currently loaded."))

    def chunk(self, choices: list[dict[str, object]]) -> dict[str, object]:
        return {
            "id": "chatcmpl-1", "object": "text_completion", "choices": choices, "created": 1,
            "model_name": self.model,
        }  # fmt: skip

    def choice(self, index: int, text: str, reason: str | None, logprobs: object = None) -> dict[str, object]:
        more = {"eos_reason": "stop_token"} if reason else {}
        return {"index": index, "text": text, "finish_reason": reason, "logprobs": logprobs, **more}

    async def listed(self, seen: Seen, answer: Answer) -> None:
        data = [
            {"id": name, "object": "model", "created": 1, "owned_by": "tabbyAPI", "parameters": None}
            for name in (self.model, *self.others)
        ]
        await answer.send(200, {"object": "list", "data": data})

    async def current(self, seen: Seen, answer: Answer) -> None:
        self.need_model()
        settings = {
            "max_seq_len": self.context, "cache_mode": "FP16", "prompt_template": None, "use_vision": True,
            "prompt_template_content": "{{ '<|im_start|>' + role }}<|im_end|>",
        }  # fmt: skip
        await answer.send(200, {"id": self.loaded, "owned_by": "tabbyAPI", "parameters": settings})

    async def props(self, seen: Seen, answer: Answer) -> None:
        self.need_model()
        settings = {"n_ctx": self.context}
        told = {"total_slots": 1, "chat_template": "", "default_generation_settings": settings}
        await answer.send(200, told)

    async def load(self, seen: Seen, answer: Answer) -> None:
        fields = {"model_name": text, "max_seq_len": whole(1), "cache_size": whole(1), "skip_queue": flag}
        name = self.body(seen, fields, needed=["model_name"])["model_name"]
        if name not in (self.model, *self.others):
            raise Refused(400, self.error(400, "model_path does not exist. Check model_name?"))
        if name == self.loaded:
            raise Refused(400, self.error(400, f'Model "{name}" is already loaded! Aborting.'))
        self.loaded = name
        steps = [
            {
                "model_type": "model",
                "module": at,
                "modules": 3,
                "status": "finished" if at == 3 else "processing",
            }
            for at in range(4)
        ]
        await self.say(seen, answer, self.begin({}), [self._data(json.dumps(step)) for step in steps])

    async def unload(self, seen: Seen, answer: Answer) -> None:
        self.need_model()
        self.loaded = ""
        await answer.send(200, None)

    async def encode(self, seen: Seen, answer: Answer) -> None:
        fields = {
            "text": text, "add_bos_token": flag, "encode_special_tokens": flag, "decode_special_tokens": flag,
        }  # fmt: skip
        body = self.body(seen, fields, needed=["text"])
        found = [*([1] if body.get("add_bos_token", True) else []), *ids(body["text"])]
        await answer.send(200, {"tokens": found, "length": len(found)})


FAKES = {"tabby": TabbyFake}
