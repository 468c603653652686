"""Tokens of texts as a server has them: how many, and which."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tavern_tui.core.errors import BadAnswer, NotFound, RequestRefused, ServerFailed
from tavern_tui.providers.base import TokenRoute
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.questions import Prepare, Questions
from tavern_tui.providers.servers import read_count, read_ids
from tavern_tui.providers.together import together
from tavern_tui.providers.wirelog import WireLog

COUNTS_AT_ONCE = 4


class Counting:
    """Asks one server's tokeniser; knows the ids it was told."""

    def __init__(self, route: TokenRoute, *, ask: Questions, prepare: Prepare, explain: Explainer) -> None:
        self._route = route
        self._ask = ask
        self._prepare = prepare
        self._explain = explain
        self._empty: tuple[int, ...] | None = None
        self.ids: dict[str, tuple[int, ...]] = {}

    async def counts(self, texts: Sequence[str], model: str) -> list[int] | None:
        """Tokens of each text; None: this server does not count. Raises ProviderError."""
        route = self._route
        if route.needs_model and not model:
            return None
        gate = asyncio.Semaphore(COUNTS_AT_ONCE)
        try:
            empty = await self._count("", model, gate) if route.subtract_empty else 0
            counts = await together(*(self._count(text, model, gate) for text in texts))
        except (NotFound, BadAnswer):
            return None
        return [max(0, count - empty) if text else 0 for count, text in zip(counts, texts, strict=True)]

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
        count = read_count(await self._asked(self._route.path, text, model, gate))
        if count is None:
            raise self._explain.nonsense("something that is not a token count")
        return count

    async def _asked(self, path: str, text: str, model: str, gate: asyncio.Semaphore) -> object:
        body: dict[str, object] = {**self._route.extra, self._route.text_key: text}
        if self._route.needs_model or (self._route.takes_model and model):
            body["model"] = model
        async with gate:
            # Hundreds of these would push everything else out of the log.
            return await self._ask.asked(self._prepare("POST", path, body), WireLog(limit=1))
