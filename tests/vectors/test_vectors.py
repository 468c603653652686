"""Every recorded vector comes out as it should."""

from __future__ import annotations

import json

import pytest

from tests.conftest import SHARED
from tests.vectors.kinds import KINDS
from tests.vectors.run import main, run_file

FOLDER = SHARED / "vectors"
FILES = [path for path in sorted(FOLDER.glob("*.json")) if path.stem in KINDS]


@pytest.mark.skipif(not FILES, reason="The shared material does not lie beside this checkout.")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_vector_of_a_file_comes_out_as_recorded(path) -> None:
    results = list(run_file(path))
    assert results
    assert [f"{one['name']}: {one['difference']}" for one in results if one["difference"]] == []


def test_a_difference_is_named_and_makes_the_run_fail(tmp_path, capsys) -> None:
    wrong = {"name": "plain", "input": [{"role": "user", "content": "Hi"}], "output": "user: Ho\nassistant:"}
    (tmp_path / "text-completion.json").write_text(json.dumps({"vectors": [wrong]}))
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "plain" in said[0]
    assert "at 7" in said[0]
    assert said[-1] == "0 passed, 1 failed"


def test_a_file_of_an_unknown_kind_is_a_failure(tmp_path, capsys) -> None:
    (tmp_path / "novel.json").write_text("{}")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
