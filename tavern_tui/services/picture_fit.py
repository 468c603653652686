"""Pictures made to fit: how large one is, what it costs, scaled down to what a service takes."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from tavern_tui.core.errors import DataError
from tavern_tui.storage.pictures import kind_of

MOST_PIXELS = 100_000_000
"""What a picture may unfold to."""

UNKNOWN_COST = 765
"""Tokens of a picture whose size nobody measured: four tiles."""

PLAIN_KINDS = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What every service takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimit:
    """The largest picture a service takes well."""

    side: int = 2048
    """Pixels of the longer side."""
    bytes: int = 2 * 1024 * 1024


LIMITS: Mapping[str, PictureLimit] = {"claude": PictureLimit(side=1568, bytes=3 * 1024 * 1024)}
"""By provider, where it is not the usual one."""


def limit_of(provider: str) -> PictureLimit:
    return LIMITS.get(provider, PictureLimit())


def fitted(data: bytes, limit: PictureLimit, where: str) -> bytes:
    """The picture within the limit and of a kind every service takes. Raises DataError."""
    kind = kind_of(data)
    if kind is None:
        raise DataError(f"{where} is no picture.")
    size = _size(data, where)
    fits = len(data) <= limit.bytes and (size is None or max(size) <= limit.side)
    if fits and kind[1] in PLAIN_KINDS:
        return data
    if size is None:
        raise DataError(
            f"{where} is too large for the service, and scaling it down needs the extra `images`."
        )
    return _scaled(data, limit, where)


def cost(size: tuple[int, int] | None, detail: str) -> int:
    """Tokens of a picture as OpenAI counts them."""
    if size is None:
        return UNKNOWN_COST
    if detail == "low" or (detail != "high" and max(size) <= 512):
        return 85
    longest = max(size)
    width, height = (side * min(1.0, 2048 / longest) for side in size)
    shrink = min(1.0, 768 / max(1.0, min(width, height)))
    return 170 * math.ceil(width * shrink / 512) * math.ceil(height * shrink / 512) + 85


def _size(data: bytes, where: str) -> tuple[int, int] | None:
    """Width and height; None: nobody can measure it here. Raises DataError."""
    if find_spec("PIL") is None:
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            size = (picture.width, picture.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{where or 'A picture'} cannot be read as a picture: {error}.") from error
    if size[0] * size[1] > MOST_PIXELS:
        raise DataError(f"{where or 'A picture'} has more than {MOST_PIXELS // 1_000_000} million pixels.")
    return size


def _scaled(data: bytes, limit: PictureLimit, where: str) -> bytes:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as opened:
            clear = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
            picture = opened.convert("RGBA" if clear else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise DataError(f"{where} cannot be read as a picture: {error}.") from error
    side = limit.side
    while True:
        picture.thumbnail((side, side))
        made = io.BytesIO()
        picture.save(made, "PNG" if clear else "JPEG", **({} if clear else {"quality": 88}))
        if made.tell() <= limit.bytes or side <= 64:
            return made.getvalue()
        side = side * 3 // 4
