"""Containers that draw one line of their ground look as if they had drawn all."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.wiring import build_tavern
from tests.ui.driving import until

CONTAINERS = ("#body", "#left", "#chat", "#characters", "#connections")


def _plainly(widget: Widget, crop: Region) -> list[str]:
    return _told(widget._styles_cache.render_widget(widget, crop))


def _told(strips: list[Strip]) -> list[str]:
    return [repr([(one.text, one.style) for one in strip.simplify()]) for strip in strips]


@pytest.mark.parametrize("focused", ["#composer", "#character-search"])
async def test_a_container_from_one_line_looks_as_if_drawn_line_by_line(tmp_path: Path, focused: str) -> None:
    folders = Folders(
        data=tmp_path / "data", config_file=tmp_path / "s.toml", cache=tmp_path / "c", state=tmp_path / "s"
    )
    tavern = build_tavern(folders, {})
    tavern.change_settings(probe_on_start=False)
    async with TavernApp(opening_of(tavern)).run_test(size=(120, 40)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: len(screen.query("#character-search")) and tavern.session.character.name)
        screen.query_one(focused).focus()
        await pilot.pause()
        for widget in (screen, *(screen.query_one(one) for one in CONTAINERS)):
            width, height = widget.outer_size
            for crop in (Region(0, 0, width, height), Region(1, 2, width - 3, max(0, height - 3))):
                drawn = _told(widget.render_lines(crop))
                widget._styles_cache.clear()
                assert drawn == _plainly(widget, crop), widget
            assert widget.render_lines(Region(0, 0, width, 0)) == []
