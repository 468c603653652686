"""What is installed has everything the program needs beside its code."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "tavern_tui/_bundled/themes/alehouse.yaml",
    "tavern_tui/_bundled/instruct_templates/chatml.yaml",
    "tavern_tui/bundled/Odile.png",
    "tavern_tui/bundled/worlds/The Eel Crossing.json",
    "tavern_tui/ui/styles/base.tcss",
    "tavern_tui/py.typed",
)


def build(kind: str, source: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def test_a_wheel_has_themes_templates_styles_and_the_bundled_character(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    with zipfile.ZipFile(build("wheel", ROOT, tmp_path)) as wheel:
        assert set(NEEDED) <= set(wheel.namelist())


def test_a_wheel_built_from_the_sdist_has_them_as_well(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    with zipfile.ZipFile(build("wheel", source, tmp_path / "wheel")) as wheel:
        assert set(NEEDED) <= set(wheel.namelist())
