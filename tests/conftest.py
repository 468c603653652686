"""What many tests need: folders of their own, a tavern in them, the shared material."""

from __future__ import annotations

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
