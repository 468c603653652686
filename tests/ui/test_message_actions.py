"""Each thing one does with messages has its key, and reaches the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import OptionList, TextArea

from tavern_tui.core.connection import Connection
from tavern_tui.services.editing import Said
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.transcript import Transcript
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import FakeServer
from tests.ui.driving import notes, screen_text, until
from tests.ui.test_journeys import folders as folders  # the fixture
from tests.ui.test_journeys import gated, running, saved, say, tavern_of, texts


def footer(pilot: Pilot[Any]) -> str:
    return screen_text(pilot).splitlines()[-1]


async def at_messages(pilot: Pilot[Any]) -> None:
    """Three messages more, and the keys go to the last one."""
    session = tavern_of(pilot).session
    for kind, words in ((Said.USER, "one"), (Said.CHARACTER, "two"), (Said.USER, "three")):
        session.add(kind, words)
    await pilot.press("escape")
    await until(pilot, lambda: pilot.app.screen.query_one("#transcript").has_focus)


async def test_marked_messages_are_hidden_and_deleted_together(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("k", "k", "space", "space", "x")
        messages = tavern_of(pilot).session.chat.messages
        assert [one.hidden for one in messages] == [False, True, True, False]
        await pilot.press("g", "j", "space", "space", "d")
        await until(pilot, lambda: len(saved(folders)) == 2)
        assert saved(folders)[-1] == "three"
        await pilot.press("u")
        await until(pilot, lambda: len(saved(folders)) == 4)


async def test_all_messages_between_two_are_marked(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("g", "j", "space", "G", "M", "x")
        messages = tavern_of(pilot).session.chat.messages
        assert [one.hidden for one in messages] == [False, True, True, True]
        await pilot.press("G", "M", "k", "M", "d")
        await until(pilot, lambda: len(saved(folders)) == 2)
        assert saved(folders)[-1] == "one"


async def test_messages_move_are_copied_and_deleted_to_the_end(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("K")
        await until(pilot, lambda: saved(folders)[1:] == ["one", "three", "two"])
        await pilot.press("p")
        await until(pilot, lambda: saved(folders)[1:] == ["one", "three", "three", "two"])
        await pilot.press("D")
        await until(pilot, lambda: saved(folders)[1:] == ["one", "three"])


async def test_a_narrator_is_added_after_the_cursor(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("g", "a")
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query("Editor #text"))
        await pilot.press(*"Rain.", "alt+enter")
        await until(pilot, lambda: saved(folders)[1] == "Rain.")
        assert tavern_of(pilot).session.chat.messages[1].is_narrator


async def test_swipes_are_looked_through_and_deleted(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        tavern_of(pilot).session.add_swipe(-1, "another three")
        await pilot.press("s")
        await until(pilot, lambda: "Swipes of #3" in screen_text(pilot))
        await pilot.press("up", "enter")
        await until(pilot, lambda: texts(pilot)[-1] == "three")
        await pilot.press("s")
        await until(pilot, lambda: "Swipes of #3" in screen_text(pilot))
        await pilot.press("d", "escape")
        await until(pilot, lambda: texts(pilot)[-1] == "another three")
        assert len(tavern_of(pilot).session.chat.messages[-1].swipes) == 1


@pytest.mark.parametrize("width", [44, 80, 120])
async def test_the_overview_of_swipes_tells_of_each_how_it_came(folders: Folders, width: int) -> None:
    async with running(folders, (width, 24)) as pilot:
        session = tavern_of(pilot).session
        session.add_swipe(
            0, "Another greeting, which is so long that no line of this dialog can hold all of it, ever."
        )
        facts = {"model": "maker/tiny-7b", "token_count": 1234, "reasoning": "Hm."}
        message = session.chat.messages[0]
        swipe = replace(
            message.swipe,
            extra=facts,
            started_at="2026-01-01T10:00:00.000Z",
            finished_at="2026-01-01T10:00:08.000Z",
        )
        session.chat.messages[0] = message.with_shown(swipe)
        await pilot.press("ctrl+up", "g", "s")
        await until(pilot, lambda: "tiny-7b · 1,234 tokens · 8.0 s" in screen_text(pilot))
        if width >= 80:
            assert "154.2 tokens/s · thought" in screen_text(pilot)
        assert "written by hand" in screen_text(pilot)


async def test_the_mouse_looks_at_a_swipe_deletes_it_and_shows_another(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        session = tavern_of(pilot).session
        session.add_swipe(-1, "another three")
        session.add_swipe(-1, "a third three")
        await pilot.press("s")
        await until(pilot, lambda: "Swipes of #3" in screen_text(pilot))
        rows = pilot.app.screen.query_one("#choices", OptionList)
        await until(pilot, lambda: rows.highlighted == 2 and rows.size.height >= 4)
        await pilot.click("#choices", offset=(4, 2))
        await until(pilot, lambda: rows.highlighted == 1)
        await pilot.click("#drop")
        await until(pilot, lambda: rows.option_count == 2)
        await pilot.press("u")
        await until(pilot, lambda: rows.option_count == 3)
        await pilot.click("#choices", offset=(4, 0))
        await until(pilot, lambda: rows.highlighted == 0)
        await pilot.click("#choices", offset=(4, 0))
        await until(pilot, lambda: texts(pilot)[-1] == "three")
        await until(pilot, lambda: "‹ 1/3 ›" in screen_text(pilot))


async def test_thinking_is_written_shown_and_folded(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("k", "T")
        await until(pilot, lambda: pilot.app.screen.query("Editor #text"))
        await pilot.press(*"hm", "alt+enter")
        await until(pilot, lambda: tavern_of(pilot).session.chat.messages[2].reasoning == "hm")
        await pilot.press("t")
        await until(pilot, lambda: "hm" in screen_text(pilot))


async def test_another_token_is_taken(folders: Folders) -> None:
    async with FakeServer(LlamaCppFake(reply=(" Well", " met", "."))) as server, running(folders) as pilot:
        tavern = tavern_of(pilot)
        tavern.connections.save(
            Connection(
                name="probable",
                provider="llamacpp",
                url=server.url,
                instruct="none",
                extra_body={"n_probs": 2},
            )
        )
        tavern.connections.select("probable")
        await say(pilot, "Hello")
        await pilot.press("escape", "o")
        await until(pilot, lambda: "candidate" in screen_text(pilot))
        await pilot.press("right", "down", "enter")
        await until(pilot, lambda: texts(pilot)[-1] == "Well or Well met.")
        kept = [one.text for one in tavern.session.chat.messages[-1].swipes]
        assert kept == ["Well met.", "Well or Well met."]


async def test_the_users_own_editor_changes_a_message(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("E")
        await until(pilot, lambda: "Set EDITOR" in notes(pilot))


async def test_a_message_written_while_a_reply_arrives_waits_for_its_turn(folders: Folders) -> None:
    async with running(folders) as pilot:
        _, gate = gated(pilot, "Once upon a time.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
        await pilot.press(*"More.", "enter")
        await until(pilot, lambda: "1 waiting" in screen_text(pilot))
        gate.set()
        await until(pilot, lambda: len(texts(pilot)) == 5 and not tavern_of(pilot).session.busy)
        assert texts(pilot)[1:] == ["Tell.", "Once upon a time.", "More.", "Once upon a time."]


async def test_stopping_gives_the_waiting_message_back(folders: Folders) -> None:
    async with running(folders) as pilot:
        gated(pilot, "Once upon a time.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
        await pilot.press(*"More.", "enter", *"x")
        await pilot.press("escape")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        composer = pilot.app.screen.query_one("#composer", TextArea)
        await until(pilot, lambda: composer.text == "More.\n\nx")


async def test_the_key_that_stops_a_reply_is_named_also_while_the_messages_have_the_keys(
    folders: Folders,
) -> None:
    async with running(folders, (80, 24)) as pilot:
        gated(pilot, "Once upon a time.")
        await pilot.press(*"Tell.", "enter")
        await until(pilot, lambda: tavern_of(pilot).session.busy)
        await pilot.press("ctrl+up")
        await until(pilot, lambda: "e Edit" in footer(pilot))
        assert "Esc Stop" in footer(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        await until(pilot, lambda: "Esc Stop" not in footer(pilot))


async def test_notices_cover_neither_the_composer_nor_the_newest_words(folders: Folders) -> None:
    async with running(folders, (80, 24), notifications=True) as pilot:
        app = pilot.app
        app.notify("Something to know. " * 8, timeout=60)
        await until(pilot, lambda: "Something to know." in screen_text(pilot))
        lowest = max(toast.region.bottom for toast in app.screen.query("Toast"))
        assert lowest < app.screen.size.height / 2 < app.screen.query_one("#composer").region.y


async def test_the_message_editor_breaks_a_line_with_the_composers_key(folders: Folders) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query("Editor #text"))
        await pilot.press("ctrl+j", *"more", "alt+enter")
        await until(pilot, lambda: saved(folders)[-1] == "three\nmore")


async def test_a_swipe_in_the_middle_is_shown_there(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await say(pilot, "And?")
        await pilot.press("escape", "k", "k", "right")
        await until(pilot, lambda: len(tavern_of(pilot).session.chat.messages[2].swipes) == 2)
        await until(pilot, lambda: not tavern_of(pilot).session.busy)
        assert len(texts(pilot)) == 5
        assert "2/2" in screen_text(pilot)


def place_of(pilot: Pilot[Any], words: str) -> tuple[int, int]:
    """Where words stand in the transcript's view."""
    lines = screen_text(pilot).split("\n")
    row = next(at for at, line in enumerate(lines) if words in line)
    region = pilot.app.screen.query_one(Transcript).region
    return cell_len(lines[row][: lines[row].index(words)]) - region.x, row - region.y


