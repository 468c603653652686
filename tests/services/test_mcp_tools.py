"""MCP servers as sources of tools: connected, asked, failing in one sentence."""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tavern_tui.core.chat import Chat
from tavern_tui.services import mcp_tools
from tavern_tui.services.mcp_tools import McpTools, servers_from, tool_name
from tavern_tui.services.tools import ToolAnswer, ToolBox, ToolCall, ToolContext, call_tool

SERVER = Path(__file__).with_name("mcp_server.py")
TINY = {"name": "tiny", "command": sys.executable, "args": [str(SERVER)]}
Rows = Sequence[Mapping[str, object]]


@asynccontextmanager
async def source(rows: Rows, *, patience: float = 30.0) -> AsyncIterator[tuple[McpTools, list[str]]]:
    told: list[str] = []
    made = McpTools(lambda: rows, told.append, patience=patience)
    try:
        yield made, told
    finally:
        await made.aclose()


async def call(tools: McpTools, name: str, arguments: str = "{}") -> ToolAnswer:
    context = ToolContext(chat=Chat(title="one"), now=datetime.now(UTC), rng=random.Random(1))
    asked = ToolCall(id="1", name=name, arguments=arguments)
    return await call_tool(ToolBox(tools.tools()).get(name), asked, context)


async def test_a_server_offers_its_tools_answers_and_fails_in_sentences(
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("mcp.server.mcpserver")
    async with source([TINY]) as (tools, told):
        assert tools.tools() == []
        await tools.get_ready()
        assert told == []
        assert [tool.name for tool in tools.tools()] == ["tiny__add", "tiny__fail", "tiny__die"]
        first = tools.tools()[0]
        assert first.title == "Add numbers (tiny)"
        assert first.needs_consent
        properties = first.offer.parameters["properties"]
        assert isinstance(properties, dict)
        assert set(properties) == {"a", "b"}
        assert (await call(tools, "tiny__add", '{"a": 2, "b": 3}')).result == "5"
        assert (await call(tools, "tiny__add", '{"a": "x"}')).failed
        failed = await call(tools, "tiny__fail")
        assert failed.failed
        assert "\n" not in failed.result
    assert capfd.readouterr().err == ""


async def test_a_server_that_dies_in_a_call_is_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mcp.server.mcpserver")
    async with source([TINY]) as (tools, _):
        await tools.get_ready()
        answer = await call(tools, "tiny__die")
        assert answer.failed
        assert 'MCP server "tiny"' in answer.result


@pytest.mark.parametrize(
    "row",
    [
        {"name": "gone", "command": "/nowhere/at/all"},
        {"name": "gone", "command": sys.executable, "args": ["-c", "pass"]},
        {"name": "gone", "url": "http://127.0.0.1:9/mcp?key=SECRET"},
    ],
)
async def test_a_server_that_cannot_be_reached_is_told_once(row: Mapping[str, object]) -> None:
    pytest.importorskip("mcp.server.mcpserver")
    async with source([row]) as (tools, told):
        await tools.get_ready()
        await tools.get_ready()
        assert tools.tools() == []
    assert len(told) == 1
    assert told[0].startswith('The MCP server "gone" could not be used: ')
    assert "SECRET" not in told[0]


async def test_a_server_that_says_nothing_is_given_up() -> None:
    pytest.importorskip("mcp.server.mcpserver")
    row = {"name": "mute", "command": sys.executable, "args": ["-c", "import sys; sys.stdin.read()"]}
    async with source([row], patience=0.3) as (tools, told):
        await tools.get_ready()
    assert told == ['The MCP server "mute" could not be used: it did not answer within 0.3 seconds.']


async def test_without_the_package_servers_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_tools, "find_spec", lambda name: None)
    async with source([TINY]) as (tools, told):
        await tools.get_ready()
        assert tools.tools() == []
    assert told == ["The settings name MCP servers, but the extra `mcp` is not installed; they are left out."]


@pytest.mark.parametrize(
    "row",
    [{}, {"name": "x"}, {"name": "", "command": "y"}, {"name": "x", "command": "y", "url": "z"},
     {"name": "x", "command": "y", "args": "z"}, {"name": 3, "url": "z"}],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_told(row: Mapping[str, object]) -> None:
    told: list[str] = []
    good = {"name": "good", "command": "run", "env": {"KEY": "SECRET"}}
    made = servers_from([row, good], told.append)
    assert [server.name for server in made] == ["good"]
    assert len(told) == 1
    assert "SECRET" not in repr(made)


def test_names_fit_what_services_accept() -> None:
    assert tool_name("my server!", "read.file") == "my_server__read_file"
    assert len(tool_name("s" * 99, "t" * 99)) == 64
    assert tool_name("!", "x") == "mcp__x"
