"""Files in messages: what kind they are by their first bytes, and where those of ours lie."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.errors import DataError, UnreadableFile, UsageError
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.folders import Folders, free_name, inside, safe_name
from tavern_tui.storage.pictures import PREFIX, kind_of, picture_file

LARGEST = 32 * 1024 * 1024
"""Bytes a file may have that is attached to a message."""

DOCUMENTS = "/user/files/"
"""How the address of a document begins; everything else lies among the pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaKind:
    """What a file is."""

    kind: str
    """`image`, `video`, `audio` or `document`."""
    ending: str
    mime: str


def _kind(kind: str, ending: str, mime: str) -> MediaKind:
    return MediaKind(kind=kind, ending=ending, mime=mime)


_STARTS: tuple[tuple[bytes, MediaKind], ...] = (
    (b"%PDF-", _kind("document", "pdf", "application/pdf")),
    (b"ID3", _kind("audio", "mp3", "audio/mpeg")),
    (b"fLaC", _kind("audio", "flac", "audio/flac")),
    (b"OggS", _kind("audio", "ogg", "audio/ogg")),
    *((bytes((0xFF, second)), _kind("audio", "aac", "audio/aac")) for second in (0xF1, 0xF9)),
    *((bytes((0xFF, second)), _kind("audio", "mp3", "audio/mpeg")) for second in (0xFB, 0xFA, 0xF3, 0xF2)),
)
_MATROSKA = b"\x1a\x45\xdf\xa3"
_WAVE = _kind("audio", "wav", "audio/wav")
_WEBM = _kind("video", "webm", "video/webm")
_BOXES = {
    b"M4A ": _kind("audio", "m4a", "audio/mp4"),
    b"M4B ": _kind("audio", "m4a", "audio/mp4"),
    b"qt  ": _kind("video", "mov", "video/quicktime"),
}
_MP4 = _kind("video", "mp4", "video/mp4")
_STILL = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"})
"""Pictures in the boxes of a film, which nothing here can read."""

ENDINGS = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".pdf", ".mp3", ".wav", ".ogg", ".flac", ".aac", ".m4a",
    ".mp4", ".mov", ".webm",
)  # fmt: skip
"""What such files' names end in."""


def media_kind(data: bytes) -> MediaKind | None:
    """What a file is, by its first bytes; None: nothing a model could be shown."""
    picture = kind_of(data)
    if picture is not None:
        return _kind("image", *picture)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _WAVE
    if data[4:8] == b"ftyp":
        return None if data[8:12] in _STILL else _BOXES.get(data[8:12], _MP4)
    if data.startswith(_MATROSKA):
        return _WEBM if b"webm" in data[:64] else None
    return next((kind for start, kind in _STARTS if data.startswith(start)), None)


def read_media(path: Path) -> bytes:
    """The bytes of a file a user wants to attach.

    Raises UsageError if it is no ordinary file, DataError if it is empty or too large, UnreadableFile."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{path} is a folder.", hint="Attach the files in it one by one.")
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path} is no ordinary file.")
    if found.st_size > LARGEST:
        raise DataError(
            f"{path} has {found.st_size / 1024**2:,.0f} MiB; up to {LARGEST // 1024**2} MiB can be attached."
        )
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error
    if not data:
        raise DataError(f"{path} is empty.")
    if len(data) > LARGEST:
        raise DataError(f"{path} has more than {LARGEST // 1024**2} MiB.")
    return data


def save_media(folders: Folders, owner: str, name: str, data: bytes) -> str:
    """Keep a file for a message; returns its address for the chat file.

    Documents lie in `user/files`, everything else in the owner's folder of `user/images`.
    Raises DataError for a kind that is not known, WriteFailed."""
    kind = media_kind(data)
    if kind is None:
        raise DataError(f"{name} is no picture, sound, film or PDF that this program knows.")
    document = kind.kind == "document"
    folder = folders.user_files if document else inside(folders.user_images, safe_name(owner))
    file = free_name(folder, safe_name(name), f".{kind.ending}")
    write_bytes(inside(folder, f"{file}.{kind.ending}"), data)
    return f"{DOCUMENTS if document else f'{PREFIX}{folder.name}/'}{file}.{kind.ending}"


def media_file(folders: Folders, url: str) -> Path | None:
    """The file an address in a chat means; None: it is not one of ours, or leads out of its folder."""
    address = f"/{url.removeprefix('/')}"
    if not address.startswith(DOCUMENTS):
        return picture_file(folders, url)
    try:
        return inside(folders.user_files, address.removeprefix(DOCUMENTS))
    except DataError:
        return None
