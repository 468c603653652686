"""Files are there whole, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.atomic import append_bytes, write_bytes, write_json, write_text

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="Permissions and kill -9 are POSIX things.")


def test_missing_folders_are_made_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    write_json(path, {"name": "Änn", "list": [1]})
    assert path.read_text(encoding="utf-8") == '{\n    "name": "Änn",\n    "list": [\n        1\n    ]\n}'
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]


@posix
def test_a_file_keeps_its_permissions_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "one")
    path.chmod(0o640)
    write_text(path, "two")
    assert path.stat().st_mode & 0o777 == 0o640
    write_bytes(path, b"three", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600


@posix
def test_a_link_is_written_through(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_text(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tavern_tui.storage.atomic.os.fsync", full)
    with pytest.raises(WriteFailed, match="No space left on device") as caught:
        write_text(path, "new")
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    with pytest.raises(WriteFailed):
        append_bytes(path, b" and more")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_appending_to_what_is_not_there_fails_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="could not be written"):
        append_bytes(tmp_path / "missing", b"x")


WRITER = """
import sys
from pathlib import Path
from tavern_tui.storage.atomic import write_bytes
path = Path(sys.argv[1])
for number in range(100000):
    write_bytes(path, bytes([65 + number % 26]) * 300_000)
    print(number, flush=True)
"""


@posix
@pytest.mark.parametrize("writes_before", [0, 1, 3, 5])
def test_kill_9_leaves_the_old_file_or_the_new_one(tmp_path: Path, writes_before: int) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"a" * 300_000)
    program = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert program.stdout is not None
    for _ in range(writes_before):
        program.stdout.readline()
    program.send_signal(signal.SIGKILL)
    program.communicate()
    data = path.read_bytes()
    assert len(data) == 300_000
    assert len(set(data)) == 1
