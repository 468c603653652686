"""Story strings: the Handlebars subset of context templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tavern_tui.macros.registry import MOST_CHARACTERS
from tavern_tui.macros.story_string import TemplateError, render

from .builders import CARD, a_context

FIELDS = {"system": "SYS", "description": "DESC", "user": "Ann", "char": "Bo", "empty": ""}


def rendered(template: str, **fields: Any) -> str:
    """The template filled with a few fields."""
    return render(template, FIELDS, a_context(card=CARD, **fields))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{system}} {{{system}}} {{&system}} {{ system }}", "SYS SYS SYS SYS"),
        ("{{#if system}}a{{else}}b{{/if}}{{#if empty}}a{{else}}b{{/if}}", "ab"),
        ("{{#if empty}}a{{else if system}}b{{else}}c{{/if}}", "b"),
        ("{{#if empty}}a{{else if empty}}b{{else}}c{{/if}}", "c"),
        ("{{#if empty}}a{{^}}c{{/if}}", "c"),
        ("{{#unless empty}}a{{else}}b{{/unless}}{{#unless system}}a{{else}}b{{/unless}}", "ab"),
        (
            "{{#with system}}[{{this}}{{.}}{{../char}}]{{/with}}{{#with empty}}a{{else}}b{{/with}}",
            "[SYSSYSBo]b",
        ),
        ("{{#each system}}a{{else}}b{{/each}}", "b"),
        ("{{lookup this \"system\"}}{{lookup . 'char'}}{{lookup system 1}}", "SYSBoY"),
        ("{{this.system}}{{./system}}{{this/system}}", "SYSSYSSYS"),
        ("a{{! note }}b{{!-- a }} b --}}c{{!}}d", "abcd"),
        ("a  {{~system~}}  b  {{~{system}~}}  c", "aSYSbSYSc"),
        ("a {{~! note ~}} b {{~!-- note --~}} c", "abc"),
        ("a {{~#if system~}} b {{~else~}} c {{~/if~}} d", "abd"),
        (
            '{{#if "words"}}a{{/if}}{{#if ""}}b{{/if}}{{#if 0}}c{{/if}}{{#if 1}}d{{/if}}{{#if true}}e{{/if}}',
            "ade",
        ),
        ("{{#if this}}a{{/if}}{{#if null}}b{{/if}}", "a"),
        ("{{#if system}}{{#if char}}x{{/if}}{{/if}}", "x"),
        ("{{elsewhere}}", "{{elsewhere}}"),
    ],
)
def test_the_subset(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{#if system}}\n{{system}}\n{{/if}}\nend", "SYS\nend"),
        ("{{#if system}}{{system}}\n{{/if}}end", "SYS\nend"),
        ("a\n  {{#if system}}  \nb\n\t{{/if}}\nc", "a\nb\nc"),
        ("a\r\n{{#if system}}\r\nb\r\n{{/if}}\r\nc", "a\r\nb\r\nc"),
        ("a\n{{#if empty}}\nb\n{{else}}\nc\n{{/if}}\nd", "a\nc\nd"),
        ("a\n{{! note }}\nb\n{{!-- note --}}\n", "a\nb\n"),
        ("a {{#if system}}\nb\n{{/if}} c", "a \nb\n c"),
        ("{{#if system}}x{{/if}}\n{{#if empty}}y{{/if}}\nz", "x\n\nz"),
        ("a\n{{system}}\nb", "a\nSYS\nb"),
        ("{{#if system}}\n{{#if char}}\nx\n{{/if}}\n{{/if}}\n", "x\n"),
    ],
)
def test_a_tag_alone_on_its_line_takes_the_line_with_it(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (r"\{{char}} {{system}}", "Bo SYS"),
        (r"\{{unknown x}} {{system}}", "{{unknown x}} SYS"),
        (r"\\{{system}}", r"\SYS"),
        (r"\{{#if}} never closed", "{{#if}} never closed"),
        (r"a \{{ b", "a {{ b"),
    ],
)
def test_escaped_tags_are_words_for_the_template(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{charVersion}} {{getvar::x}} {{outlet::k}}", "1.2 7 key"),
        ("{{roll 1d6}}", "{{roll}}"),
        ("{{#if getvar::x}}a{{else}}b{{/if}}", "b"),
        ("a\n\n{{trim}}\n\nb", "ab"),
        ("{{system}}\n{{trim}}", "SYS"),
        ("{{getvar::my.var}}[{{a/b}}]", "[]"),
        ("{{#with system}}{{description}}{{/with}}", "a beekeeper"),
    ],
)
def test_what_is_no_field_is_a_macro(template: str, expected: str) -> None:
    assert rendered(template, chat_variables={"x": 7, "my.var": 8}, outlets={"k": "key"}) == expected


def test_random_works_without_a_comma() -> None:
    assert rendered("{{random::a::b}}") in ("a", "b")


def test_lost_arguments_and_paths_are_warnings() -> None:
    context = a_context()
    render("{{roll 1d6}}{{getvar::my.var}}", FIELDS, context)
    assert any("use ::" in warning for warning in context.warnings)
    assert any("path" in warning for warning in context.warnings)


def test_macros_in_fields_are_resolved_after_filling() -> None:
    params = {"description": "{{char}} and {{getvar::x}}", "char": "Bo"}
    context = a_context(chat_variables={"x": "{{user}}"})
    assert render("{{description}}", params, context) == "Bo and {{user}}"


def test_the_engine_is_the_one_the_context_asks_for() -> None:
    assert rendered("{{reverse::abc}} {{space}}", legacy=True) == "cba: {{space}}"
    assert render("{{x}}", {"x": "{{reverse::abc}}"}, a_context(legacy=True)) == "cba:"


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("a\n{{#if system}}b", "{{#if}} is never closed (line 2)"),
        ("{{/if}}", "{{/if}} closes nothing (line 1)"),
        ("{{#if system}}{{/unless}}", "{{/unless}} closes nothing"),
        ("{{else}}", "outside of a block"),
        ("{{#if system}}{{else}}{{else}}{{/if}}", "outside of a block"),
        ("{{#if}}x{{/if}}", "needs exactly one name"),
        ("{{#if a b}}x{{/if}}", "needs exactly one name"),
        ("{{#custom x}}{{/custom}}", "{{#custom}} is not known here"),
        ("{{random:a,b}}", "is not a name"),
        ("{{// note}}", "closes nothing"),
        ("{{if x}}a{{/if}}", "{{/if}} closes nothing"),
        ("{{}}", "is not a name"),
        ("{{.x = 1}}", "is not a name"),
        ("{{> partial}}", "is not a name"),
        ('{{"system"}}', "is not a name"),
        ("\n\n{{system", "a tag is not closed (line 3)"),
        ("{{a{b}}", "a tag has braces inside"),
        ("{{{{x}}}}", "a tag has braces inside"),
        ("{{!-- note }}", "a comment is not closed"),
        ("{{! note", "a comment is not closed"),
        ("{{#if x}}" * 60 + "{{/if}}" * 60, "nested too deeply"),
    ],
)
def test_a_template_that_cannot_be_read_says_what_and_where(template: str, what: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(template)
    assert what in str(caught.value)
    assert str(caught.value).startswith("The story string cannot be read: ")
    assert len(str(caught.value)) < 300


def test_fields_that_fill_the_memory_are_refused() -> None:
    params = {"x": "x" * (MOST_CHARACTERS // 4)}
    assert len(render("{{x}}" * 4, params, a_context())) == MOST_CHARACTERS // 4 * 4
    with pytest.raises(TemplateError, match="more than"):
        render("{{x}}" * 9, params, a_context())


TEMPLATES = sorted((Path(__file__).resolve().parents[2] / "instruct_templates").glob("*.yaml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_story_string_of_every_bundled_template_can_be_filled(path: Path) -> None:
    context = a_context(card=CARD)
    story = yaml.safe_load(path.read_text("utf-8")).get("context", {}).get("story_string", "{{system}}")
    assert "SYS" in render(story, FIELDS, context)
    assert context.warnings == []
