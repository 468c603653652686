"""NovelAI: its own routes, its OpenAI-compatible one, and the account behind the key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.completions import CompletionsFake
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Check, Refused, flag, number, one_of, text, texts, whole

MODELS = ("clio-v1", "kayra-v1", "llama-3-erato-v1")
GLM = "glm-4-6"
TOP = {
    "input": text,
    "model": text,
    "parameters": lambda value: "" if isinstance(value, dict) else "no object",
}
OPENAI: Mapping[str, Check] = {
    "model": text, "prompt": text, "max_tokens": whole(1), "stream": flag, "stop": texts(4),
    "temperature": number(0), "top_p": number(0, 1), "top_k": whole(0), "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
}  # fmt: skip


def _runs(value: Any) -> str:
    fits = isinstance(value, list) and all(
        isinstance(run, list) and run and all(isinstance(id, int) and 0 <= id < 130_000 for id in run)
        for run in value
    )
    return "" if fits else f"{value!r} is not a list of runs of ids"


def _order(value: Any) -> str:
    fits = isinstance(value, list) and all(isinstance(one, int) and 0 <= one <= 10 for one in value)
    return "" if fits and value and len(set(value)) == len(value) else f"{value!r} is no order"


def _biases(value: Any) -> str:
    keys = {"sequence", "bias", "ensure_sequence_finish", "generate_once"}
    fits = isinstance(value, list) and all(isinstance(one, dict) and one.keys() == keys for one in value)
    return "" if fits else f"{value!r} is not a list of biases"


PARAMETERS: Mapping[str, Check] = {
    "use_string": one_of(True), "generate_until_sentence": flag, "use_cache": flag, "return_full_text": one_of(False),
    "temperature": number(0.1, 100), "top_k": whole(0), "top_p": number(0, 1), "top_a": number(0, 1),
    "typical_p": number(0, 1), "tail_free_sampling": number(0, 1), "min_p": number(0, 1),
    "math1_temp": number(), "math1_quad": number(), "math1_quad_entropy_scale": number(),
    "mirostat_lr": number(0, 1), "mirostat_tau": number(0), "repetition_penalty": number(1),
    "repetition_penalty_range": whole(0, 8192), "repetition_penalty_slope": number(0, 10),
    "repetition_penalty_frequency": number(-16, 16), "repetition_penalty_presence": number(-16, 16),
    "repetition_penalty_whitelist": lambda value: _runs([value]),
    "phrase_rep_pen": one_of("off", "very_light", "light", "medium", "aggressive", "very_aggressive"),
    "max_length": whole(1, 2048), "min_length": whole(1, 2048), "order": _order, "stop_sequences": _runs,
    "bad_words_ids": _runs, "logit_bias_exp": _biases, "num_logprobs": whole(1, 30),
    "prefix": one_of("vanilla", "special_instruct", "special_proseaugmenter", "theme_textadventure"),
    "eos_token_id": whole(0),
}  # fmt: skip
APPLIED_BY: Mapping[str, int] = {
    "temperature": 0, "top_k": 1, "top_p": 2, "tail_free_sampling": 3, "top_a": 4, "typical_p": 5,
    "mirostat_lr": 8, "mirostat_tau": 8, "math1_temp": 9, "math1_quad": 9, "math1_quad_entropy_scale": 9,
    "min_p": 10,
}  # fmt: skip
"""What does nothing unless the order has this number."""


class NovelFake(CompletionsFake):
    """An account on Opus. Ids are made up: a word is one token (`strict.ids`)."""

    id = "novelai"
    key_needed = True
    model = "kayra-v1"
    context = 8192
    tier: ClassVar[int] = 3
    account: ClassVar[Mapping[str, object]] = {"active": True, "expiresAt": 1798675200}
    generate = frozenset({"POST /ai/generate", "POST /ai/generate-stream", "POST /oa/v1/completions"})
    fields = OPENAI
    ends: ClassVar[bool] = True
    """The last event says that it is the last."""

    @property
    def routes(self) -> Mapping[str, Any]:
        glm = {"id": GLM, "object": "model", "owned_by": "novelai"}
        return {
            "GET /user/subscription": self.subscription,
            "POST /ai/generate": self.whole,
            "POST /ai/generate-stream": self.stream,
            "GET /oa/v1/models": self.told({"object": "list", "data": [glm]}),
            "POST /oa/v1/completions": self.completions,
        }

    def error(self, status: int, sentence: str) -> object:
        return {"statusCode": status, "message": sentence}

    def check(self, body: Mapping[str, Any]) -> None:
        if body["model"] != GLM:
            raise Refused(404, self.error(404, f"No model {body['model']}"))

    async def subscription(self, seen: Seen, answer: Answer) -> None:
        perks = {
            "contextTokens": {1: 4096, 2: 8192, 3: 8192}.get(self.tier, 2048),
            "unlimitedMaxPriority": self.tier == 3,
        }
        await answer.send(200, {"tier": self.tier, "perks": perks, "trainingStepsLeft": {}, **self.account})

    def asked(self, seen: Seen) -> dict[str, Any]:
        """The request's parameters. Raises Refused."""
        body = self.body(seen, TOP, needed=("input", "model", "parameters"))
        given: dict[str, Any] = body["parameters"]
        wrong = complaint("novelai", "GenerateRequest", body)
        for name, value in given.items():
            wrong = wrong or (
                PARAMETERS[name](value) and f"{name}: {PARAMETERS[name](value)}"
                if name in PARAMETERS
                else f"{name}: unknown"
            )
        unused = [
            name for name, id in APPLIED_BY.items() if name in given and id not in given.get("order", [])
        ]
        if wrong or unused:
            raise Refused(*self.bad(wrong or f"{unused} do nothing without a place in the order"))
        if body["model"] not in MODELS:
            raise Refused(*self.bad(f"model: {body['model']}"))
        if not self.account.get("active"):
            raise Refused(402, self.error(402, "An active subscription is required."))
        if "erato" in body["model"] and self.tier != 3:
            raise Refused(409, self.error(409, "Your tier is not eligible for this model."))
        longest = 250 if self.tier == 3 and body["model"] != "clio-v1" else 150
        if given["max_length"] > longest or given["min_length"] > given["max_length"]:
            raise Refused(*self.bad(f"max_length: more than {longest}"))
        if ("eos_token_id" in given) != (given.get("prefix") == "theme_textadventure"):
            raise Refused(*self.bad("eos_token_id goes with text adventures"))
        self.begin(body)
        return given

    async def stream(self, seen: Seen, answer: Answer) -> None:
        given = self.asked(seen)
        pieces, _ = self.cut(given["max_length"])
        lines = []
        for at, piece in enumerate(pieces):
            event = {
                "token": piece, "ptr": at, "final": self.ends and at + 1 == len(pieces),
                "logprobs": self.chosen(at) if "num_logprobs" in given else None,
            }  # fmt: skip
            lines.append(
                f"event:newToken\nid:{at}\ndata:{json.dumps(event, ensure_ascii=False)}\n\n".encode()
            )
        await self.say(seen, answer, self.generations[-1], lines)

    async def whole(self, seen: Seen, answer: Answer) -> None:
        given = self.asked(seen)
        pieces, _ = self.cut(given["max_length"])
        if await self.think(seen, self.generations[-1]):
            more = (
                {"logprobs": [self.chosen(at) for at in range(len(pieces))]}
                if "num_logprobs" in given
                else {}
            )
            await answer.send(201, {"output": "".join(pieces), **more})

    def chosen(self, at: int) -> dict[str, object]:
        """Ids stand for the pieces of the reply by their place in it."""
        before = [[[at], [-0.25, -0.1]], [[at + 1], [-1.5, None]]]
        return {"chosen": before[:1], "before": before, "after": before[:1]}


FAKES = {"novelai": NovelFake}
