"""OpenAI's encodings from files on this machine; nothing is ever fetched."""

from __future__ import annotations

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.errors import DataError

ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
"""Where the files can be had; the tiktoken package names its copies after a hash of it."""
CACHE_VARIABLES = ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")
MAX_FILE = 32 * 2**20

_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_O200K = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)


@dataclass(frozen=True, slots=True)
class OpenAIEncoding:
    """How an encoding cuts a text before pairs are merged, and how its file is told from another's."""

    pattern: str
    sha256: str


ENCODINGS = {
    "cl100k_base": OpenAIEncoding(
        _CL100K, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    ),
    "o200k_base": OpenAIEncoding(_O200K, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
}


def cached_file(name: str, environ: Mapping[str, str]) -> Path:
    """Where the tiktoken package keeps its copy of an encoding's file, if it ever fetched one."""
    folder = next((environ[one] for one in CACHE_VARIABLES if environ.get(one)), "")
    place = Path(folder) if folder else Path(tempfile.gettempdir()) / "data-gym-cache"
    return place / hashlib.sha1(ADDRESS.format(name=name).encode(), usedforsecurity=False).hexdigest()


def is_genuine(path: Path, name: str) -> bool:
    """Whether a file is the encoding OpenAI published: anybody can write into a shared folder."""
    try:
        if path.stat().st_size > MAX_FILE:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == ENCODINGS[name].sha256
    except OSError:
        return False


def read_ranks(path: Path) -> dict[bytes, int]:
    """The pairs of an encoding's file and their order. Raises DataError, OSError.

    The tiktoken package would copy the file into its cache and read that copy ever after."""
    if path.stat().st_size > MAX_FILE:
        raise DataError(f"{path.name} is too large for an encoding.")
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line:
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise DataError(f"{path.name}, line {number}: not a token and its number.") from error
    if not ranks:
        raise DataError(f"{path.name} holds no tokens.")
    return ranks
