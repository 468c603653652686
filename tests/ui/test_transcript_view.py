"""The transcript on a screen: whatever happened to it, it shows what a fresh one would show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tavern_tui.core.chat import Message, a_message
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.layout import Layout
from tavern_tui.ui.panes.chat.message import shown
from tavern_tui.ui.panes.chat.spans import GUTTER
from tavern_tui.ui.panes.chat.transcript import Transcript
from tavern_tui.wiring import build_tavern
from tests.ui.driving import until
from tests.ui.real_app import running

WIDTH, HEIGHT = 40, 12


class Stage(App[None]):
    CSS = "Screen { overflow: hidden; }"

    def compose(self) -> ComposeResult:
        yield Transcript()

    @property
    def view(self) -> Transcript:
        return self.query_one(Transcript)


def said(at: int, words: int = 30) -> Message:
    return a_message("Ann" if at % 2 else "Bo", " ".join(f"w{at}x{one}" for one in range(words)))


def fresh(view: Transcript) -> list[list[str]]:
    """The lines of every message, as they would be laid out now."""
    made = []
    for index, message in enumerate(view._messages):
        if isinstance(message, Message):
            message = view.prepare(message, len(view._messages) - 1 - index)
        made.append([line.text for line in Layout(shown(message), view._width).lines])
    return made


def on_screen(view: Transcript) -> list[str]:
    return [strip.text[GUTTER:].rstrip() for strip in view.render_lines(view.size.region)]


def what_should_be(view: Transcript) -> list[str]:
    """What a fresh layout has from the message and line on that the view says it begins with."""
    index, line = view._anchor()
    lines = [one.rstrip() for message in fresh(view)[index:] for one in message][line:]
    return (lines + [""] * view.size.height)[: view.size.height]


class Changes:
    """One transcript, and the list it should be showing."""

    def __init__(self, pilot: Pilot[None], view: Transcript, draw: Callable[..., Any]) -> None:
        self.pilot, self.view, self.draw = pilot, view, draw
        self.made = 100

    def _message(self) -> Message:
        self.made += 1
        text = self.draw(st.sampled_from(["", "one", "*a* b\n\n- c\n- d", "word " * 90, "日本語 " * 30]))
        return a_message("Ann", f"{text} {self.made}")

    def _index(self) -> int:
        return int(self.draw(st.integers(0, max(0, len(self.view._messages) - 1))))

    async def append(self) -> None:
        self.view.append(self._message())

    async def prepend(self) -> None:
        self.view.prepend([self._message(), self._message()])

    async def edit(self) -> None:
        self.view.replace(self._index(), self._message())

    async def delete(self) -> None:
        self.view.drop(self._index())

    async def stream(self) -> None:
        for part in self.draw(
            st.lists(st.sampled_from(["a ", "*b", "* \n", "\n\n", "- c ", "x" * 50]), max_size=5)
        ):
            self.view.feed(part)
            if self.draw(st.booleans()):
                self.view._flush()

    async def finish(self) -> None:
        self.view.finish()

    async def resize(self) -> None:
        width, height = self.draw(st.tuples(st.integers(12, 60), st.integers(4, 20)))
        await self.pilot.resize_terminal(width, height)

    async def scroll(self) -> None:
        self.view.scroll_to(y=self.draw(st.integers(0, 400)), animate=False)

    async def walk(self) -> None:
        self.view.cursor = self.draw(st.none() | st.integers(0, 30))

    async def whole(self) -> None:
        self.view.set_messages([said(at) for at in range(self.draw(st.integers(0, 30)))])


NAMES = [name for name in vars(Changes) if not name.startswith("_")]


async def settled(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot._wait_for_screen()
        await asyncio.sleep(0)


@settings(max_examples=40, deadline=None)
@given(st.data())
async def test_after_any_changes_the_view_shows_what_a_fresh_layout_shows(data: st.DataObject) -> None:
    app = Stage()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view = app.view
        changes = Changes(pilot, view, data.draw)
        view.set_messages([said(at) for at in range(20)])
        for name in data.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8)):
            await getattr(changes, name)()
            await settled(pilot)
            view._flush()
            assert on_screen(view) == what_should_be(view), name
        before = on_screen(view)
        refine(view)
        assert on_screen(view) == before
        assert view._heights.total == view.virtual_size.height == sum(map(len, fresh(view)))


def refine(view: Transcript) -> None:
    """Let the idle work run to its end, without waiting for its turns."""
    view._refiner._touched = 0
    for _ in range(1000):
        if view._heights.doubtful(0) < 0:
            return
        view._refiner._work()
    raise AssertionError("the heights never became exact")


async def test_heights_become_exact_when_nothing_happens_and_then_nothing_runs() -> None:
    app = Stage()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view = app.view
        view.set_messages([said(at, 5 * (at % 7)) for at in range(300)])
        shown_before = on_screen(view)
        await until(pilot, lambda: view._heights.doubtful(0) < 0)
        await until(pilot, lambda: view._refiner._timer is None)
        assert on_screen(view) == shown_before
        assert view.vertical_scrollbar.window_virtual_size == sum(map(len, fresh(view)))


async def test_only_messages_near_the_screen_are_prepared_at_once() -> None:
    asked: list[int] = []

    def prepare(message: Message, depth: int) -> Message:
        asked.append(depth)
        return message.with_text(message.text.replace("w", "v"))

    app = Stage()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view = app.view
        view._refiner.rest = lambda: None  # type: ignore[method-assign]
        view.prepare = prepare
        view.set_messages([said(at) for at in range(1000)])
        await pilot.pause()
        assert "v999x29" in on_screen(view)[-2]
        assert max(asked) < 10


async def test_a_message_that_becomes_longer_as_it_ages_is_drawn_whole() -> None:
    """A display script may look at a message's distance from the end."""
    app = Stage()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view = app.view
        view.prepare = lambda message, depth: message.with_text(message.text + "\n\nold" * (depth > 0))
        view.set_messages([said(at, 3) for at in range(3)])
        await pilot.pause()
        view.append(said(3, 3))
        view._layouts.clear()  # as when many others were looked at meanwhile
        on_screen(view)
        await pilot.pause()
        assert on_screen(view) == what_should_be(view)


async def test_the_settings_say_how_often_a_growing_reply_is_drawn(tmp_path: Path) -> None:
    folders = Folders(
        data=tmp_path / "data", config_file=tmp_path / "settings.toml", cache=tmp_path, state=tmp_path
    )
    build_tavern(folders, {}).change_settings(streaming_fps=4)
    async with running(folders) as (pilot, _):
        assert pilot.app.screen.query_one(Transcript).frame == 1 / 4
