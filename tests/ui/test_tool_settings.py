"""Tools are looked through, allowed and forbidden; MCP servers are added and removed."""

from __future__ import annotations

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.services.tools import Consent
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running


async def test_a_tool_is_forbidden_and_a_server_added_by_key(folders: Folders) -> None:
    async with running(folders) as (pilot, made):
        await pilot.press("f11")
        await until(pilot, lambda: "Models may call tools" in screen_text(pilot))
        name = made.tool_settings.all()[0].name
        await pilot.press("down", "enter")
        await until(pilot, lambda: made.tools.consent_for(name) is Consent.ALWAYS)
        await until(pilot, lambda: "always" in screen_text(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: made.tools.consent_for(name) is Consent.NEVER)
        assert name not in [one.name for one in made.tools.offers()]
        assert name in [one.name for one in made.tool_settings.all()]
        await until(pilot, lambda: "never" in screen_text(pilot))
        await pilot.press(*"add an", "enter")
        await until(pilot, lambda: "What you call it" in screen_text(pilot))
        await pilot.press(*"files", "enter")
        await until(pilot, lambda: "Its address" in screen_text(pilot))
        await pilot.press(*"server --root x", "enter")
        await until(pilot, lambda: made.tool_settings.servers() == [("files", "server")])


async def test_servers_are_kept_as_the_settings_have_them(folders: Folders) -> None:
    made = build_tavern(folders, {})
    made.tool_settings.add_server("web", "https://tools.example/mcp")
    made.tool_settings.add_server("here", "run 'a file' -v")
    assert list(made.settings.mcp_servers) == [
        {"name": "web", "url": "https://tools.example/mcp"},
        {"name": "here", "command": "run", "args": ["a file", "-v"]},
    ]
    for name, how in (("", "x"), ("web", "x"), ("new", "  "), ("new", "'open")):
        with pytest.raises(UsageError):
            made.tool_settings.add_server(name, how)
    made.tool_settings.remove_server("web")
    assert [name for name, _ in made.tool_settings.servers()] == ["here"]
    await made.close()
