"""Files that go out with a message: dropped, picked or from the clipboard, on the screen."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from tavern_tui.core.chat import Message
from tavern_tui.core.connection import Connection
from tavern_tui.services import clipboard
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.pane import ChatPane
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running

Image = pytest.importorskip("PIL.Image")

PDF = b"%PDF-1.4\n1 0 obj <</Type /Pages>> endobj\n2 0 obj <</Type /Page>> endobj\n%%EOF\n"


def a_picture(path: Path, size: tuple[int, int] = (320, 200)) -> Path:
    made = io.BytesIO()
    Image.new("RGB", size, (90, 140, 60)).save(made, "PNG")
    path.write_bytes(made.getvalue())
    return path


def answering(tavern: Tavern, provider: str = "scripted-chat", **more: object) -> None:
    """Let a model answer that says one sentence."""
    connection = Connection(
        name="there", provider=provider, model="seer-1", extra_body={"replies": ["I see."]}, **more
    )
    tavern.connections.save(connection, key="k")
    tavern.connections.select("there")


async def paste(pilot, text: str) -> None:
    pilot.app.screen.query_one(Composer).post_message(events.Paste(text))
    await pilot.pause()


@pytest.mark.parametrize(
    "spelling",
    ["{}", "'{}'", '"{}"', "{escaped}", "{address}\r\n"],
    ids=["plain", "quoted", "double quotes", "escaped blanks", "address"],
)
async def test_a_dropped_path_becomes_an_attachment(folders: Folders, tmp_path: Path, spelling: str) -> None:
    path = a_picture(tmp_path / "our mill.png", (3000, 1500))
    text = spelling.format(path, escaped=str(path).replace(" ", "\\ "), address=path.as_uri())
    async with running(folders) as (pilot, tavern):
        answering(tavern)
        await paste(pilot, text)
        await until(pilot, lambda: "our mill.png  picture  ≈ 1,105 tokens  3000×1500" in screen_text(pilot))
        assert "→ 2048×1024" in screen_text(pilot)
        await pilot.press(*"look", "enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 3 and not tavern.session.busy)
        (entry,) = tavern.session.chat.messages[1].extra["media"]
        assert entry["type"] == "image"
        assert tavern.attachments.file_of(entry["url"]).is_file()
        assert "our mill.png  picture" not in screen_text(pilot)
        assert tavern.session.attached == []


async def test_words_that_only_look_like_a_path_stay_words(folders: Folders, tmp_path: Path) -> None:
    async with running(folders) as (pilot, tavern):
        for words in (f"{tmp_path}/gone.png", "/imagine a mill.png"):
            await paste(pilot, words)
            await until(pilot, lambda words=words: words in pilot.app.screen.query_one(Composer).text)
        assert tavern.session.attached == []


async def test_a_path_pasted_twice_is_meant_as_words(folders: Folders, tmp_path: Path) -> None:
    path = a_picture(tmp_path / "a.png")
    async with running(folders) as (pilot, tavern):
        await paste(pilot, str(path))
        await until(pilot, lambda: tavern.session.attached)
        await paste(pilot, str(path))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == str(path))
        assert len(tavern.session.attached) == 1


@pytest.mark.parametrize("key", ["backspace", "alt+r"])
async def test_one_key_takes_a_file_off_again(folders: Folders, tmp_path: Path, key: str) -> None:
    path = a_picture(tmp_path / "a.png")
    async with running(folders) as (pilot, tavern):
        await paste(pilot, str(path))
        await until(pilot, lambda: "+ a.png" in screen_text(pilot))
        await pilot.press(key)
        await until(pilot, lambda: "+ a.png" not in screen_text(pilot))
        assert tavern.session.attached == []
        assert list(folders.user_images.rglob("*.png")) == []
        assert path.is_file()


async def test_the_picker_attaches_a_file(folders: Folders, tmp_path: Path) -> None:
    path = tmp_path / "rules.pdf"
    path.write_bytes(PDF)
    async with running(folders) as (pilot, tavern):
        await pilot.press("alt+z")
        field = pilot.app.screen.query_one("#path")
        field.value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: "rules.pdf  PDF  ≈ 2,000 tokens  78 bytes" in screen_text(pilot))
        assert tavern.session.attached[0].kind == "document"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for wl-paste is a shell script")
async def test_the_clipboards_picture_is_attached(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "bin" / "wl-paste"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nexec cat '{a_picture(tmp_path / 'copied.png')}'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    async with running(folders) as (pilot, tavern):
        await pilot.press("ctrl+v")
        await until(pilot, lambda: "+ clipboard  picture  ≈ 85 tokens  320×200" in screen_text(pilot))
        await paste(pilot, "")
        await until(pilot, lambda: len(tavern.session.attached) == 2)


async def test_without_a_program_for_the_clipboard_one_sentence_says_so(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "TOOLS", ())
    async with running(folders) as (pilot, _):
        await pilot.press("ctrl+v")
        await until(pilot, lambda: "No program was found that reads pictures" in notes(pilot))


async def test_a_model_that_takes_no_pictures_is_named_before_anything_is_sent(
    folders: Folders, tmp_path: Path
) -> None:
    path = a_picture(tmp_path / "a.png")
    async with running(folders) as (pilot, tavern):
        answering(tavern, "scripted")
        await paste(pilot, str(path))
        await until(pilot, lambda: "! Scripted replies reads text only" in screen_text(pilot))
        await pilot.press(*"look", "enter")
        await until(
            pilot, lambda: "Enter again sends the words and keeps it in the chat only" in notes(pilot)
        )
        assert len(tavern.session.chat.messages) == 1
        assert pilot.app.screen.query_one(Composer).text == "look"
        await pilot.press("enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 3)


async def test_a_picture_goes_out_without_words_too(folders: Folders, tmp_path: Path) -> None:
    path = a_picture(tmp_path / "a.png")
    async with running(folders) as (pilot, tavern):
        answering(tavern)
        await paste(pilot, str(path))
        await until(pilot, lambda: tavern.session.attached)
        await pilot.press("enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 3 and not tavern.session.busy)
        assert tavern.session.chat.messages[1].text == ""
        assert "media" in tavern.session.chat.messages[1].extra


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _huge(path: Path) -> None:
    with path.open("wb") as opened:
        opened.truncate(2 * 1024**3)


def _words(path: Path) -> None:
    path.write_text("GIF? no")


def _broken(path: Path) -> None:
    path.write_bytes(a_picture(path).read_bytes()[:60])


@pytest.mark.skipif(os.name == "nt", reason="no named pipes there")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_folder, "is a folder"),
        (_pipe, "is no ordinary file"),
        (_huge, "has 2,048 MiB; up to 32 MiB can be attached"),
        (_words, "is no picture, sound, film or PDF"),
        (_broken, "it is damaged"),
    ],
)
async def test_hostile_files_get_one_sentence(folders: Folders, tmp_path: Path, make, said: str) -> None:
    path = tmp_path / "a.png"
    make(path)
    async with running(folders) as (pilot, tavern):
        await paste(pilot, str(path))
        await until(pilot, lambda: said in notes(pilot))
        assert tavern.session.attached == []
        assert not folders.user_images.exists()


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the system's viewer; the file it writes holds the path it was given."""
    seen = tmp_path / "seen"
    for name in ("xdg-open", "open"):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n')
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return seen


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the viewer is a shell script")
async def test_a_message_shows_its_files_and_a_key_opens_one(
    folders: Folders, tmp_path: Path, viewer: Path
) -> None:
    path = a_picture(tmp_path / "mill.png")
    async with running(folders) as (pilot, tavern):
        answering(tavern)
        await paste(pilot, str(path))
        await until(pilot, lambda: tavern.session.attached)
        await pilot.press(*"look", "enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 3 and not tavern.session.busy)
        assert f"▣ mill.png  picture  {path.stat().st_size} bytes" in screen_text(pilot)
        kept = tavern.attachments.file_of(tavern.session.chat.messages[1].extra["media"][0]["url"])
        await pilot.press("escape", "k", "v")
        await until(pilot, lambda: "Open outside?" in screen_text(pilot))
        assert "user/images" in screen_text(pilot)
        assert not viewer.exists()  # noqa: ASYNC240
        await pilot.press("y")
        await until(pilot, viewer.exists)
        await until(pilot, lambda: viewer.read_text() == str(kept))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/user/images/../../settings.json", "names no file that lies in the data folder"),
        ("/user/images/Odile/gone.png", "is not there any more"),
        ("/user/images/Odile/run.desktop", "so it is not opened"),
        ("/user/images/Odile/page.png", "so it is not opened"),
    ],
)
async def test_only_pictures_and_the_like_in_the_data_folder_are_opened(
    folders: Folders, url: str, said: str
) -> None:
    folder = folders.user_images / "Odile"
    folder.mkdir(parents=True)
    a_picture(folder / "run.desktop")
    (folder / "page.png").write_text("<html>")
    async with running(folders) as (pilot, tavern):
        message = tavern.session.chat.messages[0]
        entry = {"url": url, "type": "image"}
        tavern.session.chat.messages[0] = replace_extra(message, {"media": [entry]})
        await pilot.press("escape", "v")
        await until(pilot, lambda: said in notes(pilot))


