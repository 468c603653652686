"""llama.cpp's server: `/completion` with everything it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    StrictFake,
    anything,
    count,
    flag,
    ids,
    number,
    text,
    texts,
    whole,
)

SLOTS = 4
"""Replies it makes at once; it refuses to be asked for more."""


def _samplers(value: Any) -> str:
    wrong = texts()(value)
    unknown = set() if wrong else set(value) - NAMES
    return wrong or (f"{unknown} would be dropped without a word" if unknown else "")


def _pairs(value: Any) -> str:
    """`[[id or text, bias or false], ...]`"""
    fits = isinstance(value, list) and all(
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], int | str)
        and (pair[1] is False or not number()(pair[1]))
        for pair in value
    )
    return "" if fits else f"{value!r} is not a list of pairs"


NAMES = {
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature",
    "adaptive_p", "infill",
}  # fmt: skip
SAMPLERS: Mapping[str, Check] = {
    "temperature": number(0), "dynatemp_range": number(0), "dynatemp_exponent": number(),
    "top_k": whole(-1), "top_p": number(), "min_p": number(), "top_n_sigma": number(),
    "typical_p": number(), "xtc_probability": number(), "xtc_threshold": number(),
    "repeat_penalty": number(), "repeat_last_n": whole(0), "presence_penalty": number(),
    "frequency_penalty": number(), "dry_multiplier": number(), "dry_base": number(),
    "dry_allowed_length": whole(), "dry_penalty_last_n": whole(0), "dry_sequence_breakers": texts(least=1),
    "mirostat": whole(0, 2), "mirostat_tau": number(), "mirostat_eta": number(),
    "adaptive_target": number(), "adaptive_decay": number(), "grammar": text, "json_schema": anything,
    "seed": whole(), "ignore_eos": flag, "logit_bias": _pairs, "n_probs": whole(0), "min_keep": whole(0),
    "samplers": _samplers,
}  # fmt: skip
FIELDS: Mapping[str, Check] = {
    **SAMPLERS, "prompt": anything, "n_predict": whole(-1), "stream": flag, "stop": texts(), "model": text,
    "n": whole(1, SLOTS), "n_cmpl": whole(1, SLOTS), "cache_prompt": flag, "return_progress": flag, "id_slot": whole(),
    "post_sampling_probs": flag, "timings_per_token": flag,
}  # fmt: skip


class LlamaCppFake(StrictFake):
    """Build 11549, as recorded."""

    id = "llamacpp"
    generate = frozenset({"POST /completion"})
    counts = True

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "GET /health": self.health,
            "GET /props": self.props,
            "GET /v1/models": self.models,
            "POST /tokenize": self.tokenize,
            "POST /completion": self.completion,
        }

    def open_routes(self) -> frozenset[str]:
        return frozenset({"GET /health"})

    def error(self, status: int, sentence: str) -> object:
        kinds = {401: "authentication_error", 404: "not_found_error", 501: "not_supported_error"}
        kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
        return {"error": {"code": status, "message": sentence, "type": kind}}

    async def health(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"status": "ok"})

    async def props(self, seen: Seen, answer: Answer) -> None:
        await answer.send(
            200,
            {
                "default_generation_settings": {"n_ctx": self.context},
                "total_slots": SLOTS,
                "model_alias": self.model,
                "build_info": "b11549-fake",
                "chat_template": "<|im_start|>user<|im_end|><|im_start|>assistant",
            },
        )

    async def models(self, seen: Seen, answer: Answer) -> None:
        entry = {"id": self.model, "object": "model", "owned_by": "llamacpp", "meta": {"n_ctx": self.context}}
        await answer.send(200, {"object": "list", "data": [entry]})

    async def tokenize(self, seen: Seen, answer: Answer) -> None:
        fields = {
            "content": text,
            "add_special": flag,
            "parse_special": flag,
            "with_pieces": flag,
            "model": text,
        }
        await answer.send(200, {"tokens": ids(self.body(seen, fields)["content"])})

    async def completion(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, FIELDS, needed=["prompt"])
        tokens = count(str(body["prompt"]))
        if tokens >= (self.context or 0):
            sentence = f"request ({tokens} tokens) exceeds the available context size ({self.context} tokens)"
            error = {
                "code": 400, "message": sentence, "type": "exceed_context_size_error",
                "n_prompt_tokens": tokens, "n_ctx": self.context,
            }  # fmt: skip
            raise Refused(400, {"error": error})
        generation = self.begin(body)
        pieces, why = self.cut(
            body.get("n_predict", -1) if body.get("n_predict", -1) >= 0 else 99, body.get("stop", [])
        )
        times = body.get("n", body.get("n_cmpl", 1))
        end = {
            "content": "", "stop": True, "stop_type": {"stop": "eos", "length": "limit"}[why],
            "tokens_predicted": len(pieces), "tokens_evaluated": tokens, "truncated": False,
            "generation_settings": {name: body[name] for name in SAMPLERS if name in body},
        }  # fmt: skip
        if body.get("stream"):
            lines = [
                _event({"index": index, "content": piece, "stop": False, **_probs([piece], body)})
                for piece in pieces
                for index in range(times)
            ]
            lines += [_event({"index": index, **end}) for index in range(times)]
            await self.say(seen, answer, generation, lines)
        elif await self.think(seen, generation):
            told = {**end, "content": "".join(pieces), **_probs(pieces, body)}
            whole_replies = [{"index": index, **told} for index in range(times)]
            await answer.send(200, whole_replies if times > 1 else whole_replies[0])


def _probs(pieces: list[str], body: Mapping[str, Any]) -> dict[str, object]:
    wanted = body.get("n_probs", 0)
    return {"completion_probabilities": [_chosen(piece, wanted) for piece in pieces]} if wanted else {}


def _chosen(piece: str, wanted: int) -> dict[str, object]:
    top = [
        {"id": rank, "token": word, "bytes": list(word.encode()), "logprob": -0.25 - rank}
        for rank, word in enumerate((piece, " or", " maybe")[:wanted])
    ]
    return {"id": 0, "token": piece, "bytes": list(piece.encode()), "logprob": -0.25, "top_logprobs": top}


def _event(payload: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


class LlamaCppRouterFake(LlamaCppFake):
    """Started without a model: it loads those of its folder when told. `broken` cannot be loaded."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.states = {"small": "unloaded", "large": "loaded", "broken": "unloaded"}
        self.failed: set[str] = set()

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            **super().routes,
            "GET /models": self.models,
            "POST /models/load": self.load,
            "POST /models/unload": self.unload,
        }

    async def props(self, seen: Seen, answer: Answer) -> None:
        if "?model=" in seen.path:
            assert self.states[seen.path.partition("?model=")[2]] == "loaded"  # else this would load it
            await super().props(seen, answer)
            return
        told = {"role": "router", "model_alias": "llama-server", "build_info": "b11549-fake"}
        await answer.send(200, {**told, "default_generation_settings": {"params": {}, "n_ctx": 0}})

    async def models(self, seen: Seen, answer: Answer) -> None:
        """What is loading has come a step further at the next question."""
        data = [
            {
                "id": name,
                "object": "model",
                "owned_by": "llamacpp",
                "meta": None,
                "status": self._status(name),
            }
            for name in self.states
        ]
        self.states = {
            name: {"loading": "unloaded" if name == "broken" else "loaded"}.get(state, state)
            for name, state in self.states.items()
        }
        await answer.send(200, {"object": "list", "data": data})

    def _status(self, name: str) -> dict[str, object]:
        failed = {"failed": True, "exit_code": 3} if name in self.failed else {}
        return {"value": self.states[name], "args": ["llama-server"], **failed}

    async def load(self, seen: Seen, answer: Answer) -> None:
        name = self.body(seen, {"model": text}, needed=["model"])["model"]
        if self.states.get(name) != "unloaded":
            raise Refused(400, self.error(400, "model is already running"))
        self.states[name] = "loading"
        self.failed |= {name} & {"broken"}
        await answer.send(200, {"success": True})

    async def unload(self, seen: Seen, answer: Answer) -> None:
        name = self.body(seen, {"model": text}, needed=["model"])["model"]
        if self.states.get(name) != "loaded":
            raise Refused(400, self.error(400, "model is not running"))
        self.states[name] = "unloaded"
        await answer.send(200, {"success": True})


FAKES = {"llamacpp": LlamaCppFake}
