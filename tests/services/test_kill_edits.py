"""Killed at any instant of a busy chat, all files are whole and everything that was finished is there."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tavern_tui.storage.chats import read_chat

ROUNDS = int(os.environ.get("TAVERN_TUI_KILL_ROUNDS", "40"))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing.")


def test_kill_9_in_a_busy_chat_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    dice = random.Random(20261124)
    moments = [dice.uniform(0.0, 1.5) for _ in range(ROUNDS)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: kill_once(tmp_path / str(one[0]), one[0], one[1]), enumerate(moments)))


def kill_once(folder: Path, seed: int, moment: float) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.services.busy_edits", str(folder), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert program.stdout is not None
    assert program.stderr is not None
    assert program.stdout.readline().strip() == "ready", program.stderr.read()
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(program.stdout or ()))
    reader.start()
    time.sleep(moment)  # the random moment is the point of the test
    program.send_signal(signal.SIGKILL)
    program.wait()
    reader.join()
    program.stdout.close()
    program.stderr.close()
    finished: dict[str, list[list[str]]] = {}
    for line in lines:
        if line.endswith("}\n"):
            said = json.loads(line)
            finished.setdefault(said["file"], []).append(said["texts"])
    for path in (folder / "chats").rglob("*.jsonl"):
        loaded = read_chat(path)
        assert not [one for one in loaded.warnings if "cut" not in one], (path, loaded.warnings)
    for file, states in finished.items():
        texts = [message.text for message in read_chat(Path(file)).chat.messages]
        last = states[-1]
        # What was begun after the last word may be there or not; it is never half an edit.
        assert is_later(texts, last), (file, last, texts)


def is_later(texts: list[str], last: list[str]) -> bool:
    """Whether a chat is as it was, or one action further."""
    if texts == last or texts[: len(last)] == last:
        return True
    gone = [at for at in range(len(last)) if last[:at] + last[at + 1 :] == texts]
    edited = (
        len(texts) == len(last) and sum(one != other for one, other in zip(texts, last, strict=True)) <= 2
    )
    return bool(gone) or edited
