"""Scoped blocks and conditions."""

from __future__ import annotations

import pytest

from tavern_tui.macros import substitute
from tavern_tui.macros.evaluate import dedented

from .builders import CARD, a_context, put, warnings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{reverse}}abc{{/reverse}}", "cba"),
        ("{{Reverse}}abc{{/ REVERSE }}", "cba"),
        ("{{setvar::x}}hello {{user}}{{/setvar}}{{.x}}", "hello Ann"),
        ("{{reverse}}\n  ab\n{{/reverse}}", "ba"),
        ("{{#reverse}} ab {{/reverse}}", " ba "),
        ("{{reverse}}a{{reverse}}bc{{/reverse}}{{/reverse}}", "bca"),
        ("{{user}}x{{/user}}", "Annx{{/user}}"),
        ("{{random}}a,b{{/random}}", "{{random}}a,b{{/random}}"),
        ("{{reverse::a}}x{{/reverse}}", "ax{{/reverse}}"),
        ("{{/if}} {{/reverse}}", "{{/if}} {{/reverse}}"),
        ("{{reverse}}a{{/if}}b{{/reverse}}", "b}}fi/{{a"),
        ("{{unknown}}{{user}}{{/unknown}}", "{{unknown}}Ann{{/unknown}}"),
    ],
)
def test_content_becomes_the_last_argument_where_one_fits(text: str, expected: str) -> None:
    assert put(text) == expected


def test_content_loses_the_indentation_of_its_first_line() -> None:
    assert dedented("\n    a\n      b\n  c\n\n    d  \n") == "a\n  b\nc\n\nd"
    assert dedented("\n\t\ta\n\tb\n") == "a\nb"
    assert dedented(" \n ") == ""
    assert put("{{setvar::x}}\n  a\n    b\n{{/setvar}}{{.x}}") == "a\n  b"


@pytest.mark.parametrize("false", ["off", "OFF", " false ", "0", "{{getvar::none}}", ".none", "$none"])
def test_false_words_and_missing_variables_choose_the_second_branch(false: str) -> None:
    assert put(f"{{{{if {false}}}}}A{{{{else}}}}B{{{{/if}}}}") == "B"
    assert put(f"{{{{if::{false}::A{{{{else}}}}B}}}}") == "B"


def test_an_empty_condition_is_false() -> None:
    assert put("{{if:: ::A{{else}}B}}{{if::}}A{{else}}B{{/if}}") == "BB"


@pytest.mark.parametrize("true", ["1", "no", "on", "00", ".x", "$y", "user", "{{user}}", "description"])
def test_all_else_chooses_the_first_branch(true: str) -> None:
    context = a_context(chat_variables={"x": "v"}, global_variables={"y": 1}, card=CARD)
    assert substitute(f"{{{{if {true}}}}}A{{{{else}}}}B{{{{/if}}}}", context) == "A"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{if !persona}}stranger{{else}}known{{/if}}", "stranger"),
        ("{{if ! user}}A{{else}}B{{/if}}", "B"),
        ("{{if::1::A}}|{{if::0::A}}|", "A||"),
        ("{{if 1}}A{{/if}}{{if 0}}A{{/if}}", "A"),
        ("{{if 1}} A {{else}} B {{/if}}|{{#if 1}} A {{/if}}", "A| A "),
        ("{{if 1}}{{if 0}}a{{else}}b{{/if}}{{else}}c{{/if}}", "b"),
        ("{{if 0}}{{if 1}}a{{else}}b{{/if}}{{else}}c{{/if}}", "c"),
        ("{{if 1}}a{{else}}b{{else}}c{{/if}}", "a"),
        ("x{{else}}y", "xy"),
        ("{{if {{.x == 3}}}}three{{/if}}", "three"),
    ],
)
def test_conditions(text: str, expected: str) -> None:
    assert put(text, chat_variables={"x": "3"}) == expected


def test_only_the_chosen_branch_acts() -> None:
    text = "{{if 1}}{{setvar::a::1}}{{else}}{{setvar::b::1}}{{/if}}{{hasvar::a}} {{hasvar::b}}"
    assert put(text) == "true false"
    assert (
        put("{{if::0::{{setvar::a::1}}{{else}}{{setvar::b::1}}}}{{hasvar::a}} {{hasvar::b}}") == "false true"
    )


@pytest.mark.parametrize("text", ["{{if 1}}", "{{if 1::A}}", "{{if}}A{{/if}}"])
def test_an_incomplete_condition_stays_and_is_explained(text: str) -> None:
    assert put(text) == text
    assert "{{/if}}" in warnings_of(text)[0]


def test_names_of_the_caller_are_conditions_too() -> None:
    assert substitute("{{if summary}}A{{else}}B{{/if}}", a_context(), extra={"summary": "s"}) == "A"
    assert substitute("{{if user}}A{{else}}B{{/if}}", a_context(), extra={"user": ""}) == "B"
