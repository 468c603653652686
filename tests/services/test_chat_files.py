"""Chats are renamed, copied, deleted and brought back, and what is open or linked goes with them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import DataError, TavernError, UsageError, WriteFailed
from tavern_tui.services.chat_files import ChatFiles
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern, texts

ANN = ChatOwner(id="Ann")
as_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="For root no folder is read-only."
)


def put_chat(
    folders: Folders,
    title: str,
    *messages: dict[str, Any],
    owner: ChatOwner = ANN,
    **metadata: object,
) -> Path:
    """A chat's file, older than all made before by nobody else."""
    folder = folders.group_chats if owner.is_group else folders.chats / owner.id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{title}.jsonl"
    lines: Sequence[object] = [
        {"chat_metadata": metadata, "user_name": "unused", "character_name": "unused"},
        *(messages or (said("Hello."),)),
    ]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def said(text: str, **extra: object) -> dict[str, Any]:
    return {"name": "Ann", "is_user": False, "is_system": False, "mes": text, "extra": extra}


def titles(files: ChatFiles, owner: ChatOwner = ANN) -> list[str]:
    return sorted(one.title for one in files.chats(owner))


async def with_group(made: Tavern) -> ChatOwner:
    group = made.groups.create("The smiths", ["Ann"])
    return ChatOwner(id=group.id, is_group=True)


# --- names


async def test_the_open_chat_goes_on_in_the_renamed_file(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        await run(made.session.send("Hi"))
        old = made.session.chat.title
        made.session.draft = "half a sent"
        assert await made.chat_files.rename(ANN, old, "At the forge") == "At the forge"
        assert made.session.chat.title == made.settings.current_chat == "At the forge"
        assert made.session.draft == "half a sent"
        await run(made.session.send("And?"))
        path = folders.chats / "Ann" / "At the forge.jsonl"
        assert made.session.store.path == path
        assert [one.text for one in read_chat(path).chat.messages] == list(texts(made))
        assert titles(made.chat_files) == ["At the forge"]


async def test_a_chat_without_a_file_gets_one_with_its_name(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        await made.chat_files.rename(ANN, made.session.chat.title, "Kept")
        assert titles(made.chat_files) == ["Kept"]
        assert texts(made) == ["Welcome, {{user}}."]


async def test_links_of_other_chats_follow_and_keep_their_places_in_the_list(folders: Folders) -> None:
    put_chat(folders, "Old", said("one"), integrity="i")
    parent = put_chat(folders, "Parent", said("a", bookmark_link="Old", branches=["X", "Old"]), said("b"))
    child = put_chat(folders, "Child", said("one"), main_chat="Old")
    other = put_chat(folders, "Other", said("Old"))
    before = {path: path.stat().st_mtime_ns for path in (parent, child, other)}
    bytes_before = other.read_bytes()
    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "Other")
        await made.chat_files.rename(ANN, "Old", "Neü")
    extra = read_chat(parent).chat.messages[0].extra
    assert (extra["bookmark_link"], extra["branches"]) == ("Neü", ["X", "Neü"])
    assert read_chat(child).chat.metadata["main_chat"] == "Neü"
    assert other.read_bytes() == bytes_before
    for path, at in before.items():
        assert 0 <= path.stat().st_mtime_ns - at <= 1_000_000


async def test_links_of_the_open_chat_follow_and_are_saved(folders: Folders) -> None:
    put_chat(folders, "Old")
    path = put_chat(folders, "Parent", said("a"), said("b", bookmark_link="Old"))
    async with tavern(folders, scripted("Well.")) as made:
        await made.open_chat("Ann", "Parent")
        await made.chat_files.rename(ANN, "Old", "New")
        assert made.session.chat.messages[1].extra["bookmark_link"] == "New"
        await run(made.session.send("Hi"))
        assert read_chat(path).chat.messages[1].extra["bookmark_link"] == "New"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "../up",
        "a/b",
        "a\\b",
        "a\0b",
        ".hidden",
        "con",
        "x" * 300,
        "line\nbreak",
        "dot.",
        "a:b",
        "\ud800",
    ],
)
async def test_hostile_names_are_refused_with_a_sentence(folders: Folders, name: str) -> None:
    put_chat(folders, "Old")
    async with tavern(folders, scripted("x")) as made:
        with pytest.raises(UsageError) as said_no:
            await made.chat_files.rename(ANN, "Old", name)
        assert str(said_no.value).endswith(".")
        with pytest.raises(TavernError):
            await made.chat_files.duplicate(ANN, "Old", name or "/")
        assert titles(made.chat_files) == ["Old"]


@pytest.mark.parametrize("title", ["../Ann", "..", "no such chat", "a/b"])
async def test_a_chat_that_is_not_there_cannot_be_handled(folders: Folders, title: str) -> None:
    async with tavern(folders, scripted("x")) as made:
        for act in (
            made.chat_files.rename(ANN, title, "New"),
            made.chat_files.duplicate(ANN, title),
            made.chat_files.delete(ANN, title),
        ):
            with pytest.raises(TavernError):
                await act


