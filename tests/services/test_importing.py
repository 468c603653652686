"""`import` knows SillyTavern's files by what is in them, and says what became of each."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.errors import DataError
from tavern_tui.services.importing import import_any
from tavern_tui.storage.personas import read_personas
from tavern_tui.storage.sillytavern import read_setup
from tavern_tui.storage.templates import TemplateStore

INSTRUCT = {"name": "Mine", "input_sequence": "<I>", "output_sequence": "<O>", "wrap": False, "odd": 1}
CONTEXT = {"name": "Mine", "story_string": "{{description}}", "story_string_position": 0}
SCRIPT = {"id": "a", "scriptName": "No stars", "findRegex": "/\\*/g", "replaceString": "", "placement": [2]}


def taken(folders, tmp_path, value, name="file.json"):
    path = tmp_path / name
    path.write_text(json.dumps(value))
    return import_any(folders, path, None, [])


def test_an_instruct_template_is_there_with_what_we_do_not_know(folders, tmp_path) -> None:
    kind, _, sentence = taken(folders, tmp_path, INSTRUCT)
    assert (kind, "Mine" in sentence) == ("template", True)
    template = TemplateStore(folders).instruct("Mine")
    assert template is not None
    assert (template.input_sequence, template.source["odd"]) == ("<I>", 1)


def test_every_part_of_a_master_export_is_taken_over(folders, tmp_path) -> None:
    master = {"instruct": INSTRUCT, "context": CONTEXT, "sysprompt": {"name": "Mine", "content": "Be brief."},
              "preset": {"name": "Mine", "temp": 0.5}}  # fmt: skip
    _, _, sentence = taken(folders, tmp_path, master)
    store = TemplateStore(folders)
    assert store.instruct("Mine") is not None
    assert store.context("Mine") is not None
    system = store.system_prompt("Mine")
    assert system is not None
    assert system.content == "Be brief."
    assert (folders.textgen_settings / "Mine.json").is_file()
    assert sentence.count("Mine") >= 4


@pytest.mark.parametrize("value", [SCRIPT, [SCRIPT]])
def test_regex_scripts_join_those_that_run_everywhere_once(folders, tmp_path, value) -> None:
    taken(folders, tmp_path, value)
    taken(folders, tmp_path, value)
    scripts = read_setup(folders).regex_scripts
    assert [one.name for one in scripts] == ["No stars"]
    assert scripts[0].placement == (2,)


def test_a_persona_backup_brings_its_personas(folders, tmp_path) -> None:
    backup = {
        "personas": {"mira.png": "Mira"},
        "persona_descriptions": {"mira.png": {"description": "Quick."}},
    }
    kind, _, sentence = taken(folders, tmp_path, backup)
    assert (kind, sentence) == ("personas", "file.json: 1 new personas.")
    assert [(one.name, one.description) for one in read_personas(folders).all] == [("Mira", "Quick.")]


def test_a_card_is_still_a_card_and_a_book_a_book(folders, tmp_path) -> None:
    card = {
        "name": "Ann",
        "description": "",
        "personality": "",
        "scenario": "",
        "first_mes": "Hi",
        "mes_example": "",
    }
    assert taken(folders, tmp_path, card)[0] == "character"
    assert taken(folders, tmp_path, {"entries": {}})[0] == "lorebook"
    assert taken(folders, tmp_path, {"temp": 1, "rep_pen": 1.1})[0] == "preset"


def test_a_bare_system_prompt_and_a_reasoning_template_are_templates(folders, tmp_path) -> None:
    assert taken(folders, tmp_path, {"name": "Brief", "content": "Be brief."})[0] == "template"
    assert (
        taken(folders, tmp_path, {"name": "R", "prefix": "<r>", "suffix": "</r>", "separator": ""})[0]
        == "template"
    )


def test_a_preset_never_takes_the_place_of_another_of_its_name(folders, tmp_path) -> None:
    for temperature in (0.5, 0.9, 0.9):
        taken(folders, tmp_path, {"temp": temperature, "rep_pen": 1.1}, "Mine.json")
    kept = [json.loads(path.read_text())["temp"] for path in sorted(folders.textgen_settings.glob("*.json"))]
    assert sorted(set(kept)) == [0.5, 0.9]


@pytest.mark.parametrize("value", [{}, [], [1], {"x": 1}])
def test_what_is_nothing_we_know_is_said(folders, tmp_path, value) -> None:
    with pytest.raises(DataError, match=r"file\.json"):
        taken(folders, tmp_path, value)
