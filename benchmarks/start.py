"""Starting the program: time to the first frame, idle memory and wake-ups, against an empty Textual app.

Both run as processes of their own, in turn, on a fresh data folder; the best of a few rounds counts.
"""

from __future__ import annotations

import asyncio
from tempfile import TemporaryDirectory

from benchmarks import Measure
from benchmarks.stage import Stage, memory, play, wakes

ROUNDS = 5
IDLE_AFTER = 3.0
"""Seconds from the first frame until memory and wake-ups are looked at."""
WATCHED = 2.0
"""Seconds the idle program is watched for."""


async def idle(stage: Stage) -> dict[str, float]:
    """The start, and what the app takes when nothing happens."""
    await asyncio.sleep(IDLE_AFTER)
    held, before = memory(), wakes()
    await asyncio.sleep(WATCHED)
    return {"first_frame": stage.first_frame, "memory": held, "wakes": wakes() - before}


def _idle(app: str) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        return play("benchmarks.start:idle", app, folder)


def run() -> list[Measure]:
    """The ratios of the start."""
    rounds = [{app: _idle(app) for app in ("empty", "full")} for _ in range(ROUNDS)]
    cursor = _idle("cursor")

    def best(app: str, figure: str) -> float:
        return min(one[app][figure] for one in rounds)

    return [
        Measure(name="start to first frame (CPU)", value=best("full", "first_frame") * 1000,
                baseline=best("empty", "first_frame") * 1000, limit=1.6, against="an empty Textual app"),
        Measure(name="memory when idle", value=best("full", "memory"), baseline=best("empty", "memory"),
                limit=1.5, unit="MB", against="an empty Textual app"),
        Measure(name=f"wake-ups in {WATCHED:g} s when idle", value=best("full", "wakes"),
                baseline=cursor["wakes"], limit=1.5, unit="",
                against="a Textual app with one blinking cursor"),
    ]  # fmt: skip
