"""TokenCounts: who counts for the connection, asked in the background and waited for briefly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import TavernError
from tavern_tui.core.prompt import BuiltPrompt, TextPrompt
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.signal import Signal
from tavern_tui.services.tokenizers import LocalTokenizers
from tavern_tui.tokens.cache import CachedCounter, TokenCache
from tavern_tui.tokens.cautious import CautiousEstimate
from tavern_tui.tokens.estimate import EstimateCounter

if TYPE_CHECKING:
    from tavern_tui.tokens.local import OpenTokenizer

WAIT = 0.3
"""Seconds a send waits for counts at most."""
IDS_WAIT = 5.0
"""Seconds the first send waits for a tokenizer without which its stop strings cannot be sent."""
AT_ONCE = 64
"""Texts asked for in one go; what came of them is known before the next go."""
ROUNDS = 4
"""A prompt may be cut elsewhere once it was counted, and then holds texts that were not yet."""

Ask = Callable[[Sequence[str]], Awaitable[list[int] | None]]


class TokenWarmer:
    """Asks the server, in the background, for the counts that one counter lacked."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self.refused = False
        """The last time the server was asked, it did not count."""

    def start(self, counter: CachedCounter, ask: Ask) -> asyncio.Task[None] | None:
        """Have what is missing counted; None: nothing is."""
        if self._task is None or self._task.done():
            if not counter.missing:
                return None
            self._task = asyncio.create_task(self._fill(counter, ask))
        return self._task

    async def warm(self, counter: CachedCounter, ask: Ask, *, wait: float = WAIT) -> bool:
        """Fill in missing counts; True when all are known within `wait` seconds.

        What is not answered by then goes on in the background, for the next build."""
        task = self.start(counter, ask)
        if task is None:
            return True
        done, _ = await asyncio.wait({task}, timeout=wait)
        return bool(done) and not counter.missing

    async def _fill(self, counter: CachedCounter, ask: Ask) -> None:
        while counter.missing:
            texts = list(islice(counter.missing, AT_ONCE))
            counts = None
            with suppress(TavernError):  # the estimate serves until the server answers again
                counts = await ask(texts)
            self.refused = counts is None
            if counts is None:
                return
            counter.learn(dict(zip(texts, counts, strict=True)))

    async def aclose(self) -> None:
        """End the background work."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)


class TokenCounts:
    """Chooses the counter: a tokenizer of the user's, the server's own, or the estimate."""

    def __init__(
        self,
        connections: ConnectionService,
        *,
        tokenizers: LocalTokenizers | None = None,
        file: Path | None = None,
        wait: float = WAIT,
    ) -> None:
        """`file`: where counts are kept between runs. `wait`: seconds a send waits at most."""
        self._connections = connections
        self._tokenizers = tokenizers or LocalTokenizers(None, lambda sentence: None)
        self._file = file
        self._wait = wait
        self._estimate = EstimateCounter()
        self._cautious = CautiousEstimate(self._estimate)
        self._cache: TokenCache | None = None
        self._servers: dict[str, tuple[CachedCounter, TokenWarmer]] = {}
        self._awaited: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self.counted: Signal[None] = Signal()
        """Counts that were estimated are known now."""

    # --- the counter

    def counter(self) -> TokenCounter:
        """The counter for one build with the current connection."""
        choice = self._connections.current.tokenizer
        if choice in CHOICES:
            server = self._counting_server()
            return server[0].fresh() if server is not None else self._estimate
        return self._tokenizers.counter(choice) or self._estimate

    def tokenizer(self) -> OpenTokenizer | None:
        """The user's tokenizer for the current connection; None: none, or its file was not read yet."""
        return self._tokenizers.tokenizer(self._connections.current.tokenizer)

    def careful(self, built: BuiltPrompt, counter: TokenCounter) -> TokenCounter | None:
        """The counter to build with once more: the true counts are on their way, and should the
        estimate be too low, the prompt would not fit. None: it is good as it is."""
        if not isinstance(counter, CachedCounter) or built.exact or not self._will_count():
            return None
        if self._most(built) <= built.budget:
            return None
        return counter.fresh(self._cautious)

    def _most(self, built: BuiltPrompt) -> int:
        prompt = built.prompt
        if isinstance(prompt, TextPrompt):
            return self._cautious.count(prompt.text)
        return sum(self._cautious.count_message(one.role, one.content, one.name) for one in prompt.messages)

    def _counting_server(self) -> tuple[CachedCounter, TokenWarmer] | None:
        """The same, if the user wants it to count: where that has a price or a limit, only if asked to."""
        connection = self._connections.current
        server = self._connections.spec_of(connection).server
        on_request = server is not None and server.tokens is not None and server.tokens.on_request
        wanted = connection.tokenizer == SERVER or (connection.tokenizer == "auto" and not on_request)
        return self._server() if wanted else None

    def _server(self) -> tuple[CachedCounter, TokenWarmer] | None:
        """The current server's counts and who asks for them; None: it does not count."""
        connection = self._connections.current
        server = self._connections.spec_of(connection).server
        if server is None or server.tokens is None:
            return None
        key = f"{connection.provider} {connection.url} {self._connections.model}"
        if key not in self._servers:
            if self._cache is None:
                self._cache = TokenCache(self._file)
            counter = CachedCounter(
                tokenizer=key,
                cache=self._cache,
                fallback=self._estimate,
                server=f"{connection.provider} at {connection.url or 'its usual address'}",
            )
            self._servers[key] = counter, TokenWarmer()
        return self._servers[key]

    def _will_count(self) -> bool:
        """Whether the server is there and has not declined to count."""
        status = self._connections.status
        server = self._counting_server()
        return server is not None and status is not None and status.ok and not server[1].refused

    # --- having it count

    async def get_ready(self, build: Callable[[], BuiltPrompt]) -> None:
        """Have what a build needs counted, and wait a moment for it. What takes longer goes on in
        the background."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._wait
        choice = self._connections.current.tokenizer
        if choice not in CHOICES:
            spec = self._connections.spec_of(self._connections.current)
            wait = self._wait if spec.texts_for_ids is None else IDS_WAIT
            await asyncio.wait({self._tokenizers.read_soon(choice)}, timeout=wait)
            return
        server, status = self._counting_server(), self._connections.status
        if server is None or status is None or not status.ok:
            return
        counter, warmer = server
        for _ in range(ROUNDS):
            build()
            if not counter.missing:
                return
            ask = self._connections.provider().count_tokens
            if not await warmer.warm(counter, ask, wait=max(0.0, until - clock())):
                return

    def count_soon(self) -> None:
        """Have what the last builds estimated counted in the background; `counted` tells when."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return  # no loop, so nobody who could hear of it
        task = self._background()
        if task is not None and task is not self._awaited:
            self._awaited = task
            self._telling = asyncio.create_task(self._tell(task))

    def _background(self) -> asyncio.Task[None] | None:
        choice = self._connections.current.tokenizer
        if choice not in CHOICES:
            return None if self._tokenizers.counter(choice) else self._tokenizers.read_soon(choice)
        server = self._counting_server() if self._will_count() else None
        if server is None:
            return None
        counter, warmer = server
        return warmer.start(counter, self._connections.provider().count_tokens)

    async def _tell(self, task: asyncio.Task[None]) -> None:
        await asyncio.wait({task})
        if not task.cancelled():
            self.counted.send(None)

    async def aclose(self) -> None:
        """End the background work and let go of the file."""
        if self._telling is not None:
            self._telling.cancel()
        await self._tokenizers.aclose()
        for _, warmer in self._servers.values():
            await warmer.aclose()
        if self._cache is not None:
            self._cache.close()


SERVER = "server"
CHOICES = ("auto", SERVER, "estimate", "")
"""Values of a connection's `tokenizer` that name no file."""
