"""AI Horde: requests wait in a queue that moves on with every poll; workers come and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.providers.fakes.backends.koboldcpp import bias
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Generation,
    Refused,
    StrictFake,
    flag,
    number,
    one_of,
    text,
    texts,
    whole,
)

API = "/api/v2"
SUBMIT = f"POST {API}/generate/text/async"
STATE = f"{API}/generate/text/status"
ANONYMOUS = "0000000000"
FREE_LENGTH = 512
"""Longer replies cost kudos beforehand."""


def _order(value: Any) -> str:
    fits = isinstance(value, list) and sorted(value) == list(range(7))
    return "" if fits else "MissingFullSamplerOrder"


def _stops(value: Any) -> str:
    wrong = texts(128)(value)
    return wrong or ("more than 2000 characters in all" if sum(map(len, value)) > 2000 else "")


PARAMS: Mapping[str, Check] = {
    "n": whole(1, 20), "max_context_length": whole(80, 1048576), "max_length": whole(16, 4096),
    "rep_pen": number(1, 3), "rep_pen_range": whole(0, 4096), "rep_pen_slope": number(0, 10),
    "temperature": number(0, 5), "tfs": number(0, 1), "top_a": number(0, 1), "top_k": whole(0, 200),
    "top_p": number(0.001, 1), "typical": number(0, 1), "min_p": number(0, 1),
    "smoothing_factor": number(0, 10), "dynatemp_range": number(0, 5), "dynatemp_exponent": number(0, 5),
    "sampler_order": _order, "stop_sequence": _stops, "use_default_badwordsids": flag,
    # Handed on to the worker.
    "frequency_penalty": number(), "presence_penalty": number(), "mirostat": one_of(0, 1, 2),
    "mirostat_tau": number(0), "mirostat_eta": number(0), "dry_multiplier": number(0),
    "dry_base": number(0), "dry_allowed_length": whole(0), "dry_penalty_last_n": whole(0),
    "dry_sequence_breakers": texts(128, least=1), "xtc_threshold": number(0), "xtc_probability": number(0),
    "grammar": text, "logit_bias": bias, "sampler_seed": whole(1, 999_999),
}  # fmt: skip


def _params(value: Any) -> str:
    if not isinstance(value, dict):
        return f"{value!r} is not an object"
    unknown = value.keys() - PARAMS.keys()
    if unknown:
        return f"{sorted(unknown)} are unknown"
    wrong = {name: PARAMS[name](one) for name, one in value.items()}
    return next((f"{name}: {said}" for name, said in wrong.items() if said), "")


FIELDS: Mapping[str, Check] = {
    "prompt": text, "params": _params, "models": texts(), "trusted_workers": flag, "slow_workers": flag,
    "extra_slow_workers": flag, "validated_backends": flag, "workers": texts(5), "worker_blacklist": flag,
    "allow_downgrade": flag, "dry_run": flag,
}  # fmt: skip


def a_worker(name: str, *models: str, context: int = 8192, reply: int = 512, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "id": f"id-of-{name}", "type": "text", "online": True, "models": list(models),
        "max_length": reply, "max_context_length": context, "trusted": False, "maintenance_mode": False,
        "performance": "12.5 tokens per second", "threads": 1, **more,
    }  # fmt: skip


@dataclass
class Waiting:
    """A request as the Horde keeps it."""

    generation: Generation
    place: int
    made: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 0


class HordeFake(StrictFake):
    """Version 4 of the API. A request moves up one place with every poll, then a worker writes one reply
    per poll."""

    id = "horde"
    generate = frozenset({SUBMIT})
    model = "koboldcpp/tiny-7b"
    streams = False
    stops_by = "DELETE of the request"
    key_header = "apikey"
    big: ClassVar[str] = "aphrodite/big-70b"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.workers = [
            a_worker("Anvil", self.model, trusted=True),
            a_worker("Bellows", self.model, self.big, context=16384, reply=256),
            a_worker("Cinder", self.big, context=32768, reply=1024),
        ]
        self.place = 2
        """Where a new request stands in the queue."""
        self.fails = False
        """Whoever takes a request gives it back broken."""
        self.refuses: list[tuple[int, object, dict[str, str]]] = []
        """What the next polls are answered with instead."""
        self.most_at_once = 5
        self.kudos = 1234.0
        self.shared_keys: set[str] = set()
        self.waiting: dict[str, Waiting] = {}
        self.cancelled: list[str] = []

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            f"GET {API}/status/heartbeat": self.heartbeat,
            f"GET {API}/status/models": self.models,
            f"GET {API}/workers": self.crowd,
            f"GET {API}/find_user": self.find_user,
            SUBMIT: self.submit,
            **{f"GET {API}/sharedkeys/{key}": self.shared_key for key in self.shared_keys},
            **{f"GET {STATE}/{id}": self.state(id) for id in self.waiting},
            **{f"DELETE {STATE}/{id}": self.cancel(id) for id in self.waiting},
        }

    def open_routes(self) -> frozenset[str]:
        return frozenset(name for name in self.routes if name not in (SUBMIT, f"GET {API}/find_user"))

    def error(self, status: int, sentence: str) -> object:
        codes = {401: "InvalidAPIKey", 403: "Forbidden", 404: "RequestNotFound", 429: "TooManyPrompts"}
        return {"message": sentence, "rc": codes.get(status, "BadRequest" if status < 500 else "Error")}

    def refusal(self, status: int, code: str, sentence: str) -> Refused:
        return Refused(status, {"message": sentence, "rc": code})

    def bad(self, sentence: str) -> tuple[int, object]:
        name, _, reason = sentence.partition(": ")
        return 400, {"message": "Input payload validation failed", "errors": {name: reason}}

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        if len(seen.headers.get("client-agent", "").split(":")) != 3 or not seen.headers.get("apikey"):
            await answer.send(400, self.error(400, "Client-Agent or apikey is missing"))
            return
        await super().__call__(seen, answer)

    def check_key(self, seen: Seen) -> None:
        sent = seen.headers["apikey"]
        if self.key and sent not in (self.key, ANONYMOUS, *self.shared_keys):
            raise self.refusal(401, "InvalidAPIKey", "No user matching sent API Key.")

    # --- who is there

    async def heartbeat(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"message": "OK", "version": "4.48.1"})

    async def models(self, seen: Seen, answer: Answer) -> None:
        assert seen.path.endswith("?type=text")
        there = [worker for worker in self.workers if worker["online"]]
        names = sorted({name for worker in there for name in worker["models"]})
        listed = [
            {
                "name": name, "count": sum(name in worker["models"] for worker in there), "type": "text",
                "performance": 25.4, "queued": 640.0, "jobs": 3.0, "eta": 40,
            }
            for name in names
        ]  # fmt: skip
        await answer.send(200, listed)

    async def crowd(self, seen: Seen, answer: Answer) -> None:
        assert seen.path.endswith("?type=text")
        await answer.send(200, self.workers)

    async def find_user(self, seen: Seen, answer: Answer) -> None:
        if seen.headers["apikey"] in self.shared_keys:
            raise self.refusal(404, "UserNotFound", "User with that key not found")
        await answer.send(200, {"username": "Ann#7", "kudos": self.kudos, "trusted": False, "concurrency": 5})

    async def shared_key(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"username": "Bob#9", "kudos": 50})

    # --- requests

    async def submit(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, FIELDS, needed=["prompt"])
        wrong = complaint("ai-horde", "GenerationInputKobold", body)
        if wrong:
            raise Refused(*self.bad(wrong))
        params = body.get("params", {})
        if params.get("max_length", 80) > params.get("max_context_length", 2048):
            raise self.refusal(400, "TokenOverflow", "max_length is above max_context_length")
        if not body["prompt"]:
            raise self.refusal(400, "MissingPrompt", "You cannot specify an empty prompt.")
        if sum(not one.generation.ended.is_set() for one in self.waiting.values()) >= self.most_at_once:
            raise self.refusal(429, "TooManyPrompts", "Parallel requests exceeded user limits (5)")
        self._charge(body, params, seen)
        id = f"job-{len(self.waiting)}"
        self.waiting[id] = Waiting(self.begin(body), self.place)
        told: dict[str, Any] = {"id": id, "kudos": 4.2}
        if not self.takers(body):
            told["message"] = "Warning: No available workers can fulfill this request."
        await answer.send(202, told)

    def _charge(self, body: dict[str, Any], params: dict[str, Any], seen: Seen) -> None:
        poor = seen.headers["apikey"] == ANONYMOUS or self.kudos <= 0
        if poor and not body.get("slow_workers", True):
            raise self.refusal(403, "KudosUpfront", "Only users with kudos can skip slow workers.")
        if poor and params.get("max_length", 80) > FREE_LENGTH:
            if not body.get("allow_downgrade"):
                raise self.refusal(403, "KudosUpfront", "Due to heavy demand, 512 tokens need kudos.")
            params["max_length"] = FREE_LENGTH

    def takers(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Workers that may and can answer."""
        params = body.get("params", {})
        named = body.get("workers", [])

        def takes(worker: dict[str, Any]) -> bool:
            return bool(
                worker["online"] and not worker["maintenance_mode"]
                and (not body["models"] or set(body["models"]) & set(worker["models"]))
                and (worker["trusted"] or not body["trusted_workers"])
                and (not named or (worker["id"] in named) != body["worker_blacklist"])
                and worker["max_context_length"] >= params.get("max_context_length", 2048)
                and worker["max_length"] >= params.get("max_length", 80)
            )  # fmt: skip

        return [worker for worker in self.workers if takes(worker)]

    def state(self, id: str) -> Callable[[Seen, Answer], Any]:
        async def handle(seen: Seen, answer: Answer) -> None:
            if self.refuses:
                status, body, headers = self.refuses.pop(0)
                raise Refused(status, body, **headers)
            waiting = self.waiting[id]
            waiting.polls += 1
            told = self._told(waiting)
            await answer.send(200, told, x_ratelimit_limit="60", x_ratelimit_remaining="59")
            self._move(waiting)

        return handle

    def _told(self, waiting: Waiting, *, cancelled: bool = False) -> dict[str, Any]:
        wanted = waiting.generation.body.get("params", {}).get("n", 1)
        faulted = self.fails and waiting.place <= 0
        done = len(waiting.made) == wanted or cancelled
        waiting.generation.ended.set() if done or faulted else None
        writes = waiting.place <= 0 and not done
        return {
            "finished": len(waiting.made), "processing": int(writes), "restarted": 0,
            "waiting": int(waiting.place > 0), "done": done, "faulted": faulted,
            "wait_time": max(0, waiting.place) * 20 or (7 if writes else 0),
            "queue_position": max(0, waiting.place), "kudos": 4.2,
            "is_possible": done or bool(self.takers(waiting.generation.body)),
            "generations": [] if faulted else waiting.made,
        }  # fmt: skip

    def _move(self, waiting: Waiting) -> None:
        """What happens until the next poll. Without end where the test wants to stop it."""
        body = waiting.generation.body
        takers = self.takers(body)
        if waiting.place > 0:
            waiting.place -= bool(takers)
        elif self.pace >= 0 and takers and len(waiting.made) < body["params"].get("n", 1):
            worker = takers[len(waiting.made) % len(takers)]
            served = [name for name in worker["models"] if not body["models"] or name in body["models"]]
            made = {
                "text": self._text(body), "seed": len(waiting.made), "worker_id": worker["id"],
                "worker_name": worker["name"], "model": served[0], "state": "ok", "gen_metadata": [],
            }  # fmt: skip
            waiting.made.insert(0, made)

    def _text(self, body: Mapping[str, Any]) -> str:
        """With the stop text that ended it."""
        params = body["params"]
        whole_text = "".join(self.reply[: params["max_length"]])
        ends = [whole_text.find(stop) + len(stop) for stop in params["stop_sequence"] if stop in whole_text]
        return whole_text[: min(ends, default=None)]

    def cancel(self, id: str) -> Callable[[Seen, Answer], Any]:
        async def handle(seen: Seen, answer: Answer) -> None:
            waiting = self.waiting.pop(id)
            self.cancelled.append(id)
            waiting.generation.stopped = not waiting.generation.ended.is_set()
            await answer.send(200, self._told(waiting, cancelled=True))

        return handle


FAKES = {"horde": HordeFake}
