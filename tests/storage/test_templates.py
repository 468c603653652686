"""Templates by name, by chat template and by model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tavern_tui.core.template import ContextTemplate, InstructTemplate, ReasoningTemplate, SystemPrompt
from tavern_tui.storage.templates import (
    TemplateStore,
    context_from_json,
    instruct_from_json,
    reasoning_from_json,
    split_master,
    system_prompt_from_json,
    template_to_json,
    with_anchors,
)
from tests.storage.builders import (
    SHARED,
    a_folder,
    json_objects,
    quickly,
)


def put(folder: Path, name: str, value: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))


# --- conversion


def test_old_instruct_templates_are_migrated_and_written_back_as_they_were() -> None:
    old = {"name": "Old", "separator_sequence": "</s>", "names_force_groups": True, "names": False, "x": 1}
    made = instruct_from_json(old)
    assert (made.output_suffix, made.names_behavior) == ("</s>", "force")
    assert instruct_from_json({"names": True}).names_behavior == "always"
    assert instruct_from_json({"names": False}).names_behavior == "none"
    assert instruct_from_json({}).names_behavior == "force"
    assert template_to_json(made) == old


@quickly
@given(json_objects)
def test_no_key_of_a_template_is_lost(more: dict[str, object]) -> None:
    for read in (instruct_from_json, context_from_json, system_prompt_from_json, reasoning_from_json):
        source = {"name": "T", **more}
        assert template_to_json(read(source, "T")) == source


def test_an_edited_template_keeps_its_other_keys() -> None:
    made = instruct_from_json({"name": "T", "wrap": False, "future": [1]})
    assert template_to_json(replace(made, wrap=True)) == {"name": "T", "wrap": True, "future": [1]}


def test_a_story_string_from_before_the_anchors_gets_them() -> None:
    story = context_from_json({"story_string": "Text\n{{system}}\n{{trim}}"}).story_string
    assert story == (
        "Text\n{{#if anchorBefore}}{{anchorBefore}}\n{{/if}}{{system}}\n"
        "{{#if anchorAfter}}{{anchorAfter}}\n{{/if}}{{trim}}"
    )
    modern = {"story_string": "{{system}}", "story_string_position": 0}
    assert context_from_json(modern).story_string == "{{system}}"
    assert with_anchors(story) == story
    assert with_anchors("").count("{{/if}}") == 2


@pytest.mark.skipif(not SHARED.is_dir(), reason="The shared corpus is not in this checkout.")
def test_every_recorded_template_survives_a_round_trip() -> None:
    seen = 0
    for path in sorted((SHARED / "parity").glob("*.json")):
        text = json.loads(path.read_text(encoding="utf-8")).get("text")
        if isinstance(text, dict):
            seen += 1
            warnings: list[str] = []
            for kind, read in (("instruct", instruct_from_json), ("context", context_from_json)):
                assert (
                    template_to_json(read(text[kind], "", warnings)) == text[kind] or "name" not in text[kind]
                )
            assert warnings == [], path.name
    assert seen > 50


# --- the store


def test_the_bundled_templates_are_all_usable(tmp_path: Path) -> None:
    store = TemplateStore(a_folder(tmp_path))
    assert len(store.names()) > 30
    assert store.warnings == ()
    for name in store.names():
        assert store.instruct(name) is not None
    assert store.instruct("chatml") == store.instruct("ChatML")
    assert store.instruct("no such template") is None
    assert "{{trim}}" in store.default_context().story_string
    assert "{{char}}" in store.default_system_prompt().content


def test_users_templates_come_first_and_broken_ones_are_named(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    put(folders.instruct, "mine.json", {"name": "ChatML", "input_sequence": "<mine>", "output_sequence": ""})
    put(folders.instruct, "nameless.json", {"input_sequence": "<n>"})
    put(folders.instruct, "broken.json", "{")
    put(folders.context, "c.json", {"name": "Own", "story_string": "x", "story_string_position": 0})
    put(folders.sysprompt, "s.json", {"name": "Terse", "content": "Short."})
    put(folders.reasoning, "r.json", {"name": "R", "prefix": "<r>", "suffix": "</r>", "separator": ""})
    put(
        folders.instruct_templates,
        "y.yaml",
        "name: Yam\ninstruct: {input_sequence: '<y>', when: 2020-01-01}\n",
    )
    put(folders.instruct_templates, "bad.yaml", "name: [")
    put(folders.instruct_templates, "none.yaml", "name: Nothing")
    put(
        folders.instruct_templates,
        "master.json",
        {"instruct": {"name": "M", "input_sequence": "<m>"}, "preset": {"temp": 1}},
    )
    store = TemplateStore(folders)
    sequences = {name: store.instruct(name) for name in ("ChatML", "nameless", "Yam", "M")}
    assert [one and one.input_sequence for one in sequences.values()] == ["<mine>", "<n>", "<y>", "<m>"]
    assert (store.context("Own") or ContextTemplate()).story_string == "x"
    assert (store.system_prompt("Terse") or SystemPrompt()).content == "Short."
    assert (store.reasoning("R") or ReasoningTemplate()).prefix == "<r>"
    assert len(store.warnings) == 3
    assert all(
        any(name in one for one in store.warnings) for name in ("broken.json", "bad.yaml", "none.yaml")
    )


def test_a_saved_template_is_found_at_once(tmp_path: Path) -> None:
    store = TemplateStore(a_folder(tmp_path))
    assert store.instruct("Mine") is None
    path = store.save(InstructTemplate(name="Mine", input_sequence="<x>"))
    assert path.name == "Mine.json"
    assert (store.instruct("Mine") or InstructTemplate()).input_sequence == "<x>"


def test_a_chat_template_is_told_by_its_hash_before_its_marks(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    template = "{% for m in messages %}<|im_start|>{{ m.role }}<|im_end|>{% endfor %}"
    digest = hashlib.sha256(template.encode()).hexdigest()
    put(
        folders.instruct_templates,
        "a.yaml",
        f"name: Known\ninstruct: {{wrap: true}}\nchat_template_hashes: ['{digest.upper()}']\n"
        "chat_template_marks: [['<quite special>', '<|im_start|>']]",
    )
    store = TemplateStore(folders)
    assert store.by_chat_template(template) == "Known"
    assert store.by_chat_template(template + "\0") == "Known"
    assert store.by_chat_template(template + " ") == "ChatML"
    assert store.by_chat_template(template + "<quite special> and much more") == "Known"
    assert store.by_chat_template("nothing known") is None
    assert store.by_chat_template("half \ud83d") is None


def test_a_model_is_told_by_its_name_and_hopeless_patterns_are_passed_over(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    put(folders.instruct, "0.json", {"name": "Bad", "activation_regex": "(("})
    put(folders.instruct, "1.json", {"name": "Slow", "activation_regex": "(a+)+$"})
    put(folders.instruct, "2.json", {"name": "Odd", "activation_regex": 7})
    put(folders.instruct, "3.json", {"name": "Mine", "activation_regex": "/my-model/i"})
    store = TemplateStore(folders)
    assert store.by_model("some/My-Model-7B") == "Mine"
    assert store.by_model("a" * 40 + "!") is None
    assert store.by_model("Meta-Llama-3-8B-Instruct") == "Llama 3 Instruct"


@pytest.mark.parametrize(
    ("templates", "kinds"),
    [
        ({"instruct": {}, "context": {}, "sysprompt": {}, "reasoning": {}, "preset": {}, "srw": {}},
         ["instruct", "context", "sysprompt", "reasoning", "preset"]),
        ({"name": "x", "input_sequence": "", "output_sequence": ""}, ["instruct"]),
        ({"name": "x", "story_string": ""}, ["context"]),
        ({"name": "x", "content": ""}, ["sysprompt"]),
        ({"temp": 1, "top_k": 1, "top_p": 1, "rep_pen": 1}, ["preset"]),
        ({"name": "x", "prefix": "", "suffix": "", "separator": ""}, ["reasoning"]),
        ({"name": "x"}, []),
    ],
)  # fmt: skip
def test_master_and_bare_template_files_are_told_apart(
    templates: dict[str, object], kinds: list[str]
) -> None:
    assert [kind for kind, _ in split_master(templates)] == kinds
