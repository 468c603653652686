"""Ollama, as its published description and its source of August 2026 have it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

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

OPTIONS: Mapping[str, Check] = {
    "num_predict": whole(-1), "num_keep": whole(), "temperature": number(0), "top_k": whole(-1),
    "top_p": number(0, 1), "min_p": number(0, 1), "typical_p": number(0, 1), "repeat_last_n": whole(-1),
    "repeat_penalty": number(0), "presence_penalty": number(), "frequency_penalty": number(),
    "seed": whole(), "stop": texts(), "num_ctx": whole(1), "num_batch": whole(1), "num_gpu": whole(),
    "num_thread": whole(),
}  # fmt: skip


def _options(value: Any) -> str:
    if not isinstance(value, dict):
        return f"{value!r} is not an object"
    for name, one in value.items():
        if name not in OPTIONS:
            return f'option "{name}" is unknown'
        if wrong := OPTIONS[name](one):
            return f'option "{name}" {wrong}'
    return ""


def _duration(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return ""
    fits = isinstance(value, str) and re.fullmatch(r"-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+", value)
    return "" if fits else f"time: invalid duration {value!r}"


FIELDS: Mapping[str, Check] = {
    "model": text, "prompt": text, "suffix": text, "stream": flag, "raw": flag, "keep_alive": _duration,
    "options": _options, "format": anything, "images": texts(), "think": anything, "truncate": flag,
    "shift": flag, "logprobs": flag, "top_logprobs": whole(0, 20),
}  # fmt: skip
TEMPLATE = (
    "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}"
    "<|im_start|>user\n{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ .Response }}<|im_end|>\n"
)


class OllamaFake(StrictFake):
    """Has two models, one of them loaded; a third can be pulled."""

    id = "ollama"
    generate = frozenset({"POST /api/generate"})
    model = "mistral:7b"
    version: ClassVar[str] = "0.12.3"
    trained: ClassVar[int] = 32768

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.there = [self.model, "llava:latest"]
        self.loaded: dict[str, int] = {self.model: self.context or 0}

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "GET /": self.hello,
            "GET /api/version": self.hello,
            "GET /api/tags": self.tags,
            "GET /api/ps": self.running,
            "POST /api/show": self.show,
            "POST /api/pull": self.pull,
            "POST /api/generate": self.generated,
        }

    def error(self, status: int, sentence: str) -> object:
        return {"error": sentence}

    async def hello(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"version": self.version})

    async def tags(self, seen: Seen, answer: Answer) -> None:
        details = {
            "format": "gguf",
            "family": "llama",
            "parameter_size": "7.2B",
            "quantization_level": "Q4_0",
        }
        found = [
            {"name": name, "model": name, "size": 4_113_301_824, "digest": "0", "details": details}
            for name in self.there
        ]
        await answer.send(200, {"models": found})

    async def running(self, seen: Seen, answer: Answer) -> None:
        found = [
            {"name": name, "model": name, "size_vram": 5_000_000_000, "context_length": context}
            for name, context in self.loaded.items()
        ]
        await answer.send(200, {"models": found})

    async def show(self, seen: Seen, answer: Answer) -> None:
        name = self.body(seen, {"model": text, "verbose": flag}, needed=["model"])["model"]
        self.need(name)
        told = {
            "template": TEMPLATE, "details": {"family": "llama"}, "parameters": "stop <|im_end|>",
            "capabilities": ["completion", "tools", *(["vision"] if name.startswith("llava") else [])],
            "model_info": {"general.architecture": "llama", "llama.context_length": self.trained},
        }  # fmt: skip
        await answer.send(200, told)

    def need(self, name: str) -> None:
        if name not in self.there:
            raise Refused(404, self.error(404, f"model '{name}' not found"))

    async def pull(self, seen: Seen, answer: Answer) -> None:
        name = self.body(seen, {"model": text, "stream": flag, "insecure": flag}, needed=["model"])["model"]
        steps: list[dict[str, object]] = [{"status": "pulling manifest"}]
        if name.startswith("no"):
            steps.append({"error": "pull model manifest: file does not exist"})
        else:
            steps += [
                {"status": "pulling 0123", "digest": "sha256:0123", "total": 300, "completed": at * 100}
                for at in range(4)
            ]
            steps += [{"status": "verifying sha256 digest"}, {"status": "success"}]
            self.there.append(name)
        await self.say(seen, answer, self.begin({}), map(_line, steps), kind="application/x-ndjson")

    async def generated(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, FIELDS, needed=["model"])
        wrong = complaint("ollama", "GenerateRequest", body)
        if wrong:
            raise Refused(*self.bad(wrong))
        name = body["model"]
        self.need(name)
        stays = body.get("keep_alive", "5m") not in (0, "0", "0s")
        if not body.get("prompt"):
            await self._load(name, stays, answer)
            return
        options = body.get("options", {})
        self.loaded[name] = options.get("num_ctx", 4096)
        generation = self.begin(body)
        limit = options.get("num_predict", -1)
        pieces, why = self.cut(limit if limit >= 0 else 99, options.get("stop", []))
        end = {
            "done": True, "done_reason": why, "context": [1, 2], "total_duration": 5, "load_duration": 1,
            "prompt_eval_count": count(body["prompt"]), "prompt_eval_duration": 1, "eval_count": len(pieces),
            "eval_duration": 3,
        }  # fmt: skip
        if body.get("stream", True):
            lines = [_line({**self._part([piece], body), "done": False}) for piece in pieces]
            lines.append(_line({**self._part([], body), **end}))
            await self.say(seen, answer, generation, lines, kind="application/x-ndjson")
        elif await self.think(seen, generation):
            await answer.send(200, {**self._part(pieces, body), **end})

    async def _load(self, name: str, stays: bool, answer: Answer) -> None:
        if stays:
            self.loaded[name] = 4096
        else:
            self.loaded.pop(name, None)
        reason = "load" if stays else "unload"
        await answer.send(200, {"model": name, "response": "", "done": True, "done_reason": reason})

    def _part(self, pieces: list[str], body: Mapping[str, Any]) -> dict[str, object]:
        told: dict[str, object] = {
            "model": body["model"], "created_at": "2026-10-01T00:00:00Z", "response": "".join(pieces),
        }  # fmt: skip
        if body.get("logprobs") and pieces:
            told["logprobs"] = [_choice(piece, body.get("top_logprobs", 0)) for piece in pieces]
        return told


def _choice(piece: str, wanted: int) -> dict[str, object]:
    tops = [(piece, -0.25), (" or", -1.25), (" maybe", -2.25)][:wanted]
    return {
        "token": piece, "logprob": -0.25, "bytes": list(piece.encode()),
        "top_logprobs": [{"token": word, "logprob": value, "bytes": []} for word, value in tops],
    }  # fmt: skip


def _line(payload: Mapping[str, object]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode() + b"\n"


FAKES = {"ollama": OllamaFake}
