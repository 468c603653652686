"""The chat view: opening 10,000 messages and a stream of 20,000 deltas."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import process_time
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import Log

from benchmarks import Measure, cpu_milliseconds
from benchmarks.quiet_driver import QuietDriver
from tavern_tui.core.chat import Message, a_message
from tavern_tui.storage.chats import read_chat
from tavern_tui.ui.panes.chat.transcript import Transcript

MESSAGES = 10_000
DELTAS = 20_000
WORDS = [
    "the",
    "river",
    '"is',
    'high"',
    "*tonight*",
    "and",
    "nobody",
    "crosses",
    "**it**",
    "before",
    "morning,",
    "she",
    "says,",
    "slowly",
]

W = TypeVar("W", bound=Widget)


def messages(count: int = MESSAGES) -> list[Message]:
    """Role-play texts of about 350 characters."""
    dice = random.Random(5)
    return [
        a_message("User" if at % 2 else "Ann", " ".join(dice.choices(WORDS, k=60)), is_user=bool(at % 2))
        for at in range(count)
    ]


def on_screen(widget: Callable[[], W], work: Callable[[W], Awaitable[None]]) -> float:
    """Milliseconds of CPU that `work` takes on a mounted widget, painting included; least of three."""
    best = float("inf")
    gc.collect()
    gc.freeze()  # as the program does once a chat is open
    for _ in range(3):

        class Stage(App[None]):
            def compose(self) -> ComposeResult:
                yield widget()

        stage = Stage()
        stage.driver_class = QuietDriver
        taken: list[float] = []

        async def play(stage: Stage = stage, taken: list[float] = taken) -> None:
            await asyncio.sleep(0.1)
            target: W = stage.screen.children[0]  # type: ignore[assignment]  # the one that was composed
            before = process_time()
            await work(target)
            await asyncio.sleep(0.1)
            taken.append((process_time() - before) * 1000)
            stage.exit()

        stage.call_later(lambda stage=stage, play=play: stage.run_worker(play()))
        stage.run(size=(100, 40))
        best = min(best, *taken)
    return best


async def _open(view: Transcript, chat: list[Message]) -> None:
    view.set_messages(chat)


async def _feed(view: Transcript) -> None:
    view.append(a_message("Ann", "x"))
    for at in range(DELTAS):
        view.feed(f" word{at % 100}")
    view.finish()


async def _log(log: Log) -> None:
    for at in range(DELTAS):
        log.write(f" word{at % 100}")


async def _page_up(view: Transcript, chat: list[Message]) -> None:
    view.set_messages(chat)
    for _ in range(10):
        view.scroll_page_up(animate=False)
        await asyncio.sleep(0)


def run() -> list[Measure]:
    """Opening, streaming and scrolling."""
    many, few = messages(), messages(100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chat.jsonl")
        lines = [json.dumps({"name": one.name, "is_user": one.is_user, "mes": one.text}) for one in many]
        path.write_text("\n".join(['{"chat_metadata":{}}', *lines]), encoding="utf-8")
        read = cpu_milliseconds(lambda: read_chat(path), rounds=3)
        loads = cpu_milliseconds(
            lambda: [json.loads(line) for line in path.read_text().split("\n")], rounds=3
        )
    return [
        Measure(name="read a 10,000-message chat", value=read, baseline=loads, limit=6,
                against="json.loads of its lines"),
        Measure(name="show 10,000 messages", value=on_screen(Transcript, lambda view: _open(view, many)),
                baseline=on_screen(Transcript, lambda view: _open(view, few)), limit=3, against="100"),
        Measure(name="10 pages up, 10,000 messages",
                value=on_screen(Transcript, lambda view: _page_up(view, many)),
                baseline=on_screen(Transcript, lambda view: _page_up(view, few)), limit=3,
                against="100"),
        Measure(name="20,000 deltas at once", value=on_screen(Transcript, _feed),
                baseline=on_screen(Log, _log), limit=0.05, against="the same writes to a bare Log"),
    ]  # fmt: skip
