"""The program with a chat of 10,000 messages: opening it, memory, and moving about in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import Measure
from benchmarks.stage import Stage, memory, play
from benchmarks.world import LAST, LONG, SOUGHT, build

ROUNDS = 3
AT_REST = 0.8
"""Seconds after which what is on the screen will stay."""
FRAME = 50
"""Milliseconds until the first right frame."""


async def usable(stage: Stage) -> dict[str, float]:
    """The last message is on the screen, and a key pressed at that moment is echoed. Then the memory at rest."""
    await stage.until_written(LAST)
    stage.look()
    stage.press("~")
    _, cpu = await stage.until_written("~")
    await asyncio.sleep(4)
    return {"usable": cpu, "memory": memory()}


async def moves(stage: Stage) -> dict[str, float]:
    """Milliseconds from the key to the first right frame, the least of three."""
    await stage.until_written(LAST)
    await asyncio.sleep(4)
    transcript: Any = stage.app.screen.query_one("#transcript")
    transcript.focus()
    await asyncio.sleep(AT_REST)
    figures: dict[str, float] = {}
    for name, move, back in MOVES:
        taken = []
        for _ in range(3):
            taken.append(await _first_right_frame(stage, move))
            await back(stage)
            await asyncio.sleep(AT_REST)
        figures[name] = min(taken) * 1000
    return figures


async def _first_right_frame(stage: Stage, move: Callable[[Stage], Awaitable[float]]) -> float:
    """Seconds until everything that is new on the screen at rest has been written."""
    before = set() if move is _narrower else _tags(stage.app.screen)
    stage.look()
    began = await move(stage)
    await asyncio.sleep(AT_REST)
    wanted = _tags(stage.app.screen) - before
    for clock, _, text in stage.shown:
        wanted = {tag for tag in wanted if tag not in text}
        if not wanted:
            return clock - began
    raise RuntimeError(f"never on the screen: {sorted(wanted)[:5]}")


def _tags(screen: Any) -> set[str]:
    """The tags that are in view."""
    lines = (
        "".join(segment.text for segment in line) for line in screen._compositor.render_strips(screen.size)
    )
    return {word for line in lines for word in line.split() if word.startswith("zq")}


def _key(key: str) -> Callable[[Stage], Awaitable[float]]:
    async def press(stage: Stage) -> float:
        return stage.press(key)

    return press


async def _search(stage: Stage) -> float:
    transcript: Any = stage.app.screen.query_one("#transcript")
    began = time.perf_counter()
    transcript.search(SOUGHT)
    return began


async def _narrower(stage: Stage) -> float:
    return stage.resize(90, 30)


async def _wider(stage: Stage) -> float:
    return stage.resize(120, 40)


MOVES: tuple[tuple[str, Callable[[Stage], Awaitable[float]], Callable[[Stage], Awaitable[float]]], ...] = (
    ("a page up", _key("pageup"), _key("end")),
    ("to the beginning", _key("home"), _key("end")),
    ("to a search hit", _search, _key("end")),
    ("a resize", _narrower, _wider),
)


async def jump_to_end(stage: Stage) -> dict[str, float]:
    """From the beginning of the chat to its end."""
    await stage.until_written(LAST)
    await asyncio.sleep(4)
    transcript: Any = stage.app.screen.query_one("#transcript")
    transcript.focus()
    taken = []
    for _ in range(3):
        stage.press("home")
        await asyncio.sleep(AT_REST)
        taken.append(await _first_right_frame(stage, _key("end")))
    return {"to the end": min(taken) * 1000}


def run() -> list[Measure]:
    """Opening, memory and moves."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as small:
        size = build(folder, LONG).stat().st_size / 1e6
        build(small, 1)
        long_runs = [play("benchmarks.long_chat:usable", "full", folder) for _ in range(ROUNDS)]
        small_runs = [play("benchmarks.long_chat:usable", "full", small) for _ in range(ROUNDS)]
        frames = play("benchmarks.long_chat:moves", "full", folder)
        frames |= play("benchmarks.long_chat:jump_to_end", "full", folder)

    def best(runs: list[dict[str, float]], figure: str) -> float:
        return min(one[figure] for one in runs)

    grown = best(long_runs, "memory") - best(small_runs, "memory")
    return [
        Measure(name="open 10,000 messages (CPU)", value=best(long_runs, "usable") * 1000,
                baseline=best(small_runs, "usable") * 1000, limit=1.5,
                against="the same program with one message"),
        Measure(name="memory of 10,000 messages", value=grown, baseline=size, limit=4, unit="MB",
                against="the chat's file"),
        *(Measure(name=f"{name}, 10,000 messages", value=value, baseline=FRAME, limit=1, against="50 ms")
          for name, value in frames.items()),
    ]  # fmt: skip
