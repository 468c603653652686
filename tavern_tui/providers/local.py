"""LocalProvider: a GGUF file on this machine, served by llama.cpp in a child process."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ProviderError, ServerFailed, UsageError
from tavern_tui.core.generation import EventStream, GenerationRequest, Model, Progress, ServerStatus
from tavern_tui.providers.base import PreparedRequest, ProviderSpec
from tavern_tui.providers.http import HttpProvider
from tavern_tui.providers.local_server import KEY_VARIABLE
from tavern_tui.providers.plain import Plain
from tavern_tui.providers.wirelog import WireLog

DEFAULT_CONTEXT = 8192
END_SECONDS = 5.0
MOST_FILES = 1000
PLACEHOLDER = "http://127.0.0.1"
"""Address shown before the child has chosen its port."""


class LocalProvider(Plain):
    """Starts the child when it is first needed and ends it with `aclose`."""

    def __init__(self, spec: ProviderSpec, connection: Connection, *, log: WireLog | None = None) -> None:
        self._spec = spec
        self._connection = connection
        self._log = log
        self._child: asyncio.subprocess.Process | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._last_words: deque[str] = deque(maxlen=20)
        self._starting = asyncio.Lock()
        self._key = secrets.token_urlsafe(32)
        self._server: HttpProvider | None = None
        self._draft = self._provider_at(PLACEHOLDER)

    @property
    def spec(self) -> ProviderSpec:
        return self._spec

    @property
    def name(self) -> str:
        return self._connection.name

    @property
    def model_path(self) -> Path:
        """The GGUF file: the connection's model, or its address if that is where it was put."""
        written = self._connection.model or self._connection.url.removeprefix("file://")
        return Path(written).expanduser()

    def wire(self, request: GenerationRequest) -> PreparedRequest:
        return (self._server or self._draft).wire(request)

    async def stream(self, request: GenerationRequest) -> EventStream:
        if self._server is None:
            yield Progress(0, 0, f"loading {self.model_path.name}")
        server = await self._started()
        async with aclosing(server.stream(request)) as events:
            async for event in events:
                yield event

    async def models(self) -> list[Model]:
        """The GGUF files beside the chosen one and in the folder of the options.

        Raises UsageError if there is neither."""
        found = await asyncio.to_thread(self._files)
        if not found:
            self._checked_path()
        return [
            Model(id=str(path), title=path.name, detail=f"{path.stat().st_size / 2**30:.1f} GB")
            for path in found
        ]

    def _files(self) -> list[Path]:
        folders = [Path(str(self._connection.options.get("folder") or "")).expanduser()]
        folders = [one for one in folders if str(one) != "."]
        if self._connection.model or self._connection.url:
            folders.append(self.model_path.parent)
        files: dict[Path, None] = {}
        for folder in folders:
            with suppress(OSError):
                files |= dict.fromkeys(sorted(islice(folder.glob("*.gguf"), MOST_FILES)))
        return list(files)

    async def status(self) -> ServerStatus:
        server = await self._started()
        status = await server.status()
        return replace(status, title=self._spec.title, model=self.model_path.stem)

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await (await self._started()).count_tokens(texts)

    async def aclose(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.aclose()
        await self._draft.aclose()
        await self._end_child()

    # --- the child

    async def _started(self) -> HttpProvider:
        async with self._starting:
            if self._server is not None and self._child is not None and self._child.returncode is None:
                return self._server
            if self._server is not None:
                await self._server.aclose()
                self._server = None
            path = self._checked_path()
            try:
                self._server = self._provider_at(await self._start_child(path))
            except BaseException:
                await self._end_child()
                raise
            return self._server

    def _provider_at(self, url: str) -> HttpProvider:
        connection = replace(self._connection, url=url, model="")
        return HttpProvider(self._spec, connection, key=self._key, log=self._log)

    def _checked_path(self) -> Path:
        path = self.model_path
        if not self._connection.model and not self._connection.url:
            raise UsageError(
                f'The connection "{self.name}" names no GGUF file.',
                hint="Put the path of a .gguf file into its model field.",
            )
        try:
            with path.open("rb") as file:
                magic = file.read(4)
        except OSError as error:
            raise UsageError(f"The model {path} cannot be read: {error.strerror}.") from error
        if magic != b"GGUF":
            raise UsageError(f"{path} is not a GGUF file.")
        if find_spec("xllamacpp") is None:
            raise UsageError(
                "Running a GGUF file needs llama.cpp: pip install 'tavern-tui[local]'", hint="Then try again."
            )
        return path

    async def _start_child(self, path: Path) -> str:
        """Start the child, wait until the model is loaded, return its address."""
        context = self._connection.context_size or DEFAULT_CONTEXT
        threads, layers = self._whole("threads", 0), self._whole("gpu_layers", -1)
        self._last_words.clear()
        self._child = child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tavern_tui.providers.local_server", str(path), "--context", str(context),
            "--threads", str(threads), "--gpu-layers", str(layers),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, KEY_VARIABLE: self._key},
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        self._stderr = asyncio.create_task(self._listen(child.stderr))
        line = await child.stdout.readline()
        try:
            return str(json.loads(line)["url"])
        except (ValueError, KeyError, TypeError):
            raise await self._did_not_start(path) from None

    def _whole(self, option: str, usual: int) -> int:
        value = self._connection.options.get(option, usual)
        return value if isinstance(value, int) and not isinstance(value, bool) else usual

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        # Read in pieces: a line of the native log may be longer than a reader's limit.
        while chunk := await stream.read(4096):
            self._last_words.append(chunk.decode("utf-8", "replace"))

    async def _did_not_start(self, path: Path) -> ProviderError:
        await self._end_child()
        said = "".join(self._last_words)
        reasons = [line.strip() for line in said.splitlines() if "error" in line.lower()]
        tail = "".join(char for char in (reasons[-1] if reasons else "") if char.isprintable())[-200:]
        return ServerFailed(
            f"llama.cpp could not load {path.name}{f': {tail}' if tail else '.'}",
            hint="Is the file complete, and is there enough memory for it?",
        )

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
        if self._stderr is not None:
            await self._stderr
