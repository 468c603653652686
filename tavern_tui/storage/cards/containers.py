"""The files a card comes in: PNG, JSON, CHARX and YAML, told apart by content first, then by ending."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from typing import BinaryIO

from tavern_tui.core.errors import DataError
from tavern_tui.storage.cards.png_chunks import is_png, read_texts
from tavern_tui.storage.json_keep import parse_object

YAML_ENDINGS = (".yaml", ".yml")
MAX_YAML = 16 * 2**20
CARD_TEXTS = ("ccv3", "chara")
"""Keywords of the chunks that hold a card; the first one present wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A card's JSON object and the picture it came with."""

    card: dict[str, object]
    picture: bytes | None = None
    """PNG, or another format of a CHARX archive."""


def unpack(data: bytes, name: str) -> Unpacked:
    """The card in a file's bytes; `name` is the file's, for its ending and for messages.

    Raises DataError."""
    if is_png(data):
        return Unpacked(card=card_of_png(io.BytesIO(data), name), picture=data)
    from tavern_tui.storage.cards.charx import is_charx, read_charx  # few cards are archives

    if is_charx(data, name):
        card, picture = read_charx(data, name)
        return Unpacked(card=card, picture=picture)
    if name.lower().endswith(YAML_ENDINGS):
        return Unpacked(card=_card_of_yaml(data, name))
    return Unpacked(card=parse_object(data, name))


def card_of_png(file: BinaryIO, what: str) -> dict[str, object]:
    """The card in a picture's text chunks; pixels are skipped. Raises DataError."""
    texts = read_texts(file, what)
    for keyword in CARD_TEXTS:
        if keyword in texts:
            return parse_object(decoded_text(texts[keyword], what), f"The card in {what}")
    raise DataError(f"{what} is a picture without a character card in it.")


def decoded_text(value: bytes, what: str) -> bytes:
    """Base64, patient with line breaks and missing padding; plain JSON as some tools write it."""
    stripped = b"".join(value.split()) if not value.lstrip().startswith(b"{") else b""
    if not stripped:
        return value
    try:
        return base64.b64decode(stripped + b"=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"The card in {what} is damaged: it is not valid base64.") from error


def _card_of_yaml(data: bytes, what: str) -> dict[str, object]:
    """text-generation-webui's YAML. Only texts are taken over: anchors could unfold without end."""
    from tavern_tui.storage.yaml_files import parse_yaml

    if len(data) > MAX_YAML:
        raise DataError(f"{what} is larger than {MAX_YAML // 2**20} MB.")
    found = parse_yaml(data, what)
    return {str(name): value for name, value in found.items() if isinstance(value, str)}
