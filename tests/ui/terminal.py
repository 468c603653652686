"""A real terminal for tests: tmux in a socket of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

PATIENCE = 20.0
"""Seconds a screen may take to show what is waited for; only a hanging test gets there."""


def need_tmux() -> None:
    """Skip where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed.")


class Terminal:
    """One tmux session with a program in it; a context manager."""

    def __init__(
        self, command: Sequence[str], folder: Path, environ: Mapping[str, str], *, size: tuple[int, int]
    ) -> None:
        self._socket = folder / f"tmux-{uuid.uuid4().hex[:8]}.sock"
        self._command = command
        self._environ = {**os.environ, **environ, "TERM": "xterm-256color"}
        self._environ.pop("TMUX", None)
        self._size = size

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            env=self._environ,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def __enter__(self) -> Terminal:
        columns, rows = self._size
        words = shlex.join(self._command)
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), words)
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"],
            capture_output=True,
            env=self._environ,
            check=False,
        )

    def screen(self) -> str:
        """What the terminal shows."""
        return self._tmux("capture-pane", "-p")

    def raw(self) -> str:
        """What the terminal shows, with its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def type(self, text: str) -> None:
        """Type words as a person would."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: Enter, Escape, C-r, M-Right."""
        for key in keys:
            self._tmux("send-keys", key)

    def kill(self) -> None:
        """End the program as a crash would, at this instant."""
        os.kill(int(self._tmux("display-message", "-p", "#{pane_pid}")), signal.SIGKILL)

    def wait_for(self, *words: str, absent: Sequence[str] = ()) -> str:
        """The screen once all these words are on it, and none of the absent ones."""
        deadline = time.monotonic() + PATIENCE
        while True:
            shown = self.screen()
            if all(word in shown for word in words) and not any(word in shown for word in absent):
                return shown
            if time.monotonic() > deadline:
                raise AssertionError(f"waited for {words!r} without {absent!r}; the screen shows:\n{shown}")
            time.sleep(0.05)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens outside the screen."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.05)
