"""Attachments: pictures the user shows the model, and those the model draws."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.core.prompt import Medium
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.pictures import (
    PREFIX,
    decoded,
    kind_of,
    picture_file,
    read_picture,
    save_picture,
)

MOST_SENT = 10
"""Pictures of a chat that a request carries, the newest."""

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


class Attachments:
    """The pictures of the data folder."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._ready: dict[tuple[str, int, int, str], Medium] = {}

    def attach(self, owner: str, path: Path, provider: str = "") -> dict[str, object]:
        """Copy a picture file into the data folder, scaled down to what the provider takes; returns
        the entry for a message's `extra.media`.

        Raises UsageError, UnreadableFile, DataError, WriteFailed."""
        if not path.is_file():
            raise UsageError(f"There is no file {path}.")
        data = read_picture(path)
        kind = kind_of(data)
        if kind is None:
            raise DataError(f"{path} is no picture this program can show to a model.")
        data = fitted(data, LIMITS.get(provider, PictureLimit()), str(path))
        url = save_picture(self._folders, owner, path.stem, data)
        return {"url": url, "type": "image", "title": "", "source": "upload"}

    def keep_drawn(self, owner: str, name: str, urls: Sequence[str]) -> list[dict[str, object]]:
        """Keep what a model drew; returns the entries for `extra.media`. What cannot be kept is
        told and left out."""
        kept: list[dict[str, object]] = []
        for url in urls:
            try:
                address = url if _is_web(url) else save_picture(self._folders, owner, name, decoded(url))
            except TavernError as error:
                self._warn(f"A picture the model drew was not kept. {error}")
                continue
            kept.append({"url": address, "type": "image", "title": "", "source": "api"})
        return kept

    def for_prompt(
        self, messages: Sequence[Message], provider: str, detail: str = ""
    ) -> Mapping[str, Medium]:
        """The newest pictures of the chat as the provider takes them, by their address."""
        found: dict[str, Medium] = {}
        for message in reversed(messages):
            for url in () if message.hidden else _addresses(message):
                medium = found.get(url) or self._medium(url, provider, detail)
                if medium is not None:
                    found[url] = medium
                if len(found) >= MOST_SENT:
                    return found
        return found

    def _medium(self, url: str, provider: str, detail: str) -> Medium | None:
        path = picture_file(self._folders, url)
        if path is None or not path.is_file():
            return None
        state = path.stat()
        key = (url, state.st_mtime_ns, state.st_size, f"{provider} {detail}")
        if key not in self._ready:
            try:
                data = fitted(read_picture(path), LIMITS.get(provider, PictureLimit()), str(path))
            except TavernError as error:
                self._warn(f"A picture is not sent. {error}")
                return None
            while len(self._ready) >= MOST_SENT * 2:
                self._ready.pop(next(iter(self._ready)))
            self._ready[key] = _as_medium(data, detail)
        return self._ready[key]


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


def _as_medium(data: bytes, detail: str) -> Medium:
    kind = kind_of(data)
    mime = kind[1] if kind is not None else "image/png"
    url = f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
    return Medium(kind="image", url=url, detail=detail, tokens=cost(_size(data, ""), detail))


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


def _addresses(message: Message) -> list[str]:
    media = message.extra.get("media")
    entries = media if isinstance(media, list) else []
    urls = [one.get("url") for one in entries if isinstance(one, Mapping) and one.get("type") != "video"]
    return [url for url in urls if isinstance(url, str) and url.startswith(PREFIX)]


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))
