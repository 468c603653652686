"""The app on a Tavern without files: layout, keys, replies, messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tavern_tui.core.chat import Swipe, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ConnectionFailed
from tavern_tui.core.settings import Settings
from tavern_tui.ui.app import TavernApp
from tavern_tui.ui.opening import opening_of
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.panes.chat.transcript import Transcript
from tests.ui.driving import notes, screen_text, until
from tests.ui.fake_tavern import FakeConnections, FakeFound, FakeLibrary, FakeSession, FakeSummary, FakeTavern

OFFLINE = Connection(name="offline", provider="offline")
WORKSTATION = Connection(name="Workstation", provider="llamacpp", model="nemo-12b")


def a_tavern(**parts: Any) -> FakeTavern:
    """Two connections, so that the offline writer needs no introduction."""
    parts.setdefault("connections", FakeConnections(OFFLINE, WORKSTATION))
    return FakeTavern(**parts)


@asynccontextmanager
async def opened(tavern: FakeTavern, size: tuple[int, int] = (80, 24)) -> AsyncGenerator[Pilot[Any], None]:
    async with TavernApp(opening_of(tavern)).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await until(pilot, lambda: pilot.app.screen.query("#composer") and pilot.app.tavern)
        await pilot.pause()
        yield pilot


def chat(pilot: Pilot[Any]) -> ChatPane:
    return pilot.app.screen_stack[0].query_one(ChatPane)


def composer(pilot: Pilot[Any]) -> Composer:
    return chat(pilot).query_one(Composer)


def transcript(pilot: Pilot[Any]) -> Transcript:
    return chat(pilot).query_one(Transcript)


def idle(tavern: FakeTavern) -> bool:
    return not tavern.session.busy


def shown(pilot: Pilot[Any], *ids: str) -> list[bool]:
    """Whether these panes can be seen."""
    screen = pilot.app.screen
    return [any(pane.is_on_screen and pane.region.area > 0 for pane in screen.query(f"#{id}")) for id in ids]


def with_messages(*texts: str) -> FakeSession:
    """Ann and Otto take turns, Ann first."""
    session = FakeSession()
    for at, text in enumerate(texts):
        session.chat.messages.append(a_message("Otto" if at % 2 else "Ann", text, is_user=bool(at % 2)))
    return session


# --- layout


@pytest.mark.parametrize(
    ("width", "panes"),
    [
        (80, [False, False, False]),
        (99, [False, False, False]),
        (120, [True, True, False]),
        (160, [True, True, True]),
        (200, [True, True, True]),
    ],
)
async def test_panes_fold_away_when_there_is_no_room(width: int, panes: list[bool]) -> None:
    async with opened(a_tavern(), (width, 40)) as pilot:
        await until(pilot, lambda: shown(pilot, "connections", "characters", "prompt") == panes)
        await until(pilot, lambda: chat(pilot).size.width >= 60)


async def test_panes_follow_when_the_terminal_is_resized() -> None:
    async with opened(a_tavern(), (200, 40)) as pilot:
        await until(pilot, lambda: shown(pilot, "characters", "prompt") == [True, True])
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: shown(pilot, "characters", "prompt") == [False, False])
        await until(pilot, lambda: chat(pilot).size.width == 80)


async def test_in_a_narrow_terminal_a_pane_opens_over_the_chat_and_escape_closes_it() -> None:
    async with opened(a_tavern()) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: shown(pilot, "characters") == [True])
        await until(pilot, lambda: pilot.app.screen.query_one("#character-list").has_focus)
        await until(pilot, lambda: chat(pilot).size.width == 80)
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot, "characters") == [False])
        await until(pilot, lambda: composer(pilot).has_focus)


async def test_a_toggled_pane_is_remembered() -> None:
    tavern = a_tavern()
    async with opened(tavern, (120, 40)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: shown(pilot, "characters", "prompt") == [False, True])
        await until(pilot, lambda: pilot.app.screen.query_one("#prompt-view").has_focus)
        assert tavern.settings.side == "right"
        await pilot.press("f4")
        await until(pilot, lambda: shown(pilot, "characters", "prompt") == [False, False])
        assert tavern.settings.side == "none"
    async with opened(a_tavern(settings=tavern.settings), (120, 40)) as pilot:
        assert shown(pilot, "characters") == [False]


async def test_the_log_takes_the_prompts_place_and_gives_it_back() -> None:
    async with opened(a_tavern(), (200, 40)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: shown(pilot, "prompt", "logs") == [False, True])
        await pilot.press("f4")
        await until(pilot, lambda: shown(pilot, "prompt", "logs") == [True, False])


async def test_nothing_wakes_the_app_while_it_is_idle_but_the_cursor() -> None:
    async with opened(a_tavern(session=with_messages("Hello.")), (200, 60)) as pilot:
        await until(pilot, lambda: shown(pilot, "prompt") == [True])
        nodes = [
            pilot.app,
            *(node for screen in pilot.app.screen_stack for node in screen.walk_children(with_self=True)),
        ]

        def ticking() -> set[str]:
            return {
                type(node).__name__
                for node in nodes
                for timer in node._timers
                if timer._active.is_set() and timer._task is not None and not timer._task.done()
            }

        await until(pilot, lambda: not ticking() - {"Composer", "TextArea", "Input"})


# --- sending and stopping


async def test_a_sent_message_and_its_reply_are_shown() -> None:
    tavern = a_tavern()
    async with opened(tavern) as pilot:
        await pilot.press(*"Hi Ann", "enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 2 and idle(tavern))
        await pilot.pause(0.1)
        text = screen_text(pilot)
        assert "Hi Ann" in text
        assert "The river is high today." in text
        assert composer(pilot).text == ""
        assert "12 tokens" in text


async def test_escape_stops_the_reply_and_keeps_its_text() -> None:
    tavern = a_tavern(session=FakeSession(hold=True))
    async with opened(tavern) as pilot:
        await pilot.press(*"Hi", "enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 2)
        await until(pilot, lambda: "today" in tavern.session.chat.messages[1].text)
        assert "Esc Stop" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: idle(tavern))
        await pilot.pause(0.1)
        assert "The river is high today." in screen_text(pilot)
        assert "stopped" in screen_text(pilot)


async def test_what_is_sent_while_a_reply_arrives_waits_and_comes_back_with_a_stop() -> None:
    tavern = a_tavern(session=FakeSession(hold=True))
    async with opened(tavern) as pilot:
        await pilot.press(*"Hi", "enter")
        await until(pilot, lambda: len(tavern.session.chat.messages) == 2)
        await pilot.press(*"wait", "enter")
        await until(pilot, lambda: "1 waiting to be sent" in screen_text(pilot))
        assert tavern.session.sent == ["Hi"]
        await pilot.press("escape")
        await until(pilot, lambda: composer(pilot).text == "wait")
        assert tavern.session.sent == ["Hi"]


async def test_a_failure_is_told_with_its_hint_and_without_markup() -> None:
    tavern = a_tavern(session=FakeSession(fails=ConnectionFailed("llama.cpp [bold]did not\x1b[2J answer.")))
    async with opened(tavern) as pilot:
        await pilot.press(*"Hi", "enter")
        await until(pilot, lambda: notes(pilot))
        assert "llama.cpp [bold]did not" in notes(pilot)
        assert "Is the server running" in notes(pilot)
        assert "\x1b" not in notes(pilot)


async def test_regenerate_continue_and_write_my_turn_have_keys() -> None:
    tavern = a_tavern(session=with_messages("One.", "Two?", "Three."))
    tavern.session.replies = ["Anew.", "on.", "I nod."]
    async with opened(tavern) as pilot:
        await pilot.press("ctrl+r")
        await until(pilot, lambda: tavern.session.chat.messages[2].text == "Anew." and idle(tavern))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: tavern.session.chat.messages[2].text == "Anew. on." and idle(tavern))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: composer(pilot).text == "I nod.")
        assert len(tavern.session.chat.messages) == 3


async def test_arrows_in_the_empty_composer_swipe_the_last_message() -> None:
    tavern = a_tavern(session=with_messages("One."))
    tavern.session.chat.messages[0] = tavern.session.chat.messages[0].with_swipe(Swipe(text="Other."))
    async with opened(tavern) as pilot:
        await pilot.press("left")
        await until(pilot, lambda: "One." in screen_text(pilot))
        await pilot.press("right")
        await until(pilot, lambda: "Other." in screen_text(pilot))
        await pilot.press("right")
        await until(pilot, lambda: len(tavern.session.chat.messages[0].swipes) == 3 and idle(tavern))


async def test_arrows_move_in_the_text_once_there_is_one() -> None:
    tavern = a_tavern(session=with_messages("One."))
    async with opened(tavern) as pilot:
        await pilot.press("b", "left", "a", "right")
        assert composer(pilot).text == "ab"
        assert len(tavern.session.chat.messages[0].swipes) == 1


# --- connections in the middle of a chat


async def test_a_key_cycles_connections_even_while_a_reply_arrives() -> None:
    tavern = a_tavern(session=FakeSession(hold=True))
    async with opened(tavern) as pilot:
        await pilot.press(*"Hi", "enter")
        await until(pilot, lambda: tavern.session.busy)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: tavern.connections.current is WORKSTATION)
        await until(pilot, lambda: "Workstation" in screen_text(pilot))
        assert tavern.session.busy
        await pilot.press("escape")


async def test_the_switcher_finds_a_connection_by_a_few_letters() -> None:
    tavern = a_tavern()
    async with opened(tavern) as pilot:
        await pilot.press(*"draft", "ctrl+o")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"wkst", "enter")
        await until(pilot, lambda: tavern.connections.current is WORKSTATION)
        assert composer(pilot).text == "draft"


async def test_a_found_server_is_offered_and_one_key_takes_it() -> None:
    tavern = a_tavern()
    tavern.connections.found = [FakeFound(title="KoboldCpp", url="http://127.0.0.1:5001", model="tiny")]
    async with opened(tavern) as pilot:
        await until(pilot, lambda: "KoboldCpp" in notes(pilot))
        await pilot.press("alt+a")
        assert tavern.connections.current.name == "KoboldCpp"


async def test_on_a_fresh_machine_the_app_says_who_answers() -> None:
    async with opened(FakeTavern(), (120, 40)) as pilot:
        await until(pilot, lambda: "not a language model" in notes(pilot))
        assert "n-gram writer" in screen_text(pilot)


# --- the message cursor


async def test_the_message_under_the_cursor_is_edited() -> None:
    tavern = a_tavern(session=with_messages("One.", "Two?", "Three."))
    async with opened(tavern) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: transcript(pilot).has_focus)
        await pilot.press("k", "e")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*" Yes", "alt+enter")
        await until(pilot, lambda: tavern.session.chat.messages[1].text == "Two? Yes")
        await until(pilot, lambda: "Two? Yes" in screen_text(pilot))


async def test_a_deleted_message_comes_back() -> None:
    tavern = a_tavern(session=with_messages("One.", "Two?", "Three."))
    async with opened(tavern) as pilot:
        await pilot.press("escape", "k", "d")
        await until(pilot, lambda: "Two?" not in screen_text(pilot))
        assert [one.text for one in tavern.session.chat.messages] == ["One.", "Three."]
        await pilot.press("u")
        await until(pilot, lambda: "Two?" in screen_text(pilot))
        assert len(tavern.session.chat.messages) == 3


async def test_hiding_and_copying_are_one_key_each() -> None:
    tavern = a_tavern(session=with_messages("One.", "Two?\x1b[2J", "Three."))
    async with opened(tavern) as pilot:
        await pilot.press("escape", "k", "x", "y")
        assert tavern.session.chat.messages[1].hidden
        assert pilot.app.clipboard.startswith("Two?")
        assert "\x1b" not in pilot.app.clipboard
        await pilot.press("x")
        assert not tavern.session.chat.messages[1].hidden


@pytest.mark.parametrize("key", ["escape", "enter", "i"])
async def test_the_way_back_to_the_composer(key: str) -> None:
    async with opened(a_tavern(session=with_messages("One."))) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: transcript(pilot).has_focus)
        await pilot.press(key)
        await until(pilot, lambda: composer(pilot).has_focus)


async def test_only_the_last_message_can_be_regenerated() -> None:
    tavern = a_tavern(session=with_messages("One.", "Two?", "Three."))
    async with opened(tavern) as pilot:
        await pilot.press("escape", "g", "r")
        await until(pilot, lambda: "Only the last message" in notes(pilot))
        assert tavern.session.chat.messages[2].text == "Three."


# --- other chats and characters


async def test_another_chat_is_picked_from_a_list() -> None:
    tavern = a_tavern()
    async with opened(tavern) as pilot:
        await pilot.press("ctrl+l")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"2025", "enter")
        await until(pilot, lambda: tavern.session.chat.title == "Ann - 2025-12-24")
        await until(pilot, lambda: "Ann  2025-12-24" in screen_text(pilot))


async def test_a_thousand_characters_are_searched_as_one_types() -> None:
    people = [FakeSummary(file=f"p{n}", name=f"Person {n}", tags=(f"tag{n}",)) for n in range(1000)]
    tavern = a_tavern(library=FakeLibrary(*people))
    async with opened(tavern, (120, 40)) as pilot:
        await until(pilot, lambda: shown(pilot, "characters") == [True])
        listed = pilot.app.screen.query_one("#character-list", OptionList)
        await until(pilot, lambda: listed.option_count == 1000)
        await pilot.press("f3")
        await until(pilot, lambda: listed.has_focus)
        await pilot.press("slash", *"tag987")
        await until(pilot, lambda: listed.option_count == 1)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: tavern.session.character.file == "p987")


async def test_a_deleted_character_comes_back() -> None:
    tavern = a_tavern(
        library=FakeLibrary(FakeSummary(file="a", name="Ada"), FakeSummary(file="b", name="Bert"))
    )
    async with opened(tavern, (120, 40)) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: pilot.app.screen.query_one("#character-list").has_focus)
        await pilot.press("d")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("y")
        await until(pilot, lambda: tavern.library.deleted == ["a"])
        await pilot.press("u")
        await until(pilot, lambda: tavern.library.deleted == [])


# --- words from outside


async def test_a_hostile_card_is_shown_as_harmless_text() -> None:
    session = with_messages("[bold]x[/bold] \x1b]52;c;ZXZpbA==\x07 \x1b[2J \u202eevil")
    session.character = type(session.character)(name="[red]Eve\x1b[31m\u202e", file="Eve")
    library = FakeLibrary(FakeSummary(file="Eve", name="[red]Eve\x1b[31m", tags=("[b]t[/b]\x07",)))
    connections = FakeConnections(Connection(name="[i]c\x1b[m", provider="x", model="\x9b2Jm"))
    async with opened(
        a_tavern(session=session, library=library, connections=connections), (200, 50)
    ) as pilot:
        await until(pilot, lambda: shown(pilot, "characters", "prompt") == [True, True])
        await until(pilot, lambda: "[red]Eve" in screen_text(pilot))
        text = screen_text(pilot)
        assert "[bold]x[/bold]" in text
        assert "[b]t[/b]" in text
        assert "[i]c" in text
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}


# --- keys


async def test_the_help_opens_and_closes() -> None:
    async with opened(a_tavern(), (120, 60)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: "Regenerate" in screen_text(pilot) and "Anywhere" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_a_key_of_the_users_own_replaces_the_one_of_the_table() -> None:
    tavern = a_tavern(
        session=with_messages("One.", "Two?", "Three."), settings=Settings(keymap={"chat.regenerate": "f9"})
    )
    tavern.session.replies = ["Anew.", "Too many."]
    async with opened(tavern, (120, 40)) as pilot:
        assert "F9 Regenerate" in screen_text(pilot)
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert tavern.session.chat.messages[2].text == "Three."
        await pilot.press("f9")
        await until(pilot, lambda: tavern.session.chat.messages[2].text == "Anew." and idle(tavern))


async def test_the_palette_runs_any_action_and_opens_the_pane_it_needs() -> None:
    async with opened(a_tavern(session=with_messages("One."))) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"copy all")
        await until(pilot, lambda: "Copy all" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Ann: One." in pilot.app.clipboard)
        assert shown(pilot, "prompt") == [True]


async def test_the_footer_can_be_clicked() -> None:
    async with opened(a_tavern()) as pilot:
        line = screen_text(pilot).splitlines()[-1]
        await pilot.click(offset=(line.index("Help"), 23))
        await until(pilot, lambda: "Anywhere" in screen_text(pilot))


async def test_control_c_quits_when_pressed_twice_and_everything_is_closed() -> None:
    tavern = a_tavern()
    async with opened(tavern) as pilot:
        await pilot.press("ctrl+c")
        assert "again quits" in notes(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: pilot.app._exit)
    assert tavern.closed


async def test_a_theme_is_chosen_and_kept() -> None:
    themes = [{"name": "Oak", "dark": True, "colors": {}}, {"name": "Snow", "dark": False, "colors": {}}]
    tavern = a_tavern(themes=themes)
    async with opened(tavern) as pilot:
        assert pilot.app.theme in ("Oak", "Snow")
        await pilot.press("alt+c")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"snow", "enter")
        await until(pilot, lambda: pilot.app.theme == "Snow")
        assert tavern.settings.theme == "Snow"


async def test_what_is_typed_before_the_chat_is_open_is_not_lost() -> None:
    tavern = a_tavern(session=with_messages("One."))
    async with TavernApp(opening_of(tavern)).run_test() as pilot:  # type: ignore[arg-type]
        await until(pilot, lambda: pilot.app.screen.query("#composer"))
        composer(pilot).insert("early")
        await until(pilot, lambda: "One." in screen_text(pilot))
        assert composer(pilot).text == "early"


async def test_a_fault_of_the_program_is_raised_and_no_traceback_is_printed(capsys) -> None:
    tavern = a_tavern()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("key=sk-secret")

    tavern.session.swipe_left = broken  # type: ignore[method-assign]

    async def press(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: pilot.app.tavern)
        await pilot.press("alt+left")

    app = TavernApp(opening_of(tavern))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        await app.run_async(headless=True, auto_pilot=press)
    assert "sk-secret" not in "".join(capsys.readouterr())
    assert tavern.closed
