"""PNG files as chunks: finds and replaces text chunks without looking at a pixel."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tavern_tui.core.errors import DataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 64 * 2**20
"""Bytes of one text chunk we are willing to read."""
MAX_CHUNKS = 100_000
"""A picture of a gigabyte in 8 KB chunks has more; a card never has."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, as it stands in the file."""

    kind: bytes
    start: int
    """Where its length field begins."""
    length: int
    """Bytes of its data."""

    @property
    def end(self) -> int:
        return self.start + 12 + self.length


def is_png(head: bytes) -> bool:
    return head.startswith(SIGNATURE)


def read_chunks(file: BinaryIO, what: str) -> Iterator[Chunk]:
    """The chunks of a picture until IEND, or until the file breaks off. Reads headers only.

    Checksums are not looked at: cards with wrong ones are common and harmless.
    Raises DataError if it is no PNG."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise DataError(f"{what} is not a PNG picture.")
    size = file.seek(0, io.SEEK_END)
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        (length,) = struct.unpack(">I", head[:4])
        chunk = Chunk(kind=head[4:], start=at, length=length)
        if at + 8 + length > size:
            return  # cut off: what came before it is still good
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = chunk.end
    raise DataError(f"{what} has too many parts to be a card.")


def read_texts(file: BinaryIO, what: str) -> dict[str, bytes]:
    """The `tEXt` chunks by lower-case keyword; the first of several wins.

    Raises DataError for what is no PNG and for a text beyond 64 MB."""
    texts: dict[str, bytes] = {}
    for chunk in read_chunks(file, what):
        if chunk.kind != b"tEXt":
            continue
        if chunk.length > MAX_TEXT:
            raise DataError(f"{what} holds a text of {chunk.length // 2**20} MB; 64 MB is the limit.")
        file.seek(chunk.start + 8)
        keyword, zero, value = file.read(chunk.length).partition(b"\0")
        if zero:
            texts.setdefault(keyword.decode("latin-1").lower(), value)
    return texts


def with_texts(picture: bytes, texts: dict[str, bytes], what: str) -> bytes:
    """`picture` with these `tEXt` chunks right before its end and no others of the same names.

    All other chunks, pixels first of all, stay byte for byte. Raises DataError if it is no PNG."""
    file = io.BytesIO(picture)
    kept = [SIGNATURE]
    for chunk in read_chunks(file, what):
        if chunk.kind == b"IEND" or (chunk.kind == b"tEXt" and _keyword(file, chunk) in texts):
            continue
        kept.append(picture[chunk.start : chunk.end])
    kept += [a_chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + value) for keyword, value in texts.items()]
    kept.append(a_chunk(b"IEND", b""))
    return b"".join(kept)


def _keyword(file: BinaryIO, chunk: Chunk) -> str:
    file.seek(chunk.start + 8)
    return file.read(min(chunk.length, 80)).partition(b"\0")[0].decode("latin-1").lower()


def a_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def plain_picture(width: int = 400, height: int = 600, colour: bytes = b"\x3b\x42\x52") -> bytes:
    """A picture of one colour, for cards that have none."""
    row = b"\0" + colour * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(row * height, 9)
    return SIGNATURE + a_chunk(b"IHDR", header) + a_chunk(b"IDAT", body) + a_chunk(b"IEND", b"")
