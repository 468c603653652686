"""Pictures in messages: files below `user/images`, named in a message's `extra.media`."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.folders import Folders, free_name, inside, safe_name

LARGEST = 32 * 1024 * 1024
"""Bytes a picture may have."""

PREFIX = "/user/images/"
"""How an address in a chat file begins that means a file of ours."""

_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"GIF87a", "gif", "image/gif"),
    (b"GIF89a", "gif", "image/gif"),
    (b"BM", "bmp", "image/bmp"),
)
_DATA_URL = re.compile(r"data:[^;,]*[^,]*;base64,", re.IGNORECASE)


def kind_of(data: bytes) -> tuple[str, str] | None:
    """Ending and MIME type of a picture, by its first bytes; None: it is none we know."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", "image/webp"
    return next(((ending, mime) for start, ending, mime in _STARTS if data.startswith(start)), None)


def decoded(url: str) -> bytes:
    """The bytes inside a data URL. Raises DataError."""
    head = _DATA_URL.match(url[:200])
    if head is None:
        raise DataError("The picture is no data URL.")
    if len(url) > LARGEST * 4 // 3 + 200:
        raise DataError(f"The picture is larger than {LARGEST // 1024**2} MiB.")
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError("The picture is not valid base64.") from error


def save_picture(folders: Folders, owner: str, name: str, data: bytes) -> str:
    """Keep a picture in the folder of a character or group; returns its address for the chat file.

    Raises DataError if it is no picture, WriteFailed."""
    kind = kind_of(data)
    if kind is None:
        raise DataError("What came as a picture is none (or of a kind that is not known).")
    folder = inside(folders.user_images, safe_name(owner))
    file = free_name(folder, safe_name(name), f".{kind[0]}")
    write_bytes(inside(folder, f"{file}.{kind[0]}"), data)
    return f"{PREFIX}{folder.name}/{file}.{kind[0]}"


def picture_file(folders: Folders, url: str) -> Path | None:
    """The file an address means; None: it is not one of ours, or leads out of the folder."""
    parts = url.removeprefix("/").removeprefix("user/images/").split("/")
    if not url.removeprefix("/").startswith("user/images/") or not 1 <= len(parts) <= 2:
        return None
    try:
        folder = inside(folders.user_images, parts[0]) if len(parts) == 2 else folders.user_images
        return inside(folder, parts[-1])
    except DataError:
        return None


def read_picture(path: Path) -> bytes:
    """The bytes of a picture file. Raises UnreadableFile, DataError."""
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path} is larger than {LARGEST // 1024**2} MiB.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error
