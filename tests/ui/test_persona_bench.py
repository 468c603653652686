"""The persona screen: choosing, editing, binding and bringing back, with the files it writes."""

from __future__ import annotations

import json

from tavern_tui.ui.panes.persona.bench import PersonaBench
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running, write

SETTINGS = {
    "user_avatar": "mira.png",
    "power_user": {
        "personas": {"mira.png": "Mira", "jon.png": "Jon"},
        "persona_descriptions": {
            "mira.png": {"description": "A smuggler.", "position": 0, "depth": 2, "role": 0, "odd": [1]},
            "jon.png": {"description": "A cook.", "position": 4},
        },
        "default_persona": "jon.png",
        "unknown": {"kept": True},
    },
}


def settings_of(folders):
    return json.loads(folders.st_settings.read_text())


async def opened(pilot):
    await pilot.press("alt+e")
    await until(
        pilot, lambda: isinstance(pilot.app.screen, PersonaBench) and pilot.app.screen._list.has_focus
    )


async def test_what_is_written_in_the_form_is_in_settings_json_and_nothing_else_changes(folders) -> None:
    folders.st_settings.parent.mkdir(parents=True, exist_ok=True)
    folders.st_settings.write_text(json.dumps(SETTINGS))
    async with running(folders) as (pilot, tavern):
        assert tavern.persona.name == "Jon", "the default persona plays where none is chosen"
        await opened(pilot)
        assert "Mira" in screen_text(pilot)
        await pilot.press("down", "enter")
        await write(pilot, "#description", "A smuggler of {{char}}'s tea.")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PersonaBench))
    now = settings_of(folders)
    expected = json.loads(json.dumps(SETTINGS))
    expected["power_user"]["persona_descriptions"]["mira.png"]["description"] = (
        "A smuggler of {{char}}'s tea."
    )
    assert now == expected


async def test_a_new_persona_plays_is_locked_bound_and_made_the_default(folders) -> None:
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await pilot.press("a")
        await pilot.press(*"Mira", "enter")
        await until(pilot, lambda: tavern.personas.all())
        await write(pilot, "#description", "A smuggler.")
        await pilot.press("escape", "space", "l", "h", "s")
        await pilot.pause()
        assert (tavern.persona.name, tavern.persona.description) == ("Mira", "A smuggler.")
        assert tavern.session.chat.metadata["persona"] == "Mira.png"
        await pilot.press("escape")
        preview = tavern.session.preview("hello")
        assert "A smuggler." in str(preview.built.prompt)
    said = settings_of(folders)["power_user"]
    assert said["default_persona"] == "Mira.png"
    assert said["persona_descriptions"]["Mira.png"]["connections"] == [
        {"type": "character", "id": "Odile.png"}
    ]


async def test_a_deleted_persona_comes_back_with_its_picture(folders) -> None:
    folders.st_settings.parent.mkdir(parents=True, exist_ok=True)
    folders.st_settings.write_text(json.dumps(SETTINGS))
    folders.avatars.mkdir(parents=True)
    (folders.avatars / "jon.png").write_bytes(b"\x89PNG\r\n\x1a\n his face")
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await pilot.press("d")
        await until(pilot, lambda: len(tavern.personas.all()) == 1)
        assert not (folders.avatars / "jon.png").exists()
        await pilot.press("u")
        await until(pilot, lambda: len(tavern.personas.all()) == 2)
    assert (folders.avatars / "jon.png").read_bytes().endswith(b"his face")
    before = SETTINGS["power_user"]["persona_descriptions"]["jon.png"]
    assert settings_of(folders)["power_user"]["persona_descriptions"]["jon.png"] == before
    assert [path.name for path in folders.avatars.iterdir()] == ["jon.png"]


async def test_it_fits_where_it_is_narrow(folders) -> None:
    async with running(folders, size=(60, 20)) as (pilot, tavern):
        tavern.personas.new("Mira")
        await opened(pilot)
        assert "Description" not in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Description" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Description" not in screen_text(pilot))
