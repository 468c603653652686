"""Pictures made to fit: how large one is, what it costs, scaled down to what a service takes."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tavern_tui.core.errors import DataError
from tavern_tui.storage.pictures import kind_of

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 80_000_000
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
    """What the provider takes well."""
    return LIMITS.get(provider, PictureLimit())


def fitted(data: bytes, limit: PictureLimit, where: str) -> bytes:
    """The picture within the limit and of a kind every service takes. Raises DataError."""
    kind = kind_of(data)
    if kind is None:
        raise DataError(f"{where} is no picture.")
    size = picture_size(data, where)
    fits = len(data) <= limit.bytes and (size is None or max(size) <= limit.side)
    if fits and kind[1] in PLAIN_KINDS:
        return data
    if size is None:
        raise DataError(
            f"{where} must be scaled down or converted for the service, which needs Pillow.",
            hint="Install it with the extra `images`: pip install 'tavern-tui[images]'.",
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


def picture_size(data: bytes, where: str) -> tuple[int, int] | None:
    """Width and height; None: nobody can measure it here. Raises DataError."""
    if find_spec("PIL") is None:
        return None
    with _opened(data, where) as picture:
        return picture.width, picture.height


def check_whole(data: bytes, where: str) -> None:
    """Raise DataError for a picture that breaks off, where that can be told here."""
    if find_spec("PIL") is not None:
        with _opened(data, where) as picture, _readable(where):
            picture.load()


@contextmanager
def _opened(data: bytes, where: str) -> Iterator[Image.Image]:
    """The picture, of which nothing but the head was read."""
    from PIL import Image

    with _readable(where), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(io.BytesIO(data))
    with picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_large(where)
        yield picture


@contextmanager
def _readable(where: str) -> Iterator[None]:
    """Says what the library means in our words."""
    from PIL import Image

    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(where) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise DataError(f"{where or 'A picture'} cannot be read as a picture: it is damaged.") from error


def _too_large(where: str) -> DataError:
    return DataError(f"{where or 'A picture'} has more than {MOST_PIXELS // 1_000_000} million pixels.")


def _scaled(data: bytes, limit: PictureLimit, where: str) -> bytes:
    from PIL import ImageOps

    with _opened(data, where) as opened, _readable(where):
        clear = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
        upright = ImageOps.exif_transpose(opened)
        picture = upright.convert("RGBA" if clear else "RGB")
    side = limit.side
    while True:
        picture.thumbnail((side, side))
        made = io.BytesIO()
        picture.save(made, "PNG" if clear else "JPEG", **({} if clear else {"quality": 88}))
        if made.tell() <= limit.bytes or side <= 64:
            return made.getvalue()
        side = side * 3 // 4
