"""Files of messages in the system's own viewer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tavern_tui.core.errors import UsageError
from tavern_tui.services.attachments import Attachments
from tavern_tui.storage.media import ENDINGS, media_kind

PATIENCE = 1.5
"""Seconds in which a viewer that cannot open the file says so; one that can may stay for hours."""

VIEWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("darwin", ("open",)),
    ("win32", ("explorer",)),
    ("", ("xdg-open",)),
    ("", ("wslview",)),
)
"""The beginning of `sys.platform`, and what opens a file there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """What will be opened: a file of ours, or an address in the web."""

    place: str
    """What the user is shown before anything is opened."""
    path: Path | None
    """None: it is an address."""


def viewing(attachments: Attachments, entry: Mapping[str, object]) -> Viewing:
    """What one of a message's files means.

    Raises UsageError where it is not there, or is nothing that can be looked at."""
    url = entry.get("url")
    address = url if isinstance(url, str) else ""
    if address.startswith(("https://", "http://")):
        return Viewing(place=address, path=None)
    path = attachments.file_of(address)
    if path is None:
        raise UsageError("The message names no file that lies in the data folder.")
    if not path.is_file():
        raise UsageError(f"The file is not there any more: {path}.")
    with path.open("rb") as opened:
        known = media_kind(opened.read(1024)) is not None
    if not known or path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path} is no picture, sound, film or PDF, so it is not opened.")
    return Viewing(place=str(path), path=path)


def open_outside(path: Path) -> None:
    """Hand a file to the system's viewer. Takes a moment: for a thread. Raises UsageError."""
    command = _viewer()
    if command is None:
        raise UsageError("No program was found that opens files here (xdg-open).")
    try:
        process = subprocess.Popen(
            [*command, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"{command[0]} could not be started: {error}.") from error
    try:
        code = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        Thread(target=process.wait, daemon=True).start()  # whenever the user closes it
        return
    if code != 0 and sys.platform != "win32":  # explorer always says 1
        raise UsageError(f"{Path(command[0]).name} cannot open {path}.")


def _viewer() -> tuple[str, ...] | None:
    for platform, command in VIEWERS:
        found = shutil.which(command[0], path=os.environ.get("PATH"))
        if sys.platform.startswith(platform) and found:
            return (found, *command[1:])
    return None
