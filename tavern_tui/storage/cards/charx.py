"""CHARX cards: a zip with `card.json` and pictures."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping

from tavern_tui.core.errors import DataError
from tavern_tui.storage.json_keep import as_list, as_object, dig, parse_object

ZIP_START = b"PK\x03\x04"
CARD = "card.json"
MAX_CARD = 64 * 2**20
MAX_PICTURE = 64 * 2**20
MAX_MEMBERS = 20_000
EMBEDDED = ("embeded://", "embedded://", "__asset:")
PICTURE_ENDINGS = ("png", "jpg", "jpeg", "webp", "gif", "apng", "avif", "bmp", "jfif")


def is_charx(data: bytes, name: str) -> bool:
    """By its beginning; by its name when a program stands in front (self-extracting archives)."""
    return data.startswith(ZIP_START) or (name.lower().endswith(".charx") and ZIP_START in data)


def read_charx(data: bytes, what: str) -> tuple[dict[str, object], bytes | None]:
    """The card's JSON object and its main picture. Raises DataError."""
    with _open(data, what) as archive:
        card = parse_object(_member(archive, CARD, MAX_CARD, what), f"{CARD} in {what}")
        if "spec" not in card:
            raise DataError(f"{CARD} in {what} names no card version (`spec`).")
        return card, _main_picture(archive, card, what)


def _open(data: bytes, what: str) -> zipfile.ZipFile:
    start = data.find(ZIP_START)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data[start:] if start > 0 else data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise DataError(f"{what} is not a usable CHARX archive: {error}.") from error
    if len(archive.infolist()) > MAX_MEMBERS:
        raise DataError(f"{what} holds more than {MAX_MEMBERS} files.")
    return archive


def _member(archive: zipfile.ZipFile, name: str, limit: int, what: str) -> bytes:
    """One file of the archive, unpacked only as far as `limit`. Raises DataError."""
    try:
        with archive.open(name) as member:
            data = member.read(limit + 1)
    except KeyError:
        raise DataError(f"{what} holds no {name}.") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError) as error:
        raise DataError(f"{name} in {what} could not be unpacked: {error}.") from error
    if len(data) > limit:
        raise DataError(f"{name} in {what} unpacks to more than {limit // 2**20} MB.")
    return data


def _main_picture(archive: zipfile.ZipFile, card: Mapping[str, object], what: str) -> bytes | None:
    """The icon named `main`, else the first one; None if there is none that can be read."""
    icons = [
        asset
        for asset in map(as_object, as_list(dig(card, ("data", "assets"))))
        if asset.get("type") == "icon" and str(asset.get("ext", "")).lower() in PICTURE_ENDINGS
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    names = set(archive.namelist())
    for asset in icons:
        path = _path_of(str(asset.get("uri", "")))
        if path in names:
            try:
                return _member(archive, path, MAX_PICTURE, what)
            except DataError:
                continue
    return None


def _path_of(uri: str) -> str:
    """The member an embedded address names; empty for all others and for those that climb out."""
    for scheme in EMBEDDED:
        if uri.lower().startswith(scheme):
            path = posixpath.normpath(uri[len(scheme) :].replace("\\", "/").lstrip("/"))
            return "" if path.startswith("..") else path
    return ""
