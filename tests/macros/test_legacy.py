"""The old engine: one rule after the other over the whole text."""

from __future__ import annotations

import pytest

from tavern_tui.core.template import SystemPrompt
from tavern_tui.macros import substitute

from .builders import CARD, a_context, put, said


def old(text: str, **fields: object) -> str:
    """`text` as the old engine leaves it."""
    return put(text, legacy=True, **fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{user}} {{CHAR}} <USER> <bot>", "Ann Bo Ann Bo"),
        ("{{reverse:abc}} {{reverse::abc}}", "cba cba:"),
        ("{{reverse: ab}}", "ba "),
        ("{{setvar::q::{{user}}}}[{{getvar::q}}]", "}}[{{user]"),
        ("{{setvar::q::1}}{{addvar::q::2}}{{incvar::q}}{{decvar::q}}{{getvar::q}}", "433"),
        ("{{setglobalvar::q::a}}{{getglobalvar::q}}", "a"),
        ("{{newline}}{{noop}}|a\n\n{{trim}}\nb", "\n|ab"),
        ("{{// note {{user}} }}|{{//a\nb}}|{{// {{no}} }}", "|| }}"),
        ('{{banned "word"}}{{banned "b"}}x', "x"),
        ("{{time_UTC+2}} {{isodate}} {{datetimeformat YYYY}}", "4:05 PM 2026-01-31 2026"),
        ("{{timeDiff::2026-01-02::2026-01-01}}", "in a day"),
        ("{{outlet::rules}}", "No magic."),
        ("{{maxPrompt}} {{maxContext}}", "7842 8192"),
        ("{{summary}}{{input}}{{idle_duration}}", "So far.typedjust now"),
        ("{{roll:1d1}}{{roll 1d1+1}}", "12"),
        ("{{random::a}}{{random:b}}{{pick::c}}{{pick:d}}", "abcd"),
        ("{{lastMessage}} {{lastMessageId}}", "Hi. 0"),
    ],
)
def test_what_the_old_engine_knows(text: str, expected: str) -> None:
    scene = {
        "outlets": {"rules": "No magic."},
        "extra": {"summary": "So far."},
        "input": "typed",
        "messages": [said("Hi.", by_user=True)],
    }
    assert old(text, **scene) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{if 1}}a{{else}}b{{/if}}",
        "{{space}}",
        "{{greeting}}",
        "{{charDescription}}",
        "{{hasvar::x}}",
        "{{getvarkey::x::0}}",
        "{{.x}} {{$x}} {{.x = 1}}",
        "{{idleDuration}}",
        "{{exampleSeparator}}",
        "{{newline::2}}",
        "{{ user }}",
        "{{reverse:}} {{reverse:a\nb}}",
        "{{roll }} {{random::}} {{getvar::}} {{getvar::a::b}} {{setvar::a}}",
        "{{timeDiff::a}} {{timeDiff::a::b}}",
        '{{banned word}} {{banned "a\nb"}}',
        "{{roll 1}",
        "{{outlet::",
    ],
)
def test_what_the_old_engine_does_not_know_stays(text: str) -> None:
    assert old(text) == text


def test_results_are_visible_to_later_rules() -> None:
    prompt = SystemPrompt(enabled=True, content="Be {{char}} for {{user}}.")
    assert old("{{systemPrompt}}", system_prompt=prompt) == "Be Bo for Ann."
    assert old("{{description}}", card=CARD) == "a beekeeper"
    assert old("{{random::{{user}},{{user}}}}") == "Ann"


def test_a_cards_own_prompt_is_the_system_prompt_if_that_is_preferred() -> None:
    prompt = SystemPrompt(enabled=True, content="Default.")
    assert old("{{systemPrompt}}", system_prompt=prompt, card=CARD) == "Be terse."
    assert (
        old("{{systemPrompt}}", system_prompt=prompt, card=CARD, prefer_character_prompt=False) == "Default."
    )


def test_in_groups_the_user_counts_among_the_others() -> None:
    group = {"members": ("Bo", "Cy", "Di"), "enabled_members": ("Bo", "Di")}
    assert old("{{notChar}} | {{group}} | {{groupNotMuted}}", **group) == "Di, Ann | Bo, Cy, Di | Bo, Di"
    assert put("{{notChar}}", **group) == "Di"


def test_original_is_given_once() -> None:
    context = a_context(legacy=True)
    assert substitute("{{original}}|{{original}}|", context, original="O {{user}}") == "O Ann||"
    assert substitute("{{original}}", context) == "{{original}}"


def test_names_of_the_caller_win_over_the_table() -> None:
    extra = {"User": "X", "thing": "T", "lastMessage": "L"}
    assert substitute("{{user}}{{thing}}{{lastMessage}}", a_context(legacy=True), extra=extra) == "XTL"


def test_card_fields_are_empty_while_the_card_is_made_ready() -> None:
    context = a_context(legacy=True, card=CARD)
    assert substitute("[{{description}}]{{char}}", context, card_fields=False) == "[]Bo"


def test_what_is_wrong_becomes_a_warning() -> None:
    context = a_context(legacy=True)
    text = "{{roll 9999d6}}{{datetimeformat YYYY}}"
    assert substitute(text, context) == "{{roll 9999d6}}2026"
    assert context.warnings == ["{{roll}}: it rolls no more than 1000 dice; it was left as it is."]
