"""Preset files of all four kinds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.storage.presets import (
    PresetKind,
    TextPreset,
    chat_preset_from_json,
    chat_preset_to_json,
    default_chat_preset,
    list_presets,
    preset_from_json,
    preset_kind,
    read_any_preset,
    read_chat_preset,
    samplers_from_chat,
    samplers_from_textgen,
    save_chat_preset,
    save_preset,
)
from tavern_tui.storage.presets.samplers import CHAT, KOBOLD, NOVEL, ORDERS, TEXTGEN
from tests.storage.builders import (
    SHARED,
    a_folder,
    json_objects,
    quickly,
)

PRESET: dict[str, object] = {
    "temperature": 0.9,
    "openai_max_context": 16384,
    "names_behavior": 2,
    "prompts": [
        {"identifier": "main", "name": "Main", "role": "system", "content": "Play {{char}}.", "mine": 1},
        {"name": "no identifier"},
        {"identifier": "own", "injection_position": 1, "injection_depth": 2, "injection_trigger": ["swipe"]},
    ],
    "prompt_order": [
        {"character_id": 100000, "order": [{"identifier": "old", "enabled": True}]},
        {
            "character_id": 100001,
            "order": [
                {"identifier": "main", "enabled": True, "x": 1},
                {"identifier": "own", "enabled": False},
            ],
        },
    ],
    "extensions": {"regex_scripts": []},
}


def test_prompts_order_and_fields_are_read() -> None:
    warnings: list[str] = []
    preset = chat_preset_from_json("P", PRESET, warnings)
    assert (preset.max_context, preset.max_tokens, preset.names_behavior) == (16384, 300, 2)
    assert [one.identifier for one in preset.prompts] == ["main", "own"]
    assert preset.order == (("main", True), ("own", False))
    assert (preset.prompts[1].injection_position, preset.prompts[1].injection_trigger) == (1, ("swipe",))
    assert warnings == ['Preset "P": prompt 2 has no identifier; it is kept, but not used.']
    assert samplers_from_chat(preset) == {"temperature": 0.9}


@quickly
@given(json_objects)
def test_a_preset_saved_here_is_the_same_json_value(more: dict[str, object]) -> None:
    for source in ({"temperature": 1, **more}, {**PRESET, **more}):
        assert chat_preset_to_json(chat_preset_from_json("P", source, [])) == source


def test_changes_of_prompts_and_order_keep_everything_else() -> None:
    preset = chat_preset_from_json("P", PRESET, [])
    main = replace(preset.prompts[0], content="New.")
    made = chat_preset_to_json(
        replace(
            preset, prompts=(main, preset.prompts[1]), order=(("own", True), ("main", False)), max_tokens=99
        )
    )
    assert made["prompts"] == [
        {"identifier": "main", "name": "Main", "role": "system", "content": "New.", "mine": 1},
        {"identifier": "own", "injection_position": 1, "injection_depth": 2, "injection_trigger": ["swipe"]},
        {"name": "no identifier"},
    ]
    assert made["prompt_order"] == [
        {"character_id": 100000, "order": [{"identifier": "old", "enabled": True}]},
        {
            "character_id": 100001,
            "order": [
                {"identifier": "own", "enabled": True},
                {"identifier": "main", "enabled": False, "x": 1},
            ],
        },
    ]
    assert (made["openai_max_tokens"], made["temperature"]) == (99, 0.9)


def test_keys_of_older_versions_are_understood() -> None:
    old = {
        "main_prompt": "Old main.",
        "jailbreak_prompt": "Old end.",
        "names_in_completion": True,
        "claude_use_sysprompt": True,
        "prompts": [{"identifier": "main", "content": ""}],
    }
    preset = chat_preset_from_json("P", old, [])
    texts = {one.identifier: one.content for one in preset.prompts}
    assert texts == {"main": "Old main.", "jailbreak": "Old end."}
    assert (preset.names_behavior, preset.use_sysprompt) == (1, True)
    assert ("main", True) in preset.order
    assert chat_preset_to_json(preset) == old


def test_a_broken_preset_loads_says_so_and_loses_nothing() -> None:
    broken: dict[str, object] = {
        "prompts": {"a": 1},
        "prompt_order": 3,
        "openai_max_context": [],
        "wi_format": 1,
    }
    warnings: list[str] = []
    preset = chat_preset_from_json("P", broken, warnings)
    assert preset.wi_format == "1"
    assert len(warnings) == 3
    assert chat_preset_to_json(preset) == broken


def test_the_default_preset_survives_its_own_file(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    preset = default_chat_preset()
    back = read_chat_preset(save_chat_preset(folders, preset))
    assert [(one.identifier, one.content, one.marker) for one in back.prompts] == [
        (one.identifier, one.content, one.marker) for one in preset.prompts
    ]
    assert replace(back, prompts=(), source={}) == replace(preset, prompts=(), source={})
    assert {name for name, _ in preset.order} == {one.identifier for one in preset.prompts}
    assert list_presets(folders, PresetKind.CHAT) == ["Default"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="The shared corpus is not in this checkout.")
def test_every_recorded_preset_survives_a_round_trip() -> None:
    seen = 0
    for path in sorted((SHARED / "parity").glob("*.json")):
        source = json.loads(path.read_text(encoding="utf-8")).get("chat_completion")
        if isinstance(source, dict):
            seen += 1
            warnings: list[str] = []
            assert chat_preset_to_json(chat_preset_from_json("P", source, warnings)) == source, path.name
            assert warnings == [], path.name
    assert seen > 50


@pytest.mark.parametrize(
    ("preset", "kind"),
    [
        ({"prompts": []}, PresetKind.CHAT),
        ({"temperature": 1}, PresetKind.CHAT),
        ({"temp": 1, "rep_pen": 1, "typical_p": 1}, PresetKind.TEXT),
        ({"temp": 1, "rep_pen": 1, "typical": 1, "sampler_order": [6]}, PresetKind.KOBOLD),
        ({"temperature": 1, "tail_free_sampling": 1}, PresetKind.NOVEL),
        ({"entries": {}}, None),
    ],
)
def test_the_kind_of_a_preset_is_told_by_its_keys(preset: dict[str, object], kind: PresetKind | None) -> None:
    assert preset_kind(preset) is kind


@pytest.mark.parametrize("names", [TEXTGEN, KOBOLD, NOVEL, CHAT])
def test_every_row_of_the_name_tables_leads_to_a_known_sampler(names: dict[str, str]) -> None:
    assert set(names.values()) <= set(SAMPLERS)


def test_text_generation_samplers_come_under_our_names() -> None:
    preset = {
        "temp": "0.8", "rep_pen": 1.1, "rep_pen_range": 512.0, "min_temp": 0.5, "dynatemp": True,
        "dry_sequence_breakers": '["\\n", ":"]', "banned_tokens": '"a shiver"\n[12, 13]\n"x"',
        "json_schema": {"type": "object"}, "grammar_string": "root ::= x", "top_k": [],
        "samplers": ["top_k", "temperature"], "sampler_order": [6, 0],
    }  # fmt: skip
    warnings: list[str] = []
    found = samplers_from_textgen(preset, where="P", warnings=warnings)
    assert found == {
        "temperature": 0.8, "repetition_penalty": 1.1, "repetition_range": 512, "dynatemp_low": 0.5,
        "dynatemp": True, "dry_sequence_breakers": ("\n", ":"), "banned_strings": ("a shiver", "x"),
        "json_schema": '{"type": "object"}', "grammar": "root ::= x",
    }  # fmt: skip
    assert (
        warnings == ['P: "top_k" should be a whole number, but is a list; it was ignored.']
        or len(warnings) == 1
    )
    assert samplers_from_textgen(preset, "llamacpp")["sampler_order"] == ("top_k", "temperature")
    assert samplers_from_textgen(preset, "koboldcpp")["sampler_order"] == (6, 0)
    assert set(ORDERS) == {"llamacpp", "koboldcpp", "ooba", "aphrodite"}


def test_lengths_saved_with_a_preset_are_found() -> None:
    text = preset_from_json("T", {"temp": 1, "genamt": 200, "max_length": 4096})
    assert isinstance(text, TextPreset)
    assert text.lengths == {"max_tokens": 200, "context_size": 4096}
    novel = preset_from_json("N", {"tail_free_sampling": 1, "max_length": 150, "max_context": 8000})
    assert isinstance(novel, TextPreset)
    assert novel.lengths == {"max_tokens": 150, "context_size": 8000}


def test_files_are_read_saved_and_refused(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    path = save_preset(folders, PresetKind.TEXT, "Bold/er", {"temp": 2, "mine": {"x": 1}})
    assert path == folders.textgen_settings / "Bolder.json"
    text = read_any_preset(path)
    assert isinstance(text, TextPreset)
    assert (text.name, text.kind, text.source["mine"]) == ("Bolder", PresetKind.TEXT, {"x": 1})
    path.write_text(json.dumps(PRESET))
    assert isinstance(read_any_preset(path), ChatPreset)
    path.write_text('{"x": 1}')
    with pytest.raises(DataError, match="not a preset"):
        read_any_preset(path)
    path.write_text("[")
    with pytest.raises(UnreadableFile):
        read_any_preset(path)
