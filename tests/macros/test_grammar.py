"""What counts as a macro, and what stays as it is."""

from __future__ import annotations

import pytest

from tavern_tui.macros import substitute

from .builders import CARD, a_context, put, warnings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{user}} and {{char}}", "Ann and Bo"),
        ("{{USER}} {{ user }} {{\nuser\n}}", "Ann Ann Ann"),
        ("no macros at all", "no macros at all"),
        ("{{reverse::abc}} {{reverse:abc}} {{reverse abc}} {{ reverse :: abc }}", "cba cba cba cba"),
        ("{{reverse::  a  b  }}", "b  a"),
        ("{{reverse::a:b}}", "b:a"),
        ("{{reverse:a::b}}", "b::a"),
        ("{{! user}} {{?user}} {{~ ! > user}}", "Ann Ann Ann"),
        ("a | b {{reverse::a|b}}", "a | b b|a"),
    ],
)
def test_a_macro_is_a_name_with_arguments_in_any_of_the_spellings(text: str, expected: str) -> None:
    assert put(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{user-name}} {{user_name}}", "{{user-name}} {{user_name}}"),
        ("{{user.x}}", "Ann"),
        ("{{unknown {{user}} }}", "{{unknown Ann }}"),
        ("{{unknown::{{user}}::{{char}}}}", "{{unknown::Ann::Bo}}"),
        ("{{{user}}}", "{Ann}"),
        ("{{{{user}}}}", "{{Ann}}"),
        ("{{ {{user}}", "{{ Ann"),
        ("{{user {{char}}", "{{user Bo"),
        ("{{user}} }} {{", "Ann }} {{"),
        ("{{}} {{ }} {{::}} {{1}}", "{{}} {{ }} {{::}} {{1}}"),
        ("{{user::x}}", "{{user::x}}"),
        ("{{reverse}}", "{{reverse}}"),
        ("\\{\\{user\\}\\} \\{{user}}", "{{user}} \\Ann"),
        ("{{user {{ }} {{}} {user} {{{user}}}", "{{user {{ }} {{}} {user} {{{user}}}"),
    ],
)
def test_what_is_no_macro_stays_with_the_macros_inside_resolved(text: str, expected: str) -> None:
    assert put(text) == expected


def test_macros_inside_arguments_come_first() -> None:
    assert put("{{reverse::{{user}}}} {{setvar::{{char}}_x::{{user}}!}}{{getvar::Bo_x}}") == "nnA Ann!"


def test_a_result_is_not_looked_at_again() -> None:
    assert put("{{getvar::x}}", chat_variables={"x": "{{user}}"}) == "{{user}}"
    assert put("{{description}}", card=CARD, char="{{user}}") == "a beekeeper"
    assert put("{{char}}", char="{{user}}") == "{{user}}"


def test_macros_act_from_left_to_right_and_once() -> None:
    assert put("{{random::{{incvar::n}}}}{{.n}} {{.n++}}{{.n}}") == "11 22"


@pytest.mark.parametrize(
    "kept",
    [
        "{{unknown {{incvar::n}} }}",
        "{{user {{incvar::n}}}}",
        "{{space::{{incvar::n}}x}}",
        "{{newline}}{{reverse}}{{incvar::n}}",
        "{{if {{incvar::n}}}}",
        "{{space::x}}{{incvar::n}}{{/space}}",
        "{{.word -= {{incvar::n}}x}}",
    ],
)
def test_what_is_left_as_it_is_evaluates_what_is_inside_only_once(kept: str) -> None:
    context = a_context(chat_variables={"word": "w"})
    substitute(kept, context)
    assert context.variables.chat["n"] == 1


def test_old_spellings_of_names_and_time_are_understood() -> None:
    assert put("<USER> <user> <BOT> <CHAR> <GROUP> <CHARIFNOTGROUP>") == "Ann Ann Bo Bo Bo Bo"
    assert put("<GROUP>", members=("Bo", "Cy")) == "Bo, Cy"
    assert put("{{time_UTC+2}} {{TIME_utc-1}}") == "4:05 PM 1:05 PM"
    assert put("<USERS> <start> 1 < 2") == "<USERS> <start> 1 < 2"


@pytest.mark.parametrize(
    "text", ["{{// note}}", "{{//}}note{{///}}", "{{comment::a::b}}", "{{// a::b {{x}} }}"]
)
def test_comments_print_nothing(text: str) -> None:
    assert put(f"a{text}b") == "ab"


def test_comments_do_not_act() -> None:
    assert put("{{// {{setvar::x::1}} }}{{//}}{{setvar::x::1}}{{///}}{{hasvar::x}}") == "false"


def test_a_lone_comment_tag_stays() -> None:
    assert put("H {{//}}I {{///}}{{///}}") == "H {{///}}"
    assert put("H {{//}}I") == "H {{//}}I"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n{{trim}}\n\nb", "ab"),
        ("a\n{{trim}}\n{{TRIM}}\n\nb\n", "ab\n"),
        ("a {{trim}} b", "a  b"),
        ("{{trim}}\na\n{{trim}}", "a"),
        ("x{{trim}}  a \n{{/trim}}y", "xay"),
    ],
)
def test_trim_takes_the_line_breaks_around_it_or_trims_its_content(text: str, expected: str) -> None:
    assert put(text) == expected


def test_wrong_arguments_are_one_warning_that_names_the_macro() -> None:
    assert warnings_of("{{user::x}} {{user::y}}") == [
        "{{user}}: it takes no arguments, not 1; it was left as it is."
    ]
    assert warnings_of("{{setvar::x}}") == ["{{setvar}}: it takes 2 arguments, not 1; it was left as it is."]
    assert warnings_of("{{space::a}}") == ['{{space}}: "a" is not a whole number; it was left as it is.']
    assert warnings_of("{{random}}") == [
        "{{random}}: it takes at least 1 argument, not 0; it was left as it is."
    ]


def test_unknown_macros_are_no_mistake() -> None:
    assert warnings_of("{{unknown}} {{original}} {{/if}} {{") == []


def test_warnings_do_not_pile_up() -> None:
    text = "".join(f"{{{{space::a{number}}}}}" for number in range(300))
    assert len(warnings_of(text)) == 100


# --- what the caller hands in


def test_names_of_the_caller_win_over_the_table() -> None:
    context = a_context(extra={"User": "from the context", "if": "IF"})
    assert substitute("{{user}} {{if}}", context) == "from the context IF"
    assert substitute("{{user}}", context, extra={"USER": "from the call"}) == "from the call"
    assert substitute("{{summary}}", context, extra={"summary": "S"}) == "S"
    assert substitute("{{reverse}}x{{/reverse}}", context, extra={"reverse": "R"}) == "Rx{{/reverse}}"


def test_names_of_the_caller_take_no_arguments() -> None:
    assert substitute("{{thing::x}}", a_context(), extra={"thing": "T"}) == "{{thing::x}}"


def test_original_is_given_once_and_otherwise_stays() -> None:
    context = a_context()
    assert substitute("{{original}}|{{original}}|", context, original="O") == "O||"
    assert substitute("{{original}}", context) == "{{original}}"
    assert substitute("{{if original}}yes {{original}}{{/if}}", context, original="O") == "yes"


def test_card_fields_are_empty_while_the_card_is_made_ready() -> None:
    context = a_context(card=CARD)
    assert substitute("[{{description}}{{greeting::1}}]{{char}}", context, card_fields=False) == "[]Bo"
    assert substitute("[{{description}}]{{original}}", context) == "[a beekeeper]{{original}}"
