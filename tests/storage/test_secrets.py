"""Keys are kept apart, and never shown."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tavern_tui.core.errors import DataError, UnreadableFile, WriteFailed
from tavern_tui.storage.secrets import KeyPlace, SecretStore, variable_for

KEY = "sk-very-secret"


def test_a_key_comes_back_and_its_file_is_the_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    store = SecretStore(path, {})
    assert store.get("connection/home") is None
    store.set("connection/home", KEY)
    assert SecretStore(path, {}).get("connection/home") == KEY
    assert store.names() == ("connection/home",)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert store.warnings == ()
        path.chmod(0o644)
        assert "chmod 600" in store.warnings[0]
    store.remove("connection/home")
    assert store.names() == ()


def test_the_environment_wins(tmp_path: Path) -> None:
    name = "api_key_openai"
    assert variable_for(name) == "TAVERN_TUI_SECRET_API_KEY_OPENAI"
    store = SecretStore(tmp_path / "s.toml", {variable_for(name): "from-env"})
    store.set(name, KEY)
    assert store.get(name) == "from-env"


def test_no_repr_and_no_error_shows_a_key(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    store = SecretStore(path, {"TAVERN_TUI_SECRET_X": KEY})
    assert KEY not in repr(store) + str(vars(store).get("_path"))
    path.write_text(f'key = "{KEY}\nbroken')
    with pytest.raises(UnreadableFile) as caught:
        store.get("key")
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(UnreadableFile):
        store.set("other", "x")
    assert KEY in path.read_text()


def test_sillytavern_s_keys_are_taken_over_on_request(tmp_path: Path) -> None:
    theirs = tmp_path / "secrets.json"
    theirs.write_text(
        json.dumps(
            {
                "api_key_openai": [
                    {"id": "1", "value": "old", "active": False, "label": "spare"},
                    {"id": "2", "value": KEY, "active": True},
                ],
                "api_key_claude": "plain",
                "api_key_empty": [],
                "_migrated": ["x"],
            }
        )
    )
    store = SecretStore(tmp_path / "s.toml", {})
    assert store.import_sillytavern(theirs) == ("api_key_claude", "api_key_openai", "api_key_openai/spare")
    assert store.get("api_key_openai/spare") == "old"
    assert store.get("api_key_openai") == KEY


def test_the_keyring_is_used_when_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[tuple[str, str], str] = {}
    ring = SimpleNamespace(
        get_password=lambda service, name: held.get((service, name)),
        set_password=lambda service, name, value: held.update({(service, name): value}),
        delete_password=lambda service, name: held.pop((service, name)),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    store = SecretStore(tmp_path / "s.toml", {}, keyring=True)
    store.set("a", KEY)
    assert held == {("tavern-tui", "a"): KEY}
    assert KEY not in (tmp_path / "s.toml").read_text()
    assert store.names() == ("a",)
    assert store.place("a") is KeyPlace.KEYRING
    assert store.get("a") == KEY
    store.remove("a")
    assert held == {}

    def locked(*_: str) -> None:
        raise RuntimeError(KEY)

    ring.set_password = locked
    with pytest.raises(WriteFailed) as caught:
        store.set("a", KEY)
    assert KEY not in str(caught.value)


def test_a_missing_keyring_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(DataError, match="keyring") as caught:
        SecretStore(tmp_path / "s.toml", {}, keyring=True).set("a", KEY)
    assert "pip install" in caught.value.hint


def test_sillytavern_s_own_file_is_asked_last_and_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "secrets.json"
    theirs.write_text(json.dumps({"api_key_openai": KEY, "api_key_claude": "theirs"}))
    before = theirs.read_bytes()
    store = SecretStore(tmp_path / "s.toml", {}, sillytavern=theirs)
    store.set("api_key_claude", "ours")
    assert (store.get("api_key_openai"), store.get("api_key_claude")) == (KEY, "ours")
    assert store.place("api_key_openai") is KeyPlace.SILLYTAVERN
    assert store.place("api_key_claude") is KeyPlace.FILE
    assert store.place("nobody") is None
    assert theirs.read_bytes() == before
    theirs.write_text("{broken")
    assert store.get("api_key_openai") is None
