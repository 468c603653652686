"""The question whether the model may call a tool."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App

from tavern_tui.core.chat_options import Tool
from tavern_tui.services.tools import Arguments, Consent, ToolCall, ToolContext, ToolEntry
from tavern_tui.ui.dialogs.tool_consent import ToolConsent, ask_in
from tests.ui.driving import screen_text, until


async def nothing(arguments: Arguments, context: ToolContext) -> str:
    return ""


MAIL = ToolEntry(offer=Tool(name="mail"), title="Send [red]mail\x1b[2J", run=nothing)
CALL = ToolCall(id="1", name="mail", arguments='{"to": "[bold]Bob\x1b[2J"}')


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("o", Consent.ONCE),
        ("a", Consent.ALWAYS),
        ("n", Consent.NOT_NOW),
        ("v", Consent.NEVER),
        ("escape", Consent.NOT_NOW),
        ("enter", Consent.ONCE),
        ("right right right enter", Consent.NEVER),
    ],
)
async def test_each_answer_has_a_key(keys: str, answer: Consent) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        asking = asyncio.create_task(ask_in(app, MAIL, CALL))
        await until(pilot, lambda: isinstance(app.screen, ToolConsent))
        await pilot.press(*keys.split())
        assert await asking is answer


async def test_the_question_shows_tool_and_arguments_as_plain_words() -> None:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        asking = asyncio.create_task(ask_in(app, MAIL, CALL))
        await until(pilot, lambda: isinstance(app.screen, ToolConsent))
        await pilot.pause()
        text = screen_text(pilot)
        assert "Send [red]mail" in text
        assert '"to": "[bold]Bob' in text
        await pilot.press("n")
        await asking


async def test_the_question_goes_away_when_the_reply_is_stopped() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        asking = asyncio.create_task(ask_in(app, MAIL, CALL))
        await until(pilot, lambda: isinstance(app.screen, ToolConsent))
        asking.cancel()
        await until(pilot, lambda: not isinstance(app.screen, ToolConsent))
        assert asking.cancelled()
