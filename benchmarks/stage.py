"""Apps in processes of their own, on a terminal that nobody looks at, played by a scene.

`play("benchmarks.long_chat:opened", "full", folder)` starts the program on a data folder, calls that function
with a `Stage` once the first frame is out, and returns the figures it gives.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

FRAME_BYTES = 1500
"""Written to the terminal by then: more than the codes that set it up, less than one frame."""
SIZE = (120, 40)
PATIENCE = 120
"""Seconds after which a scene has failed."""


def play(scene: str, app: str, folder: str = "", **environ: str) -> dict[str, float]:
    """The figures of one scene, `module:function`, played in a fresh process of an app of `APPS`."""
    out = Path(folder or ".", f".figures-{os.getpid()}.json")
    variables = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        **environ,
        "TEXTUAL_DRIVER": "benchmarks.stage:BlindDriver",
        "BENCH_OUT": str(out),
        "BENCH_SCENE": scene,
    }
    try:
        command = [sys.executable, "-m", "benchmarks.stage", app, folder]
        done = subprocess.run(
            command, env=variables, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if not out.exists():
            raise RuntimeError(f"{scene} on {app} gave no figures: {done.stderr.decode()[-2000:]}")
        figures: dict[str, float] = json.loads(out.read_text())
        return figures
    finally:
        out.unlink(missing_ok=True)


def memory() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def wakes() -> int:
    """How often this process gave up the processor by itself: once for every wake-up."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches"))
    return int(line.split()[1])


def bytes_written() -> int:
    """What this process has written to files and sockets so far."""
    counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counted["wchar"])


class Stage:
    """What a scene works with: the app, and what was written to its terminal and when."""

    def __init__(self, app: App[Any], driver: Driver) -> None:
        self.app = app
        self.driver = driver
        self.first_frame = time.process_time()
        self.shown: list[tuple[float, float, str]] = []
        """Clock, CPU time and text of everything written since the last `look`."""

    def look(self) -> None:
        """Forget what was written so far."""
        self.shown.clear()

    async def until(self, condition: Callable[[], object], pause: float = 0.005) -> None:
        """Let the app work until `condition` holds."""
        end = time.monotonic() + PATIENCE / 2
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the app never got there")
            await asyncio.sleep(pause)

    async def until_written(self, words: str) -> tuple[float, float]:
        """Wait until `words` stood in one write; returns the clock and the CPU time of that moment."""
        found: list[tuple[float, float]] = []

        def there() -> bool:
            found.extend((clock, cpu) for clock, cpu, text in self.shown if words in text)
            return bool(found)

        await self.until(there, 0.001)
        return found[0]

    def press(self, key: str) -> float:
        """A key arrives from the terminal; returns the clock."""
        from textual import events

        pressed = time.perf_counter()
        self.driver.process_message(events.Key(key, key if len(key) == 1 else None))
        return pressed

    def resize(self, width: int, height: int) -> float:
        """The terminal has another size; returns the clock."""
        from textual import events
        from textual.geometry import Size

        resized = time.perf_counter()
        size = Size(width, height)
        self.driver.process_message(events.Resize(size, size))
        return resized


def _report(figures: dict[str, float]) -> None:
    Path(os.environ["BENCH_OUT"]).write_text(json.dumps(figures))


def _driver() -> type:
    from textual import events
    from textual.driver import Driver
    from textual.geometry import Size

    class BlindDriver(Driver):
        """A terminal that throws away what it is sent, after a look at it."""

        written = 0
        stage: Stage | None = None

        @property
        def is_headless(self) -> bool:
            return False

        def write(self, data: str) -> None:
            data.encode("utf-8")
            self.written += len(data)
            if self.stage is not None:
                self.stage.shown.append((time.perf_counter(), time.process_time(), data))
            elif self.written > FRAME_BYTES:
                self.stage = Stage(self._app, self)
                self.stage.shown.append((time.perf_counter(), time.process_time(), data))
                self._task = self._loop.create_task(self._play(self.stage))

        async def _play(self, stage: Stage) -> None:
            module, _, name = os.environ["BENCH_SCENE"].partition(":")
            try:
                _report(await getattr(importlib.import_module(module), name)(stage))
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.__stderr__, flush=True)
            os._exit(0)

        def start_application_mode(self) -> None:
            self._loop = asyncio.get_running_loop()
            size = Size(*SIZE)
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


def _log(_: str) -> None:
    from textual.app import App, ComposeResult
    from textual.widgets import Log

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield Log()

    Bare().run()


def _full(folder: str) -> None:
    from tavern_tui.cli import main

    main(["--data", f"{folder}/data", "--config", f"{folder}/settings.toml"])


APPS: dict[str, Callable[[str], None]] = {"empty": _empty, "cursor": _cursor, "log": _log, "full": _full}

if __name__ == "__main__":
    # Everything of this program's beside the data folder, too.
    os.environ["XDG_STATE_HOME"] = os.environ["XDG_CACHE_HOME"] = f"{sys.argv[2] or '.'}/beside"
    APPS[sys.argv[1]](sys.argv[2])