async def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(folders: Folders) -> None:
    old, other = put_chat(folders, "Old", said("old")), put_chat(folders, "Other", said("other"))
    async with tavern(folders, scripted("x")) as made:
        with pytest.raises(DataError, match='"Other" already'):
            await made.chat_files.rename(ANN, "Old", "Other")
        with pytest.raises(DataError, match='"Other" already'):
            await made.chat_files.duplicate(ANN, "Old", "Other")
        assert made.chat_files.free_title(ANN, "Other") == "Other1"
    assert "old" in old.read_text()
    assert "other" in other.read_text()


async def test_a_copy_is_the_same_to_the_byte_and_finds_a_free_name(folders: Folders) -> None:
    path = put_chat(folders, "Old", said("one"))
    path.write_bytes(path.read_bytes() + b"\nno json {\r\n")
    async with tavern(folders, scripted("x")) as made:
        assert await made.chat_files.duplicate(ANN, "Old") == "Old - Copy"
        assert await made.chat_files.duplicate(ANN, "Old") == "Old - Copy1"
        assert await made.chat_files.duplicate(ANN, "Old", "Mine") == "Mine"
    for name in ("Old - Copy", "Old - Copy1", "Mine"):
        assert path.with_name(f"{name}.jsonl").read_bytes() == path.read_bytes()


# --- the trash


async def test_a_deleted_chat_comes_back(folders: Folders) -> None:
    path = put_chat(folders, "Old", said("one"))
    data = path.read_bytes()
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        trashed = await made.chat_files.delete(ANN, "Old")
        assert trashed is not None
        assert titles(made.chat_files) == []
        (found,) = made.chat_files.trash()
        assert (found.title, found.paths) == ("Old", ("chats/Ann/Old.jsonl",))
        await made.chat_files.restore(found)
        assert made.chat_files.trash() == []
    assert path.read_bytes() == data


async def test_deleting_the_open_chat_opens_the_one_before_it_or_a_new_one(folders: Folders) -> None:
    first = put_chat(folders, "First", said("one"))
    os.utime(first, (1, 1))
    async with tavern(folders, scripted("Well.")) as made:
        await made.new_chat()
        await run(made.session.send("Hi"))
        second = made.session.chat.title
        await made.chat_files.delete(ANN, second)
        assert made.session.chat.title == made.settings.current_chat == "First"
        await made.chat_files.delete(ANN, "First")
        assert made.session.chat.title not in ("First", second)
        assert texts(made) == ["Welcome, {{user}}."]
        assert titles(made.chat_files) == []
        assert [one.title for one in made.chat_files.trash()] == ["First", second]


async def test_deleting_a_chat_that_was_never_saved_begins_another(folders: Folders) -> None:
    put_chat(folders, "First")
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        assert await made.chat_files.delete(ANN, made.session.chat.title) is None
        assert made.session.chat.title == "First"
        assert made.chat_files.trash() == []


async def test_deleting_the_open_chat_stops_its_reply(folders: Folders) -> None:
    async with tavern(folders, scripted("a b c d e f g h i j k l", pace=0.02)) as made:
        events = made.session.send("Hi")
        await anext(events)
        title = made.session.chat.title
        await made.chat_files.delete(ANN, title)
        await events.aclose()
        assert titles(made.chat_files) == []
        assert len(made.chat_files.trash()) == 1


async def test_the_trash_is_emptied_for_one_thing_or_for_all(folders: Folders) -> None:
    for name in ("A", "B", "C"):
        put_chat(folders, name)
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        for name in ("A", "B", "C"):
            await made.chat_files.delete(ANN, name)
        (folders.trash / "mine.txt").write_text("not ours")
        first, *_ = made.chat_files.trash()
        assert await made.chat_files.empty_trash(first) == 1
        assert len(made.chat_files.trash()) == 2
        assert await made.chat_files.empty_trash() == 2
        assert [one.name for one in folders.trash.iterdir()] == ["mine.txt"]


async def test_what_was_deleted_does_not_replace_what_is_new(folders: Folders) -> None:
    path = put_chat(folders, "Old", said("old"))
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        trashed = await made.chat_files.delete(ANN, "Old")
        assert trashed is not None
        put_chat(folders, "Old", said("new"))
        with pytest.raises(DataError, match="new file of that name"):
            await made.chat_files.restore(trashed)
        assert "new" in path.read_text()
        assert made.chat_files.trash() == [trashed]


# --- groups


