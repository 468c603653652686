"""KoboldAI: its API at 1.2.5 (United); `version` makes it older."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Check, Refused, StrictFake, flag, number, text, texts, whole


def _order(value: Any) -> str:
    fits = isinstance(value, list) and sorted(value) == list(range(7))
    return "" if fits else f"Must be a permutation of 0..6, not {value!r}"


FIELDS: Mapping[str, Check] = {
    "prompt": text, "max_length": whole(1), "max_context_length": whole(1), "rep_pen": number(1),
    "rep_pen_range": whole(0), "rep_pen_slope": number(0), "temperature": number(above=0),
    "tfs": number(0, 1), "top_a": number(0), "top_k": whole(0), "top_p": number(0, 1),
    "typical": number(0, 1), "sampler_order": _order, "sampler_seed": whole(0, 2**64 - 1), "n": whole(1, 5),
    "singleline": flag, "use_story": flag, "use_memory": flag, "use_authors_note": flag,
    "use_world_info": flag, "use_userscripts": flag, "frmttriminc": flag, "frmtrmblln": flag,
    "frmtrmspch": flag, "frmtadsnsp": flag, "disable_input_formatting": flag,
    "disable_output_formatting": flag, "soft_prompt": text, "quiet": flag,
}  # fmt: skip
NEWER: Mapping[str, tuple[str, Check]] = {
    "stop_sequence": ("1.2.2", texts()),
    "use_default_badwordsids": ("1.2.4", flag),
}
"""Keys that came with a version."""


class ClassicFake(StrictFake):
    """Knows no key and no streams. Like the Classic client it refuses keys it does not know."""

    id = "kobold"
    generate = frozenset({"POST /api/v1/generate"})
    streams = False
    context = 2048
    version: ClassVar[str] = "1.2.5"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.loaded = self.model

    @property
    def routes(self) -> Mapping[str, Any]:
        return {
            "GET /api/v1/model": self.which,
            "PUT /api/v1/model": self.load,
            "GET /api/v1/info/version": self.tell_version,
            "GET /api/v1/config/max_context_length": self.tell_context,
            "POST /api/v1/generate": self.generated,
        }

    def check_key(self, seen: Seen) -> None:
        """It has none."""

    def error(self, status: int, sentence: str) -> object:
        return {"detail": {"msg": sentence, "type": "service_unavailable"}}

    def bad(self, sentence: str) -> tuple[int, object]:
        name, _, what = sentence.partition(": ")
        return 422, {"detail": {name: [what]}}

    async def which(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"result": self.loaded})

    async def load(self, seen: Seen, answer: Answer) -> None:
        self.loaded = self.body(seen, {"model": text}, needed=["model"])["model"]
        await answer.send(200, {})

    async def tell_version(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"result": self.version})

    async def tell_context(self, seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"value": self.context})

    async def generated(self, seen: Seen, answer: Answer) -> None:
        known = {name: check for name, (version, check) in NEWER.items() if self.version >= version}
        body = self.body(seen, {**FIELDS, **known}, needed=["prompt"])
        if self.loaded == "ReadOnly":
            raise Refused(501, {"detail": {"msg": "No model is loaded.", "type": "not_implemented"}})
        if any(not one.ended.is_set() for one in self.generations):
            raise Refused(503, self.error(503, "Server is busy; please try again later."))
        generation = self.begin(body)
        pieces, _ = self.cut(body.get("max_length", 80))
        said = "".join(pieces)
        for stop in body.get("stop_sequence", []):
            at = said.find(stop)
            said = said[: at + len(stop)] if at >= 0 else said
        if await self.think(seen, generation):
            await answer.send(200, {"results": [{"text": said}] * body.get("n", 1)})


FAKES = {"kobold": ClassicFake}
