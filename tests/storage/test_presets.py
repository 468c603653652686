"""Preset files of all four kinds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.core.preset import CharacterOrder, ChatPreset, ManagedPrompt
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.storage.json_keep import as_list
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
from tavern_tui.storage.presets.orders import DEFAULT_ORDER
from tavern_tui.storage.presets.prompts import is_prompt
from tavern_tui.storage.presets.samplers import CHAT, KOBOLD, NOVEL, ORDERS, TEXTGEN
from tests.storage.builders import (
    SHARED,
    a_folder,
    json_objects,
    json_values,
    quickly,
)

thoroughly = settings(quickly, max_examples=80)

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


IDENTIFIERS = st.sampled_from(["main", "jailbreak", "chatHistory", "own", "nobody", ""]) | json_values
ROWS = json_values | st.fixed_dictionaries(
    {}, optional={"identifier": IDENTIFIERS, "enabled": json_values, "more": json_values}
)
ODD_PROMPTS = json_values | st.fixed_dictionaries(
    {"identifier": IDENTIFIERS},
    optional={
        "role": st.sampled_from(["system", "user", "narrator"]) | json_values,
        "content": json_values,
        "injection_position": json_values,
        "injection_trigger": json_values,
        "more": json_values,
    },
)
ODD_ORDERS = json_values | st.fixed_dictionaries(
    {"character_id": st.sampled_from([100000, 100001, "100001", "Ann.png"]) | json_values},
    optional={"order": json_values | st.lists(ROWS, max_size=5)},
)
ODD_PRESETS = st.builds(
    lambda known, more: {**more, **known},
    st.fixed_dictionaries(
        {},
        optional={
            "prompts": json_values | st.lists(ODD_PROMPTS, max_size=5),
            "prompt_order": json_values | st.lists(ODD_ORDERS, max_size=4),
            "main_prompt": json_values,
            "names_in_completion": json_values,
            **{name: json_values for name in ("wi_format", "names_behavior", "openai_max_tokens", "seed")},
        },
    ),
    json_objects,
)


@quickly
@given(json_objects)
def test_a_preset_saved_here_is_the_same_json_value(more: dict[str, object]) -> None:
    for source in (more, {"temperature": 1, **more}, {**PRESET, **more}):
        made = chat_preset_to_json(chat_preset_from_json("P", source, []))
        assert made == source
        assert list(made) == list(source), "the keys keep their order"


@thoroughly
@given(ODD_PRESETS)
def test_whatever_stands_in_a_preset_is_saved_again(source: dict[str, object]) -> None:
    preset = chat_preset_from_json("P", source, [])
    assert json.dumps(chat_preset_to_json(preset)) == json.dumps(source)


@thoroughly
@given(ODD_PRESETS)
def test_a_change_changes_nothing_else(source: dict[str, object]) -> None:
    preset = chat_preset_from_json("P", source, [])
    made = chat_preset_to_json(replace(preset, new_chat_prompt="[New]"))
    assert made == {**source, "new_chat_prompt": "[New]"}
    switched = tuple((name, not on) for name, on in reversed(preset.order))
    made = chat_preset_to_json(replace(preset, order=switched))
    back = chat_preset_from_json("P", made, [])
    assert back.order == switched
    assert replace(back, order=(), source={}) == replace(preset, order=(), source={})
    assert {**made, "prompt_order": 0} == {**source, "prompt_order": 0} or not switched


@thoroughly
@given(ODD_PRESETS, st.data())
def test_a_changed_prompt_is_read_back_and_the_others_stay(
    source: dict[str, object], data: st.DataObject
) -> None:
    preset = chat_preset_from_json("P", source, [])
    added = ManagedPrompt(identifier="added", name="Added", content="Hi.", role="user")
    prompts = [replace(one, content="New.") if data.draw(st.booleans()) else one for one in preset.prompts]
    made = chat_preset_to_json(replace(preset, prompts=(*prompts, added)))
    back = chat_preset_from_json("P", made, [])
    contents = sorted((one.identifier, one.content, one.role) for one in (*prompts, added))
    assert sorted((one.identifier, one.content, one.role) for one in back.prompts) == contents
    odd = [one for one in as_list(source.get("prompts")) if not is_prompt(one)]
    assert [one for one in as_list(made["prompts"]) if not is_prompt(one)] == odd
    assert {**made, "prompts": 0, "main_prompt": 0} == {**source, "prompts": 0, "main_prompt": 0}


def test_an_empty_preset_stays_empty_until_something_is_changed() -> None:
    preset = chat_preset_from_json("P", {}, [])
    assert chat_preset_to_json(preset) == {}
    assert chat_preset_to_json(replace(preset, max_tokens=99)) == {"openai_max_tokens": 99}
    own = CharacterOrder(who="Ann.png", order=(("main", False),))
    assert chat_preset_to_json(replace(preset, character_orders=(own,))) == {
        "prompt_order": [{"character_id": "Ann.png", "order": [{"identifier": "main", "enabled": False}]}]
    }


def test_everything_odd_is_said_with_its_place_and_kept() -> None:
    big = "x" * 2**20
    odd: dict[str, object] = {
        "prompts": [
            {"identifier": "main", "content": big, "role": "narrator", "injection_depth": "deep"},
            {"identifier": "own", "injection_position": 7},
            {"identifier": "own", "content": 3},
            "no prompt",
        ],
        "prompt_order": [
            {"character_id": 100001, "order": [
                {"identifier": "main", "enabled": {}}, {"identifier": "gone"}, 5, {"identifier": "main"},
            ]},
            {"character_id": 100001, "order": []},
            {"character_id": "Ann.png"},
            {"order": []},
        ],
    }  # fmt: skip
    warnings: list[str] = []
    preset = chat_preset_from_json("P", odd, warnings)
    assert preset.order == (("main", True), ("gone", True))
    assert preset.prompts[0].content == big
    assert warnings == [
        'Preset "P", prompt 1: "injection_depth" should be a number, but is a text; it was ignored.',
        'Preset "P", prompt 1: there is no role "narrator"; it counts as system.',
        'Preset "P", prompt 2: "injection_position" is 7, which means nothing; '
        "the prompt stays in the list's order.",
        'Preset "P", prompt 3 is a second "own"; both are kept, and this one is used.',
        'Preset "P": prompt 4 has no identifier; it is kept, but not used.',
        'Preset "P", prompt order 1, row 1: "enabled" should be true or false, but is an object; '
        "it was ignored.",
        'Preset "P", prompt order 1, row 3 names no prompt; it is kept, but not used.',
        'Preset "P", prompt order 1, row 4 names "main" again; it is kept, but the first place counts.',
        'Preset "P", prompt order 2 is a second one for 100001; it is kept, but not used.',
        'Preset "P", prompt order 3 has no list of prompts; it is kept, but not used.',
        'Preset "P", prompt order 4 has no character_id; it is kept, but not used.',
        'Preset "P": its order names "gone", but there is no such prompt; the row is kept, but not used.',
    ]
    assert chat_preset_to_json(preset) == odd
    moved = chat_preset_to_json(replace(preset, order=(("gone", True), ("main", False))))
    assert moved["prompt_order"] == [
        {"character_id": 100001, "order": [
            {"identifier": "gone"}, 5, {"identifier": "main"}, {"identifier": "main", "enabled": False},
        ]},
        *odd["prompt_order"][1:],  # type: ignore[index]
    ]  # fmt: skip


def test_a_preset_with_prompts_and_no_order_says_that_the_usual_one_is_used() -> None:
    warnings: list[str] = []
    preset = chat_preset_from_json("P", {"prompts": [{"identifier": "main"}]}, warnings)
    assert preset.order == DEFAULT_ORDER
    assert warnings == ['Preset "P": it has no order for all characters (100001); the usual one is used.']


def test_a_text_of_an_older_version_moves_only_when_it_is_changed() -> None:
    old = {"main_prompt": "Old.", "nsfw_prompt": "Aside.", "prompts": [{"identifier": "own"}]}
    preset = chat_preset_from_json("P", old, [])
    own, main, nsfw = preset.prompts
    made = chat_preset_to_json(replace(preset, prompts=(replace(own, content="Hi."), main, nsfw)))
    assert made == {**old, "prompts": [{"identifier": "own", "content": "Hi."}]}
    made = chat_preset_to_json(replace(preset, prompts=(own, replace(main, content="New."), nsfw)))
    assert "main_prompt" not in made
    assert made["nsfw_prompt"] == "Aside."
    back = {one.identifier: one.content for one in chat_preset_from_json("P", made, []).prompts}
    assert back == {"own": "", "main": "New.", "nsfw": "Aside."}
    made = chat_preset_to_json(replace(preset, prompts=(own, nsfw)))
    assert "main" not in {one.identifier for one in chat_preset_from_json("P", made, []).prompts}


@quickly
@given(json_objects)
def test_a_text_preset_is_the_same_json_value_when_it_is_saved(more: dict[str, object]) -> None:
    source = {"temp": 1, **more}
    preset = preset_from_json("T", source)
    assert preset.source == source
    assert list(preset.source) == list(source)


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
        {"name": "no identifier"},
        {"identifier": "own", "injection_position": 1, "injection_depth": 2, "injection_trigger": ["swipe"]},
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
        "dynatemp": True, "dry_sequence_breakers": ("\n", ":"), "banned_strings": ("a shiver", "x"), "banned_tokens": ("[12, 13]",),
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
