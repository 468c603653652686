"""Links are looked at before they are opened; words are selected with keys."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tavern_tui.core.chat import a_message
from tavern_tui.core.errors import UsageError
from tavern_tui.services.browser import open_address
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.transcript import Transcript
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running

TEXT = "See [the map](https://example.org/map) or [bank.example](https://evil.example/x)."


async def said(pilot: Pilot[Any], made: Tavern, text: str) -> None:
    made.session.chat.messages.append(a_message("Odile", text))
    pilot.app.screen.chat.reload()  # type: ignore[attr-defined]
    await pilot.pause()
    await pilot.press("ctrl+up")


async def test_a_link_is_looked_at_and_copied(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await said(pilot, made, TEXT)
        await pilot.press("L")
        await until(pilot, lambda: "evil.example" in screen_text(pilot))
        await pilot.press(*"evil", "enter")
        await until(pilot, lambda: "It calls itself bank.example" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Copied the address." in notes(pilot))
        assert pilot.app.clipboard == "https://evil.example/x"


async def test_a_click_on_a_link_asks_too(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await said(pilot, made, "[the map](https://example.org/map) and more words.")
        row = next(at for at, line in enumerate(screen_text(pilot).split("\n")) if "the map" in line)
        column = screen_text(pilot).split("\n")[row].index("the map")
        transcript = pilot.app.screen.query_one(Transcript)
        offset = (column + 2 - transcript.region.x, row - transcript.region.y)
        await pilot.click(Transcript, offset=offset)
        await until(pilot, lambda: "Open it in the browser" in screen_text(pilot))
        await pilot.press("escape")
        await pilot.click(Transcript, offset=(offset[0] + 40, offset[1]))
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1


async def test_words_are_selected_with_keys_and_copied_without_marks(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await said(pilot, made, "One two three.")
        await pilot.press("V")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("w", "v", "w", "y")
        await until(pilot, lambda: "Copied" in notes(pilot))
        assert pilot.app.clipboard.strip() == "two"
        await pilot.press("V")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.clipboard == "One two three.")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "https://", "-x", "https://a\x1b[2J"]
)
def test_only_pages_are_opened(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a page"):
        open_address(address)


def test_no_browser_takes_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UsageError, match="no browser"):
        open_address("https://example.org", {"PATH": "/usr/bin"})
