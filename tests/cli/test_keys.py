"""`tavern-tui keys`: no key on the command line, none printed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.cli.test_every_backend import run

KEY = "sk-0123456789-abcd-wxyz"
SETTINGS = '[[connections]]\nname = "cloud"\nprovider = "openai"\nmodel = "gpt-4o"\n'


def test_a_key_is_added_chosen_listed_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    assert run(tmp_path, "keys", "add", "cloud", "--label", "work") == (0, "Kept as api_key_openai/work.\n")
    code, said = run(tmp_path, "keys", "--json")
    assert code == 0
    assert json.loads(said) == [
        {"name": "api_key_openai/work", "ending": "…wxyz", "place": "file", "used_by": ["cloud"]}
    ]
    assert KEY not in run(tmp_path, "keys")[1]
    assert run(tmp_path, "keys", "use", "cloud", "api_key_openai/work")[0] == 0
    assert run(tmp_path, "keys", "remove", "api_key_openai/work")[0] == 0
    assert json.loads(run(tmp_path, "keys", "--json")[1]) == []


@pytest.mark.parametrize("words", [("add",), ("add", "nobody"), ("use", "cloud"), ("remove",), ("import",)])
def test_what_is_missing_is_asked_for(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    assert run(tmp_path, "keys", *words)[0] != 0
    assert capsys.readouterr().err.count("\n") == 1
