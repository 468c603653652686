"""The connection dialog: presets, templates and post-processing are picked, and none is lost."""

from __future__ import annotations

import json
from dataclasses import replace

from textual.widgets import Button, Input

from tavern_tui.core.connection import Connection
from tavern_tui.services.connection_offers import MEANINGFUL
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running

CHAT = Connection(
    name="here",
    provider="scripted-chat",
    extra_body={"replies": ["Well."]},
    text_preset="Warm",
    context="Alpaca",
)


def put_presets(folders) -> None:
    for folder, name, value in (
        (folders.openai_settings, "Mine", {"prompts": [], "openai_max_tokens": 500}),
        (folders.textgen_settings, "Warm", {"temp": 1.3, "rep_pen": 1.1, "genamt": 222}),
        (folders.textgen_settings, "Cold", {"temp": 0.3, "rep_pen": 1.1, "genamt": 111}),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(value))


async def opened(pilot, tavern, connection: Connection = CHAT) -> None:
    tavern.connections.save(connection)
    tavern.connections.select(connection.name)
    await pilot.press("f2")
    await until(pilot, lambda: pilot.app.screen.query("#connection-list"))
    await until(pilot, lambda: pilot.app.screen.query_one("#connection-list").has_focus)
    await pilot.press("home", "e")
    await until(pilot, lambda: pilot.app.screen.query("#field-name"))


async def pick(pilot, field: str, words: str) -> None:
    pilot.app.screen.query_one(f"#pick-{field}", Button).press()
    await until(pilot, lambda: pilot.app.screen.query("#search"))
    await pilot.press(*words, "enter")
    await until(pilot, lambda: pilot.app.screen.query("#field-name"))
    await pilot.pause()


def shown(pilot) -> set[str]:
    """The pickers that are on the screen, of those that depend on the kind of API."""
    fields = [field for fields in MEANINGFUL.values() for field in fields]
    return {field for field in fields if pilot.app.screen.query_one(f"#row-{field}").display}


async def test_a_chat_connection_picks_its_prompts_and_post_processing(folders) -> None:
    put_presets(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        assert shown(pilot) == set(MEANINGFUL["chat"])
        assert "as the provider needs it: none" in screen_text(pilot)
        await pick(pilot, "chat_preset", "Mine")
        assert pilot.app.screen.query_one("#field-max_tokens", Input).value == "500"
        await pick(pilot, "post_processing", "semi")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: tavern.connections.current.chat_preset)
        assert tavern.connections.current == replace(
            CHAT, chat_preset="Mine", post_processing="semi", max_tokens=500
        )


async def test_another_provider_shows_other_pickers_and_keeps_what_was_picked(folders) -> None:
    put_presets(folders)
    async with running(folders) as (pilot, tavern):
        connection = replace(CHAT, provider="custom", chat_preset="Mine", post_processing="strict")
        await opened(pilot, tavern, connection)
        await pick(pilot, "provider", "KoboldCpp")
        assert shown(pilot) == set(MEANINGFUL["text"])
        assert "Warm" in screen_text(pilot)
        await pick(pilot, "text_preset", "Cold")
        assert pilot.app.screen.query_one("#field-max_tokens", Input).value == "111"
        await pick(pilot, "context", "auto")
        await pick(pilot, "instruct", "none")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: tavern.connections.current.provider == "koboldcpp")
        assert tavern.connections.current == replace(
            connection,
            provider="koboldcpp", text_preset="Cold", context="auto", instruct="none", max_tokens=111,
        )  # fmt: skip


async def test_the_post_processing_a_provider_needs_is_the_default(folders) -> None:
    async with running(folders) as (pilot, tavern):
        tavern.change_settings(providers=({"id": "strict-one", "post_processing": "strict"},))
        await opened(pilot, tavern, Connection(name="here", provider="strict-one", url="http://127.0.0.1:9"))
        assert "as the provider needs it: strict" in screen_text(pilot)


async def test_a_preset_that_is_gone_is_shown_and_kept(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern, replace(CHAT, chat_preset="Gone"))
        assert "Gone" in screen_text(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: not pilot.app.screen.query("#field-name"))
        assert tavern.connections.current.chat_preset == "Gone"


async def test_the_fields_scroll_where_the_window_is_low(folders) -> None:
    async with running(folders, size=(80, 14)) as (pilot, tavern):
        await opened(pilot, tavern)
        assert "Save" in screen_text(pilot)
        pilot.app.screen.query_one("#pick-post_processing").focus()
        await until(pilot, lambda: "Post-processing" in screen_text(pilot))
