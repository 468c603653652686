"""The picture of who speaks: off until it is wanted, and harmless whatever the file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tavern_tui.services.avatars import thumbnail
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.avatar import Avatar, picture
from tests.ui.driving import until
from tests.ui.real_app import running

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")  # of textual-image
pytest.importorskip("PIL", reason="Pictures need the extra `images`.")
pytest.importorskip("textual_image", reason="Pictures need the extra `images`.")


async def test_the_picture_is_there_when_it_is_wanted(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        avatar = pilot.app.screen.query_one(Avatar)
        assert not avatar.display
        made.change_settings(show_avatars=True)
        await until(pilot, lambda: avatar.display and avatar.children and avatar.size.height == 8)
        made.change_settings(show_avatars=False)
        await until(pilot, lambda: not avatar.display)


async def test_a_card_without_a_picture_shows_none(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        (folders.characters / f"{made.session.character.file}.png").write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
        made.change_settings(show_avatars=True)
        await pilot.pause(0.2)
        assert not pilot.app.screen.query_one(Avatar).display


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_what_is_no_picture_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    assert thumbnail(path) is None
    assert thumbnail(tmp_path) is None
    assert thumbnail(tmp_path / "nobody.png") is None


def test_each_terminal_is_drawn_for_in_its_way(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "x.png"
    Image.new("RGB", (4000, 3000)).save(path)
    data = thumbnail(path)
    assert data is not None
    assert len(data) < 10_000
    kinds = [
        ({"TERM": "xterm-256color"}, "halfcell"),
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "tgp"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "x"}, "halfcell"),
        ({"TERM": "foot"}, "sixel"),
    ]
    for environ, kind in kinds:
        widget = picture(data, environ)
        assert widget is not None
        assert kind in f"{type(widget).__module__}.{type(widget).__name__}".lower()
