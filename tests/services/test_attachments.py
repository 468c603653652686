"""Pictures: attached by the user, drawn by the model, sent along; and signatures that go back."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError
from tavern_tui.services.attachments import Attachments
from tavern_tui.services.picture_fit import cost
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.pictures import kind_of, picture_file, save_picture
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.services.helpers import run, tavern

Image = pytest.importorskip("PIL.Image")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def drawing(kind: str, size: tuple[int, int]) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, kind)
    return made.getvalue()


def attachments(folders: Folders) -> tuple[Attachments, list[str]]:
    told: list[str] = []
    return Attachments(folders, told.append), told


def test_a_large_picture_is_scaled_down_and_kept_below_the_data_folder(
    folders: Folders, tmp_path: Path
) -> None:
    path = tmp_path / "view.bmp"
    path.write_bytes(drawing("BMP", (3000, 1000)))
    attached = attachments(folders)[0].attach("Ann", path, "claude")
    entry = attached.entry
    assert entry == {
        "url": "/user/images/Ann/view.jpg", "type": "image", "title": "", "source": "upload",
        "size": attached.kept_bytes,
    }  # fmt: skip
    assert (attached.size, attached.kept_size) == ((3000, 1000), (1568, 523))
    kept = picture_file(folders, str(entry["url"]))
    assert kept == folders.data / "user" / "images" / "Ann" / "view.jpg"
    with Image.open(kept) as made:
        assert made.size == (1568, 523)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\nnonsense", PIXEL[:40]])
def test_what_is_no_picture_is_refused_with_a_sentence(folders: Folders, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "view.png"
    path.write_bytes(data)
    with pytest.raises(TavernError):
        attachments(folders)[0].attach("Ann", path)
    assert not folders.user_images.exists()


def test_a_picture_that_would_unfold_to_gigabytes_is_refused(folders: Folders, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    huge = bytearray(PIXEL)
    huge[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    huge[29:33] = zlib.crc32(bytes(huge[12:29])).to_bytes(4, "big")
    path.write_bytes(bytes(huge))
    with pytest.raises(TavernError):
        attachments(folders)[0].attach("Ann", path)


@pytest.mark.parametrize(
    "url",
    [
        "/user/images/../../settings.json",
        "/user/images/Ann/../x.png",
        "/etc/passwd",
        "",
        "/user/images/",
        "https://x/y",
    ],
)
def test_an_address_never_leads_out_of_the_folder(folders: Folders, url: str) -> None:
    assert picture_file(folders, url) is None


def test_names_of_owners_are_made_safe(folders: Folders) -> None:
    url = save_picture(folders, "../../Ann", "a/b", PIXEL)
    path = picture_file(folders, url)
    assert path is not None
    assert path.is_relative_to(folders.user_images)


def test_what_cannot_be_kept_is_told(folders: Folders) -> None:
    made, told = attachments(folders)
    good = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    urls = ["data:image/png;base64,%%%", "file:///etc/passwd", "data:text/html;base64,aGk=", good]
    assert [one["url"] for one in made.keep_drawn("Ann", "x", urls)] == ["/user/images/Ann/x.png"]
    assert len(told) == 3


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [((512, 512), "auto", 85), ((4000, 4000), "low", 85), ((1024, 1024), "high", 765), (None, "auto", 765)],
)
def test_pictures_cost_what_their_tiles_cost(size: tuple[int, int] | None, detail: str, tokens: int) -> None:
    assert cost(size, detail) == tokens


def test_kinds_are_told_by_the_first_bytes() -> None:
    found = [kind_of(drawing(kind, (2, 2))) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP")]
    assert [kind[0] for kind in found if kind] == ["png", "jpg", "gif", "webp", "bmp"]


class Gemini:
    """Says words with a signature and draws a picture."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        if seen.method == "GET":
            await answer.send(200, {"models": []})
            return
        self.bodies.append(seen.json)
        inline = {"mimeType": "image/png", "data": base64.b64encode(PIXEL).decode()}
        parts = [{"text": "Look."}, {"inlineData": inline}, {"text": "", "thoughtSignature": "SEAL"}]
        piece = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
        await answer.start(200)
        await answer.raw(b"data: " + json.dumps(piece).encode() + b"\n\n")


async def test_pictures_and_signatures_are_kept_and_go_back(folders: Folders) -> None:
    model = Gemini()
    async with FakeServer(model) as server:
        there = Connection(name="there", provider="makersuite", url=server.url, model="gemini-2.5-flash")
        async with tavern(folders, there) as made:
            made.connections.save(there, key="k", replaces="there")
            await run(made.session.send("Draw"))
            extra = made.session.chat.messages[-1].extra
            assert extra["reasoning_signature"] == "SEAL"
            assert extra["media"] == [
                {"url": "/user/images/Ann/Ann_makersuite.png", "type": "image", "title": "", "source": "api"}
            ]
            assert (folders.user_images / "Ann" / "Ann_makersuite.png").read_bytes() == PIXEL
            await run(made.session.send("Again"))
    said = next(
        turn
        for turn in model.bodies[1]["contents"]
        if {"text": "Look.", "thoughtSignature": "SEAL"} in turn["parts"]
    )
    assert said["role"] == "model"
    assert any("inlineData" in part for part in said["parts"])
