"""Where things lie, and names that try to lie elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError
from tavern_tui.storage.folders import find_folders, free_name, inside, safe_name
from tests.storage.builders import (
    a_folder,
    quickly,
)


def test_options_win_over_the_environment(tmp_path: Path) -> None:
    environ = {"TAVERN_TUI_DATA": str(tmp_path / "env"), "TAVERN_TUI_CONFIG": str(tmp_path / "env.toml")}
    folders = find_folders(str(tmp_path / "option"), None, environ)
    assert folders.data == tmp_path / "option"
    assert folders.config_file == tmp_path / "env.toml"
    assert find_folders(None, None, environ).data == tmp_path / "env"


def test_a_fresh_machine_uses_the_system_s_places() -> None:
    folders = find_folders(None, None, {})
    assert folders.data.name == folders.cache.name == "tavern-tui"
    assert folders.config_file.name == "settings.toml"


@pytest.mark.parametrize("given_path", ["", "data", "data/default-user"])
def test_any_level_of_a_sillytavern_finds_its_user_folder(tmp_path: Path, given_path: str) -> None:
    user = tmp_path / "data" / "default-user"
    (user / "characters").mkdir(parents=True)
    assert find_folders(str(tmp_path / given_path), None, {}).data == user


def test_the_only_account_of_a_data_root_is_found(tmp_path: Path) -> None:
    (tmp_path / "robin").mkdir()
    (tmp_path / "robin" / "settings.json").write_text("{}")
    (tmp_path / "_storage").mkdir()
    assert find_folders(str(tmp_path), None, {}).data == tmp_path / "robin"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Ann", "Ann"),
        ('a/b\\c:d*e?f"g<h>i|j', "abcdefghij"),
        ("..", "unnamed"),
        ("../../etc/passwd", "....etcpasswd"),
        ("con", "_con"),
        ("COM1.txt", "_COM1.txt"),
        ("trailing dots...", "trailing dots"),
        ("line\nbreak\x00", "linebreak"),
        ("half \ud83d emoji", "half  emoji"),
        ("", "unnamed"),
    ],
)
def test_names_are_made_safe_for_every_file_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@quickly
@given(st.text(max_size=300))
def test_a_safe_name_is_short_and_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 201
    assert inside(Path("/folder"), safe).parent == Path("/folder")
    assert safe_name(safe) == safe


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "..\\x", "/etc/passwd", "a\0b"])
def test_a_name_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError):
        inside(tmp_path, name)


@pytest.mark.skipif(os.name != "posix", reason="Links need rights elsewhere.")
def test_a_link_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(DataError):
        inside(folder, "out")
    with pytest.raises(DataError):
        inside(folder, "loop")


def test_taken_names_are_numbered(tmp_path: Path) -> None:
    for name in ("Ann.png", "ann1.png"):
        (tmp_path / name).touch()
    assert free_name(tmp_path, "Ann", ".png") == "Ann2"
    assert free_name(tmp_path / "missing", "Ann", ".png") == "Ann"


def test_the_chats_of_a_hostile_file_name_stay_inside(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    assert folders.chats_of("Ann") == folders.chats / "Ann"
    with pytest.raises(DataError):
        folders.chats_of("../../outside")
