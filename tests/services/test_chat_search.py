"""Words are found in the chats of all characters and groups, and it is said where."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest

from tavern_tui.cli import main
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.search import snippet
from tavern_tui.storage.chat_index import Terms
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern
from tests.services.test_chat_export import line
from tests.services.test_chat_files import ANN, put_chat


async def test_a_message_is_found_as_soon_as_it_is_sent(folders: Folders) -> None:
    async with tavern(folders, scripted("The needle gleams.", "x")) as made:
        assert (await made.search.search("needle")).hits == ()
        await run(made.session.send("Hello"))
        (hit,) = (await made.search.search("Needle")).hits
        assert (hit.owner, hit.owner_name, hit.speaker) == (ANN, "Ann", "Ann")
        assert (hit.title, hit.index) == (made.session.chat.title, 2)
        assert [hit.snippet[start:end] for start, end in hit.matches] == ["needle"]
        assert hit.date is not None
        assert hit.date.tzinfo is not None
        made.session.edit(2, "Nothing.")
        assert (await made.search.search("needle")).hits == ()


async def test_characters_groups_and_chats_without_a_card_are_searched(folders: Folders) -> None:
    put_chat(folders, "One", line("Ann", "a needle"))
    put_chat(folders, "Two", line("Zoe", "a needle"), owner=ChatOwner(id="Zoe gone"))
    async with tavern(folders) as made:
        group = made.groups.create("Smiths", ["Ann"])
        owner = ChatOwner(id=group.id, is_group=True)
        put_chat(folders, "Three", line("Ann", "a needle"), owner=owner)
        put_chat(folders, "Of nobody", line("Ann", "a needle"), owner=owner)
        made.groups.add_chat(group.id, "Three")
        hits = (await made.search.search("needle")).hits
        assert {(hit.owner_name, hit.title) for hit in hits} == {
            ("Ann", "One"),
            ("Zoe gone", "Two"),
            ("Smiths", "Three"),
        }
        (hit,) = (await made.search.search("needle", owner=owner)).hits
        assert hit.title == "Three"
        await made.open_chat_of(hit.owner, hit.title)
        assert made.session.chat.messages[hit.index].text == "a needle"


async def test_there_may_be_more_than_one_wants_to_see(folders: Folders) -> None:
    put_chat(folders, "One", *(line("Ann", f"needle {number}") for number in range(5)))
    async with tavern(folders) as made:
        results = await made.search.search("needle", limit=3)
        assert (len(results.hits), results.more) == (3, True)
        assert not (await made.search.search("needle", limit=5)).more
        assert [hit.index for hit in results.hits] == [4, 3, 2]


async def test_chats_that_cannot_be_read_are_named(folders: Folders) -> None:
    put_chat(folders, "One", line("Ann", "needle"))
    put_chat(folders, "Broken").write_text("no chat")
    async with tavern(folders) as made:
        results = await made.search.search("needle")
        assert len(results.hits) == 1
        assert len(results.problems) == 1
        assert "Broken" in results.problems[0]


async def test_progress_is_told_and_a_cancelled_search_stops(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        put_chat(folders, str(number), line("Ann", "needle"))
    async with tavern(folders) as made:
        going, reading = asyncio.Event(), threading.Event()
        told: list[tuple[int, int]] = []

        def progress(done: int, total: int) -> None:
            told.append((done, total))
            going.set()

        from tavern_tui.storage.chat_index import update

        before = update.read_chat
        stops: list[threading.Event] = []

        def slowly(path: Path) -> object:
            reading.wait(10)
            return before(path)

        monkeypatch.setattr(update, "read_chat", slowly)
        kept = made.search._index.update
        monkeypatch.setattr(
            made.search._index,
            "update",
            lambda *args, stop, **more: (stops.append(stop), kept(*args, stop=stop, **more))[1],
        )
        task = asyncio.create_task(made.search.search("needle", progress=progress))
        await going.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stops[0].is_set()
        reading.set()
        assert len((await made.search.search("needle", progress=progress)).hits) == 8
        assert told[0] == (0, 8)


async def test_an_empty_search_finds_nothing_and_reads_nothing(folders: Folders) -> None:
    put_chat(folders, "One", line("Ann", "needle"))
    async with tavern(folders) as made:
        for query in ("", "  ", '""', "\0"):
            assert (await made.search.search(query)).hits == ()
        assert not folders.cache.exists() or not list(folders.cache.glob("chats-*"))


def test_a_snippet_is_one_line_around_the_first_match() -> None:
    text = "word " * 100 + "\n\nthe needle\nand the\tneedles " + "word " * 100
    found, matches = snippet(text, Terms.of("needle").pattern())
    assert found.startswith("…word")
    assert found.endswith("…")
    assert "\n" not in found
    assert len(found) <= 202
    assert [found[start:end] for start, end in matches] == ["needle", "needle"]
    assert snippet("short", Terms.of("absent").pattern()) == ("short", ())
    phrase, ((start, end),) = snippet("x broken\nover y", Terms.of('"broken over"').pattern())
    assert phrase[start:end] == "broken over"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache and state of the command line lie in the test's folder, too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.mark.usefixtures("home")
def test_the_command_line_searches_for_people_and_for_programs(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    put_chat(folders, "One", line("Ann", "a \x1b[31mred needle"), line("Ann", "red hay"))
    places = ["--data", str(folders.data), "--config", str(folders.config_file)]
    assert main(["search", "needle", "red", *places]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Ann / One #0 (2026-03-01 ")
    assert "\x1b" not in out
    assert main(["search", "red needle", "--json", "--character", "Ann", *places]) == 0
    (hit,) = json.loads(capsys.readouterr().out)
    assert (hit["character"], hit["chat"], hit["message"], hit["speaker"]) == ("Ann", "One", 0, "Ann")
    assert [hit["snippet"][start:end] for start, end in hit["matches"]] == ["red needle"]
    assert main(["search", "nowhere", "--json", *places]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["search", "nowhere", *places]) == 0
    assert "no message" in capsys.readouterr().err
    assert main(["search", "x", "--character", "Nobody", *places]) == 2
