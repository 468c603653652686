"""Connection pane and prompt panel, by key."""

from __future__ import annotations

from textual.widgets import Input, Static, TextArea

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import AuthFailed
from tavern_tui.core.prompt import PromptPart
from tavern_tui.ui.panes.prompt.pane import PromptPane
from tests.ui.driving import notes, screen_text, until
from tests.ui.fake_tavern import FakeConnections
from tests.ui.test_app import OFFLINE, WORKSTATION, a_tavern, idle, opened, with_messages

SIZE = (120, 40)


async def test_a_connection_is_added_with_its_key_masked() -> None:
    tavern = a_tavern()
    async with opened(tavern, SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        await pilot.press("a")
        await until(pilot, lambda: pilot.app.screen.query("#field-name"))
        pilot.app.screen.query_one("#field-name", Input).value = "Home"
        pilot.app.screen.query_one("#field-key", Input).value = "sk-secret"
        await pilot.pause()
        assert "sk-secret" not in screen_text(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: tavern.connections.current.name == "Home")
        assert tavern.connections.keys == {"Home": "sk-secret"}
        assert "sk-secret" not in screen_text(pilot)


async def test_the_model_is_picked_from_the_servers_list() -> None:
    tavern = a_tavern()
    async with opened(tavern, SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        await pilot.press("down", "e")
        await until(pilot, lambda: pilot.app.screen.query("#pick-model"))
        await pilot.click("#pick-model")
        await until(pilot, lambda: "large.gguf" in screen_text(pilot))
        await pilot.press(*"large", "enter")
        await until(pilot, lambda: pilot.app.screen.query("#field-model"))
        assert pilot.app.screen.query_one("#field-model", Input).value == "large.gguf"


async def test_a_test_says_how_the_server_is_or_what_is_wrong() -> None:
    tavern = a_tavern()
    async with opened(tavern, SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        await pilot.press("a")
        await until(pilot, lambda: pilot.app.screen.query("#said"))
        said = pilot.app.screen.query_one("#said", Static)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "llama.cpp · small.gguf" in str(said.content))
        tavern.connections.answers = AuthFailed("The server refuses the key.")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "The server refuses the key. Check the API key" in str(said.content))


async def test_a_connection_is_removed_only_after_a_yes() -> None:
    tavern = a_tavern(connections=FakeConnections(WORKSTATION, OFFLINE))
    async with opened(tavern, SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        for answer, left in (("n", 2), ("y", 1)):
            await pilot.press("d")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            await pilot.press(answer)
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
            await until(pilot, lambda left=left: len(tavern.connections.all) == left)


async def test_looking_for_servers_in_vain_is_told() -> None:
    async with opened(a_tavern(), SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
        await pilot.press("s")
        await until(pilot, lambda: "No server answers" in notes(pilot))


async def test_the_server_s_words_are_shown_below_the_list() -> None:
    connections = FakeConnections(Connection(name="Home", provider="llamacpp"))
    async with opened(a_tavern(connections=connections), SIZE) as pilot:
        await until(pilot, lambda: "has not answered yet" in screen_text(pilot))
        connections.status = await connections.check(connections.current)
        connections.status_changed.send(connections.status)
        await until(pilot, lambda: "llama.cpp · small.gguf" in screen_text(pilot))


# --- the prompt panel


def a_tavern_with_parts(**more: object):
    session = with_messages("Hello.")
    session.parts = [
        PromptPart(kind="system", title="System prompt", origin="p", text="Play Ann.\n", tokens=3)
    ]
    return a_tavern(session=session, **more)


async def test_the_prompt_follows_what_is_typed() -> None:
    async with opened(a_tavern_with_parts(), (200, 40)) as pilot:
        await until(pilot, lambda: "System prompt" in screen_text(pilot))
        await pilot.press(*"river")
        await until(pilot, lambda: "Otto: river" in screen_text(pilot))
        await until(pilot, lambda: "of 7,842 tokens" in screen_text(pilot))


async def test_the_prompt_is_not_built_for_a_panel_nobody_sees(monkeypatch) -> None:
    tavern = a_tavern_with_parts()
    async with opened(tavern) as pilot:
        await until(pilot, lambda: "tokens" in screen_text(pilot).splitlines()[-2])
        built: list[str] = []
        monkeypatch.setattr(tavern.session, "preview", lambda text="": built.append(text))
        await pilot.press(*"river")
        await pilot.pause(0.3)
        assert built == []


async def test_words_are_searched_in_the_prompt() -> None:
    async with opened(a_tavern_with_parts(), SIZE) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.screen.query_one("#prompt-view").has_focus)
        await pilot.press("slash", *"ann")
        await until(pilot, lambda: pilot.app.screen.query_one(PromptPane).border_subtitle == "3 found")
        await pilot.press("enter", "n", "y")
        assert pilot.app.clipboard == "Ann: Hello."


async def test_as_it_goes_out_shows_the_request_body() -> None:
    async with opened(a_tavern_with_parts(), SIZE) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.screen.query_one("#prompt-view").has_focus)
        await pilot.press("b")
        await until(pilot, lambda: '"n_predict": 350' in screen_text(pilot))
        await pilot.press("Y")
        assert '"stream": true' in pilot.app.clipboard


async def test_an_edited_prompt_is_sent_once_exactly_as_it_was_edited() -> None:
    tavern = a_tavern_with_parts()
    async with opened(tavern, SIZE) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.screen.query_one("#prompt-view").has_focus)
        await pilot.press("e")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        pilot.app.screen.query_one(TextArea).text = "Only this."
        await pilot.press("alt+enter")
        await until(pilot, lambda: tavern.session.sent == ["Only this."] and idle(tavern))
        await until(pilot, lambda: "The river is high today." in screen_text(pilot))
