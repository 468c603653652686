"""Helpers for tests that drive the app."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PATIENCE = 10.0
"""Seconds after which a test gives up waiting."""


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app work until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for {condition}"
        await pilot.pause(0.01)


def screen_text(pilot: Pilot[Any]) -> str:
    """Everything on the screen, line by line, without styles."""
    screen = pilot.app.screen
    lines = screen._compositor.render_strips(screen.size)
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def notes(pilot: Pilot[Any]) -> str:
    """What the notifications say."""
    return "\n".join(f"{one.title} {one.message}" for one in pilot.app._notifications)
