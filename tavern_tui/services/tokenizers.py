"""LocalTokenizers: the user's tokenizer files, each read once and beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import DataError
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.tokens.estimate import EstimateCounter

if TYPE_CHECKING:
    from tavern_tui.tokens.local import OpenTokenizer


class LocalTokenizers:
    """Counters by the choice a connection makes: a file, or the name of an encoding."""

    def __init__(
        self, folder: Path | None, warn: Callable[[str], None], environ: Mapping[str, str] | None = None
    ) -> None:
        """`folder`: where names without a folder are looked for."""
        self._folder = folder
        self._warn = warn
        self._environ = environ or {}
        self._estimate = EstimateCounter()
        self._counters: dict[str, TokenCounter] = {}
        self._tokenizers: dict[str, OpenTokenizer] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    def counter(self, choice: str) -> TokenCounter | None:
        """The counter of a choice; None: its file was not read yet."""
        return self._counters.get(choice)

    def tokenizer(self, choice: str) -> OpenTokenizer | None:
        """The tokenizer of a choice; None: its file was not read yet, or cannot be used."""
        return self._tokenizers.get(choice)

    def read_soon(self, choice: str) -> asyncio.Task[None]:
        """Have the file read. One that cannot be used is named once; the estimate stands in."""
        task = self._reading.get(choice)
        if task is None:
            task = self._reading[choice] = asyncio.create_task(self._read(choice))
        return task

    async def _read(self, choice: str) -> None:
        from tavern_tui.tokens.local import LocalCounter

        try:
            name, tokenizer = await asyncio.to_thread(self._opened, choice)
        except DataError as error:
            self._counters[choice] = self._estimate
            self._warn(" ".join(filter(None, [str(error), error.hint, "Tokens are estimated."])))
            return
        self._tokenizers[choice] = tokenizer
        self._counters[choice] = LocalCounter(name, tokenizer, self._estimate)

    def _opened(self, choice: str) -> tuple[str, OpenTokenizer]:
        from tavern_tui.tokens.local import find_tokenizer, open_tokenizer

        path = find_tokenizer(choice, self._folder, self._environ)
        return path.name if path.suffix else choice, open_tokenizer(path, choice)

    async def aclose(self) -> None:
        """Let go of what is still being read."""
        for task in self._reading.values():
            task.cancel()
