"""What settings.json says: lore, notes, regexes, tags, personas."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.core.preset import AuthorsNote, CharacterNote, PromptOptions
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.personas import (
    list_personas,
    read_personas,
    remove_persona,
    save_persona,
    set_default_persona,
)
from tavern_tui.storage.sillytavern import (
    TavernSetup,
    change_lore_links,
    note_of,
    read_regex_scripts,
    read_setup,
    setup_from_json,
    write_global_variables,
)
from tests.storage.builders import (
    a_folder,
    json_objects,
    quickly,
)

SCRIPT = {"scriptName": "Stars", "findRegex": "/\\*/g", "replaceString": "", "placement": [1, 2, "x"],
          "substituteRegex": True, "minDepth": None, "maxDepth": 4, "trimStrings": ["a"]}  # fmt: skip
SETTINGS: dict[str, object] = {
    "username": "Robin",
    "user_avatar": "robin.png",
    "main_api": "textgenerationwebui",
    "world_info_settings": {
        "world_info": {"globalSelect": ["Valley"], "charLore": [{"name": "ann", "extraBooks": ["Mill", 3]}]},
        "world_info_depth": 5,
        "world_info_budget": 2048,
        "world_info_recursive": False,
    },
    "extension_settings": {
        "note": {
            "default": "Slow.", "defaultDepth": 2, "allowWIScan": True,
            "chara": [{"name": "ann", "prompt": "Soft.", "useChara": True, "position": 1}],
        },
        "regex": [SCRIPT, {"no": "pattern"}],
        "character_allowed_regex": ["ann.png"],
        "variables": {"global": {"gold": "3"}},
    },
    "power_user": {
        "token_padding": 10, "collapse_newlines": True, "custom_stopping_strings": '["\\nRobin:"]',
        "reasoning": {"prefix": "<t>", "auto_parse": True},
        "personas": {"robin.png": "Robin", "bea.png": "Bea", "broken.png": 3},
        "persona_descriptions": {
            "robin.png": {"description": "A courier.", "position": 4, "depth": 1, "role": 1, "lorebook": "Post",
                          "connections": [{"type": "character", "id": "ann.png"}], "future": 1},
            "bea.png": {"description": "x", "position": 77},
        },
        "default_persona": "robin.png",
    },
    "tags": [{"id": "t1", "name": "mill"}],
    "tag_map": {"ann.png": ["t1"]},
    "other": {"kept": [1.5]},
}  # fmt: skip


def folders_with(tmp_path: Path, settings: object = SETTINGS) -> Folders:
    folders = a_folder(tmp_path)
    folders.data.mkdir(parents=True)
    folders.st_settings.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return folders


def test_the_setup_is_read_as_our_values(tmp_path: Path) -> None:
    warnings: list[str] = []
    setup = read_setup(folders_with(tmp_path), warnings)
    assert warnings == []
    assert (setup.lore.depth, setup.lore.recursive, setup.lore.budget) == (5, False, 25)
    assert (setup.global_books, setup.books_of("ann"), setup.books_of("bea")) == (("Valley",), ("Mill",), ())
    assert setup.note == AuthorsNote(text="Slow.", depth=2)
    assert setup.character_note("ann") == CharacterNote(text="Soft.", enabled=True, position=1)
    assert setup.character_note("bea") == CharacterNote()
    assert setup.tags_of("ann") == ("t1",)
    assert (setup.tags, setup.global_variables) == ({"t1": "mill"}, {"gold": "3"})
    assert setup.options == PromptOptions(
        token_padding=10,
        collapse_newlines=True,
        custom_stopping_strings=("\nRobin:",),
        note_allow_wi_scan=True,
    )
    assert (setup.reasoning.prefix, setup.reasoning.auto_parse) == ("<t>", True)
    (script,) = setup.regex_scripts
    assert (script.name, script.placement, script.substitute, script.min_depth, script.max_depth) == (
        "Stars", (1, 2), 1, None, 4
    )  # fmt: skip


def test_no_file_gives_the_defaults_and_a_broken_one_a_warning(tmp_path: Path) -> None:
    assert read_setup(a_folder(tmp_path / "none")) == TavernSetup()
    warnings: list[str] = []
    assert read_setup(folders_with(tmp_path, "{"), warnings) == TavernSetup()
    assert "settings.json" in warnings[0]


@quickly
@given(json_objects, json_objects, json_objects)
def test_any_object_gives_a_setup(
    power: dict[str, object], extensions: dict[str, object], top: dict[str, object]
) -> None:
    setup_from_json({**SETTINGS, "power_user": power, "extension_settings": extensions, **top}, [])
    for key in SETTINGS:
        setup_from_json({**SETTINGS, key: top}, [])


def test_a_card_s_own_scripts_run_only_where_they_are_allowed(tmp_path: Path) -> None:
    setup = read_setup(folders_with(tmp_path))
    source = {"data": {"extensions": {"regex_scripts": [{**SCRIPT, "scriptName": "Own"}]}}}
    allowed = Character(name="Ann", file="ann", source=source)
    assert [one.name for one in setup.regex_scripts_for(allowed)] == ["Stars", "Own"]
    assert [one.name for one in setup.regex_scripts_for(replace(allowed, file="bea"))] == ["Stars"]


def test_a_chat_s_note_takes_what_it_does_not_say_from_the_defaults() -> None:
    default = AuthorsNote(text="Slow.", interval=3, depth=2)
    assert note_of({}, default) == default
    assert note_of({"note_prompt": "", "note_depth": 0, "note_interval": "x"}, default) == AuthorsNote(
        text="", interval=1, depth=0
    )


def test_changes_touch_only_their_own_keys(tmp_path: Path) -> None:
    folders = folders_with(tmp_path)
    write_global_variables(folders, {"gold": "4"})
    change_lore_links(folders, ("Hills",))
    expected = json.loads(json.dumps(SETTINGS))
    expected["extension_settings"]["variables"]["global"] = {"gold": "4"}
    expected["world_info_settings"]["world_info"]["globalSelect"] = ["Hills"]
    assert json.loads(folders.st_settings.read_text()) == expected
    assert folders.st_settings.read_text().startswith('{\n    "username"')


def test_a_broken_settings_file_is_never_written_over(tmp_path: Path) -> None:
    folders = folders_with(tmp_path, "{broken")
    for change in (
        lambda: write_global_variables(folders, {"a": 1}),
        lambda: save_persona(folders, Persona(name="Robin", file="robin.png")),
    ):
        with pytest.raises(UnreadableFile):
            change()
    assert folders.st_settings.read_text() == "{broken"


def test_a_regex_file_holds_one_script_or_several(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    for value, count in ((SCRIPT, 1), ([SCRIPT, SCRIPT], 2)):
        path.write_text(json.dumps(value))
        assert len(read_regex_scripts(path)) == count
    path.write_text("[]")
    with pytest.raises(DataError, match="no regex script"):
        read_regex_scripts(path)


# --- personas


def test_personas_are_read_with_their_bindings(tmp_path: Path) -> None:
    warnings: list[str] = []
    personas = read_personas(folders_with(tmp_path), warnings)
    assert [one.name for one in personas.all] == ["Bea", "Robin"]
    assert (personas.default, personas.current) == ("robin.png", "robin.png")
    robin = personas.all[1]
    assert (robin.description, robin.position, robin.depth, robin.role, robin.lorebook) == (
        "A courier.", PersonaPosition.AT_DEPTH, 1, 1, "Post"
    )  # fmt: skip
    assert robin.connections == (("character", "ann.png"),)
    assert len(warnings) == 1
    assert "Bea" in warnings[0]
    assert "77" in warnings[0]


def test_the_default_persona_leads_the_list(tmp_path: Path) -> None:
    assert [one.name for one in list_personas(folders_with(tmp_path))] == ["Robin", "Bea"]


def test_a_folder_without_personas_knows_the_user_s_name(tmp_path: Path) -> None:
    assert read_personas(folders_with(tmp_path, {"username": "Robin"})).all == (Persona(name="Robin"),)


def test_an_edited_persona_keeps_its_unknown_keys(tmp_path: Path) -> None:
    folders = folders_with(tmp_path)
    robin = read_personas(folders).all[1]
    save_persona(folders, replace(robin, description="New.", name="Robyn"))
    power = json.loads(folders.st_settings.read_text())["power_user"]
    assert power["personas"]["robin.png"] == "Robyn"
    assert power["persona_descriptions"]["robin.png"] == {
        **SETTINGS["power_user"]["persona_descriptions"]["robin.png"],  # type: ignore[index]
        "description": "New.",
    }


def test_a_persona_of_a_fresh_folder_makes_a_settings_file_with_just_itself(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    made = save_persona(folders, Persona(name="Robin/the first", description="A courier."))
    assert made.file == "Robinthe first.png"
    assert (folders.avatars / made.file).read_bytes().startswith(b"\x89PNG")
    assert list(json.loads(folders.st_settings.read_text())) == ["power_user"]
    (back,) = read_personas(folders).all
    assert replace(back, source={}) == made


def test_a_persona_can_be_made_the_default_and_removed(tmp_path: Path) -> None:
    folders = folders_with(tmp_path)
    set_default_persona(folders, "bea.png")
    assert read_personas(folders).default == "bea.png"
    with pytest.raises(DataError):
        set_default_persona(folders, "nobody.png")
    remove_persona(folders, "bea.png")
    assert [one.name for one in read_personas(folders).all] == ["Robin"]
    assert read_personas(folders).default == ""
    assert json.loads(folders.st_settings.read_text())["other"] == {"kept": [1.5]}


def test_a_persona_s_file_name_stays_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        save_persona(folders_with(tmp_path), Persona(name="x", file="../x.png"))
