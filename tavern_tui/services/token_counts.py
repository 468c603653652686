"""Warms the token counter before a prompt is built, so that counting inside stays synchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from pathlib import Path

from tavern_tui.core.errors import DataError, TavernError
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.tokens.cache import CachedCounter
from tavern_tui.tokens.estimate import EstimateCounter
from tavern_tui.tokens.local import ENDINGS, LocalCounter, open_tokenizer

WAIT = 0.3
"""Seconds a send waits for counts at most; after that the estimate has to do."""

AT_ONCE = 64
"""Texts asked for in one go."""

Ask = Callable[[Sequence[str]], Awaitable[list[int] | None]]


class TokenWarmer:
    """Asks the server for the counts a counter lacked, in the background."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def warm(self, counter: CachedCounter, ask: Ask, *, wait: float = WAIT) -> bool:
        """Fill in missing counts; True when all are known within `wait` seconds.

        What is not answered by then goes on in the background, for the next build."""
        if self._task is None or self._task.done():
            if not counter.missing:
                return True
            self._task = asyncio.create_task(_fill(counter, ask))
        done, _ = await asyncio.wait({self._task}, timeout=wait)
        return bool(done) and not counter.missing

    async def aclose(self) -> None:
        """End the background work."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)


class LocalTokenizers:
    """The user's tokenizer files, each read once and beside the event loop."""

    def __init__(self, folder: Path | None, warn: Callable[[str], None]) -> None:
        """`folder`: where names without a folder are looked for."""
        self._folder = folder
        self._warn = warn
        self._estimate = EstimateCounter()
        self._counters: dict[str, TokenCounter] = {}

    def counter(self, choice: str) -> TokenCounter | None:
        """The counter of a choice (`estimate` or a file); None: its file was not read yet."""
        return self._estimate if choice == "estimate" else self._counters.get(choice)

    async def get_ready(self, choice: str) -> None:
        """Read the file. One that cannot be used is named once; the estimate stands in."""
        if choice in ("auto", "estimate", "") or choice in self._counters:
            return
        path = self._path(choice)
        try:
            count = await asyncio.to_thread(open_tokenizer, path)
        except DataError as error:
            self._warn(f"{error} {error.hint}".strip() + " Tokens are estimated.")
            self._counters[choice] = self._estimate
            return
        self._counters[choice] = LocalCounter(path.name, count, self._estimate)

    def _path(self, choice: str) -> Path:
        path = Path(choice).expanduser()
        if path.name != choice or self._folder is None:
            return path
        named = self._folder / choice
        return named if named.suffix in ENDINGS else named.with_name(f"{choice}.tiktoken")


async def _fill(counter: CachedCounter, ask: Ask) -> None:
    while counter.missing:
        texts = list(islice(counter.missing, AT_ONCE))
        try:
            counts = await ask(texts)
        except TavernError:
            return  # the estimate serves until the server answers again
        if counts is None:
            return
        counter.learn(dict(zip(texts, counts, strict=True)))
