"""Addresses handed to the system's browser, never to one that would take the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from tavern_tui.core.errors import UsageError
from tavern_tui.text.links import links_in

OPENERS = {"darwin": ("open",), "win32": ("explorer",)}
"""Platform -> what opens an address; elsewhere it is `xdg-open`, where there is a screen."""


def open_address(url: str, environ: Mapping[str, str] = os.environ) -> None:
    """Open a page of the web. Returns at once. Raises UsageError where nothing here can, or it is no page."""
    if [link.url for link in links_in("", [url])] != [url]:
        raise UsageError("This is no address of a page.")
    command = OPENERS.get(sys.platform) or _on_a_screen(environ)
    found = shutil.which(command[0], path=environ.get("PATH")) if command else None
    if command is None or found is None:
        raise UsageError("There is no browser here that could open it.", hint="Copy the address instead.")
    try:
        subprocess.Popen(
            [found, *command[1:], url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"{command[0]} could not be started: {error}.") from error


def _on_a_screen(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Without a screen `xdg-open` would start a browser in the terminal, over ours."""
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return ("xdg-open",)
    return ("wslview",) if "WSL_DISTRO_NAME" in environ else None
