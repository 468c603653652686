"""The list of characters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tavern_tui.storage import catalogue
from tavern_tui.storage.catalogue import list_characters
from tests.storage.builders import a_folder, a_png, a_v2_card, card_text


def put_card(folder: Path, file: str, **fields: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{file}.png").write_bytes(a_png(("chara", card_text(a_v2_card(**fields)))))


def test_characters_are_listed_by_name_with_what_a_list_shows(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    put_card(folders.characters, "b", name="zoe", extensions={"fav": "true", "world": "Valley"})
    put_card(folders.characters, "a", name="Bea", tags=["x", 3], creator=None)
    put_card(folders.characters, "nameless", name="")
    (folders.characters / "sprites").mkdir()
    found = list_characters(folders)
    assert [(one.file, one.name, one.favourite, one.has_lorebook) for one in found] == [
        ("a", "Bea", False, False), ("nameless", "nameless", False, False), ("b", "zoe", True, True)
    ]  # fmt: skip
    assert (found[0].tags, found[0].creator) == (("x",), "")
    assert list_characters(a_folder(tmp_path / "elsewhere")) == []


def test_pictures_without_a_card_are_named_and_passed_over(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    put_card(folders.characters, "a")
    (folders.characters / "photo.png").write_bytes(a_png())
    (folders.characters / "broken.png").write_bytes(b"")
    for _ in range(2):
        warnings: list[str] = []
        assert [one.file for one in list_characters(folders, warnings)] == ["a"]
        assert sorted(sentence.split()[0] for sentence in warnings) == ["broken.png", "photo.png"]


def test_unchanged_cards_are_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = a_folder(tmp_path)
    put_card(folders.characters, "a", name="Ann")
    put_card(folders.characters, "b", name="Bea")
    before = list_characters(folders)
    opened: list[str] = []
    look = catalogue._look

    def watched(path: Path) -> dict[str, object] | str:
        opened.append(path.name)
        return look(path)

    monkeypatch.setattr(catalogue, "_look", watched)
    assert list_characters(folders) == before
    assert opened == []
    put_card(folders.characters, "b", name="Beatrice")
    (folders.characters / "a.png").unlink()
    assert [one.name for one in list_characters(folders)] == ["Beatrice"]
    assert opened == ["b.png"]


@pytest.mark.parametrize(
    "index", [b"{", b"[]", b'{"version":1,"cards":{"a.png":[1,2]}}', b'{"version":1,"cards":3}']
)
def test_a_broken_index_is_made_anew(tmp_path: Path, index: bytes) -> None:
    folders = a_folder(tmp_path)
    put_card(folders.characters, "a", name="Ann")
    list_characters(folders)
    (kept,) = folders.cache.iterdir()
    kept.write_bytes(index)
    assert [one.name for one in list_characters(folders)] == ["Ann"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="The super-user may write anywhere.")
def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    put_card(folders.characters, "a", name="Ann")
    folders.cache.mkdir()
    folders.cache.chmod(0o500)
    assert [one.name for one in list_characters(folders)] == ["Ann"]
