"""The settings file."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.settings import Settings
from tavern_tui.storage.settings import load_settings, save_settings, settings_from, settings_table

FULL = Settings(
    theme="Cellar",
    appearance="dark",
    enter_sends=False,
    keymap={"chat.stop": "f9"},
    streaming_fps=12,
    current_connection="home",
    connections=(
        Connection(
            name="home",
            provider="llamacpp",
            url="http://127.0.0.1:8080",
            samplers={"temperature": 0.7, "dry_sequence_breakers": ("\n", ":"), "seed": 4, "dynatemp": True},
            extra_headers={"X-A": "b"},
            extra_body={"drop": None, "deep": {"list": [1, None]}},
            source={"future": "kept"},
        ),
        Connection(name="other", provider="openai", secret="api_key_openai", extra_body={"a": 1}),
    ),
    providers=({"id": "mine", "title": "Mine", "samplers": ["temperature"]},),
    source={"future_table": {"x": 1}},
)


def test_all_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.toml"
    save_settings(path, FULL)
    loaded = load_settings(path)
    assert loaded.settings == FULL
    assert loaded.warnings == ()
    assert loaded.writable


def test_every_field_can_be_read() -> None:
    warnings: list[str] = []
    everything = {
        one.name: getattr(FULL, one.name) for one in dataclasses.fields(FULL) if one.name != "source"
    }
    everything["connections"] = [settings_table(FULL)["connections"]]
    settings_from(everything, "settings.toml", warnings)
    assert all("connection 1" in sentence for sentence in warnings)


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert settings_table(Settings()) == {}
    assert settings_table(Settings(theme="Cellar")) == {"theme": "Cellar"}


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.toml").settings == Settings()


@pytest.mark.parametrize("data", [b"theme = ", b"\xff\xfe\x00", b"a" * 10, b"[[x]\n"])
def test_a_broken_file_is_named_left_alone_and_replaced_by_defaults(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(data)
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert not loaded.writable
    assert str(path) in loaded.warnings[0]
    assert path.read_bytes() == data


def test_odd_values_are_ignored_and_survive(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = "Cellar"\nstreaming_fps = "fast"\nmystery = [1]\n'
        '[[connections]]\nname = "nameless provider"\n'
        '[[connections]]\nname = "a"\nprovider = "b"\nmax_tokens = "many"\nodd = 1\n'
    )
    loaded = load_settings(path)
    assert loaded.settings.theme == "Cellar"
    assert loaded.settings.streaming_fps == Settings().streaming_fps
    assert [one.name for one in loaded.settings.connections] == ["a"]
    assert len(loaded.warnings) == 3
    assert all("settings.toml" in sentence for sentence in loaded.warnings)
    save_settings(path, loaded.settings)
    table = tomllib.loads(path.read_text())
    assert table["mystery"] == [1]
    assert table["streaming_fps"] == "fast"
    assert table["connections"][0]["odd"] == 1


def test_a_key_that_is_elsewhere_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("auto_continue = 400\nbell = false\n")
    loaded = load_settings(path)
    assert len(loaded.warnings) == 1
    assert "settings.json" in loaded.warnings[0]
    save_settings(path, dataclasses.replace(loaded.settings, bell=True))
    assert path.read_text() == "auto_continue = 400\n"
