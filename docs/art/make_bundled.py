"""Draws the bundled character's picture and writes the card and its lorebook.

    python docs/art/make_bundled.py

Needs Pillow. The same run gives the same bytes."""

from __future__ import annotations

import io
import json
import math
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tavern_tui.core.lorebook import Lorebook  # noqa: E402
from tavern_tui.lore.books import lorebook_from_json  # noqa: E402
from tavern_tui.lore.character_book import to_character_book  # noqa: E402
from tavern_tui.storage.cards import character_from_json, write_png  # noqa: E402

HERE = Path(__file__).parent
TARGET = ROOT / "tavern_tui" / "bundled"
SIZE = (400, 600)
BOOK = "The Eel Crossing"


def picture() -> bytes:
    """An inn by a river at night, one lantern lit."""
    dice = random.Random(7)
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for y in range(SIZE[1]):
        share = y / SIZE[1]
        draw.line([(0, y), (400, y)], fill=(int(16 + 30 * share), int(22 + 26 * share), int(48 + 40 * share)))
    for _ in range(90):
        x, y, light = dice.randrange(400), dice.randrange(250), dice.randrange(90, 220)
        draw.point((x, y), fill=(light, light, min(255, light + 20)))
    draw.ellipse((292, 52, 344, 104), fill=(233, 226, 196))
    draw.ellipse((280, 44, 330, 94), fill=(24, 30, 58))
    draw.polygon(
        [(0, 330), (90, 260), (190, 310), (280, 240), (400, 320), (400, 420), (0, 420)], fill=(22, 28, 46)
    )
    draw.polygon([(70, 300), (180, 210), (290, 300)], fill=(48, 34, 38))
    draw.rectangle((90, 298, 270, 420), fill=(66, 47, 44))
    draw.rectangle((222, 222, 244, 270), fill=(48, 36, 40))
    for x in (108, 228):
        draw.rectangle((x, 322, x + 26, 356), fill=(246, 190, 92))
        draw.line([(x + 13, 322), (x + 13, 356)], fill=(66, 47, 44), width=3)
        draw.line([(x, 339), (x + 26, 339)], fill=(66, 47, 44), width=3)
    draw.rectangle((160, 350, 200, 420), fill=(40, 28, 30))
    draw.line([(270, 330), (306, 330)], fill=(40, 30, 32), width=4)
    glow = Image.new("RGB", SIZE)
    ImageDraw.Draw(glow).ellipse((246, 296, 366, 416), fill=(150, 98, 30))
    glow = glow.filter(ImageFilter.GaussianBlur(28))
    image = Image.blend(image, Image.composite(glow, image, glow.convert("L")), 0.55)
    draw = ImageDraw.Draw(image)
    draw.line([(304, 330), (304, 344)], fill=(30, 24, 26), width=2)
    draw.rectangle((296, 344, 312, 366), fill=(255, 214, 120), outline=(40, 30, 32))
    draw.rectangle((0, 420, 400, 600), fill=(20, 32, 54))
    for row in range(420, 600, 6):
        for _ in range(9):
            x, length = dice.randrange(400), dice.randrange(10, 60)
            near = math.exp(-(((x - 304) / 60) ** 2))
            light = int(22 + 130 * near * (1 - (row - 420) / 260))
            draw.line(
                [(x, row), (x + length, row)], fill=(20 + light, 34 + int(light * 0.75), 58 + light // 4)
            )
    buffer = io.BytesIO()
    image.quantize(96).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def plain_avatar() -> bytes:
    """The picture of characters without one: a doorway with light behind it."""
    image = Image.new("RGB", SIZE, (38, 34, 44))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((120, 150, 280, 520), radius=78, fill=(214, 168, 96))
    draw.ellipse((164, 250, 236, 322), fill=(62, 50, 54))
    draw.rounded_rectangle((144, 334, 256, 540), radius=52, fill=(62, 50, 54))
    draw.rectangle((0, 520, 400, 600), fill=(30, 27, 35))
    buffer = io.BytesIO()
    image.quantize(16).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    card = json.loads((HERE / "odile.json").read_text(encoding="utf-8"))
    world = json.loads((HERE / "eel-crossing.json").read_text(encoding="utf-8"))
    warnings: list[str] = []
    book: Lorebook = lorebook_from_json(BOOK, world, warnings)
    card["data"]["character_book"] = to_character_book(book)
    character = character_from_json(card, "Odile", warnings)
    assert not warnings, warnings
    (TARGET / "worlds").mkdir(parents=True, exist_ok=True)
    (TARGET / "Odile.png").write_bytes(write_png(character, picture()))
    (TARGET / "worlds" / f"{BOOK}.json").write_text(
        json.dumps(world, ensure_ascii=False, indent=4), encoding="utf-8"
    )
    (TARGET / "default-avatar.png").write_bytes(plain_avatar())


if __name__ == "__main__":
    main()
