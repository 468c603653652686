"""Regex scripts: when they run and what they put in."""

from __future__ import annotations

from typing import Any

import pytest

from tavern_tui.core.preset import RegexScript
from tavern_tui.text.regex_scripts import apply_scripts


def run(
    text: str,
    *scripts: RegexScript,
    placement: int = 2,
    context: str = "store",
    depth: int | None = None,
    warnings: list[str] | None = None,
) -> str:
    return apply_scripts(
        text,
        scripts,
        placement=placement,
        context=context,
        depth=depth,
        substitute=lambda text: text.replace("{{user}}", "Al+a").replace("{{char}}", "Ann"),
        warnings=warnings,
    )


def a_script(find: str, replace: str = "-", **fields: Any) -> RegexScript:
    return RegexScript(
        name="s", find=find, replace=replace, placement=fields.pop("placement", (2,)), **fields
    )


@pytest.mark.parametrize(
    ("find", "replace", "text", "result"),
    [
        ("a", "-", "aA a", "-A a"),
        ("/a/g", "-", "aa", "--"),
        ("/a/gi", "-", "aA", "--"),
        (r"/\*(.+?)\*/g", "($1)", "*a* *b*", "(a) (b)"),
        ("/b/", "[{{match}}|$0|{{MATCH}}]", "abc", "a[b|b|b]c"),
        ("/(?<n>b)(x)?/", "<$<n>$1$2$3$<m>>", "abc", "a<bb>c"),
        ("/b/", "{{char}}", "abc", "aAnnc"),
        ("/b/", r"\n$$", "abc", r"a\n$$c"),
        ("a/b", "-", "a/b", "-"),
        ("/a/b/g", "-", "a/b", "-"),
        ("/a", "-", "/a a", "- a"),
        (r"/x\/y/", "-", "x/y", "-"),
        ("/a\nb/g", "-", "a\nb", "-"),
        ("a\nb", "-", "a\nb", "-"),
    ],
)
def test_finding_and_replacing(find: str, replace: str, text: str, result: str) -> None:
    assert run(text, a_script(find, replace)) == result


def test_trimmed_words_are_taken_out_of_groups() -> None:
    script = a_script("/<(.*?)>/g", "$1|$0", trim_strings=("x", "{{char}}"))
    assert run("<axAnnb>", script) == "ab|<ab>"


def test_each_script_is_fed_by_the_one_before() -> None:
    assert run("a", a_script("a", "b"), a_script("b", "c")) == "c"


CONTEXTS = ("prompt", "display", "store", "edit")


@pytest.mark.parametrize(
    ("fields", "runs_in"),
    [
        ({}, ("store",)),
        ({"run_on_edit": True}, ("store", "edit")),
        ({"prompt_only": True}, ("prompt",)),
        ({"markdown_only": True}, ("display",)),
        ({"prompt_only": True, "markdown_only": True, "run_on_edit": True}, ("prompt", "display")),
        ({"disabled": True}, ()),
        ({"placement": (1,)}, ()),
    ],
)
def test_contexts(fields: dict[str, Any], runs_in: tuple[str, ...]) -> None:
    ran = tuple(context for context in CONTEXTS if run("a", a_script("a", **fields), context=context) == "-")
    assert ran == runs_in


@pytest.mark.parametrize(
    ("low", "high", "depths"),
    [
        (None, None, [-1, 0, 1, 2, None]),
        (1, None, [1, 2, None]),
        (None, 1, [-1, 0, 1, None]),
        (-1, 0, [-1, 0, None]),
        (-2, -1, [-1, 0, 1, 2, None]),
        (0, None, [0, 1, 2, None]),
    ],
)
def test_depths(low: int | None, high: int | None, depths: list[int | None]) -> None:
    script = a_script("a", min_depth=low, max_depth=high)
    assert [depth for depth in (-1, 0, 1, 2, None) if run("a", script, depth=depth) == "-"] == depths


def test_macros_in_the_pattern() -> None:
    assert run("Al+a", a_script("{{user}}")) == "Al+a"
    assert run("Alla Al+a", a_script("{{user}}", substitute=1)) == "- Al+a"
    assert run("Alla Al+a", a_script("{{user}}", substitute=2)) == "Alla -"
    assert run("Al+a. Al+a!", a_script("/{{user}}[!]/", substitute=2)) == "Al+a. -"


@pytest.mark.parametrize("find", ["/a/z", "/a/gg", "/(/", "(", "/a/x"])
def test_a_broken_script_is_skipped_and_named_once(find: str) -> None:
    warnings: list[str] = []
    scripts = [a_script(find), a_script("/b/g", "c")]
    assert run("ab", *scripts, warnings=warnings) == "ac"
    assert run("ab", *scripts, warnings=warnings) == "ac"
    assert len(warnings) == 1
    assert 'script "s"' in warnings[0]


def test_a_hopeless_script_is_skipped_and_named() -> None:
    warnings: list[str] = []
    text = "a" * 80 + "!"
    assert run(text, a_script("/(a|aa)+$/s"), a_script("!", "?"), warnings=warnings) == "a" * 80 + "?"
    assert "takes too long" in warnings[0]
