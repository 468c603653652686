"""Other programs write the chat that is open here: nothing is lost, and one is asked where it matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import UsageError, WriteFailed
from tavern_tui.services.chat_store import ChatChangedElsewhere, ChatStore
from tavern_tui.services.events import MessageAdded, MessageChanged, ReplyEnded
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chat_guard import ChatGuard
from tavern_tui.storage.chats import ChatFile, read_chat
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.processes import own_start, start_of
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, scripted, tavern, texts
from tests.services.test_chat_files import ANN, put_chat, said, titles

ROOT = Path(__file__).resolve().parents[2]


def on_disk(path: Path) -> list[str]:
    return [message.text for message in read_chat(path).chat.messages]


def add_line(path: Path, *lines: dict[str, Any]) -> None:
    """What another program does that only adds."""
    with path.open("ab") as file:
        for line in lines:
            file.write(b"\n" + json.dumps(line).encode())


def change_line(path: Path, old: str, new: str) -> None:
    """What another program does that changes."""
    path.write_text(path.read_text().replace(old, new))


async def opened(made: Tavern, folders: Folders, *messages: str) -> Path:
    """A chat with these messages, open."""
    path = put_chat(folders, "Shared", *(said(text) for text in messages or ("one", "two")), integrity="i")
    await made.open_chat("Ann", "Shared")
    return path


# --- what was added joins the chat


async def test_messages_added_elsewhere_come_before_the_one_that_is_sent_now(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        seen: list[object] = []
        made.session.changed.listen(seen.append)
        add_line(path, said("three"), said("four"))
        events = await run(made.session.send("five"))
        assert texts(made) == ["one", "two", "three", "four", "five", "Well."]
        assert on_disk(path) == texts(made)
        assert seen == [MessageAdded(2), MessageAdded(3)]
        assert events[0] == MessageAdded(4)
        assert made.chat_files.elsewhere is None


async def test_looking_takes_in_what_was_added(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        data = path.read_bytes()
        assert made.chat_files.look()
        assert path.read_bytes() == data
        add_line(path, said("three"))
        assert made.chat_files.look()
        assert texts(made) == ["one", "two", "three"]
        os.utime(path)
        assert made.chat_files.look()
        assert texts(made) == ["one", "two", "three"]


async def test_what_is_edited_here_and_added_there_is_both_kept(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        add_line(path, said("three", foreign={"x": 1}))
        made.session.edit(0, "ONE")
        assert on_disk(path) == texts(made) == ["ONE", "two", "three"]
        assert read_chat(path).chat.messages[2].extra["foreign"] == {"x": 1}


async def test_taking_something_back_keeps_what_others_added(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        made.session.delete(1)
        add_line(path, said("three"))
        assert made.chat_files.look()
        assert texts(made) == ["one", "three"]
        made.session.undo()
        assert on_disk(path) == texts(made) == ["one", "two", "three"]


async def test_a_reply_goes_on_while_others_add_messages(folders: Folders) -> None:
    async with tavern(folders, scripted("a b c d e f g h")) as made:
        path = await opened(made, folders)
        async for event in made.session.send("Hi"):
            if isinstance(event, MessageAdded) and event.index == 3:
                add_line(path, said("meanwhile"))
            if isinstance(event, ReplyEnded):
                assert event.index == 3
        assert texts(made) == ["one", "two", "Hi", "a b c d e f g h", "meanwhile"]
        assert on_disk(path) == texts(made)


async def test_what_sillytavern_notes_when_it_goes_on_joins_as_well(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        made.session.change_metadata({"variables": {"ours": 1}, "tainted": False})
        made.session.chat.metadata["lastInContextMessageId"] = 1
        made.session.store.header_aged = True
        seen: list[object] = []
        made.session.changed.listen(seen.append)
        header, *lines = [json.loads(line) for line in path.read_text().split("\n")]
        header["chat_metadata"] |= {"note_prompt": "Rain.", "lastInContextMessageId": 0, "tainted": True}
        lines[1] |= {"extra": {"bookmark_link": "Check"}, "gen_started": "2026-01-01T00:00:00.000Z"}
        path.write_text("\n".join(json.dumps(line, indent=None) for line in (header, *lines, said("three"))))
        await run(made.session.send("Hi"))
        assert made.chat_files.elsewhere is None
        assert on_disk(path) == texts(made) == ["one", "two", "three", "Hi", "Well."]
        kept = read_chat(path).chat
        assert kept.metadata["note_prompt"] == made.session.chat.metadata["note_prompt"] == "Rain."
        assert kept.metadata["tainted"] is True
        assert kept.metadata["variables"] == {"ours": 1}
        assert kept.messages[1].extra["bookmark_link"] == "Check"
        assert seen == [MessageChanged(1), MessageAdded(2)]


async def test_a_reply_that_was_still_growing_elsewhere_joins_whole(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        add_line(path, said("Once"))
        assert made.chat_files.look()
        assert texts(made) == ["one", "two", "Once"]
        change_line(path, "Once", "Once upon a time")
        await run(made.session.send("Hi"))
        assert on_disk(path) == texts(made) == ["one", "two", "Once upon a time", "Hi", "Well."]


async def test_metadata_that_both_changed_is_asked_about(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        made.session.change_metadata({"note_prompt": "old"})
        change_line(path, '"old"', '"theirs"')
        made.session.change_metadata({"note_prompt": "ours"})
        assert made.chat_files.elsewhere is not None
        assert made.chat_files.keep_mine() is not None
        assert read_chat(path).chat.metadata["note_prompt"] == "ours"


async def test_a_message_that_both_changed_is_asked_about(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        lines = path.read_text().split("\n")
        path.write_text("\n".join([lines[0], json.dumps(said("one", mood="theirs")), lines[2]]))
        made.session.edit(0, "ours")
        assert made.chat_files.elsewhere is not None
        assert on_disk(path) == ["one", "two"]


async def test_two_taverns_on_one_chat_see_each_other_s_messages(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        path = await opened(made, folders)
        other = build_tavern(folders, {})
        await other.open_chat("Ann", "Shared")
        await run(made.session.send("from here"))
        await run(other.session.send("from there"))
        assert made.chat_files.look()
        assert other.chat_files.look()
        assert list(texts(made)) == list(texts(other)) == on_disk(path)
        assert [text for text in texts(made) if text.startswith("from")] == ["from here", "from there"]
        await other.close()


# --- what was changed is asked about


async def test_a_change_elsewhere_is_a_state_and_ours_is_kept_beside_it(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        told: list[ChatChangedElsewhere] = []
        notices: list[str] = []
        made.session.store.changed_elsewhere.listen(told.append)
        made.notices.listen(notices.append)
        change_line(path, "one", "theirs")
        theirs = path.read_bytes()
        events = await run(made.session.send("Hi"))
        assert isinstance(events[-1], ReplyEnded)
        state = made.chat_files.elsewhere
        assert state is not None
        assert told == [state]
        assert (state.path, state.removed) == (path, False)
        assert notices == [str(state)]
        assert path.read_bytes() == theirs
        assert on_disk(state.kept) == texts(made) == ["one", "two", "Hi", "Well."]
        assert state.kept.parent == folders.backups
        assert not made.chat_files.look()


async def test_keeping_mine_keeps_a_copy_of_theirs(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        path = await opened(made, folders)
        change_line(path, "one", "theirs")
        assert not made.chat_files.look()
        state = made.chat_files.elsewhere
        assert state is not None
        await run(made.session.send("Hi"))
        copy = made.chat_files.keep_mine()
        assert copy is not None
        assert on_disk(copy) == ["theirs", "two"]
        assert on_disk(path) == texts(made) == ["one", "two", "Hi", "Well."]
        assert read_chat(path).chat.metadata["integrity"] == "i"
        assert not state.kept.exists()
        assert made.chat_files.elsewhere is None
        await run(made.session.send("And?"))
        assert on_disk(path) == texts(made)


async def test_taking_theirs_opens_them_and_keeps_a_copy_of_mine(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        path = await opened(made, folders)
        change_line(path, "one", "theirs")
        await run(made.session.send("Hi"))
        state = made.chat_files.elsewhere
        assert state is not None
        made.session.chat.metadata["note_prompt"] = "Rain."
        made.session.store.header_changed = True
        await made.chat_files.take_theirs()
        assert texts(made) == ["theirs", "two"]
        assert on_disk(state.kept) == ["one", "two", "Hi", "Well."]
        assert made.chat_files.elsewhere is None
        await run(made.session.send("And?"))
        assert on_disk(path) == texts(made) == ["theirs", "two", "And?", "Now."]


async def test_a_reply_that_streams_meanwhile_is_not_lost_either_way(folders: Folders) -> None:
    async with tavern(folders, replace(scripted("a b c d e f g h"))) as made:
        path = await opened(made, folders)
        async for event in made.session.send("Hi"):
            if isinstance(event, MessageAdded) and event.index == 3:
                change_line(path, "one", "theirs")
        assert texts(made)[-1] == "a b c d e f g h"
        state = made.chat_files.elsewhere
        assert state is not None
        assert on_disk(state.kept) == texts(made)


@pytest.mark.parametrize("keep", [True, False])
async def test_a_file_that_was_removed_can_be_written_again_or_let_go(folders: Folders, keep: bool) -> None:
    put_chat(folders, "Other", said("other"))
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        path.unlink()
        await run(made.session.send("Hi"))
        state = made.chat_files.elsewhere
        assert state is not None
        assert state.removed
        assert not path.exists()
        if keep:
            assert made.chat_files.keep_mine() is None
            assert on_disk(path) == ["one", "two", "Hi", "Well."]
        else:
            await made.chat_files.take_theirs()
            assert made.session.chat.title == "Other"
            assert on_disk(state.kept)[-1] == "Well."


async def test_an_unreadable_file_is_a_change_like_any_other(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        path.write_bytes(b"\xff\xfe no chat")
        await run(made.session.send("Hi"))
        assert made.chat_files.elsewhere is not None
        copy = made.chat_files.keep_mine()
        assert copy is not None
        assert copy.read_bytes() == b"\xff\xfe no chat"
        assert on_disk(path)[-1] == "Well."


@pytest.mark.parametrize("change", ['"i"', "two", '{"name": "Ann"'])
async def test_changed_headers_and_missing_or_torn_lines_are_changes(folders: Folders, change: str) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        data = path.read_text()
        path.write_text(data[: data.rindex(change)] if change != '"i"' else data.replace('"i"', '"j"'))
        assert not made.chat_files.look()
        await made.chat_files.take_theirs()
        assert made.chat_files.look()


async def test_a_new_chat_does_not_replace_a_file_that_appeared(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        await made.new_chat()
        path = put_chat(folders, made.session.chat.title, said("theirs"))
        await run(made.session.send("Hi"))
        assert on_disk(path) == ["theirs"]
        assert made.chat_files.elsewhere is not None


async def test_one_chooses_before_one_renames(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        change_line(path, "one", "theirs")
        with pytest.raises(UsageError, match="another program"):
            await made.chat_files.rename(ANN, "Shared", "Mine")
        assert titles(made.chat_files) == ["Shared"]


async def test_choosing_with_a_full_disk_settles_nothing(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with tavern(folders, scripted("Well.")) as made:
        path = await opened(made, folders)
        change_line(path, "one", "theirs")
        await run(made.session.send("Hi"))
        with monkeypatch.context() as patched:
            patched.setattr("tavern_tui.storage.atomic.os.fsync", full)
            with pytest.raises(WriteFailed):
                made.chat_files.keep_mine()
        assert made.chat_files.elsewhere is not None
        assert on_disk(path) == ["theirs", "two"]
        assert made.chat_files.keep_mine() is not None
        assert on_disk(path) == texts(made)


async def test_a_group_s_chat_is_watched_as_well(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        group = made.groups.create("Smiths", ["Ann"])
        await made.open_group(group.id)
        await run(made.session.send("Hi"))
        path = made.session.store.path
        assert path is not None
        add_line(path, {**said("added"), "original_avatar": "Ann.png"})
        assert made.chat_files.look()
        assert texts(made)[-1] == "added"
        change_line(path, "Hi", "Ho")
        assert not made.chat_files.look()
        await made.chat_files.take_theirs()
        assert "Ho" in texts(made)


def test_without_a_place_aside_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(said("one")))
    loaded = read_chat(path)
    store = ChatStore(ChatFile(path, loaded))
    path.write_text(json.dumps(said("theirs")))
    from tavern_tui.storage.chats import ChangedOnDisk

    with pytest.raises(ChangedOnDisk):
        store.rewrite(loaded.chat)
    assert on_disk(path) == ["theirs"]


# --- several windows


@contextmanager
def writer(path: Path, folder: Path, name: str, count: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the chat open."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.services.chat_writer", str(path), str(folder), name, str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def line_of(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def tell(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()


async def test_the_second_window_is_warned_and_a_dead_one_is_forgotten(folders: Folders) -> None:
    path = put_chat(folders, "Shared", said("one"))
    async with tavern(folders, scripted("x")) as made:
        notices: list[str] = []
        made.notices.listen(notices.append)
        with writer(path, folders.open_chats, "B") as program:
            assert line_of(program) == "open 1"  # Ann's latest chat is open here already
            await made.new_chat()
            await made.open_chat("Ann", "Shared")
            assert len(notices) == 1
            assert str(program.pid) in notices[0]
            assert "Shared" in notices[0]
            assert notices[0] in made.problems
            program.kill()
            program.wait()
            await made.open_chat("Ann", "Shared")
            assert len(notices) == 1
    assert not list(folders.open_chats.glob("*.json"))


async def test_windows_with_other_chats_are_no_matter(folders: Folders) -> None:
    other = put_chat(folders, "Other", said("one"))
    put_chat(folders, "Shared", said("one"))
    async with tavern(folders, scripted("x")) as made:
        with writer(other, folders.open_chats, "B") as program:
            assert line_of(program).startswith("open")
            await made.open_chat("Ann", "Shared")
            assert made.problems == []
            await made.chat_files.rename(ANN, "Shared", "Renamed")
            with writer(folders.chats / "Ann" / "Renamed.jsonl", folders.open_chats, "C") as third:
                assert line_of(third) == "open 1"


def test_programs_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in ({"chat_metadata": {}}, said("one"), said("two"))))
    with (
        writer(path, tmp_path / "open", "A", 40) as a,
        writer(path, tmp_path / "open", "B", 40) as b,
        writer(path, tmp_path / "open", "C", 40) as c,
    ):
        programs = (a, b, c)
        others = sorted(line_of(one) for one in programs)
        assert others[-1] == "open 2"
        assert others.count("open 0") <= 1
        for one in programs:
            tell(one)
        seen = [line_of(one).split("|") for one in programs]
    texts_on_disk = on_disk(path)
    assert len(texts_on_disk) == 2 + 3 * 40
    for name, theirs in zip("ABC", seen, strict=True):
        assert [one for one in texts_on_disk if one.startswith(name)] == [f"{name} {n}" for n in range(40)]
        assert texts_on_disk[: len(theirs)] == theirs


def test_a_process_number_that_was_used_again_does_not_count(tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    mine = ChatGuard(tmp_path / "open", chat)
    assert mine.hold() == []
    (own,) = (tmp_path / "open").glob("*.json")
    name = own.name.split(".")[0]
    record = json.loads(own.read_text())
    for number, (pid, start) in enumerate(
        [(1, "long ago"), (0, ""), (2**30, "x"), ("1", own_start()), (True, "")]
    ):
        value = {**record, "pid": pid, "start": start}
        (tmp_path / "open" / f"{name}.9999{number}.json").write_text(json.dumps(value))
    (tmp_path / "open" / f"{name}.77.json").write_text("no json")
    assert mine.hold() == []
    assert [one.name for one in (tmp_path / "open").glob("*.json")] == [own.name]
    parent = os.getppid()
    if start_of(parent):
        value = {**record, "pid": parent, "start": start_of(parent)}
        (tmp_path / "open" / f"{name}.{parent}.json").write_text(json.dumps(value))
        (holder,) = mine.hold()
        assert holder.pid == parent
    mine.release()
    assert not own.exists()


def test_where_no_lock_can_be_one_writes_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    guard = ChatGuard(tmp_path / "file" / "open", tmp_path / "chat.jsonl")
    assert guard.hold() == []
    with guard.writing():
        pass
    guard.release()


def test_a_process_that_is_gone_has_no_start() -> None:
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert start_of(program.pid)
    assert start_of(program.pid) == start_of(program.pid)
    program.communicate(b"\n")
    assert start_of(program.pid) == ""
    assert start_of(-1) == start_of(0) == ""


def test_an_added_line_in_another_spelling_is_the_same_message(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([json.dumps({"chat_metadata": {"n": 1.0}}), json.dumps(said("one"))]))
    loaded = read_chat(path)
    file = ChatFile(path, loaded)
    spaced = [
        json.dumps(json.loads(line), indent=None, separators=(" , ", " : "))
        for line in path.read_text().split("\n")
    ]
    path.write_text("\n".join([*spaced, "", "odd", json.dumps(said("two"))]))
    theirs = file.continued()
    assert theirs is not None
    assert [one.text for one in theirs.added] == ["two"]
    assert theirs.respelled == ()
    file.accept(theirs)
    loaded.chat.messages += theirs.added
    loaded.chat.messages[0] = loaded.chat.messages[0].with_text("ONE")
    file.rewrite(loaded.chat)
    assert path.read_text().split("\n")[2:] == ["", "odd", json.dumps(said("two"))]
