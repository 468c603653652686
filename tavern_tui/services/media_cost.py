"""What sounds, films and documents take of the context: a guess, as nobody but the service knows."""

from __future__ import annotations

import math
import re
import struct

PER_SECOND = {"video": 263, "audio": 32}
"""Tokens, as SillyTavern counts them."""
BYTES_PER_SECOND = {"video": 250_000, "audio": 16_000}
"""Where the file does not say how long it is: 2 Mbit/s and 128 kbit/s."""
PAGE = 2_000
"""Tokens of a page of a document."""
GOOGLE_PAGE = 258
BYTES_PER_PAGE = 100_000
GOOGLE = frozenset({"makersuite", "vertexai"})

_PAGE_OBJECT = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def media_cost(kind: str, data: bytes, provider: str) -> int:
    """Tokens of a sound, a film or a document."""
    if kind == "document":
        return pages(data) * (GOOGLE_PAGE if provider in GOOGLE else PAGE)
    return math.ceil(seconds(kind, data) * PER_SECOND[kind])


def seconds(kind: str, data: bytes) -> float:
    """How long a sound or film lasts."""
    return _wave_seconds(data) or _box_seconds(data) or len(data) / BYTES_PER_SECOND[kind]


def pages(data: bytes) -> int:
    """Pages of a PDF: those its objects name, else by its size, for they may be packed."""
    return len(_PAGE_OBJECT.findall(data)) or math.ceil(len(data) / BYTES_PER_PAGE)


def _wave_seconds(data: bytes) -> float:
    """From the head of a WAV file: bytes per second."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE" or data[12:16] != b"fmt " or len(data) < 36:
        return 0.0
    rate: int = struct.unpack_from("<I", data, 28)[0]
    return len(data) / rate if rate else 0.0


def _box_seconds(data: bytes) -> float:
    """From the `mvhd` box of an MP4: time units, and how many there are in a second."""
    at = data.find(b"mvhd")
    if at < 0 or len(data) < at + 36:
        return 0.0
    long = data[at + 4] == 1
    scale, units = struct.unpack_from(">IQ" if long else ">II", data, at + (24 if long else 16))
    return units / scale if scale and units < scale * 86_400 else 0.0
