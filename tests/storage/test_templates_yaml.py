"""Templates go from SillyTavern's JSON to YAML and back without losing a character."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError
from tavern_tui.core.template import ContextTemplate, InstructTemplate, ReasoningTemplate, SystemPrompt
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.json_keep import as_object
from tavern_tui.storage.templates import (
    TemplateStore,
    context_from_json,
    instruct_from_json,
    join_yaml,
    reasoning_from_json,
    split_master,
    split_yaml,
    system_prompt_from_json,
    template_to_json,
)
from tavern_tui.storage.yaml_files import MAX_NODES, parse_yaml, plain
from tests.storage.builders import a_folder, json_objects, quickly

Template = InstructTemplate | ContextTemplate | SystemPrompt | ReasoningTemplate

READERS: dict[str, tuple[type, Callable[..., Template], tuple[str, ...]]] = {
    "instruct": (InstructTemplate, instruct_from_json, ()),
    "context": (ContextTemplate, context_from_json, ()),
    "sysprompt": (SystemPrompt, system_prompt_from_json, ("enabled",)),
    "reasoning": (
        ReasoningTemplate,
        reasoning_from_json,
        ("auto_parse", "add_to_prompts", "max_additions"),
    ),
}
awkward = st.text("\n\r\t :#-'\"\\{}[]|>&*!%@`~\x00\x85\u2028\ufeffaé字🙂0", max_size=12)
texts = st.one_of(
    awkward, st.sampled_from(["yes", "null", "1e3", "2020-01-01", "<|im_start|>user\n", "{{#if a}}\n"])
)
values: dict[str, st.SearchStrategy[object]] = {
    "str": texts,
    "bool": st.booleans(),
    "int": st.integers(-1, 10_000),
}


def templates(kind: str) -> st.SearchStrategy[Template]:
    """Templates with every field set to something."""
    made, _, left_out = READERS[kind]
    rows = [one for one in fields(made) if one.name not in ("source", "name", *left_out)]
    given_fields = {one.name: values[str(one.type)] for one in rows}
    name = st.text("abcé字 .", min_size=1, max_size=8)
    return st.builds(made, name=name, **given_fields)


any_template = st.sampled_from(sorted(READERS)).flatmap(
    lambda kind: st.tuples(st.just(kind), templates(kind))
)


@quickly
@given(any_template)
def test_a_template_is_the_same_after_json_and_after_yaml(made: tuple[str, Template]) -> None:
    kind, template = made
    _, read, _ = READERS[kind]
    written = template_to_json(template)
    assert template_to_json(read(json.loads(json.dumps(written)))) == written
    ((found, again),) = split_yaml(join_yaml("File", {kind: written}).encode(), "x.yaml")
    assert (found, again) == (kind, written)
    assert template_to_json(read(again)) == written


@quickly
@given(st.dictionaries(st.sampled_from(sorted(READERS)), json_objects, min_size=1))
def test_what_we_do_not_know_of_a_template_survives_yaml_too(parts: dict[str, dict[str, object]]) -> None:
    named = {kind: {**part, "name": "N"} for kind, part in parts.items()}
    assert dict(split_yaml(join_yaml("N", named).encode(), "x.yaml")) == named


@pytest.mark.parametrize("path", bundled_files("instruct_templates", ".yaml"), ids=lambda path: path.stem)
def test_a_bundled_template_is_the_same_after_a_master_export(path: Path) -> None:
    parts = split_yaml(path.read_bytes(), path.name)
    master = {kind: template_to_json(READERS[kind][1](part)) for kind, part in parts}
    assert {kind: as_object(part) for kind, part in master.items()} == dict(parts)
    again = split_yaml(join_yaml("Other name", dict(split_master(master))).encode(), path.name)
    assert dict(again) == dict(parts)


def test_a_yaml_file_that_was_written_is_found_under_its_name(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    folders.instruct_templates.mkdir(parents=True)
    part = {"name": "Mine", "input_sequence": "\n> ", "later": {"deep": [1, None]}}
    (folders.instruct_templates / "any.yaml").write_text(join_yaml("Mine", {"instruct": part}))
    found = TemplateStore(folders).instruct("Mine")
    assert found is not None
    assert (found.input_sequence, template_to_json(found)) == ("\n> ", part)


@pytest.mark.parametrize(
    "text", ["", "- a", "name: [", "a: b: c", "\tx: 1", "x: *nowhere", "!!python/object:os.system {}", "\xff"]
)
def test_broken_yaml_is_one_sentence_that_names_the_file(text: str) -> None:
    with pytest.raises(DataError, match=r"x\.yaml") as caught:
        split_yaml(text.encode("latin-1"), "x.yaml")
    assert "\n" not in str(caught.value)


def test_a_few_lines_that_stand_for_billions_are_cut() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    found = plain(parse_yaml("\n".join(lines), "x"))
    assert len(json.dumps(found)) < MAX_NODES * 20


def test_a_yaml_file_that_holds_itself_ends() -> None:
    found = plain(parse_yaml("a: &a {b: *a}", "x"))
    assert json.dumps(found)