def replace_extra(message: Message, extra: dict[str, object]) -> Message:
    return message.with_shown(replace(message.swipe, extra=extra))


async def test_while_a_reply_arrives_nothing_that_is_attached_is_lost(
    folders: Folders, tmp_path: Path
) -> None:
    path = a_picture(tmp_path / "a.png")
    async with running(folders) as (pilot, tavern):
        connection = Connection(
            name="slow",
            provider="scripted-chat",
            model="m",
            extra_body={"replies": ["One two three four five.", "Yes."], "pace": 30.0},
        )
        tavern.connections.save(connection)
        tavern.connections.select("slow")
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: tavern.session.busy)
        await paste(pilot, str(path))
        await until(pilot, lambda: "+ a.png" in screen_text(pilot))
        await pilot.press(*"look", "enter")
        await until(pilot, lambda: "can be sent after it" in notes(pilot))
        assert pilot.app.screen.query_one(Composer).text == "look"
        assert len(tavern.session.attached) == 1
        await pilot.press("escape")
        await until(pilot, lambda: not tavern.session.busy)


async def test_files_with_hostile_names_are_shown_as_plain_words(folders: Folders) -> None:
    url = "/user/images/Odile/\x1b[2J[red]a\u202e.png"
    entries = [
        {"url": url, "type": "image", "size": -5},
        {"url": 7},
        "x",
        {"url": "data:image/png;base64,AA"},
    ]
    async with running(folders) as (pilot, tavern):
        message = tavern.session.chat.messages[0]
        tavern.session.chat.messages[0] = replace_extra(message, {"media": entries, "documents": 5})
        pilot.app.screen.query_one(ChatPane).reload()
        await until(pilot, lambda: "[2J[red]a⟨U+202E⟩.png  picture" in screen_text(pilot))
        text = screen_text(pilot)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert text.count("without a name") == 2
