"""KoboldCpp: its own routes, as version 1.76 was recorded, with what 1.102 has more (probabilities)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Generation,
    Refused,
    StrictFake,
    count,
    flag,
    ids,
    number,
    one_of,
    text,
    texts,
    whole,
)


def _order(value: Any) -> str:
    """Whatever is not listed is off."""
    fits = isinstance(value, list) and sorted(value) == list(range(7))
    return "" if fits else f"{value!r} is not an order of 0..6"


def _ids_text(value: Any) -> str:
    fits = isinstance(value, str) and all(one.isdigit() for one in value.split(","))
    return "" if fits else f"{value!r} is not a list of ids in a text"


def bias(value: Any) -> str:
    """`{"id": number}`"""
    fits = isinstance(value, dict) and all(id.isdigit() and not number()(one) for id, one in value.items())
    return "" if fits else f"{value!r} is not an object of ids and numbers"


FIELDS: Mapping[str, Check] = {
    "prompt": text, "memory": text, "max_context_length": whole(1), "max_length": whole(1),
    "temperature": number(0), "top_k": whole(0), "top_p": number(0, 1), "top_a": number(0),
    "min_p": number(0, 1), "typical": number(0, 1), "tfs": number(0, 1), "nsigma": number(0),
    "rep_pen": number(1), "rep_pen_range": whole(0), "rep_pen_slope": number(0),
    "presence_penalty": number(), "mirostat": one_of(0, 1, 2), "mirostat_tau": number(0),
    "mirostat_eta": number(0), "dynatemp_range": number(0), "dynatemp_exponent": number(),
    "smoothing_factor": number(0), "smoothing_curve": number(0), "dry_multiplier": number(0),
    "dry_base": number(0), "dry_allowed_length": whole(0), "dry_penalty_last_n": whole(0),
    "dry_sequence_breakers": texts(128), "xtc_threshold": number(0), "xtc_probability": number(0),
    "adaptive_target": number(), "adaptive_decay": number(0, 0.99), "sampler_order": _order,
    "sampler_seed": whole(1, 999_999), "stop_sequence": texts(256), "trim_stop": flag,
    "ban_eos_token": flag, "use_default_badwordsids": flag, "bypass_eos": flag, "render_special": flag,
    "grammar": text, "grammar_retain_state": flag, "banned_tokens": texts(768),
    "custom_token_bans": _ids_text, "logit_bias": bias, "guidance_scale": number(),
    "negative_prompt": text, "images": texts(8), "logprobs": flag, "genkey": text, "quiet": flag,
}  # fmt: skip


class KoboldCppFake(StrictFake):
    """Ends a stream by closing the connection. Stops only when told the genkey; the real one also
    notices in a stream that the client is gone."""

    id = "koboldcpp"
    generate = frozenset({"POST /api/extra/generate/stream", "POST /api/v1/generate"})
    model = "koboldcpp/tiny-7b"
    counts = True
    stops_by = "`/api/extra/abort` with its genkey"
    version: ClassVar[str] = "1.102"
    files: ClassVar[tuple[str, ...]] = ("small.kcpps", "large.gguf", "unload_model")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.loaded = self.model
        self.uptime = 900.0
        self.queue = 0
        self.down = 0
        """Questions it still hangs up on, because it restarts."""

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "GET /api/extra/version": self.told(
                {
                    "result": "KoboldCpp",
                    "version": self.version,
                    "protected": bool(self.key),
                    "txt2img": False,
                    "vision": True,
                    "transcribe": False,
                }
            ),
            "GET /api/v1/model": self.which,
            "GET /api/v1/info/version": self.told({"result": "1.2.5"}),
            "GET /api/extra/true_max_context_length": self.told({"value": self.context}),
            "GET /api/v1/config/max_context_length": self.told({"value": self.context}),
            "GET /api/extra/perf": self.perf,
            "GET /props": self.props,
            "GET /v1/models": self.listed,
            "GET /api/admin/list_options": self.told(list(self.files)),
            "POST /api/admin/reload_config": self.reload,
            "POST /api/extra/tokencount": self.tokencount,
            "POST /api/extra/abort": self.abort,
            "POST /api/extra/last_logprobs": self.last_logprobs,
            "POST /api/extra/generate/stream": self.stream,
            "POST /api/v1/generate": self.whole,
        }

    def open_routes(self) -> frozenset[str]:
        """Without the password it tells of itself, but works for nobody."""
        closed = ("/generate", "/abort", "/tokencount", "/last_logprobs", "/admin/")
        return frozenset(name for name in self.routes if not any(part in name for part in closed))

    def error(self, status: int, sentence: str) -> object:
        if status == 401:
            told = {"error": "Unauthorized", "msg": sentence, "type": "unauthorized"}
        else:
            told = {"msg": sentence, "type": "bad_input" if status < 503 else "service_unavailable"}
        return {"detail": told}

    def bad(self, sentence: str) -> tuple[int, object]:
        return 500, self.error(500, sentence)

    def body(self, seen: Seen, fields: Mapping[str, Check], *, needed: Iterable[str] = ()) -> dict[str, Any]:
        try:
            return super().body(seen, fields, needed=needed)
        except Refused as no:
            raise Refused(500, no.body) from no

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        if self.down > 0:
            self.down -= 1
            return
        await super().__call__(seen, answer)

    def told(self, payload: object) -> Any:
        async def handle(seen: Seen, answer: Answer) -> None:
            await answer.send(200, payload)

        return handle

    async def which(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"result": self.loaded})

    async def perf(self, seen: Seen, answer: Answer) -> None:
        idle = all(generation.ended.is_set() for generation in self.generations)
        last = self.generations[-1].said if self.generations and idle else 0
        told = {
            "uptime": self.uptime, "idle": int(idle), "queue": self.queue, "last_seed": -1,
            "last_token_count": last, "last_eval_speed": 18.25 if last else 0.0,
        }  # fmt: skip
        await answer.send(200, told)

    async def props(self, seen: Seen, answer: Answer) -> None:
        told = {
            "chat_template": "{{'<|im_start|>' + role}}<|im_end|>", "total_slots": 1,
            "modalities": {"vision": True, "audio": False}, "n_ctx": self.context,
            "default_generation_settings": {"n_ctx": self.context},
        }  # fmt: skip
        await answer.send(200, told)

    async def listed(self, seen: Seen, answer: Answer) -> None:
        entry = {"id": self.loaded, "object": "model", "owned_by": "koboldcpp", "root": "koboldcpp"}
        await answer.send(200, {"object": "list", "data": [entry]})

    async def reload(self, seen: Seen, answer: Answer) -> None:
        file = self.body(seen, {"filename": text}, needed=["filename"])["filename"]
        if file not in self.files:
            await answer.send(200, {"success": False})
            return
        await answer.send(200, {"success": True})
        self.loaded = "inactive" if file == "unload_model" else f"koboldcpp/{file.partition('.')[0]}"
        self.uptime, self.down = 1.0, 2

    async def tokencount(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, {"prompt": text, "special": flag}, needed=["prompt"])
        found = [*([1] if body.get("special", True) else []), *ids(body["prompt"])]
        await answer.send(200, {"value": len(found), "ids": found})

    async def abort(self, seen: Seen, answer: Answer) -> None:
        key = self.body(seen, {"genkey": text}).get("genkey", "")
        running = [one for one in self.generations if not one.ended.is_set()]
        mine = [one for one in running if one.body.get("genkey", "") == key]
        for generation in mine:
            generation.ended.set()
        done = "true" if mine or not running else "false"
        await answer.send(200, {"success": done, "done": done})

    async def last_logprobs(self, seen: Seen, answer: Answer) -> None:
        key = self.body(seen, {"genkey": text}).get("genkey", "")
        last = self.generations[-1] if self.generations else None
        known = last is not None and last.body.get("logprobs") and last.body.get("genkey", "") == key
        await answer.send(200, {"logprobs": logprobs(self.said(last.body)) if known and last else None})

    def said(self, body: Mapping[str, Any]) -> list[str]:
        """The pieces for a request. `trim_stop: false` leaves the stop string in, and what came with it."""
        stops = body.get("stop_sequence", [])
        most = body.get("max_length", 99)
        if body.get("trim_stop", True):
            return self.cut(most, stops)[0]
        pieces: list[str] = []
        for piece in self.reply[:most]:
            pieces.append(piece)
            if any(stop in "".join(pieces) for stop in stops):
                break
        return pieces

    def reason(self, body: Mapping[str, Any]) -> str:
        """It calls an end by a stop string `length`, as recorded."""
        text = "".join(self.reply[: body.get("max_length", 99)])
        stopped = any(one in text for one in body.get("stop_sequence", []))
        return "length" if stopped or len(self.reply) > body.get("max_length", 99) else "stop"

    def begun(self, seen: Seen) -> Generation:
        body = self.body(seen, FIELDS, needed=["prompt"])
        wrong = complaint("koboldcpp", "GenerationInput", body)
        if wrong:
            raise Refused(*self.bad(wrong))
        if self.loaded == "inactive":
            raise Refused(503, self.error(503, "Server is busy; please try again later."))
        return self.begin(body)

    async def stream(self, seen: Seen, answer: Answer) -> None:
        generation = self.begun(seen)
        lines = [_event(piece, "null") for piece in self.said(generation.body)]
        lines.append(_event("", self.reason(generation.body)))
        await self.say(_Deaf(seen), answer, generation, lines)

    async def whole(self, seen: Seen, answer: Answer) -> None:
        generation = self.begun(seen)
        if not await self.think(_Deaf(seen), generation):
            return
        pieces = self.said(generation.body)
        result = {
            "text": "".join(pieces), "finish_reason": self.reason(generation.body),
            "logprobs": logprobs(pieces) if generation.body.get("logprobs") else None,
            "prompt_tokens": count(generation.body["prompt"]), "completion_tokens": len(pieces),
        }  # fmt: skip
        await answer.send(200, {"results": [result]})


class _Deaf(Seen):
    """A request whose server does not notice that the client is gone."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.method, seen.path, seen.headers, seen.body)


def _event(piece: str, reason: str) -> bytes:
    payload = json.dumps({"token": piece, "finish_reason": reason})
    return f"event: message\ndata: {payload}\n\n".encode()


def logprobs(pieces: list[str]) -> dict[str, object]:
    """Token probabilities as KoboldCpp has them: both of OpenAI's shapes."""
    tops = [{piece: -0.25, " or": -1.25, " maybe": -2.25} for piece in pieces]
    content = [
        {
            "token": piece, "bytes": list(piece.encode()), "logprob": -0.25,
            "top_logprobs": [{"token": word, "bytes": [], "logprob": value} for word, value in top.items()],
        }
        for piece, top in zip(pieces, tops, strict=True)
    ]  # fmt: skip
    return {
        "content": content, "tokens": pieces, "token_logprobs": [-0.25] * len(pieces), "top_logprobs": tops,
        "text_offset": [0] * len(pieces),
    }  # fmt: skip


FAKES = {"koboldcpp": KoboldCppFake}
