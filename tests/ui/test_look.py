"""Message styles, and what stands beside names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.color import Color

from tavern_tui.core.chat import a_message
from tavern_tui.core.settings import Settings
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.layout import Layout
from tavern_tui.ui.panes.chat.look import BORDER, STYLES, Look
from tavern_tui.ui.panes.chat.message import TranscriptMessage, shown
from tavern_tui.ui.panes.chat.selecting import selected_text, whole_message
from tavern_tui.ui.panes.chat.spans import Box, Paints
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running
from tests.ui.test_tabs import bread


def test_facts_are_chosen_and_only_known_ones_shown() -> None:
    message = a_message(
        "Ann",
        "Hi.",
        sent_at="2024-01-02T10:00:00.000Z",
        extra={"model": "x/big", "token_count": 20, "cost": 0.5},
    )
    assert shown(message).note == "big · 20 tokens · $0.5000"
    assert shown(message, Look(facts=("tokens",))).note == "20 tokens"
    assert "2024-01-02" in shown(message, Look(facts=("time",))).note
    assert shown(a_message("Ann", "Hi."), Look(facts=("time", "speed", "cost"))).note == ""


def test_wrong_settings_are_passed_over() -> None:
    look = Look.of(Settings(message_style="round", message_facts=("cost", "nonsense", "time")))
    assert look == Look(style="flat", facts=("time", "cost"))
    assert "time" in Look.of(Settings(show_timestamps=True)).facts


@pytest.mark.parametrize("speaker", ["user", "character"])
@given(text=st.text(max_size=200), width=st.integers(8, 120))
@settings(max_examples=60, deadline=None)
def test_every_line_of_a_bubble_is_as_wide_as_the_view(speaker: str, text: str, width: int) -> None:
    look, message = (
        Look(style="bubble"),
        TranscriptMessage(name="Ann", text=text, speaker=speaker, note="9 tokens"),
    )
    left, inner = look.place(width, speaker)
    layout = Layout(message, inner, style="bubble", left=left)
    paints = Paints({}, Color.parse("#101010"))
    for at, line in enumerate(layout.lines):
        edge = "top" if at == 0 else "bottom" if at == len(layout.lines) - 1 else "side"
        strip = paints.strip(line, message, width + 2, cursor=False, box=Box(left - BORDER, inner, edge))
        assert strip.cell_length == width + 2
        assert cell_len(strip.text) == width + 2


@pytest.mark.parametrize("style", list(STYLES))
def test_what_is_copied_has_no_decoration(style: str) -> None:
    message = TranscriptMessage(name="Ann", text="One two three four five six.\n\n- a\n- b", speaker="user")
    left, inner = Look(style=style).place(24, "user")
    layout = Layout(message, inner, style=style, left=left)
    assert selected_text(layout, 3, whole_message(layout, 3)) == "One two three four five six.\n\na\nb"


def test_a_document_needs_no_names() -> None:
    said = [
        line.text
        for line in Layout(TranscriptMessage(name="Ann", text="It rains."), 40, style="document").lines
    ]
    assert said == ["It rains.", ""]
    mine = TranscriptMessage(name="Kes", text="So it does.", speaker="user")
    assert [line.text for line in Layout(mine, 40, style="document").lines] == ["— Kes", "So it does.", ""]


async def test_the_look_is_chosen_by_key_seen_at_once_and_kept(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await pilot.press("f12")
        await until(pilot, lambda: "How messages look" in screen_text(pilot))
        await pilot.press(*"bubble", "enter")
        await until(pilot, lambda: made.settings.message_style == "bubble")
        await until(pilot, lambda: "How messages look" in screen_text(pilot))
        await pilot.press(*"when", "enter")
        await until(pilot, lambda: "time" in made.settings.message_facts)
        await pilot.press("escape")
        await until(pilot, lambda: "╭ Odile" in screen_text(pilot))


async def test_sillytaverns_commands_choose_the_style(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await bread(folders, made, "Yes.")
        for command, style in (("/story", "document"), ("/bubble", "bubble"), ("/default", "flat")):
            await pilot.press(*command, "enter")
            await until(pilot, lambda style=style: made.settings.message_style == style)  # type: ignore[misc]
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: "Yes." in screen_text(pilot))


async def test_a_reply_grows_in_its_bubble(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await bread(folders, made, "One.\n\nTwo.\n\n- three\n- four")
        made.change_settings(message_style="bubble")
        await pilot.press("h", "i", "enter")
        await until(pilot, lambda: "four" in screen_text(pilot) and not made.session.busy)
        await pilot.pause()
        grown = screen_text(pilot)
        pilot.app.screen.chat.reload()  # type: ignore[attr-defined]
        await pilot.pause()
        assert screen_text(pilot) == grown
