"""Tools of MCP servers: programs or addresses from the settings, connected when tools are first offered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tavern_tui.core.chat_options import Tool
from tavern_tui.services.tools import Arguments, RunTool, ToolContext, ToolEntry, ToolFailed

if TYPE_CHECKING:
    from mcp.client import Client

CONNECT_PATIENCE = 15.0
"""Seconds a server may take to say which tools it has."""
AGAIN_AFTER = 60.0
"""Seconds until a server that failed is tried again."""
MOST_TOOLS = 100
"""Tools of one server."""
MOST_PAGES = 20
LONGEST_ABOUT = 2000
"""Characters of a tool's description."""
LONGEST_NAME = 64

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """One row of the settings."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to the few variables a server's process gets; may hold keys."""
    url: str = field(default="", repr=False)
    """Instead of a command. May hold keys."""


def servers_from(rows: Sequence[Mapping[str, object]], warn: Callable[[str], None]) -> list[McpServer]:
    """The servers the rows name; those that cannot be used are told."""
    made: dict[str, McpServer] = {}
    for at, row in enumerate(rows, start=1):
        name, command, url = (row.get(key) for key in ("name", "command", "url"))
        args, env = row.get("args", []), row.get("env", {})
        usable = isinstance(name, str) and name.strip() and name not in made
        one_way = (isinstance(command, str) and bool(command)) != (isinstance(url, str) and bool(url))
        if not usable or not one_way or not isinstance(args, (list, tuple)) or not isinstance(env, Mapping):
            warn(f"MCP server {at} of the settings needs a name of its own, and a command or a url.")
            continue
        made[str(name)] = McpServer(
            name=str(name),
            command=str(command or ""),
            args=tuple(str(one) for one in args),
            env={str(key): str(value) for key, value in env.items()},
            url=str(url or ""),
        )
    return list(made.values())


class McpTools:
    """The tools of all servers in the settings."""

    def __init__(
        self,
        rows: Callable[[], Sequence[Mapping[str, object]]],
        warn: Callable[[str], None],
        *,
        patience: float = CONNECT_PATIENCE,
    ) -> None:
        self._rows = rows
        self._warn = warn
        self._patience = patience
        self._seen: Sequence[Mapping[str, object]] = ()
        self._links: list[_Link] = []

    def tools(self) -> Sequence[ToolEntry]:
        """Those of the servers that are connected now."""
        return [tool for link in self._links for tool in link.tools]

    async def get_ready(self) -> None:
        """Connect what is not connected yet, all at once, and wait for it a while."""
        rows = self._rows()
        if rows != self._seen:
            await self._renew(rows)
        waiting = [link.ready(self._patience) for link in self._links]
        for sentence in await asyncio.gather(*waiting):
            if sentence:
                self._warn(sentence)

    async def aclose(self) -> None:
        """End all connections and the programs behind them."""
        links, self._links, self._seen = self._links, [], ()
        await asyncio.gather(*(link.aclose() for link in links))

    async def _renew(self, rows: Sequence[Mapping[str, object]]) -> None:
        await self.aclose()
        self._seen = rows
        if rows and find_spec("mcp") is None:
            self._warn(
                "The settings name MCP servers, but the extra `mcp` is not installed; they are left out."
            )
            return
        self._links = [_Link(server) for server in servers_from(rows, self._warn)]


