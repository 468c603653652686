"""Attachments: pictures and other files the user shows the model, and pictures it draws."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError, TavernError
from tavern_tui.core.prompt import Medium
from tavern_tui.services.media_cost import media_cost
from tavern_tui.storage.folders import Folders, inside, safe_name
from tavern_tui.storage.media import DOCUMENTS, ENDINGS, media_file, media_kind, read_media, save_media
from tavern_tui.storage.pictures import PREFIX, decoded, save_picture

__all__ = ["ENDINGS", "Attached", "Attachments", "extra_of"]

MOST_SENT = 10
"""Files of a chat that a request carries, the newest."""

MOST_CHARACTERS = 30 * 1024 * 1024
"""Of all files in a request, as they are written in it; services refuse larger requests."""

LARGEST_FILE = 14 * 1024 * 1024
"""Bytes of a sound, film or document: written as text they must fit into the 20 MB of a request."""

EVERYTHING = frozenset({"image", "video", "audio", "document"})
"""Kinds of files that may be in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that goes out with the next message. Its copy lies in the data folder."""

    kind: str
    """One of EVERYTHING."""
    mime: str
    name: str
    """What the user's file is called."""
    url: str
    """Where the copy is, in a chat file's terms."""
    bytes: int
    """Of the user's file."""
    kept_bytes: int
    """Of the copy, which was made to fit the service."""
    size: tuple[int, int] | None = None
    """Of the user's picture, in pixels; None: nobody could measure it, or it is none."""
    kept_size: tuple[int, int] | None = None
    tokens: int = 0
    """What it takes of the context, as far as one can tell."""
    source: Path | None = None
    """The user's file; None: it came from the clipboard."""

    @property
    def entry(self) -> dict[str, object]:
        """What a message says of it."""
        facts: dict[str, object] = {"url": self.url, "size": self.kept_bytes}
        if self.kind == "document":
            return facts | {"name": self.name, "created": time.time_ns() // 1_000_000}
        return facts | {"type": self.kind, "title": "", "source": "upload"}


def extra_of(attached: Iterable[Attached]) -> dict[str, object]:
    """What they put into the `extra` of the message they go out with. Pictures, films and sounds lie
    where SillyTavern has them; documents, which it does not send, under a key it leaves alone."""
    media = [one.entry for one in attached if one.kind != "document"]
    documents = [one.entry for one in attached if one.kind == "document"]
    shown = {"media": media, "inline_image": True} if media else {}
    return shown | ({"documents": documents} if documents else {})


class Attachments:
    """The files of messages, in the data folder."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._ready: dict[tuple[str, int, int, str], Medium] = {}

    def attach(self, owner: str, path: Path, provider: str = "", detail: str = "") -> Attached:
        """Copy a file into the data folder, a picture scaled down to what the provider takes.

        Reads and works for a while: for a thread. Raises UsageError, UnreadableFile, DataError,
        WriteFailed."""
        data = read_media(path)
        return self._attach(owner, path.name, data, provider, detail, str(path), path)

    def attach_data(
        self, owner: str, name: str, data: bytes, provider: str = "", detail: str = ""
    ) -> Attached:
        """The same for what came from elsewhere, the clipboard say."""
        return self._attach(owner, name, data, provider, detail, name, None)

    def _attach(
        self, owner: str, name: str, data: bytes, provider: str, detail: str, where: str, source: Path | None
    ) -> Attached:
        from tavern_tui.services.picture_fit import check_whole, cost, fitted, limit_of, picture_size

        kind = media_kind(data)
        if kind is None:
            raise DataError(f"{where} is no picture, sound, film or PDF that this program knows.")
        if kind.kind != "image" and len(data) > LARGEST_FILE:
            raise DataError(
                f"{where} has {len(data) / 1024**2:.0f} MiB; services take up to "
                f"{LARGEST_FILE // 1024**2} MiB inside a message."
            )
        size = kept_size = None
        kept = data
        if kind.kind == "image":
            size = picture_size(data, where)
            check_whole(data, where)
            kept = fitted(data, limit_of(provider), where)
            kept_size = size if kept is data else picture_size(kept, where)
        tokens = cost(kept_size, detail) if kind.kind == "image" else media_cost(kind.kind, data, provider)
        return Attached(
            kind=kind.kind,
            mime=kind.mime,
            name=name,
            url=save_media(self._folders, owner, Path(name).stem, kept),
            bytes=len(data),
            kept_bytes=len(kept),
            size=size,
            kept_size=kept_size,
            tokens=tokens,
            source=source,
        )

    def discard(self, attached: Attached) -> None:
        """Throw the copy of a file away that was not sent after all."""
        path = self.file_of(attached.url)
        if path is not None:
            with suppress(OSError):  # what cannot be removed lies there and is in nobody's way
                path.unlink()

    def file_of(self, url: str) -> Path | None:
        """The file of ours an address in a chat means; None: it means another one, or none."""
        return media_file(self._folders, url)

    def gallery(self, owner: str) -> list[str]:
        """The addresses of somebody's pictures, films and sounds, by name."""
        folder = inside(self._folders.user_images, safe_name(owner))
        names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        return [f"{PREFIX}{folder.name}/{name}" for name in sorted(names) if Path(name).suffix in ENDINGS]

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
        self,
        messages: Sequence[Message],
        provider: str,
        detail: str = "",
        *,
        kinds: frozenset[str] = EVERYTHING,
        waiting: Iterable[str] = (),
    ) -> Mapping[str, Medium]:
        """The newest files of the chat as the provider takes them, by their address.

        `kinds`: what the model takes; `waiting`: addresses that no message has yet."""
        found: dict[str, Medium] = {}
        room = MOST_CHARACTERS
        for url in self._newest(messages, waiting):
            medium = self._medium(url, provider, detail, kinds) if url not in found else None
            if medium is None:
                continue
            room -= len(medium.url)
            if room < 0:
                break
            found[url] = medium
            if len(found) >= MOST_SENT:
                break
        return found

    def _newest(self, messages: Sequence[Message], waiting: Iterable[str]) -> Iterator[str]:
        yield from waiting
        for message in reversed(messages):
            if not message.hidden:
                yield from addresses(message.extra)

    def _medium(self, url: str, provider: str, detail: str, kinds: frozenset[str]) -> Medium | None:
        path = self.file_of(url)
        if path is None or not path.is_file():
            return None
        state = path.stat()
        key = (url, state.st_mtime_ns, state.st_size, f"{provider} {detail}")
        if key not in self._ready:
            try:
                made = _as_medium(read_media(path), provider, detail, path)
            except TavernError as error:
                self._warn(f"A file is not sent. {error}")
                return None
            while len(self._ready) >= MOST_SENT * 2:
                self._ready.pop(next(iter(self._ready)))
            self._ready[key] = made
        return self._ready[key] if self._ready[key].kind in kinds else None


