"""Pictures in the clipboard, as programs of the system hand them over."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from tavern_tui.core.errors import UsageError
from tavern_tui.storage.media import LARGEST, media_kind

PATIENCE = 4.0
"""Seconds a program has."""

_POWERSHELL = (
    "Add-Type -AssemblyName System.Windows.Forms,System.Drawing;"
    "$i=[Windows.Forms.Clipboard]::GetImage();"
    "if($i){$m=New-Object IO.MemoryStream;$i.Save($m,[Drawing.Imaging.ImageFormat]::Png);"
    "[Console]::Out.Write([Convert]::ToBase64String($m.ToArray()))}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that writes the picture in the clipboard to its output."""

    command: tuple[str, ...]
    needs: str = ""
    """The environment variable without which it has no clipboard to look into."""
    platform: str = ""
    """The beginning of `sys.platform` where it is at home; empty: anywhere."""
    base64: bool = False
    """It writes letters, as its output is no place for bytes."""


TOOLS = (
    Tool(command=("wl-paste", "--no-newline", "--type", "image/png"), needs="WAYLAND_DISPLAY"),
    Tool(command=("xclip", "-selection", "clipboard", "-target", "image/png", "-out"), needs="DISPLAY"),
    Tool(command=("pngpaste", "-"), platform="darwin"),
    Tool(command=("powershell.exe", "-NoProfile", "-Sta", "-Command", _POWERSHELL), base64=True),
)
"""In the order they are asked. The last one is also there inside a Linux that runs in Windows."""


async def clipboard_picture(environ: Mapping[str, str] | None = None) -> bytes:
    """The picture in the clipboard.

    Raises UsageError where there is none, or no program that could tell."""
    given = os.environ if environ is None else environ
    tools = [(tool, path) for tool in TOOLS if (path := _found(tool, given))]
    if not tools:
        raise UsageError(
            "No program was found that reads pictures from the clipboard.",
            hint="wl-paste (wl-clipboard), xclip or pngpaste can; or save the picture and attach its file.",
        )
    for tool, path in tools:
        data = await _output((path, *tool.command[1:]))
        if tool.base64:
            with suppress(binascii.Error, ValueError):
                data = base64.b64decode(data)
        if media_kind(data) is not None:
            return data
    raise UsageError("There is no picture in the clipboard.")


def _found(tool: Tool, environ: Mapping[str, str]) -> str | None:
    if not sys.platform.startswith(tool.platform) or (tool.needs and not environ.get(tool.needs)):
        return None
    return shutil.which(tool.command[0], path=environ.get("PATH"))


async def _output(command: tuple[str, ...]) -> bytes:
    """What a program writes within its time; empty if it fails, hangs or writes too much."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError:
        return b""
    try:
        async with asyncio.timeout(PATIENCE):
            data = await _read(process)
            return data if await process.wait() == 0 else b""
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _read(process: Process) -> bytes:
    assert process.stdout is not None
    read = bytearray()
    while len(read) <= LARGEST and (piece := await process.stdout.read(1 << 16)):
        read += piece
    if len(read) > LARGEST:
        process.kill()
        return b""
    return bytes(read)
