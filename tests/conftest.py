"""What many tests need: folders of their own, a tavern in them, the shared material."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tavern_tui.storage.folders import Folders

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Data, settings, cache and state of one test."""
    return Folders(
        data=tmp_path / "data",
        config_file=tmp_path / "config" / "settings.toml",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


@pytest.fixture
def shared() -> Path:
    """The material beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("The shared material does not lie beside this checkout.")
    return SHARED


@pytest.fixture(scope="session")
def llama_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real llama.cpp server with a tiny model, without a key."""
    pytest.importorskip("xllamacpp", reason="llama.cpp (xllamacpp) is not installed")
    folder = SHARED / "real-backends"
    if not folder.is_dir():
        pytest.skip("The shared material does not lie beside this checkout.")
    sys.path.insert(0, str(folder))
    try:
        from make_tiny_gguf import write_model  # type: ignore[import-not-found]  # lies outside
        from serve_llama import LlamaServer  # type: ignore[import-not-found]  # lies outside
    finally:
        sys.path.remove(str(folder))
    model = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_model(model, template="chatml", context=8192, seed=1, width=256, vocab=600, sway=0.3)
    with LlamaServer(model, slots=2) as server:
        yield server.url
