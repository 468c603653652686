"""The key table: complete, unambiguous, and kind to terminals."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from tavern_tui.storage.folders import Folders
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.keys import KEYS, SCOPES, bindings, display, shown_keys, unknown_ids
from tavern_tui.ui.keys_page import page
from tavern_tui.ui.panes.characters.pane import CharacterPane
from tavern_tui.ui.panes.chat.compare import CompareScreen
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.panes.chats.bench import ChatsBench
from tavern_tui.ui.panes.connection.pane import ConnectionPane
from tavern_tui.ui.panes.groups.bench import GroupBench
from tavern_tui.ui.panes.logs.pane import LogPane
from tavern_tui.ui.panes.lorebook.bench import LorebookBench
from tavern_tui.ui.panes.persona.bench import PersonaBench
from tavern_tui.ui.panes.presets.bench import ManagerBench
from tavern_tui.ui.panes.prompt.pane import PromptPane
from tavern_tui.ui.panes.regex.bench import RegexBench
from tavern_tui.ui.panes.replies.bench import ReplyBench
from tavern_tui.ui.panes.samplers.bench import SamplerBench
from tavern_tui.ui.panes.templates.bench import TemplateBench
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.screens.help import help_text
from tavern_tui.ui.screens.main import MainScreen
from tests.ui.driving import until
from tests.ui.real_app import running

OWNERS = {
    "app": TavernApp,
    "main": MainScreen,
    "chat": ChatPane,
    "messages": ChatPane,
    "connections": ConnectionPane,
    "characters": CharacterPane,
    "prompt": PromptPane,
    "logs": LogPane,
    "bench": Bench,
    "group": GroupBench,
    "lorebooks": LorebookBench,
    "personas": PersonaBench,
    "manager": ManagerBench,
    "templates": TemplateBench,
    "regex": RegexBench,
    "samplers": SamplerBench,
    "replies": ReplyBench,
    "chats": ChatsBench,
    "compare": CompareScreen,
}
TAKEN = {
    "ctrl+b",  # tmux
    "ctrl+a",  # screen
    "ctrl+space",
    "ctrl+s",
    "ctrl+q",
    "ctrl+z",
    "ctrl+i",
    "ctrl+m",
    "ctrl+left_square_bracket",
}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_every_row_names_an_action_that_exists(key) -> None:
    if key.scope in OWNERS:
        assert hasattr(OWNERS[key.scope], f"action_{key.action.partition('(')[0]}")


def test_ids_are_unique_and_their_scopes_known() -> None:
    assert max(Counter(key.id for key in KEYS).values()) == 1
    assert {key.scope for key in KEYS} == set(SCOPES)


def test_no_key_is_one_that_tmux_or_the_terminal_takes() -> None:
    used = {one for key in KEYS for one in key.keys.split(",")}
    assert not used & TAKEN


def test_within_a_scope_a_key_means_one_thing_except_escape() -> None:
    for scope in SCOPES:
        keys = Counter(one for key in KEYS if key.scope == scope for one in key.keys.split(","))
        assert [key for key, count in keys.items() if count > 1 and key != "escape"] == []


def test_every_binding_carries_its_id_so_that_it_can_be_remapped() -> None:
    assert all(binding.id for binding in bindings(*SCOPES))


def test_the_help_lists_every_key_of_the_table() -> None:
    text = help_text(SCOPES, {}, 200).plain
    for key in KEYS:
        assert any(
            line.startswith(shown_keys(key, {})) and key.title in line and key.help in line
            for line in text.splitlines()
        ), key.id


def test_the_help_shows_the_users_own_keys() -> None:
    line = next(
        line
        for line in help_text(SCOPES, {"chat.continue": "f8"}, 200).plain.splitlines()
        if "Continue" in line
    )
    assert line.startswith("F8 ")


def test_an_id_that_names_no_row_is_told() -> None:
    assert unknown_ids({"chat.stop": "f9", "chat.fly": "f8"}) == ["chat.fly"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ctrl+r", "Ctrl+R"),
        ("slash", "/"),
        ("alt+left", "Alt+←"),
        ("G", "G"),
        ("j", "j"),
        ("escape", "Esc"),
        ("question_mark", "?"),
        ("enter", "Enter"),
        ("f12", "F12"),
    ],
)
def test_keys_are_written_as_people_write_them(name: str, shown: str) -> None:
    assert display(name) == shown


def test_the_page_of_keys_is_the_one_the_tables_make() -> None:
    made = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text("utf-8")
    assert made == page(), "python -m tavern_tui.ui.keys_page > docs/keys.md"


def _alt_keys() -> list[str]:
    """Alt+Enter is left out: only some terminals can send it, and it has another key beside it."""
    names = {name for key in KEYS for name in key.keys.split(",")} - {"alt+enter"}
    return sorted(name for name in names if name.startswith("alt+") and _character(name))


def _character(name: str) -> str:
    """What a terminal sends behind Escape for a key such as `alt+o`."""
    last = name.removeprefix("alt+")
    if last.startswith("shift+"):
        last = last.removeprefix("shift+").upper()
    return {"full_stop": ".", "comma": ",", "slash": "/"}.get(last, last if len(last) == 1 else "")


@pytest.mark.parametrize("name", _alt_keys())
def test_terminals_can_send_every_alt_key(name: str) -> None:
    """Some that Pilot can press are taken for something else in what a terminal sends: Alt+2 for a sign,
    Alt+F for a step to the right."""
    parser = XTermParser(False)
    seen = [*parser.feed(f"\x1b{_character(name)}"), *parser.feed("")]
    assert [event.key for event in seen if isinstance(event, Key)] == [name]


async def test_alt_with_a_letter_is_a_key_and_no_letter(folders: Folders) -> None:
    """As the terminal sends it, with its letter; Pilot leaves that out."""
    async with running(folders) as (pilot, tavern):
        before = tavern.session
        pilot.app.post_message(Key("alt+n", "n"))
        await until(pilot, lambda: tavern.session is not before)
        assert tavern.session.draft == ""


def test_what_alt_enter_does_another_key_does_first() -> None:
    """Most terminals send a plain Enter for it."""
    assert all(not key.keys.startswith("alt+enter") for key in KEYS)


def test_what_works_at_the_same_time_has_keys_of_its_own() -> None:
    """Chat and main screen hear the same keys; those that mean two things there say when (`check_action`)."""
    told_apart = {"escape", "left", "right"}
    taken: dict[str, str] = {}
    for key in KEYS:
        if key.scope not in ("app", "main", "chat"):
            continue
        for name in key.keys.split(","):
            other = taken.setdefault(name, key.id)
            assert other == key.id or name in told_apart, f"{name}: {other} and {key.id}"