async def test_a_group_knows_its_chats_under_their_new_names(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.", "Now.")) as made:
        owner = await with_group(made)
        await made.open_group(owner.id)
        await run(made.session.send("Hi"))
        old = made.session.chat.title
        await made.chat_files.rename(owner, old, "Night")
        group = made.groups.get(owner.id)
        assert (group.chats, group.chat_id) == (("Night",), "Night")
        await run(made.session.send("And?"))
        assert await made.chat_files.duplicate(owner, "Night") == "Night - Copy"
        assert titles(made.chat_files, owner) == ["Night", "Night - Copy"]
        trashed = await made.chat_files.delete(owner, "Night")
        assert trashed is not None
        assert made.session.chat.title == "Night - Copy"
        assert made.groups.get(owner.id).chats == ("Night - Copy",)
        await made.chat_files.restore(trashed)
        assert titles(made.chat_files, owner) == ["Night", "Night - Copy"]
        await made.open_group(owner.id, "Night")
        assert len(texts(made)) == 5


async def test_metadata_that_an_old_group_keeps_follows_the_name(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        owner = await with_group(made)
        path = folders.groups / f"{owner.id}.json"
        value = json.loads(path.read_text())
        value |= {"chats": ["Old", "New chat"], "past_metadata": {"Old": {"note_prompt": "Rain."}}}
        path.write_text(json.dumps(value))
        folders.group_chats.mkdir(parents=True, exist_ok=True)
        (folders.group_chats / "Old.jsonl").write_text(json.dumps(said("one")))
        await made.chat_files.rename(owner, "Old", "Rainy")
        await made.open_group(owner.id, "Rainy")
        assert made.session.chat.metadata["note_prompt"] == "Rain."


async def test_a_chat_of_a_deleted_group_waits_for_the_group(folders: Folders) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        owner = await with_group(made)
        await made.open_group(owner.id)
        await run(made.session.send("Hi"))
        trashed = await made.chat_files.delete(owner, made.session.chat.title)
        assert trashed is not None
        gone = await made.delete_group(owner.id)
        with pytest.raises(UsageError, match="is gone"):
            await made.chat_files.restore(trashed)
        await made.chat_files.restore(gone)
        await made.chat_files.restore(trashed)
        assert len(made.chat_files.chats(owner)) == 1


# --- the disk says no


@as_root
async def test_in_a_folder_that_cannot_be_written_nothing_changes(folders: Folders) -> None:
    path = put_chat(folders, "Old", said("one"))
    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "Old")
        path.parent.chmod(0o500)
        try:
            for act in (
                made.chat_files.rename(ANN, "Old", "New"),
                made.chat_files.duplicate(ANN, "Old"),
                made.chat_files.delete(ANN, "Old"),
            ):
                with pytest.raises(WriteFailed):
                    await act
            assert made.session.chat.title == "Old"
            assert made.session.store.path == path
        finally:
            path.parent.chmod(0o700)
        assert titles(made.chat_files) == ["Old"]
        assert made.chat_files.trash() == []


async def test_a_read_only_disk_is_one_sentence(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put_chat(folders, "Old", said("one"))
    data = path.read_bytes()

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "Old")
        with monkeypatch.context() as patched:
            for name in ("os.link", "pathlib.Path.rename", "shutil.move", "os.fsync"):
                patched.setattr(name, refused)
            for act in (
                made.chat_files.rename(ANN, "Old", "New"),
                made.chat_files.duplicate(ANN, "Old"),
                made.chat_files.delete(ANN, "Old"),
            ):
                with pytest.raises(WriteFailed, match="Read-only"):
                    await act
        assert (made.session.chat.title, titles(made.chat_files)) == ("Old", ["Old"])
    assert path.read_bytes() == data


async def test_with_a_full_disk_nothing_changes(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    put_chat(folders, "Old", said("one"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        with monkeypatch.context() as patched:
            patched.setattr("tavern_tui.storage.atomic.os.fsync", full)
            for act in (made.chat_files.duplicate(ANN, "Old"), made.chat_files.delete(ANN, "Old")):
                with pytest.raises(WriteFailed, match="No space left"):
                    await act
        assert titles(made.chat_files) == ["Old"]
        assert made.chat_files.trash() == []


async def test_a_group_that_cannot_be_written_keeps_its_chat(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        owner = await with_group(made)
        await made.open_group(owner.id)
        await run(made.session.send("Hi"))
        title = made.session.chat.title
        await made.open_character("Ann")

        def refused(*_: object) -> None:
            raise WriteFailed("The group's file could not be written.")

        with monkeypatch.context() as patched:
            patched.setattr("tavern_tui.services.groups.save_group", refused)
            for act in (
                made.chat_files.rename(owner, title, "New"),
                made.chat_files.duplicate(owner, title),
                made.chat_files.delete(owner, title),
            ):
                with pytest.raises(WriteFailed):
                    await act
        assert [one.name for one in folders.group_chats.iterdir()] == [f"{title}.jsonl"]
        assert titles(made.chat_files, owner) == [title]


async def test_a_link_that_cannot_be_changed_is_said_and_the_name_is_new(folders: Folders) -> None:
    put_chat(folders, "Old")
    put_chat(folders, "Broken").write_text('no chat, but it names "Old"')
    async with tavern(folders, scripted("x")) as made:
        await made.new_chat()
        said_so: list[str] = []
        made.notices.listen(said_so.append)
        await made.chat_files.rename(ANN, "Old", "New")
        assert titles(made.chat_files) == ["Broken", "New"]
        assert len(said_so) == 1
        assert "Broken" in said_so[0]
