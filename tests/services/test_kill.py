"""Killed at any instant, the program loses at most two seconds of a reply."""

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

from tests.services.slow_server import SlowServer, slow_server

ROUNDS = int(os.environ.get("TAVERN_TUI_KILL_ROUNDS", "50"))
AT_MOST_LOST = 2.0
"""Seconds of a reply; the promise."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing.")


def test_kill_9_at_a_random_moment_keeps_every_sent_message(tmp_path: Path) -> None:
    dice = random.Random(20261123)
    moments = [dice.uniform(0.0, 3.2) for _ in range(ROUNDS)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: kill_once(tmp_path / str(one[0]), one[1]), enumerate(moments)))


def kill_once(folder: Path, moment: float) -> None:
    folder.mkdir()
    file = folder / "chat.jsonl"
    card = folder / "card.json"
    card.write_text(json.dumps({"name": "Ann", "description": "A smith.", "first_mes": "Hello."}))
    with slow_server(words=300, pause=0.01) as server:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.services.busy_chat", str(folder), server.url, str(file), str(card)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert program.stdout is not None
        assert program.stderr is not None
        lines: list[str] = []
        ready = program.stdout.readline()
        assert ready.strip() == "ready", program.stderr.read()
        reader = threading.Thread(target=lambda: lines.extend(program.stdout or ()))
        reader.start()
        time.sleep(moment)  # the random moment is the point of the test
        killed_at = time.monotonic()
        program.send_signal(signal.SIGKILL)
        program.wait()
        reader.join()
        program.stdout.close()
        program.stderr.close()
        check_chat(file, lines, server, killed_at)


def check_chat(file: Path, lines: list[str], server: SlowServer, killed_at: float) -> None:
    """Every announced message is there; of the reply under way at most two seconds are gone."""
    from tavern_tui.storage.chats import read_chat

    announced = [line.removeprefix("sent ").strip() for line in lines if line.startswith("sent ")]
    if not file.exists():
        assert not announced
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        assert isinstance(json.loads(line), dict)
    chat = read_chat(file).chat
    texts = [message.text for message in chat.messages if message.is_user]
    assert texts[: len(announced)] == announced
    if announced and server.sent and len(server.sent) >= len(announced):
        times = server.sent[len(announced) - 1]
        due = sum(1 for at in times if at < killed_at - AT_MOST_LOST)
        last = chat.messages[-1]
        saved = 0 if last.is_user else len(last.text.split())
        assert saved >= due, f"{saved} of {due} words were saved"