async def test_the_arrows_around_the_swipe_counter_are_clicked(folders: Folders) -> None:
    async with running(folders) as pilot:
        await say(pilot, "A blade.")
        await pilot.press("alt+right")
        await until(pilot, lambda: "‹ 2/2 ›" in screen_text(pilot) and not tavern_of(pilot).session.busy)
        column, line = place_of(pilot, "‹ 2/2 ›")
        await pilot.click(Transcript, offset=(column, line))
        await until(pilot, lambda: "‹ 1/2 ›" in screen_text(pilot))
        assert tavern_of(pilot).session.chat.messages[-1].shown == 0
        column, line = place_of(pilot, "‹ 1/2 ›")
        await pilot.click(Transcript, offset=(column + 6, line))
        await until(pilot, lambda: "‹ 2/2 ›" in screen_text(pilot))


@pytest.mark.parametrize("way", ["m", "right click"])
async def test_the_menu_of_a_message_does_what_its_keys_do(folders: Folders, way: str) -> None:
    async with running(folders) as pilot:
        await at_messages(pilot)
        if way == "m":
            await pilot.press("m")
        else:
            await pilot.click(Transcript, offset=place_of(pilot, "three"), button=3)
        await until(pilot, lambda: pilot.app.screen.query("#search"))
        await pilot.press(*"duplic", "enter")
        await until(pilot, lambda: saved(folders)[1:] == ["one", "two", "three", "three"])
