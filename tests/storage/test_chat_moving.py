"""A chat's file gets another name with everything that belongs to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tavern_tui.core.errors import DataError, WriteFailed
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats.moving import copy_chat, move_chat
from tavern_tui.storage.chats.tail import _sealed, journal_of
from tavern_tui.storage.file_age import keeping_its_age

LINE = '{"name":"Ann","is_user":false,"mes":"%s"}'


def with_journal(path: Path) -> Path:
    """A chat whose last write did not get as far as its file."""
    path.write_text(LINE % "one")
    journal_of(path).write_bytes(_sealed(0, (LINE % "one and more").encode()))
    return path


def test_an_unfinished_write_goes_with_the_file(tmp_path: Path) -> None:
    old, new = with_journal(tmp_path / "old.jsonl"), tmp_path / "new.jsonl"
    move_chat(old, new)
    assert read_chat(new).chat.messages[0].text == "one and more"
    assert not old.exists()
    assert not journal_of(old).exists()


def test_a_copy_has_the_unfinished_write_carried_out(tmp_path: Path) -> None:
    old, new = with_journal(tmp_path / "old.jsonl"), tmp_path / "new.jsonl"
    copy_chat(old, new)
    assert not journal_of(new).exists()
    assert read_chat(new).chat.messages[0].text == read_chat(old).chat.messages[0].text == "one and more"


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text("old")
    new.write_text("new")
    for act in (move_chat, copy_chat):
        with pytest.raises(DataError, match='"new" already'):
            act(old, new)
    new.unlink()
    new.symlink_to(tmp_path / "nowhere")
    for act in (move_chat, copy_chat):
        with pytest.raises(DataError, match='"new" already'):
            act(old, new)
    assert old.read_text() == "old"


def test_without_hard_links_it_is_renamed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refused)
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text("old")
    move_chat(old, new)
    assert (old.exists(), new.read_text()) == (False, "old")
    with pytest.raises(WriteFailed):
        move_chat(old, new.with_name("third.jsonl"))


def test_a_change_that_does_not_make_a_file_newer_is_still_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("one")
    before = path.stat().st_mtime_ns
    with keeping_its_age(path):
        path.write_text("two")
    assert 0 < path.stat().st_mtime_ns - before < 10_000_000
