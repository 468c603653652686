"""Dialogs: asked by key and mouse, answered or left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input, OptionList, TextArea

from tavern_tui.ui.dialogs.ask_text import AskText
from tavern_tui.ui.dialogs.confirm import Confirm
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.dialogs.editor import Editor
from tavern_tui.ui.dialogs.pick_file import PickFile, entries
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
from tests.ui.driving import notes, screen_text, until


class Desk(App[None]):
    """Asks one dialog and keeps the answer."""

    answers: list[Any]

    def ask(self, dialog: Dialog[Any]) -> None:
        self.answers = []
        self.push_screen(dialog, self.answers.append)


CHOICES = [
    Choice(id="1", title="Offline writer", detail="inside", marked=False),
    Choice(id="2", title="Workstation", detail="llama.cpp · [bold]nemo", marked=True),
    Choice(id="3", title="Open\x1b[2JRouter"),
]


async def test_pick_one_starts_at_the_one_in_force_and_narrows_as_you_type() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(PickOne("Who?", CHOICES))
        await pilot.pause()
        assert app.screen.query_one(OptionList).highlighted == 1
        await pilot.press(*"offl", "enter")
        assert app.answers == ["1"]


async def test_pick_one_puts_the_very_name_that_was_typed_before_longer_ones() -> None:
    app = Desk()
    choices = [Choice(id=name, title=name) for name in ("OpenAI-compatible (text)", "An open AI", "OpenAI")]
    async with app.run_test() as pilot:
        app.ask(PickOne("Who?", choices))
        await pilot.pause()
        await pilot.press(*"openai", "enter")
        assert app.answers == ["OpenAI"]


async def test_pick_one_moves_with_the_arrows_while_the_search_has_the_focus() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(PickOne("Who?", CHOICES))
        await pilot.pause()
        await pilot.press("down", "enter")
        assert app.answers == ["3"]


async def test_words_from_outside_are_no_markup_and_no_control_sequences() -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        app.ask(PickOne("Who [red]?\x1b[2J", CHOICES))
        await pilot.pause()
        text = screen_text(pilot)
        assert "[bold]nemo" in text
        assert "Who [red]?" in text
        assert "\x1b" not in text


async def test_escape_leaves_without_an_answer() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        for dialog in (
            PickOne("Who?", CHOICES),
            AskText("Name"),
            Confirm("Sure?", "Really?"),
            Editor("Text", "x"),
        ):
            app.ask(dialog)
            await pilot.pause()
            await pilot.press("escape")
            assert app.answers == [None]


@pytest.mark.parametrize(("key", "answer"), [("y", True), ("n", False), ("enter", True)])
async def test_confirm_takes_a_letter_or_the_button(key: str, answer: bool) -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(Confirm("Delete", "Really?"))
        await pilot.pause()
        await pilot.press(key)
        assert app.answers == [answer]


async def test_ask_text_gives_the_line() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(AskText("Name", value="An"))
        await pilot.pause()
        await pilot.press("end", "n", "enter")
        assert app.answers == ["Ann"]


@pytest.mark.parametrize("key", ["alt+enter", "f2"])
async def test_the_editor_keeps_new_lines_and_saves(key: str) -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(Editor("Message", "one"))
        await pilot.pause()
        await pilot.press("enter", *"two", key)
        assert app.answers == ["one\ntwo"]


async def test_the_editor_throws_changes_away_only_when_asked_twice() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(Editor("Message", "one"))
        await pilot.pause()
        await pilot.press("x", "escape")
        assert app.answers == []
        assert "Esc again" in notes(pilot)
        app.screen.query_one(TextArea).insert("more")
        await pilot.pause()
        await pilot.press("escape")
        assert app.answers == []
        await pilot.press("escape")
        assert app.answers == [None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ann.png", "bert.json", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_text("")
    (tmp_path / "Cards").mkdir()
    (tmp_path / "Cards" / "zoe.png").write_text("")
    return tmp_path


def listed(app: Desk) -> int:
    return app.screen.query_one(OptionList).option_count


def test_folders_come_first_and_only_wanted_endings_are_listed(folder: Path) -> None:
    assert entries(f"{folder}/", (".png", ".json")) == ["Cards/", "ann.png", "bert.json"]
    assert entries(f"{folder}/B", (".png", ".json")) == ["bert.json"]
    assert entries(f"{folder}/.", (".png",)) == [".hidden.png"]
    assert entries(f"{folder}/nowhere/", ()) == []


async def test_a_path_is_completed_folder_by_folder(folder: Path) -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(PickFile("Import", endings=(".png",), start=folder))
        await pilot.pause()
        await until(pilot, lambda: listed(app) == 2)
        await pilot.press("C", "tab")
        await until(pilot, lambda: listed(app) == 1 and app.screen.query_one(Input).value.endswith("Cards/"))
        await pilot.press("tab")
        assert app.screen.query_one(Input).value == str(folder / "Cards" / "zoe.png")
        await pilot.press("enter")
        assert app.answers == [folder / "Cards" / "zoe.png"]


async def test_enter_on_a_folder_goes_into_it(folder: Path) -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.ask(PickFile("Import", endings=(".png",), start=folder))
        await pilot.pause()
        await until(pilot, lambda: listed(app) == 2)
        await pilot.press("enter")
        assert app.screen.query_one(Input).value.endswith("Cards/")
        assert app.answers == []