def addresses(extra: Mapping[str, object]) -> list[str]:
    """Our files a message shows the model."""
    found = [one.get("url") for one in entries_of(extra)]
    return [url for url in found if isinstance(url, str) and url.startswith((PREFIX, DOCUMENTS))]


def entries_of(extra: Mapping[str, object]) -> list[Mapping[str, object]]:
    """What a message says of its files, in order."""
    lists = (extra.get(name) for name in ("media", "documents"))
    return [one for found in lists if isinstance(found, list) for one in found if isinstance(one, Mapping)]


def _as_medium(data: bytes, provider: str, detail: str, path: Path) -> Medium:
    from tavern_tui.services.picture_fit import cost, fitted, limit_of, picture_size

    kind = media_kind(data)
    if kind is None:
        raise DataError(f"{path} is no picture, sound, film or PDF that this program knows.")
    if kind.kind != "image":
        tokens = media_cost(kind.kind, data, provider)
        return Medium(kind=kind.kind, url=_data_url(kind.mime, data), tokens=tokens, name=path.name)
    data = fitted(data, limit_of(provider), str(path))
    kind = media_kind(data) or kind
    size = picture_size(data, str(path))
    return Medium(kind="image", url=_data_url(kind.mime, data), detail=detail, tokens=cost(size, detail))


def _data_url(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))
