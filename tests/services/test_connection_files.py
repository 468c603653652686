"""Connections handed on as a file hold no key, and come back under free names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.services.connection_files import export_connections, import_connections, without_password
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.services.helpers import scripted, tavern

FULL = Connection(
    name="home",
    provider="generic",
    url="http://me:hunter22@127.0.0.1:5000/v1",
    secret="connection/home",
    proxy="socks5://me:hunter22@10.0.0.1:1080",
    samplers={"temperature": 0.7, "banned_strings": ("a", "b")},
    extra_headers={"X-Api-Key": "hunter22", "X-Room": "blue"},
    extra_body={"drop_me": None, "api_key": "hunter22", "max_tokens": 5, "deep": {"password": "hunter22"}},
    tokenizer="estimate",
)


async def test_an_export_holds_everything_but_keys(folders: Folders, tmp_path: Path) -> None:
    async with tavern(folders, FULL, scripted("x")) as made:
        path = tmp_path / "mine.toml"
        assert export_connections(made.connections, path, ["home"]) == 1
        assert "hunter22" not in path.read_text("utf-8")
        names, warnings = import_connections(made.connections, path)
        assert (names, warnings) == (["home 2"], [])
        again = made.connections.find("home 2")
        assert again is not None
        assert again.url == "http://127.0.0.1:5000/v1"
        assert again.extra_headers == {"X-Room": "blue"}
        assert again.extra_body == {"drop_me": None, "max_tokens": 5, "deep": {}}
        assert again.samplers == FULL.samplers
        assert again.secret == ""


async def test_what_cannot_be_imported_is_named_and_the_rest_comes(folders: Folders, tmp_path: Path) -> None:
    path = tmp_path / "theirs.toml"
    path.write_text(
        '[[connections]]\nname = "a"\nprovider = "no-such"\n[[connections]]\nname = "b"\n'
        '[[connections]]\nname = "c"\nprovider = "generic"\nmax_tokens = "many"\n',
        "utf-8",
    )
    made = build_tavern(folders, {})
    names, warnings = import_connections(made.connections, path)
    assert names == ["c"]
    assert len(warnings) == 3
    path.write_text("hello = [", "utf-8")
    with pytest.raises(DataError, match=r"theirs\.toml"):
        import_connections(made.connections, path)
    with pytest.raises(UsageError, match="nobody"):
        export_connections(made.connections, path, ["nobody"])
    await made.close()


def test_passwords_in_addresses() -> None:
    assert without_password("http://a:b@h:1/x") == "http://h:1/x"
    assert without_password("127.0.0.1:5001") == "127.0.0.1:5001"
    assert without_password("http://[::1") == ""
