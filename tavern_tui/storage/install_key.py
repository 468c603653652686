"""The key of this installation: makes names of things that say nothing about them to those who hear them."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.atomic import write_bytes

LENGTH = 32
NAME_DIGITS = 16


def name_of_chat(key_file: Path, chat: str) -> str:
    """A name for a chat that is always the same here, and nobody else can make or read; empty: the key
    could not be kept."""
    key = _key(key_file)
    return hmac.new(key, chat.encode(), "sha256").hexdigest()[:NAME_DIGITS] if key else ""


def _key(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError:
        key = b""
    if len(key) == LENGTH:
        return key
    key = os.urandom(LENGTH)
    try:
        write_bytes(path, key, mode=0o600)
    except (WriteFailed, OSError):
        return b""
    return key