class _Link:
    """The connection to one server. It lives in a task of its own, which opens and closes it."""

    def __init__(self, server: McpServer) -> None:
        self._server = server
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._failed_at: float | None = None
        self._client: Client | None = None
        self.tools: list[ToolEntry] = []

    async def ready(self, patience: float) -> str:
        """Connect if need be; returns a sentence about what went wrong, the first time it does."""
        if self._task is not None and not self._task.done():
            return ""
        if self._failed_at is not None and time.monotonic() - self._failed_at < AGAIN_AFTER:
            return ""
        connected = asyncio.Event()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._live(connected))
        waiting = asyncio.create_task(connected.wait())
        try:
            await asyncio.wait((waiting, self._task), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if connected.is_set():
            self._failed_at = None
            return ""
        self._failed_at = time.monotonic()
        reason = await self._given_up(patience)
        return f'The MCP server "{self._server.name}" could not be used: {reason}.'

    async def aclose(self) -> None:
        """End it; a server that does not let go is left behind."""
        self._closing.set()
        self.tools, self._client = [], None
        if self._task is not None and not self._task.done():
            _, late = await asyncio.wait((self._task,), timeout=5)
            for task in late:
                task.cancel()
                await asyncio.wait((task,), timeout=1)

    async def _given_up(self, patience: float) -> str:
        """End an attempt that did not succeed; why it did not."""
        assert self._task is not None
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=5)
            return f"it did not answer within {patience:g} seconds"
        error = None if self._task.cancelled() else self._task.exception()
        return _reason(error) if error is not None else "it ended at once"

    async def _live(self, connected: asyncio.Event) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                client = await stack.enter_async_context(_client(self._server, stack))
                self.tools = await self._listed(client)
                self._client = client
                connected.set()
                await self._closing.wait()
        except Exception:
            if not connected.is_set():
                raise
        finally:
            self.tools, self._client = [], None

    async def _listed(self, client: Client) -> list[ToolEntry]:
        found: list[ToolEntry] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += [self._entry(tool) for tool in page.tools]
            cursor = page.next_cursor
            if not cursor or len(found) >= MOST_TOOLS:
                break
        return found[:MOST_TOOLS]

    def _entry(self, tool: Any) -> ToolEntry:
        offer = Tool(
            name=tool_name(self._server.name, str(tool.name)),
            description=str(tool.description or "")[:LONGEST_ABOUT],
            parameters=dict(tool.input_schema or {"type": "object", "properties": {}}),
        )
        title = f"{tool.title or tool.name} ({self._server.name})"
        return ToolEntry(offer=offer, title=title, run=self._runner(str(tool.name)), source=self._server.name)

    def _runner(self, name: str) -> RunTool:
        async def run(arguments: Arguments, context: ToolContext) -> str:
            if self._client is None:
                raise ToolFailed(f'The MCP server "{self._server.name}" is not connected any more.')
            try:
                result = await self._client.call_tool(name, dict(arguments))
            except Exception as error:  # whatever the server or its transport raises
                raise ToolFailed(f'The MCP server "{self._server.name}" failed: {_reason(error)}.') from error
            text = result_text(result)
            if result.is_error:
                raise ToolFailed(text or "The tool failed without a word.")
            return text

        return run


def tool_name(server: str, tool: str) -> str:
    """A name services accept, with the server's in front."""
    prefix, rest = (_NOT_IN_A_NAME.sub("_", part).strip("_") for part in (server, tool))
    return f"{prefix[:20] or 'mcp'}__{rest}"[:LONGEST_NAME]


def result_text(result: Any) -> str:
    """The words of a result; other content is named."""
    pieces: list[str] = []
    for part in result.content or ():
        kind = str(getattr(part, "type", ""))
        inside = getattr(getattr(part, "resource", None), "text", None)
        text = getattr(part, "text", None) or inside
        pieces.append(text if isinstance(text, str) else f"[{kind or 'something'}]")
    if not pieces and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(pieces)


def _client(server: McpServer, stack: contextlib.AsyncExitStack) -> Client:
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    if server.url:
        return Client(server.url)
    quiet = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # the stack closes it
    given = StdioServerParameters(
        command=server.command, args=list(server.args), env=dict(server.env) or None
    )
    return Client(stdio_client(given, errlog=quiet))


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words. Addresses, which may hold keys, are not repeated."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    if isinstance(error, ImportError):
        return "the extra `mcp` is missing or too old"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if type(error).__name__ in ("MCPError", "McpError"):
        return str(error).rstrip(".")[:200] or "it refused"
    return type(error).__name__
