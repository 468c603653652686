"""Lorebooks, groups, themes, trash and backups."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given

from tavern_tui.core.character import Group, GroupMode, GroupStrategy
from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.storage.backups import KEPT, backup_chat, backup_key
from tavern_tui.storage.groups import group_from_json, group_json, list_groups, save_group
from tavern_tui.storage.lorebooks import (
    list_worlds,
    read_foreign_lorebook,
    read_lorebook,
    save_lorebook,
    world_path,
)
from tavern_tui.storage.themes import load_themes, read_theme
from tavern_tui.storage.trash import Trashed, list_trash, move_to_trash, restore
from tests.storage.builders import (
    a_folder,
    a_png,
    json_objects,
    quickly,
)

# --- lorebooks


def test_a_lorebook_comes_back_from_its_file(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    book = Lorebook(name="Valley", entries=(LoreEntry(uid=3, keys=("mill",), content="Old."),))
    path = save_lorebook(folders, book)
    assert path == world_path(folders, "Valley") == folders.worlds / "Valley.json"
    back = read_lorebook(path)
    assert (back.name, back.entries[0].keys, back.entries[0].content) == ("Valley", ("mill",), "Old.")
    save_lorebook(folders, Lorebook(name="a/b"))
    assert list_worlds(folders) == ["ab", "Valley"]


def test_an_untouched_world_file_stays_the_same_value(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    folders.worlds.mkdir(parents=True)
    world = {
        "entries": {"0": {"uid": 0, "key": ["a"], "mine": {"x": 1.0}}},
        "originalData": {"y": 2},
        "name": "W",
    }
    path = folders.worlds / "W.json"
    path.write_text(json.dumps(world))
    save_lorebook(folders, read_lorebook(path))
    assert json.loads(path.read_text()) == world


def test_a_novelai_lorebook_picture_is_understood(tmp_path: Path) -> None:
    lore = {
        "lorebookVersion": 3,
        "entries": [{"keys": ["mill"], "text": "Old.", "displayName": "Mill", "enabled": True}],
    }
    path = tmp_path / "valley.png"
    path.write_bytes(a_png(("naidata", base64.b64encode(json.dumps(lore).encode()))))
    book = read_foreign_lorebook(path)
    assert (book.name, book.entries[0].content) == ("valley", "Old.")
    path.write_bytes(a_png())
    with pytest.raises(DataError, match="without a lorebook"):
        read_foreign_lorebook(path)


@pytest.mark.parametrize("content", ["{", "[]", "3"])
def test_a_broken_world_file_is_unreadable(tmp_path: Path, content: str) -> None:
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(UnreadableFile, match=r"w\.json"):
        read_lorebook(tmp_path / "w.json")


# --- groups


@quickly
@given(json_objects)
def test_no_key_of_a_group_is_lost(more: dict[str, object]) -> None:
    source = {"id": "1", "name": "G", **more}
    assert group_json(group_from_json(source, "1")) == source


def test_groups_are_saved_listed_and_read_with_patience(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    group = Group(
        id="17", name="Mill", members=("ann.png",), strategy=GroupStrategy.POOLED, mode=GroupMode.APPEND
    )
    save_group(folders, group)
    (folders.groups / "18.json").write_text('{"name": "All", "activation_strategy": 9, "members": "ann.png"}')
    (folders.groups / "broken.json").write_text("{")
    warnings: list[str] = []
    found = list_groups(folders, warnings)
    assert [(one.id, one.name) for one in found] == [("18", "All"), ("17", "Mill")]
    assert replace(found[1], source={}) == group
    assert (found[0].strategy, found[0].members) == (GroupStrategy.NATURAL, ("ann.png",))
    assert len(warnings) == 2
    assert save_group(folders, replace(group, id="../../x")).parent == folders.groups


# --- themes


def test_users_themes_take_the_place_of_ours(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    ours = load_themes(folders)
    assert len(ours) >= 6
    assert all({"name", "dark", "colors"} == set(theme) for theme in ours)
    folders.themes.mkdir(parents=True)
    colours = 'colors: {primary: "#ABC", foreground: "#ffffff", background: "#000000ff", bad: red, 3: "#fff"}'
    (folders.themes / "mine.yaml").write_text(f"name: {ours[0]['name']}\ndark: false\n{colours}")
    (folders.themes / "poor.yaml").write_text('colors: {primary: "#fff"}')
    (folders.themes / "broken.yaml").write_text("colors: [")
    warnings: list[str] = []
    themes = load_themes(folders, warnings.append)
    assert len(themes) == len(ours)
    assert themes[0]["dark"] is False
    assert themes[0]["colors"] == {"primary": "#abc", "foreground": "#ffffff", "background": "#000000ff"}
    assert len(warnings) == 4
    assert any("poor.yaml" in one and "foreground, background" in one for one in warnings)


def test_a_theme_without_a_name_is_called_like_its_file(tmp_path: Path) -> None:
    path = tmp_path / "dusk.yaml"
    path.write_text('colors: {primary: "#fff", foreground: "#fff", background: "#000"}')
    assert read_theme(path)["name"] == "dusk"
    path.write_text("name: x")
    with pytest.raises(DataError, match="not a theme"):
        read_theme(path)


# --- trash


def test_what_goes_to_the_trash_comes_back_where_it_was(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    card, chats = folders.card("Ann"), folders.chats_of("Ann")
    for path in (card, chats / "one.jsonl"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    trashed = move_to_trash(folders, card, chats, folders.data / "missing", title="Ann")
    assert not card.exists()
    assert not chats.exists()
    assert list_trash(folders) == [trashed]
    assert restore(folders, trashed) == (card, chats)
    assert (chats / "one.jsonl").read_text() == "one.jsonl"
    assert list_trash(folders) == []


def test_restoring_does_not_write_over_a_new_file(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    folders.characters.mkdir(parents=True)
    card = folders.card("Ann")
    card.write_text("old")
    trashed = move_to_trash(folders, card)
    card.write_text("new")
    with pytest.raises(DataError, match="new file of that name"):
        restore(folders, trashed)
    assert card.read_text() == "new"
    card.unlink()
    restore(folders, trashed)
    assert card.read_text() == "old"


def test_nothing_outside_the_data_folder_is_moved(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    folders.data.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("x")
    for path in (outside, folders.data, folders.data / ".." / "outside"):
        with pytest.raises(DataError):
            move_to_trash(folders, path)
    kept = move_to_trash(folders)
    (folders.trash / kept.id / "0").write_text("x")
    with pytest.raises(DataError):
        restore(folders, Trashed(id=kept.id, title="", deleted_at="", paths=("../evil",)))
    with pytest.raises(DataError):
        restore(folders, Trashed(id="../..", title="", deleted_at="", paths=()))
    assert not (tmp_path / "evil").exists()


# --- backups


def test_copies_are_made_at_most_every_ten_seconds_and_only_of_changes(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    chat = tmp_path / "chat.jsonl"
    chat.write_text("one")
    now = datetime(2026, 11, 23, 6, 44, 5).astimezone()
    first = backup_chat(folders, chat, "Ann B.", now)
    assert first == folders.backups / "chat_ann_b__20261123-064405.jsonl"
    assert first is not None
    os.utime(first, (now.timestamp(), now.timestamp()))
    chat.write_text("two")
    assert backup_chat(folders, chat, "Ann B.", now + timedelta(seconds=9)) is None
    later = now + timedelta(seconds=11)
    second = backup_chat(folders, chat, "Ann B.", later)
    assert second is not None
    os.utime(second, (later.timestamp(), later.timestamp()))
    assert backup_chat(folders, chat, "Ann B.", now + timedelta(seconds=60)) is None


def test_old_copies_go_and_other_files_stay(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    chat = tmp_path / "chat.jsonl"
    folders.backups.mkdir(parents=True)
    other = folders.backups / "chat_ann_bea_20200101-000000.jsonl"
    other.touch()
    now = datetime(2026, 1, 1).astimezone()
    for number in range(KEPT + 3):
        chat.write_text(str(number))
        moment = now + timedelta(minutes=number)
        copy = backup_chat(folders, chat, "ann", moment)
        assert copy is not None
        os.utime(copy, (moment.timestamp(), moment.timestamp()))
    copies = sorted(folders.backups.glob("chat_ann_2*.jsonl"))
    assert (len(copies), copies[-1].read_text()) == (KEPT, str(KEPT + 2))
    assert other.exists()


def test_names_beyond_ascii_are_told_apart_by_a_hash() -> None:
    assert backup_key("Ann-1") == "ann_1"
    assert backup_key("Änn") != backup_key("Önn")
    assert len(backup_key("Änn")) == 3 + 1 + 8
