"""Replies that stream in: as fast as the socket gives them, with keys pressed meanwhile, and paced."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import Measure
from benchmarks.stage import Stage, bytes_written, play
from benchmarks.token_server import PACE, TokenServer, word
from benchmarks.world import LAST, LONG, build

WORDS = 20_000
SHORT = 100
PACED = 500
ROUNDS = 3
STREAMS = 3
"""A stream lasts half a second, in which not many keys can be pressed."""
ECHO = 50
"""Milliseconds within which a pressed key is on the screen, 99 times of 100."""
EVERY = 0.01
"""Seconds between two keys."""
KEYS = "abcdefghijklmnopqrstuvwxyz"


async def log(stage: Stage) -> dict[str, float]:
    """The same words, written to a bare `Log`."""
    widget: Any = stage.app.query_one("Log")
    stage.look()
    before = time.process_time()
    for at in range(WORDS):
        widget.write(word(at))
        if at % 50 == 0:
            await asyncio.sleep(0)
    await stage.until_written(word(WORDS - 1).strip())
    await asyncio.sleep(0.1)
    return {"cpu": time.process_time() - before}


async def _send(stage: Stage) -> Any:
    """Ask for a reply; returns the session once it is on its way."""
    await stage.until_written(LAST)
    await asyncio.sleep(3)
    session = (await _tavern(stage)).session
    for key in "Go":
        stage.press(key)
    await asyncio.sleep(0.5)
    stage.press("enter")
    await stage.until(lambda: session.busy)
    return session


async def _tavern(stage: Stage) -> Any:
    app: Any = stage.app
    await stage.until(lambda: app.tavern)
    return app.tavern


def _reply(session: Any) -> str:
    last = session.chat.messages[-1]
    return "" if last.is_user else str(last.text)


async def fast(stage: Stage) -> dict[str, float]:
    """CPU from the first words to the last frame."""
    session = await _send(stage)
    await stage.until(lambda: _reply(session))
    before = time.process_time()
    await stage.until(lambda: not session.busy, 0.02)
    await asyncio.sleep(0.1)
    return {"cpu": time.process_time() - before, "words": float(len(_reply(session).split()))}


async def typing(stage: Stage) -> dict[str, float]:
    """Seconds from each key to its echo while words arrive as fast as they can.

    A thread presses the keys, as a terminal's does: it does not wait for a busy app."""
    session = await _send(stage)
    await stage.until(lambda: _reply(session))
    stage.look()
    pressed: list[float] = []
    over = threading.Event()

    def press() -> None:
        while not over.wait(EVERY):
            pressed.append(stage.press(KEYS[len(pressed) % len(KEYS)]))

    finger = threading.Thread(target=press)
    finger.start()
    await stage.until(lambda: not session.busy)
    over.set()
    finger.join()
    await asyncio.sleep(0.5)
    taken = _echoes(pressed, stage.shown)
    if len(taken) < len(pressed):
        raise RuntimeError(f"{len(pressed) - len(taken)} of {len(pressed)} keys were never on the screen")
    return {str(at): seconds for at, seconds in enumerate(taken)}


def _echoes(pressed: list[float], shown: list[tuple[float, float, str]]) -> list[float]:
    """How long each key took until it, and the three before it, stood in one write."""
    taken: list[float] = []
    for clock, _, text in shown:
        ahead = range(len(taken), min(len(taken) + len(KEYS), len(pressed)))
        seen = [at for at in ahead if pressed[at] <= clock and _typed(at) in text]
        if seen:
            taken += [clock - pressed[at] for at in range(len(taken), seen[-1] + 1)]
    return taken


def _typed(at: int) -> str:
    """The last keys up to this one."""
    return "".join(KEYS[one % len(KEYS)] for one in range(max(0, at - 3), at + 1))


async def paced(stage: Stage) -> dict[str, float]:
    """CPU of words that come one by one, after the first ones were there."""
    lead = int(os.environ["BENCH_LEAD"])
    begin, end = (sum(len(word(at)) for at in range(lead + more)) for more in (PACED // 20, PACED // 20 * 19))
    session = await _send(stage)
    await stage.until(lambda: len(_reply(session)) >= begin, 0.02)
    before = time.process_time()
    await stage.until(lambda: len(_reply(session)) >= end, 0.02)
    return {"cpu": time.process_time() - before}


async def short(stage: Stage) -> dict[str, float]:
    """Bytes written to disk and sockets by one turn, and the bytes of its two messages."""
    await stage.until_written(LAST)
    await asyncio.sleep(3)
    path = (await _tavern(stage)).session.store.path
    size, before = path.stat().st_size, bytes_written()
    session = await _send_now(stage)
    await stage.until(lambda: not session.busy)
    await asyncio.sleep(1)
    return {"written": float(bytes_written() - before), "grown": float(path.stat().st_size - size)}


async def _send_now(stage: Stage) -> Any:
    session = (await _tavern(stage)).session
    for key in "Go":
        stage.press(key)
    await asyncio.sleep(0.2)
    stage.press("enter")
    await stage.until(lambda: session.busy)
    return session


def _play(scene: str, count: int, words: int, paced_words: int = 0) -> dict[str, float]:
    with TemporaryDirectory() as folder, TokenServer(fast=words, paced=paced_words) as url:
        build(folder, count, url=url)
        return play(f"benchmarks.streaming:{scene}", "full", folder, BENCH_LEAD=str(words))


def _least(scene: str, count: int, words: int, paced_words: int = 0) -> float:
    return min(_play(scene, count, words, paced_words)["cpu"] for _ in range(ROUNDS)) * 1000


def _echo() -> float:
    """Seconds within which 99 of 100 keys are on the screen, of those pressed in a few streams."""
    echoes = sorted(one for _ in range(STREAMS) for one in _play("typing", LONG, WORDS).values())
    return echoes[int(len(echoes) * 0.99)]


def run() -> list[Measure]:
    """Streams, echo and what a turn writes."""
    with TemporaryDirectory() as folder:
        bare = min(play("benchmarks.streaming:log", "log", folder)["cpu"] for _ in range(ROUNDS)) * 1000
    whole = _least("fast", 10, WORDS)
    echo = min(_echo() for _ in range(ROUNDS)) * 1000
    seconds = PACED / PACE
    name = f"{PACED} words in {seconds:g} s (CPU), "
    few = _least("paced", 10, SHORT, PACED)
    rows = [(name + f"chat of {LONG:,}", LONG, SHORT), (name + f"after {WORDS:,}", 10, WORDS),
            (name + "both", LONG, WORDS)]  # fmt: skip
    turn = _play("short", LONG, SHORT)
    return [
        Measure(name=f"{WORDS:,} words at once (CPU)", value=whole, baseline=bare, limit=2,
                against="the same words written to a bare Log"),
        Measure(name="key echo meanwhile, p99", value=echo, baseline=ECHO, limit=1, against="50 ms"),
        *(Measure(name=title, value=_least("paced", count, lead, PACED), baseline=few, limit=1.3,
                  against=f"in a chat of 10 after {SHORT}") for title, count, lead in rows),
        Measure(name=f"a turn in a chat of {LONG:,}", value=turn["written"] / 1000, baseline=turn["grown"] / 1000,
                limit=8, unit="kB", against="its two messages (the rest: request, draft, settings)"),
    ]  # fmt: skip
