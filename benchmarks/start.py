"""Starting the program: time to the first frame and idle memory, against an empty Textual app.

Both run as processes of their own, in turn, on a fresh data folder; the best of a few rounds counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import Measure

ROUNDS = 5
FRAME_BYTES = 1500
"""Written to the terminal by then: more than the codes that set it up, less than one frame."""
IDLE_AFTER = 3.0
"""Seconds from the first frame until memory and processor time are looked at."""
WATCHED = 2.0
"""Seconds the idle program is watched for."""


def run() -> list[Measure]:
    """The ratios of the start."""
    figures = {name: [_child(name) for _ in range(ROUNDS)] for name in ("empty", "full")}
    figures["cursor"] = [_child("cursor")]

    def best(which: str, figure: str) -> float:
        return min(one[figure] for one in figures[which])

    return [
        Measure(
            name="start to first frame (CPU)",
            value=best("full", "first_frame") * 1000,
            baseline=best("empty", "first_frame") * 1000,
            limit=1.6,
            against="an empty Textual app",
        ),
        Measure(
            name="memory when idle",
            value=best("full", "memory"),
            baseline=best("empty", "memory"),
            limit=1.5,
            unit="MB",
            against="an empty Textual app",
        ),
        Measure(
            name=f"wake-ups in {WATCHED:g} s when idle",
            value=best("full", "wakes"),
            baseline=best("cursor", "wakes"),
            limit=1.5,
            unit="",
            against="a Textual app with one blinking cursor",
        ),
    ]


def _child(which: str) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        environ = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "TEXTUAL_DRIVER": "benchmarks.start:BlindDriver",
            "BENCH_OUT": f"{folder}/out",
        }
        command = [sys.executable, "-m", "benchmarks.start", which, folder]
        subprocess.run(command, env=environ, check=True, timeout=60, stdout=subprocess.DEVNULL)
        figures: dict[str, float] = json.loads(Path(environ["BENCH_OUT"]).read_text())
        return figures


def _memory() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _wakes() -> int:
    """How often this process gave up the processor by itself: once for every wake-up."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches"))
    return int(line.split()[1])


def _driver() -> type:
    from textual import events
    from textual.driver import Driver
    from textual.geometry import Size

    class BlindDriver(Driver):
        """A terminal of 120x40 that throws away what it is sent, and takes the time."""

        written = 0
        figures: dict[str, float]

        @property
        def is_headless(self) -> bool:
            return False

        def write(self, data: str) -> None:
            self.written += len(data)
            if self.written > FRAME_BYTES and not hasattr(self, "figures"):
                self.figures = {"first_frame": time.process_time()}
                self._loop.call_later(IDLE_AFTER, self._settled)

        def _settled(self) -> None:
            self.figures["memory"] = _memory()
            self.figures["wakes"] = -float(_wakes())
            self._loop.call_later(WATCHED, self._done)

        def _done(self) -> None:
            self.figures["wakes"] += _wakes()
            Path(os.environ["BENCH_OUT"]).write_text(json.dumps(self.figures))
            os._exit(0)

        def start_application_mode(self) -> None:
            self._loop = asyncio.get_running_loop()
            size = Size(120, 40)
            self._app.post_message(events.Resize(size, size))

        def disable_input(self) -> None:
            pass

        def stop_application_mode(self) -> None:
            pass

    return BlindDriver


def __getattr__(name: str) -> Any:
    """The driver is a class only where Textual is wanted."""
    if name == "BlindDriver":
        return _driver()
    raise AttributeError(name)


def _empty(_: str) -> None:
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Empty(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("Nothing.")

    Empty().run()


def _cursor(_: str) -> None:
    from textual.app import App, ComposeResult
    from textual.widgets import Input

    class Cursor(App[None]):
        def compose(self) -> ComposeResult:
            yield Input()

    Cursor().run()


def _full(folder: str) -> None:
    from tavern_tui.cli import main

    sys.argv = ["tavern-tui", "--data", f"{folder}/data", "--config", f"{folder}/settings.toml"]
    main()


APPS: dict[str, Callable[[str], None]] = {"empty": _empty, "cursor": _cursor, "full": _full}

if __name__ == "__main__":
    APPS[sys.argv[1]](sys.argv[2])
