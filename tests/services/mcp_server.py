"""A tiny MCP server over stdin and stdout: `python mcp_server.py`."""

from __future__ import annotations

import os
import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("tiny")


@server.tool(title="Add numbers")
def add(a: int, b: int) -> str:
    """Adds two numbers."""
    return str(a + b)


@server.tool()
def fail() -> str:
    """Never works."""
    raise ValueError("no luck")


@server.tool()
def die() -> str:
    """Ends the server in the middle of a call."""
    os._exit(3)


if __name__ == "__main__":
    print("noise that must not reach the screen", file=sys.stderr)
    server.run("stdio")
