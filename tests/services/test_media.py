"""Files that go out with messages: read, kept, counted, offered to models, and in scripts."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import struct
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import Model
from tavern_tui.services import attachments, clipboard, picture_fit
from tavern_tui.services.attachments import Attached, Attachments
from tavern_tui.services.dropped import dropped_paths
from tavern_tui.services.media_cost import media_cost
from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.runner import Runner
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.media import media_file, media_kind, save_media
from tests.services.helpers import run, tavern
from tests.services.test_attachments import PIXEL
from tests.services.test_slash import Front

PDF = b"%PDF-1.7\n<</Type /Pages>>\n<</Type/Page >>\n<</Type /Page>>\n"


def a_sound(seconds: float) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return made.getvalue()


def a_film(seconds: int) -> bytes:
    head = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
    return head + b"\0\0\0\x6cmvhd" + struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PIXEL, "image/png"),
        (PDF, "application/pdf"),
        (a_sound(0.1), "audio/wav"),
        (a_film(1), "video/mp4"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ""),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\0", "audio/mpeg"),
        (b"\x1a\x45\xdf\xa3....webm", "video/webm"),
        (b"MZ\x90\0", ""),
        (b"<svg onload=x>", ""),
        (b"", ""),
    ],
)
def test_what_a_file_is_is_told_by_its_first_bytes(data: bytes, kind: str) -> None:
    found = media_kind(data)
    assert (found.mime if found else "") == kind


@given(st.binary(max_size=80))
def test_no_bytes_break_the_counting(data: bytes) -> None:
    media_kind(data)
    for kind in ("audio", "video", "document"):
        assert media_cost(kind, data, "openai") >= 0


def test_costs_follow_length_and_pages() -> None:
    assert media_cost("audio", a_sound(10), "openai") == pytest.approx(320, abs=2)
    assert media_cost("video", a_film(4), "makersuite") == 4 * 263
    assert media_cost("document", PDF, "claude") == 4000
    assert media_cost("document", PDF, "makersuite") == 516


def test_documents_lie_apart_and_addresses_stay_inside(folders: Folders) -> None:
    url = save_media(folders, "Ann", "../rules", PDF)
    path = media_file(folders, url)
    assert path is not None
    assert path.parent == folders.user_files
    assert path.read_bytes() == PDF
    for bad in ("/user/files/../settings.json", "/user/files/", "/user/files/a/b.pdf", "/user/files/\0"):
        assert media_file(folders, bad) is None


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/a b/c.png", ["/a b/c.png"]),
        ("'/a b/c.png'", ["/a b/c.png"]),
        ("/a\\ b/c.png ", ["/a b/c.png"]),
        ("file:///a%20b/c.png\r\n", ["/a b/c.png"]),
        ("/a/b.png /c/d.jpg", ["/a/b.png", "/c/d.jpg"]),
        ("'/a/b c.png' '/c/d.jpg'", ["/a/b c.png", "/c/d.jpg"]),
        ("/a/it's.png", ["/a/it's.png"]),
        ("file://elsewhere/c.png", []),
        ("/imagine a mill", []),
        ("see /a/b.png", []),
        ("/", []),
        ("", []),
    ],
)
def test_dropped_paths_are_read_in_every_spelling(text: str, paths: list[str]) -> None:
    assert dropped_paths(text) == [Path(path) for path in paths]


@given(st.text(max_size=200))
def test_no_paste_breaks_the_reading_of_paths(text: str) -> None:
    dropped_paths("/" + text)
    dropped_paths("file:" + text)


# --- what models take


def an(kind: str, mime: str = "") -> Attached:
    return Attached(kind=kind, mime=mime, name="a", url="/user/images/a", bytes=1, kept_bytes=1)


@pytest.mark.parametrize(
    ("provider", "model", "attached", "said"),
    [
        ("openai", "gpt-4o", an("image"), ""),
        ("openai", "gpt-3.5-turbo", an("image"), "gpt-3.5-turbo takes no pictures"),
        ("openai", "gpt-4o", an("audio", "audio/wav"), "gpt-4o takes no sounds"),
        ("openai", "gpt-4o-audio-preview", an("audio", "audio/wav"), ""),
        ("openai", "gpt-4o-audio-preview", an("audio", "audio/ogg"), "WAV or MP3 only"),
        ("openai", "gpt-4o", an("video"), "OpenAI takes no films"),
        ("claude", "claude-opus-5", an("document"), ""),
        ("makersuite", "gemini-2.5-flash", an("video"), ""),
        ("perplexity", "sonar", an("image"), "Perplexity takes no pictures"),
        ("deepseek", "deepseek-v4-flash", an("image"), "takes no pictures"),
        ("llamacpp", "", an("image"), "reads text only"),
        ("mistralai", "blind-1", an("image"), "blind-1 takes no pictures; choose another model of Mistral"),
        ("mistralai", "seer-1", an("image"), ""),
        ("mistralai", "unlisted", an("image"), ""),
    ],
)
async def test_what_a_model_cannot_take_is_one_sentence(
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    model: str,
    attached: Attached,
    said: str,
) -> None:
    async with tavern(folders, Connection(name="there", provider=provider, model=model)) as made:

        async def models(connection: Connection) -> list[Model]:
            return [Model(id="blind-1"), Model(id="seer-1", capabilities=("vision",))]

        monkeypatch.setattr(made.connections, "models", models)
        takes = made._desk.media_takes
        await takes.learn()
        refusal = takes.refusal(attached)
    assert said in refusal
    assert bool(said) == bool(refusal)


async def test_an_old_picture_is_not_sent_to_a_model_that_sees_nothing(folders: Folders) -> None:
    blind = Connection(name="blind", provider="perplexity", model="sonar")
    seer = Connection(name="seer", provider="openai", model="gpt-4o")
    async with tavern(folders, seer, blind) as made:
        for one in (seer, blind):
            made.connections.save(one, key="k", replaces=one.name)
        await attached(made, PIXEL)
        assert "image_url" in made.session.preview("Look").wire
        made.connections.select("blind")
        assert "image_url" not in made.session.preview("Look").wire


async def attached(made: Tavern, data: bytes) -> Attached:
    return await made.session.attach(data)


async def test_the_preview_is_what_is_sent(folders: Folders, tmp_path: Path) -> None:
    there = Connection(
        name="there", provider="scripted-chat", model="m", extra_body={"replies": ["Yes."]}, instruct="none"
    )
    path = tmp_path / "pixel.png"
    path.write_bytes(PIXEL)
    async with tavern(folders, there) as made:
        await made.session.attach(path)
        before = made.session.preview("Look")
        await run(made.session.send("Look"))
        message = made.session.chat.messages[1]
        assert message.text == "Look"
        assert [one["url"] for one in message.extra["media"]] == ["/user/images/Ann/pixel.png"]
        assert made.session.attached == []
    assert any(part.text == "Look" for part in before.built.parts)


async def test_what_was_never_sent_leaves_nothing_behind(folders: Folders) -> None:
    async with tavern(folders) as made:
        await attached(made, PIXEL)
        assert len(list(folders.user_images.rglob("*.png"))) == 1
        await made.new_chat()
        assert made.session.attached == []
    assert not list(folders.user_images.rglob("*.png"))


async def test_no_more_than_ten_files_wait(folders: Folders) -> None:
    async with tavern(folders) as made:
        for _ in range(10):
            await attached(made, PIXEL)
        with pytest.raises(UsageError):
            await attached(made, PIXEL)
        for _ in range(10):
            assert made.session.take_off() is not None
        assert made.session.take_off() is None
    assert not list(folders.user_images.rglob("*.png"))


async def test_a_preset_that_hides_pictures_is_named(folders: Folders) -> None:
    folders.openai_settings.mkdir(parents=True)
    (folders.openai_settings / "Blind.json").write_text('{"media_inlining": false}', encoding="utf-8")
    there = Connection(name="there", provider="openai", model="gpt-4o", chat_preset="Blind")
    async with tavern(folders, there) as made:
        await attached(made, PIXEL)
        assert made.session.media_refusals() == [
            'The preset "Blind" shows the model no pictures (`media_inlining` is off).'
        ]


@pytest.mark.parametrize("provider", ["openai", "custom", "openrouter", "makersuite"])
async def test_a_sound_goes_out_in_the_services_form(folders: Folders, provider: str) -> None:
    there = Connection(
        name="there", provider=provider, model="gpt-4o-audio-preview", url="http://127.0.0.1:9"
    )
    async with tavern(folders, there) as made:
        made.connections.save(there, key="k", replaces="there")
        sound = a_sound(0.1)
        await attached(made, sound)
        sent = made.session.preview("Listen").wire
    form = "inlineData" if provider == "makersuite" else "input_audio"
    assert form in sent
    assert base64.b64encode(sound).decode() in sent.replace("\n", "").replace(" ", "")


def test_without_pillow_a_small_picture_goes_and_a_large_one_says_what_is_missing(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_fit, "find_spec", lambda name: None)
    made = Attachments(folders, [].append)
    path = tmp_path / "a.png"
    path.write_bytes(PIXEL)
    assert made.attach("Ann", path, "openai").tokens == 765
    path.write_bytes(PIXEL + bytes(3 * 1024 * 1024))
    with pytest.raises(TavernError, match="needs Pillow") as caught:
        made.attach("Ann", path, "openai")
    assert "tavern-tui[images]" in caught.value.hint


def test_files_too_large_for_a_request_are_refused_or_left_behind(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Attachments(folders, [].append)
    path = tmp_path / "a.pdf"
    with path.open("wb") as opened:
        opened.write(PDF)
        opened.truncate(20 * 1024 * 1024)
    with pytest.raises(TavernError, match="has 20 MiB; services take up to 14 MiB"):
        made.attach("Ann", path, "claude")
    path.write_bytes(PDF)
    older, newer = made.attach("Ann", path), made.attach("Ann", path)
    monkeypatch.setattr(attachments, "MOST_CHARACTERS", 200)
    assert list(made.for_prompt((), "claude", waiting=(newer.url, older.url))) == [newer.url]


# --- the clipboard


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize("script", ["exit 1", "echo words", "exec sleep 60", "exec yes"])
async def test_a_program_that_fails_hangs_or_floods_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    tool = tmp_path / "xclip"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setattr(clipboard, "PATIENCE", 0.3)
    monkeypatch.setattr(clipboard, "LARGEST", 1 << 20)
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "DISPLAY": ":0"}
    with pytest.raises(UsageError, match="no picture in the clipboard"):
        await asyncio.wait_for(clipboard.clipboard_picture(environ), 5)


async def test_without_a_screen_no_program_is_asked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No program was found"):
        await clipboard.clipboard_picture({"PATH": str(tmp_path)})


# --- scripts


async def script(made: Tavern, text: str, front: Front | None = None) -> str:
    return await Runner(made, front or Front(), all_commands()).run(text)


class Refuses(Front):
    async def choose(self, question: str, choices: list[str]) -> str | None:
        return choices[0]


async def test_a_script_attaches_only_what_the_user_allows(folders: Folders, tmp_path: Path) -> None:
    path = tmp_path / "pixel.png"
    path.write_bytes(PIXEL)
    async with tavern(folders) as made:
        assert await script(made, f"/attach {path}", Refuses()) == ""
        assert made.session.attached == []
        assert await script(made, f"/attach {path}") == "/user/images/Ann/pixel.png"
        assert json.loads(await script(made, "/list-gallery")) == ["/user/images/Ann/pixel.png"]
        assert json.loads(await script(made, "/lg char=../..")) == []


async def test_a_picture_is_put_into_words(folders: Folders) -> None:
    there = Connection(
        name="there", provider="scripted-chat", model="m",
        extra_body={"replies": ["Hello.", "A red dot."]}, instruct="none",
    )  # fmt: skip
    async with tavern(folders, there) as made:
        with pytest.raises(TavernError, match="no such picture"):
            await script(made, "/caption")
        await attached(made, PIXEL)
        await run(made.session.send("Look"))
        assert await script(made, "/caption quiet=true") == "A red dot."
        assert len(made.session.chat.messages) == 3
