"""The house stands: imports point inwards, starting is light, no file knows the machine it was made on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".ci", "benchmarks", "docs", "instruct_templates", "tavern_tui", "tests", "themes")
WORDS = {".cfg", ".json", ".md", ".py", ".sh", ".svg", ".tcss", ".toml", ".yaml", ".yml", ""}
HEAVY = ("PIL", "httpx", "rich", "sqlite3", "textual", "xllamacpp", "yaml")

# Put together here, so that this file does not find itself.
MACHINE = re.compile("|".join(f"/{name}/" for name in ("work", "tmp", "root", r"home/\w+", r"Users/\w+")))


def loaded_by(code: str) -> set[str]:
    """Which of the heavy modules are loaded once `code` has run in a fresh interpreter."""
    script = (
        "import json, sys\n"
        f"try:\n    {code}\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print()\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


def text_files() -> Iterator[Path]:
    yield from (
        path for path in ROOT.iterdir() if path.is_file() and path.suffix in WORDS and path.name != ".git"
    )
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in WORDS and "__pycache__" not in path.parts:
                yield path


def test_the_import_contracts_hold() -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed in this environment")
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stdout
    assert "0 broken" in ran.stdout


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(option: str) -> None:
    assert loaded_by(f"from tavern_tui.cli import main; main([{option!r}])") == set()


@pytest.mark.parametrize("command", ["send", "prompt", "providers", "models", "check", "import", "paths"])
def test_a_commands_help_loads_nothing_heavy(command: str) -> None:
    assert loaded_by(f"from tavern_tui.cli import main; main([{command!r}, '--help'])") == set()


def test_building_a_prompt_needs_nothing_heavy() -> None:
    assert loaded_by("import tavern_tui.prompt.build") == set()


def test_the_services_load_neither_the_screen_nor_http() -> None:
    services = "import tavern_tui.services.tavern, tavern_tui.services.session, tavern_tui.cli.send"
    assert loaded_by(services) & {"textual", "rich", "httpx", "PIL"} == set()


def test_the_screen_loads_neither_http_nor_pictures_nor_models() -> None:
    assert loaded_by("import tavern_tui.ui.app") & {"httpx", "PIL", "xllamacpp"} == set()


def test_no_file_names_a_path_of_the_machine_it_was_made_on() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_every_module_says_what_lives_there() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tavern_tui").rglob("*.py")
        if (text := path.read_text(encoding="utf-8")).strip() and not text.startswith('"""')
    ]
    assert silent == []


def test_places_named_in_the_guides_exist() -> None:
    missing = []
    for guide in ("CONTRIBUTING.md", "docs/architecture.md", "README.md"):
        text = (ROOT / guide).read_text(encoding="utf-8")
        for place in re.findall(r"`([\w./-]+/[\w./-]*)`", text):
            roots = (ROOT, ROOT / "tavern_tui", ROOT / "docs")
            if "<" not in place and not any((root / place).exists() for root in roots):
                missing.append(f"{guide}: {place}")
    assert missing == []
