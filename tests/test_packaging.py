"""What is packed: wheel, sdist, and a wheel made from the sdist carry everything the program needs."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tavern_tui.storage.bundled import bundled_files, bundled_folder
from tavern_tui.storage.cards import read_card
from tavern_tui.storage.cards.png_chunks import read_texts

pytest.importorskip("hatchling", reason="hatchling is not installed in this environment")

ROOT = Path(__file__).resolve().parents[1]
FINDER = """
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.ui.app import TavernApp
from tavern_tui.storage.cards import read_card
import tavern_tui
for folder, ending in (("themes", ".yaml"), ("instruct_templates", ".yaml"), ("bundled", ".png")):
    print(folder, len(bundled_files(folder, ending)))
print(tavern_tui.__file__)
"""


def build(source: Path, target: str, into: Path) -> Path:
    """Build `source` with hatchling, without a network; the file it made."""
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(into)]
    ran = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module", params=["checkout", "sdist"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sdist: Path) -> Path:
    """A wheel made from the checkout, and one made from the unpacked sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    if request.param == "checkout":
        return build(ROOT, "wheel", folder / "made")
    with tarfile.open(sdist) as packed:
        packed.extraction_filter = getattr(tarfile, "data_filter", None)  # not before Python 3.11.4
        packed.extractall(folder)
    return build(next(folder.iterdir()), "wheel", folder / "made")


def shipped() -> dict[str, bytes]:
    """What a wheel has to hold besides modules: its name there -> its bytes."""
    files: dict[str, bytes] = {}
    for folder in ("themes", "instruct_templates"):
        for path in (ROOT / folder).glob("*.yaml"):
            files[f"tavern_tui/_bundled/{folder}/{path.name}"] = path.read_bytes()
    for pattern in ("**/*.tcss", "bundled/**/*.png", "bundled/**/*.json", "py.typed"):
        for path in (ROOT / "tavern_tui").glob(pattern):
            files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return files


def test_there_is_something_of_every_kind_to_ship() -> None:
    names = " ".join(shipped())
    assert all(ending in names for ending in (".yaml", ".tcss", ".png", ".json", "py.typed"))


def test_a_wheel_holds_every_module_and_every_file_beside_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tavern_tui").rglob("*.py")}
    assert modules <= held.keys()
    assert {name for name, data in shipped().items() if held.get(name) != data} == set()


def test_a_wheel_holds_nothing_that_is_no_part_of_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.partition("/")[0] for name in packed.namelist()}
        assert not [name for name in packed.namelist() if "__pycache__" in name]
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tavern_tui"}


def test_a_wheel_brings_the_command_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        commands = next(name for name in names if name.endswith("entry_points.txt"))
        assert b"tavern-tui = tavern_tui.cli:main" in packed.read(commands)
    assert any(name.endswith("/LICENSE") for name in names)


def test_an_installed_wheel_finds_its_themes_templates_and_art(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{FINDER}"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    *counts, place = ran.stdout.splitlines()
    themes = len(list((ROOT / "themes").glob("*.yaml")))
    templates = len(list((ROOT / "instruct_templates").glob("*.yaml")))
    pictures = len(list((ROOT / "tavern_tui" / "bundled").glob("*.png")))
    assert counts == [f"themes {themes}", f"instruct_templates {templates}", f"bundled {pictures}"]
    assert Path(place).is_relative_to(tmp_path)


def test_an_sdist_brings_what_a_contributor_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as packed:
        held = {name.partition("/")[2] for name in packed.getnames()}
    wanted = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml"}
    wanted |= {"tests/test_packaging.py", "docs/architecture.md", ".ci/run"}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "themes").glob("*.yaml")}
    assert wanted <= held


def test_the_bundled_card_can_be_read_in_both_versions_and_finds_its_book() -> None:
    (path,) = [one for one in bundled_files("bundled", ".png") if not one.name.startswith("default")]
    with path.open("rb") as picture:
        texts = read_texts(picture, path.name)
    specs = [json.loads(base64.b64decode(texts[name]))["spec"] for name in ("chara", "ccv3")]
    assert specs == ["chara_card_v2", "chara_card_v3"]
    card = read_card(path)
    assert len(card.alternate_greetings) >= 2
    assert card.lorebook is not None
    assert 4 <= len(card.lorebook.entries) <= 8
    assert (bundled_folder("bundled") / "worlds" / f"{card.world}.json").is_file()
    assert path.stat().st_size < 60_000
