"""A server that streams words as an OpenAI-compatible one does, as fast as the socket takes them or paced.

`with TokenServer(fast=20_000) as url:` runs it as a process of its own, so that its work is not measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys

PACE = 250
"""Words per second once they are paced."""


class TokenServer:
    """First `fast` words at once, then `paced` ones at `PACE`."""

    def __init__(self, *, fast: int, paced: int = 0) -> None:
        self._command = [sys.executable, "-m", "benchmarks.token_server", str(fast), str(paced)]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return f"http://127.0.0.1:{int(self._process.stdout.readline())}/v1"

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def word(at: int) -> str:
    """The words of the stream; lines of a dozen."""
    return f" word{at % 100}" + ("\n" if at % 12 == 11 else "")


def _event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fast: int, paced: int) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
        await reader.readexactly(int(length))
        if not head.startswith("post"):
            body = b'{"object":"list","data":[{"id":"m","object":"model"}]}'
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
            for at in range(fast):
                writer.write(_event(word(at)))
                if at % 50 == 0:
                    await writer.drain()
            await _pace(writer, range(fast, fast + paced))
            writer.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
            writer.write(b"data: [DONE]\n\n")
        await writer.drain()
    writer.close()


async def _pace(writer: asyncio.StreamWriter, numbers: range) -> None:
    clock = asyncio.get_running_loop().time
    began = clock() + 1  # what came before is painted by then
    for at in numbers:
        await asyncio.sleep(max(0.0, began + (at - numbers.start) / PACE - clock()))
        writer.write(_event(word(at)))
        await writer.drain()


async def _serve(fast: int, paced: int) -> None:
    server = await asyncio.start_server(lambda r, w: _answer(r, w, fast, paced), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
