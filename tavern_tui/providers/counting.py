"""Tokens of texts as a server has them: how many, and which."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from tavern_tui.core.errors import BadAnswer, NotFound, RequestRefused, ServerFailed
from tavern_tui.providers.base import TokenRoute
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.questions import Prepare, Questions
from tavern_tui.providers.servers import read_count, read_ids
from tavern_tui.providers.together import together
from tavern_tui.providers.wirelog import WireLog

COUNTS_AT_ONCE = 4
ONE_TOKEN = "a"
"""A text that every tokenizer has as one token."""


class Counting:
    """Asks one server's tokeniser; knows the ids it was told."""

    def __init__(self, route: TokenRoute, *, ask: Questions, prepare: Prepare, explain: Explainer) -> None:
        self._route = route
        self._ask = ask
        self._prepare = prepare
        self._explain = explain
        self._empty: tuple[int, ...] | None = None
        self._frames: dict[str, int] = {}
        self.ids: dict[str, tuple[int, ...]] = {}

    async def counts(self, texts: Sequence[str], model: str) -> list[int] | None:
        """Tokens of each text; None: this server does not count. Raises ProviderError."""
        route = self._route
        if route.needs_model and not model:
            return None
        gate = asyncio.Semaphore(COUNTS_AT_ONCE)
        try:
            besides = await self._besides(model, gate)
            asked = [text for text in texts if not route.framed or text.strip()]
            found = await together(*(self._count(text, model, gate) for text in asked))
        except (NotFound, BadAnswer):
            return None
        counts = dict(zip(asked, found, strict=True))
        return [0 if not text else max(0, counts[text] - besides) if text in counts else 1 for text in texts]

    async def _besides(self, model: str, gate: asyncio.Semaphore) -> int:
        """What a count holds besides the text's own tokens."""
        if self._route.framed:
            if model not in self._frames:
                self._frames[model] = await self._count(ONE_TOKEN, model, gate) - 1
            return self._frames[model]
        return await self._count("", model, gate) if self._route.subtract_empty else 0

    async def learn_ids(self, texts: Sequence[str], model: str) -> None:
        """Ask for the ids of texts that are not known yet; a server that does not tell is left alone."""
        new = [text for text in texts if text not in self.ids]
        if not new or (self._route.needs_model and not model):
            return
        path = self._route.ids_path or self._route.path
        gate = asyncio.Semaphore(COUNTS_AT_ONCE)
        try:
            if self._empty is None:
                found = (
                    read_ids(await self._asked(path, "", model, gate)) if self._route.subtract_empty else ()
                )
                self._empty = found or ()
            answers = await together(*(self._asked(path, text, model, gate) for text in new))
        except (NotFound, BadAnswer, RequestRefused, ServerFailed):
            return
        for text, answer in zip(new, answers, strict=True):
            ids = read_ids(answer)
            if ids is not None:
                start = len(self._empty) if ids[: len(self._empty)] == self._empty else 0
                self.ids[text] = ids[start:]

    async def _count(self, text: str, model: str, gate: asyncio.Semaphore) -> int:
        most = self._route.longest
        if most and len(text) > most:
            parts = (text[at : at + most] for at in range(0, len(text), most))
            return sum(await together(*(self._count(part, model, gate) for part in parts)))
        count = read_count(await self._asked(self._route.path, text, model, gate))
        if count is None:
            raise self._explain.nonsense("something that is not a token count")
        return count

    async def _asked(self, path: str, text: str, model: str, gate: asyncio.Semaphore) -> object:
        body: dict[str, object] = {**self._route.extra, self._route.text_key: self._route.wrap(text)}
        path = path.replace("{model}", quote(model.removeprefix("models/"), safe=""))
        in_path = "{model}" in self._route.path
        if not in_path and (self._route.needs_model or (self._route.takes_model and model)):
            body["model"] = model
        async with gate:
            # Hundreds of these would push everything else out of the log.
            return await self._ask.asked(self._prepare("POST", path, body), WireLog(limit=1))
