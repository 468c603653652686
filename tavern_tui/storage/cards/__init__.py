"""Character cards: every version and container in, SillyTavern's PNG out."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.bundled import art
from tavern_tui.storage.cards.containers import unpack
from tavern_tui.storage.cards.fields import as_v3, card_json, character_from_json
from tavern_tui.storage.cards.png_chunks import is_png, plain_picture, with_texts
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.json_keep import compact_json, read_file

__all__ = [
    "card_json",
    "character_from_json",
    "import_card",
    "read_card",
    "read_card_bytes",
    "save_card",
    "write_png",
]

DEFAULT_PICTURE = "default-avatar.png"


def read_card(path: Path, warnings: list[str] | None = None) -> Character:
    """The character in a card file; `file` is its name without ending.

    One sentence for each oddity is added to `warnings`. Raises UnreadableFile, DataError."""
    return read_card_bytes(read_file(path), path.name, warnings)


def read_card_bytes(data: bytes, name: str, warnings: list[str] | None = None) -> Character:
    """The character in the bytes of a card file called `name`. Raises DataError."""
    card = unpack(data, name).card
    return character_from_json(card, Path(name).stem, warnings if warnings is not None else [])


def write_png(character: Character, picture: bytes | None) -> bytes:
    """A card as SillyTavern writes it: `chara` and `ccv3` right before the end of the picture.

    The picture's pixels are not touched. None: the default picture. Raises DataError for a
    picture that cannot become a PNG."""
    card = card_json(character)
    texts = {"chara": _encoded(card), "ccv3": _encoded(as_v3(card))}
    return with_texts(_as_png(picture), texts, "The picture")


def save_card(folders: Folders, character: Character, picture: bytes | None = None) -> Character:
    """Write the card into the characters folder and return the character with its `file`.

    Without `file` a new one is made of the name. The picture there is kept unless another is
    given. Raises DataError, UnreadableFile, WriteFailed."""
    if not character.file:
        character = replace(character, file=free_name(folders.characters, character.name, ".png"))
    path = folders.card(character.file)
    if picture is None and path.exists():
        picture = read_file(path)
    write_bytes(path, write_png(character, picture))
    return character


def import_card(folders: Folders, path: Path, warnings: list[str] | None = None) -> Character:
    """Take over a card file as a new character, as SillyTavern does: not a favourite, no open chat.

    Raises UnreadableFile, DataError, WriteFailed."""
    data = read_file(path)
    unpacked = unpack(data, path.name)
    heard: list[str] = warnings if warnings is not None else []
    character = character_from_json(unpacked.card, path.stem, heard)
    source = {name: value for name, value in character.source.items() if name != "chat"}
    source.setdefault("create_date", _now())
    picture = unpacked.picture
    try:
        picture = _as_png(picture)
    except DataError as error:
        heard.append(f"{error} The default picture stands in for it.")
        picture = None
    file = free_name(folders.characters, character.name or path.stem, ".png")
    return save_card(folders, replace(character, file=file, favourite=False, source=source), picture)


def _encoded(card: dict[str, object]) -> bytes:
    return base64.b64encode(compact_json(card))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_png(picture: bytes | None) -> bytes:
    """The picture itself if it is a PNG, converted where Pillow can."""
    if picture is None:
        return art(DEFAULT_PICTURE) or plain_picture()
    if is_png(picture):
        return picture
    try:
        from PIL import Image  # 30 ms, an optional extra, and only for pictures that are no PNG
    except ImportError:
        raise DataError("The card's picture is no PNG, and Pillow is not installed.") from None
    made = io.BytesIO()
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            opened.convert("RGBA").save(made, "PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("The card's picture is in no format that can be read.") from None
    return made.getvalue()
