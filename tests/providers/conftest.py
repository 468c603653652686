"""A real llama.cpp server on a made-up model, once per test run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.providers import horde, sending
from tests.providers.fakes.recorded import SHARED

KEY = "sekret-key-of-the-test"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further attempts and polls come at once."""
    monkeypatch.setattr(sending, "RETRIES", (0.0, 0.0))
    monkeypatch.setattr(horde, "POLL_SECONDS", 0.0)


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("xllamacpp", reason="llama.cpp (xllamacpp) is not installed")
    folder = SHARED / "real-backends"
    if not folder.exists():
        pytest.skip("the folder with the model maker is not here")
    sys.path.insert(0, str(folder))
    try:
        from make_tiny_gguf import write_model  # type: ignore[import-not-found]  # lies outside
    finally:
        sys.path.remove(str(folder))
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_model(path, template="chatml", context=8192, seed=1, width=256, vocab=600, sway=0.3)
    return path


@pytest.fixture(scope="session")
def llama(tiny_gguf: Path) -> Iterator[Any]:
    """The server: `.url`; its key is KEY."""
    sys.path.insert(0, str(SHARED / "real-backends"))
    try:
        from serve_llama import LlamaServer  # type: ignore[import-not-found]  # lies outside
    finally:
        sys.path.remove(str(SHARED / "real-backends"))
    with LlamaServer(tiny_gguf, api_key=KEY, context=4096) as server:
        yield server
