"""Variables: macros, short forms, numbers, lists and objects."""

from __future__ import annotations

import json

import pytest

from tavern_tui.macros import substitute
from tavern_tui.macros.builtin.values import number_of, shown, shown_number

from .builders import a_context, put, warnings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{setvar::x::a}}{{getvar::x}}{{.x}}", "aa"),
        ("{{setglobalvar::x::a}}{{getglobalvar::x}}{{$x}}[{{.x}}]", "aa[]"),
        ("{{addvar::x::2}}{{addvar::x::3}}{{.x}}", "5"),
        ("{{addvar::x::a}}{{addvar::x::b}}{{.x}}", "ab"),
        ("{{incvar::x}}{{incvar::x}}{{decvar::x}}", "121"),
        ("{{incglobalvar::x}}{{decglobalvar::x}}", "10"),
        ("{{hasvar::x}}{{setvar::x::}}{{varexists::x}}", "falsetrue"),
        ("{{setvar::x::1}}{{deletevar::x}}{{flushvar::x}}{{hasvar::x}}", "false"),
        ("{{globalvarexists::x}}{{flushglobalvar::x}}{{deleteglobalvar::x}}", "false"),
        ("{{setvar::x::01}}{{.x}}", "1"),
        ("{{setvar::x::[]}}{{addvar::x::a}}{{addvar::x::2}}{{.x}}", '["a","2"]'),
        ("{{setvar::x::0.1}}{{addvar::x::0.2}}{{.x}}", "0.30000000000000004"),
    ],
)
def test_macros_for_variables(text: str, expected: str) -> None:
    assert put(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.x = a b }}[{{.x}}]", "[a b]"),
        ("{{.x=1}}{{.x++}}{{.x++}}{{.x--}}", "232"),
        ("{{.x += 2}}{{.x += 3}}{{.x -= 1}}{{.x}}", "4"),
        ("{{.x += a}}{{.x += b}}{{.x}}", "ab"),
        ("{{.x || d}}{{.x ?? e}}[{{.x}}]", "de[]"),
        ("{{.x = 0}}{{.x || d}}{{.x ?? e}}", "d0"),
        ("{{.x ||= d}}{{.x}}{{.y ??= e}}{{.y}}", "ddee"),
        ("{{.x = k}}{{.x ||= d}}{{.x ??= e}}{{.x}}", "kkk"),
        ("{{.x = a}}{{.x == a}} {{.x != a}} {{.x == b}}", "true false false"),
        ("{{.x = 10}}{{.x > 9}} {{.x >= 10}} {{.x < 9}} {{.x <= 10}}", "true true false true"),
        ("{{.x = a}}{{.x > 1}} {{.none < 1}}", "false false"),
        ("{{$x = {{user}}}}{{$x}}[{{.x}}]", "Ann[]"),
        ("{{.a-b = 1}}{{.a-b--}}", "0"),
        ("{{ ! .x = 1 }}{{.x}}", "1"),
        ("{{.}} {{.1}} {{.x y}}", "{{.}} {{.1}} {{.x y}}"),
        ("{{.x++ 1}}", "{{.x++ 1}}"),
    ],
)
def test_short_forms(text: str, expected: str) -> None:
    assert put(text) == expected


def test_a_default_is_evaluated_only_if_it_is_needed() -> None:
    assert put("{{.x = a}}{{.x || {{incvar::n}}}}{{hasvar::n}}") == "afalse"


def test_only_numbers_are_subtracted() -> None:
    assert put("{{.x = a}}{{.x -= 1}} {{.y -= b}}") == "{{.x -= 1}} {{.y -= b}}"
    assert "only numbers" in warnings_of("{{.x -= b}}")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{setvarkey::x::0::a}}{{setvarkey::x::2::c}}{{.x}}", '["a",null,"c"]'),
        ("{{setvarkey::x::k::v}}{{.x}}{{getvarkey::x::k}}", '{"k":"v"}v'),
        ("{{setvarindex::x::1::b}}{{getvarindex::x::1}}[{{getvarindex::x::9}}]", "b[]"),
        ("{{setglobalvarkey::x::k::1}}{{getglobalvarkey::x::k}}{{getglobalvarindex::x::q}}", "1"),
        ("{{setvar::x::words}}[{{getvarkey::x::0}}]", "[]"),
        ("{{setvarkey::x::0::a}}[{{getvarkey::x::-1}}{{getvarkey::x::0.5}}{{getvarkey::x::k}}]", "[]"),
    ],
)
def test_items_of_lists_and_objects(text: str, expected: str) -> None:
    assert put(text) == expected


def test_a_place_far_outside_of_a_list_is_refused() -> None:
    assert put("{{setvarkey::x::999999999::a}}") == "{{setvarkey::x::999999999::a}}"
    assert put("{{setvarkey::x::k::a}}", chat_variables={"x": "[1]"}) == "{{setvarkey::x::k::a}}"


def test_stored_lists_are_not_changed_behind_the_callers_back() -> None:
    stored = [1, 2]
    context = a_context(chat_variables={"x": stored})
    substitute("{{addvar::x::3}}{{setvarkey::x::0::9}}", context)
    assert stored == [1, 2]
    assert context.variables.chat["x"] == '["9",2,"3"]'


def test_changes_are_noted_where_they_happen() -> None:
    context = a_context(chat_variables={"x": 1}, global_variables={"y": 1})
    substitute("{{getvar::x}}{{hasglobalvar::y}}{{deletevar::none}}{{.x ?? 1}}", context)
    assert (context.variables.chat_changed, context.variables.everywhere_changed) == (False, False)
    substitute("{{deleteglobalvar::y}}", context)
    assert (context.variables.chat_changed, context.variables.everywhere_changed) == (False, True)


# --- numbers as JavaScript has them


@pytest.mark.parametrize(
    ("stored", "number"),
    [
        ("1", 1),
        (" -2.50 ", -2.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("0x10", 16),
        (True, 1),
        ("", None),
        ("1 2", None),
        ("1,5", None),
        ("١", None),
        ("1e999", None),
        (10**400, None),
        (float("nan"), None),
        (None, None),
        ("9" * 5000, None),
    ],
)
def test_what_counts_as_a_number(stored: object, number: float | None) -> None:
    assert number_of(stored) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (1e20, "100000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.25e300, "1.25e+300"),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(number: float, text: str) -> None:
    assert shown_number(number) == text


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (True, "true"),
        (None, ""),
        ("off", "off"),
        ([1, {"a": "é"}], '[1,{"a":"é"}]'),
        ("Infinity", "Infinity"),
    ],
)
def test_other_values_are_written_as_they_are(stored: object, text: str) -> None:
    assert shown(stored) == text


def test_what_is_stored_can_always_be_written_as_json() -> None:
    context = a_context()
    substitute("{{.x=1e308}}" + "{{addvar::x::{{.x}}}}" * 3 + "{{.y=1e300}}{{.y++}}", context)
    assert json.loads(json.dumps(context.variables.chat, allow_nan=False))["x"]
    assert "too large" in context.warnings[0]


@pytest.mark.parametrize(
    "stored", [10**400, pytest.param(10**5000, id="huge"), float("inf"), {"a": [float("nan")]}, object()]
)
def test_values_beyond_all_reason_are_read_without_an_error(stored: object) -> None:
    put(
        "{{.x}}{{getvar::x}}{{if .x}}a{{/if}}{{.x++}}{{.x == 1}}{{getvarkey::x::0}}",
        chat_variables={"x": stored},
    )
