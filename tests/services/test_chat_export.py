"""Chats are exported whole, with macros resolved, and nothing in them does harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.cli import main
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.services.chat_export import ExportFormat, HiddenMessages
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.storage.folders import Folders
from tests.services.helpers import put_card, run, scripted, tavern
from tests.services.test_chat_files import ANN, put_chat, said

MD, TXT, HTML, JSONL = ExportFormat.MARKDOWN, ExportFormat.TEXT, ExportFormat.HTML, ExportFormat.JSONL


def line(
    name: str, text: str, *, user: bool = False, hidden: bool = False, **extra: object
) -> dict[str, Any]:
    date = "2026-03-01T12:00:00.000Z"
    return {**said(text, **extra), "name": name, "is_user": user, "is_system": hidden, "send_date": date}


TALK = (
    line("Ann", "Welcome, {{user}}. {{char}} nods.\nSit *down*."),
    line("Robin", "Thanks.", user=True),
    line("Ann", "A secret.", hidden=True),
    line("Ann", "shown as written", display_text="gezeigt wie übersetzt", reasoning="Hm, {{char}}."),
)


async def exported(folders: Folders, format: ExportFormat, **options: Any) -> str:
    put_chat(folders, "Talk", *TALK)
    async with tavern(folders) as made:
        return made.exporter.export(format, ANN, "Talk", **options).decode()


async def test_plain_text_is_names_and_words(folders: Folders) -> None:
    assert await exported(folders, TXT) == (
        "Ann: Welcome, Robin. Ann nods.\nSit *down*.\n\n"
        "Robin: Thanks.\n\n"
        "Ann (hidden): A secret.\n\n"
        "Ann: gezeigt wie übersetzt\n"
    )


async def test_hidden_messages_are_left_out_where_one_wants_it(folders: Folders) -> None:
    for format in (TXT, MD, HTML):
        text = await exported(folders, format, hidden=HiddenMessages.LEAVE_OUT)
        assert "secret" not in text
        assert "Thanks." in text
        assert "secret" in await exported(folders, format)


async def test_thinking_is_there_only_if_it_is_asked_for(folders: Folders) -> None:
    for format in (TXT, MD, HTML):
        assert "Hm, " not in await exported(folders, format)
        assert "Hm, " in await exported(folders, format, thinking=True)


async def test_markdown_has_names_dates_and_line_breaks(folders: Folders) -> None:
    text = await exported(folders, MD)
    assert text.startswith("# Talk\n\nA chat with Ann.\n\n---\n\n**Ann** · 2026-03-01 ")
    assert "Welcome, Robin. Ann nods.  \nSit *down*." in text
    assert "*hidden*" in text


async def test_jsonl_is_the_file_to_the_byte(folders: Folders) -> None:
    path = put_chat(folders, "Talk", *TALK)
    path.write_bytes(path.read_bytes() + b"\r\nnot json")
    async with tavern(folders, scripted("x")) as made:
        assert made.exporter.export(JSONL, ANN, "Talk") == path.read_bytes()


async def test_the_open_chat_is_exported_as_it_is_on_screen_even_without_a_file(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        assert made.exporter.export(TXT).decode() == f"Ann: Welcome, {made.persona.name}.\n"
        lines = made.exporter.export(JSONL).decode().split("\n")
        assert json.loads(lines[1])["mes"] == "Welcome, {{user}}."
        assert not (folders.chats / "Ann").exists()
        await run(made.session.send("Hi"))
        assert made.exporter.export(TXT).decode().endswith("Hi\n\nAnn: Well.\n")


async def test_without_a_title_the_chat_written_last_is_exported(folders: Folders) -> None:
    put_chat(folders, "Talk", *TALK)
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        nobody = ChatOwner(id="Nobody")
        assert "Thanks." in made.exporter.export(TXT, ChatOwner(id="Ann"), "Talk").decode()
        with pytest.raises(UsageError, match="no chat"):
            made.exporter.export(TXT, nobody)
        with pytest.raises(TavernError):
            made.exporter.export(TXT, ANN, "../../settings")


async def test_in_a_group_each_member_s_macros_are_their_own(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        await made.library.import_file(put_card(folders, {"name": "Bea", "description": "", "first_mes": ""}))
        group = made.groups.create("Two", ["Ann", "Bea"])
        owner = ChatOwner(id=group.id, is_group=True)
        rows = [
            {**line("Ann", "I am {{char}}."), "original_avatar": "Ann.png"},
            {**line("Bea", "I am {{char}}."), "original_avatar": "Bea.png"},
        ]
        put_chat(folders, "Both", *rows, owner=owner)
        made.groups.add_chat(group.id, "Both")
        text = made.exporter.export(TXT, owner).decode()
        assert text == "Ann: I am Ann.\n\nBea: I am Bea.\n"
        assert made.groups.get(group.id).chat_id == ""


async def test_an_empty_chat_is_an_empty_export(folders: Folders) -> None:
    path = put_chat(folders, "Empty")
    path.write_text(path.read_text().split("\n")[0])
    async with tavern(folders) as made:
        await made.new_chat()
        assert made.exporter.export(TXT, ANN, "Empty") == b""
        assert made.exporter.export(MD, ANN, "Empty").startswith(b"# Empty")
        assert b"<main>" in made.exporter.export(HTML, ANN, "Empty")


# --- the web page


class Page(HTMLParser):
    """Which elements and attributes a page has, and whether all are closed."""

    VOID = {"meta", "hr"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror=alert(2)> "quoted" & <b>bold</b>\n\n'
    "[click](javascript:alert(3)) ![x](https://evil.example/x.png)\n\n"
    "# <script>\n> <iframe>\n- <svg onload=x>\n```html\n</pre></code><script>x</script>\n```\n"
    "| a | b |\n|---|---|\n| <script> | </td> |\n\x1b[31m\u202e*open **and* crossed**"
)


async def test_nothing_in_a_message_becomes_part_of_the_page(folders: Folders) -> None:
    put_chat(folders, "Evil", line('<script>"Ann"</script>', HOSTILE, reasoning="</details><script>"))
    async with tavern(folders, scripted("x")) as made:
        page = Page()
        text = made.exporter.export(HTML, ANN, "Evil", thinking=True).decode()
    page.feed(text)
    page.close()
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "svg", "a", "link", "b", "form", "base", "object"}
    assert not [
        name for name, _ in page.attributes if name.startswith("on") or name in ("src", "href", "style")
    ]
    assert "default-src 'none'" in text
    assert not re.search("[\x1b\u202e]", text)
    assert "alert(1)" in page.words


async def test_the_page_keeps_emphasis_speech_and_marks(folders: Folders) -> None:
    text = await exported(folders, HTML)
    assert "Sit <em>down</em>." in text
    assert 'class="hidden"' in text
    assert 'class="user"' in text


async def test_escape_sequences_are_not_exported_for_terminals(folders: Folders) -> None:
    put_chat(folders, "Evil", line("A\x1b[2Jnn", "red\x1b[31m\x9b0m"))
    async with tavern(folders, scripted("x")) as made:
        for format in (TXT, MD):
            assert not re.search(rb"\x1b|\xc2\x9b", made.exporter.export(format, ANN, "Evil"))


async def test_markdown_does_not_break_the_lines_of_code(folders: Folders) -> None:
    put_chat(folders, "Code", line("Ann", "one\ntwo\n```\na\nb\n```\nthree"), line("Ann", "```\nopen\nend"))
    async with tavern(folders, scripted("x")) as made:
        text = made.exporter.export(MD, ANN, "Code").decode()
    assert "one  \ntwo\n```\na\nb\n```\nthree" in text
    assert text.endswith("```\nopen\nend\n```\n")


# --- the command line


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache and state of the command line lie in the test's folder, too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.mark.usefixtures("home")
def test_the_command_line_exports_by_name_and_ending(
    folders: Folders, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    path = put_chat(folders, "Talk", *TALK)
    places = ["--data", str(folders.data), "--config", str(folders.config_file)]
    page = tmp_path / "talk.html"
    assert main(["export", "Ann", "Talk", "--output", str(page), *places]) == 0
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert main(["export", "Ann", "--format", "jsonl", *places]) == 0
    assert capfdbinary.readouterr().out == path.read_bytes()
    assert main(["export", "Ann", "--format", "txt", "--hidden", "leave-out", *places]) == 0
    assert b"secret" not in capfdbinary.readouterr().out


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["Nobody"], 2),
        (["Ann", "No chat"], 2),
        (["Ann", "../Talk"], 1),
        (["Ann", "--output", "x.docx"], 2),
        (["Ann", "--output", "/dev/null/x.md"], 1),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    folders: Folders, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    put_chat(folders, "Talk", *TALK)
    assert main(["export", *words, "--data", str(folders.data), "--config", str(folders.config_file)]) == code
    said_so = capsys.readouterr()
    assert said_so.out == ""
    assert said_so.err.count("\n") == 1
