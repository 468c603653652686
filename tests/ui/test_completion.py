"""Text fields that know the macros: `{{` offers them, keys choose, everything else types on."""

from __future__ import annotations

import pytest

from tavern_tui.services.suggest import suggest_macros
from tavern_tui.ui.panes.chat.composer import Composer
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running


async def type_in(pilot, text):
    for letter in text:
        await pilot.press({"{": "left_curly_bracket", "}": "right_curly_bracket"}.get(letter, letter))
    await pilot.pause()


async def test_the_composer_offers_macros_and_takes_the_chosen_one(folders) -> None:
    async with running(folders) as (pilot, tavern):
        composer = pilot.app.screen.query_one(Composer)
        composer.focus()
        await type_in(pilot, "I am {{us")
        await until(pilot, lambda: "The name you play under" in screen_text(pilot))
        await pilot.press("enter")
        assert composer.text == "I am {{user}}", "Enter chose the macro and did not send"
        assert not [one for one in tavern.session.chat.messages if one.is_user]
        await pilot.pause()
        assert "The name you play under" not in screen_text(pilot)


async def test_escape_closes_the_list_and_typing_goes_on(folders) -> None:
    async with running(folders) as (pilot, _tavern):
        composer = pilot.app.screen.query_one(Composer)
        composer.focus()
        await type_in(pilot, "{{us")
        await until(pilot, lambda: "The name you play under" in screen_text(pilot))
        await pilot.press("escape")
        assert composer.has_focus
        await until(pilot, lambda: "The name you play under" not in screen_text(pilot))
        assert composer.text == "{{us"


@pytest.mark.parametrize("text", ["", "user", "{user", "{{user}} ", "a }} b"])
def test_elsewhere_nothing_is_offered(text) -> None:
    assert not suggest_macros(text, len(text))


def test_what_is_inserted_replaces_from_the_braces_to_the_cursor() -> None:
    one = next(row for row in suggest_macros("x {{us", 6) if row.title.startswith("{{user"))
    assert ("x {{us"[: one.start] + one.insert) == "x {{user}}"
