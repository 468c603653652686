"""Pictures of who speaks, small and safe to draw."""

from __future__ import annotations

import io
from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError
from tavern_tui.services.session import ChatSession
from tavern_tui.storage.folders import Folders, inside

SIDE = 256
"""Pixels of the longer side: more than any terminal shows in a corner."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a picture's file."""


class Avatars:
    """Finds the picture that belongs to a message and makes it small. Needs the extra `images`."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def of(self, session: ChatSession, message: Message | None) -> Path | None:
        """The file with the picture of whoever said this (of the character, where nobody did), if any."""
        try:
            if message is not None and message.is_user:
                file = session.persona.file
                return _there(inside(self._folders.avatars, file)) if file else None
            author = (
                session.turns.author(message) if session.turns is not None and message is not None else None
            )
            return _there(self._folders.card((author or session.character).file))
        except DataError:
            return None


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


def thumbnail(path: Path) -> bytes | None:
    """A small PNG of a picture; None: it is no picture, or Pillow is not installed. Takes a moment: for a
    thread."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        if path.stat().st_size > LARGEST:
            return None
        with Image.open(path) as picture:
            picture.draft("RGB", (SIDE, SIDE))
            small = picture.convert("RGB")
        small.thumbnail((SIDE, SIDE))
        held = io.BytesIO()
        small.save(held, "PNG")
    except Exception:  # whatever a hostile picture makes of its decoder, the chat goes on without it
        return None
    return held.getvalue()
