"""Plain mode: no boxes, no colours where none are wanted, new text line by line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.test_send import CARD, run


def card(folder: Path) -> str:
    path = folder / "ann.json"
    path.write_text(json.dumps(CARD), encoding="utf-8")
    return str(path)


def test_a_conversation_in_lines(tmp_path: Path) -> None:
    lines = "Hello there.\n/swipe\n/sys Rain begins.\n/getchatname\n/nosuch\n/read 2\n/quit\nnot read\n"
    done = run(tmp_path, "--plain", card(tmp_path), given=lines)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.startswith("[Chat with Ann:")
    assert "Ann: Good dusk." in said
    assert re.search(r"\[\d+ tokens, [\d.]+ seconds\]", said)
    assert "There is no command /nosuch" in said
    assert "System: Rain begins." in said
    assert "not read" not in said
    assert "\x1b" not in said
    assert not re.search("[─-╿▀-▟]", said)
    chats = list((tmp_path / "data" / "chats").rglob("*.jsonl"))
    assert len(chats) == 1
    assert "Rain begins." in chats[0].read_text("utf-8")


def test_the_end_of_the_input_is_the_end(tmp_path: Path) -> None:
    done = run(tmp_path, "--plain", card(tmp_path), given="")
    assert done.returncode == 0
    assert "Write and press Enter" in done.stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo terminals here")
def test_a_terminal_gets_sixteen_colours_unless_it_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from tavern_tui.cli.plain import Page

    for environ, coloured in (
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ):
        main, side = os.openpty()
        with os.fdopen(side, "w") as out:
            Page(out, environ).say("Hello")
            out.flush()
            seen = os.read(main, 100)
        os.close(main)
        assert (b"\x1b[2m" in seen) is coloured
