"""Hostile texts: any length in linear time, any depth without a deep stack, bounded output."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from tavern_tui.macros import substitute
from tavern_tui.macros.bias import extract_bias
from tavern_tui.macros.lexer import MAX_DEPTH
from tavern_tui.macros.registry import MOST_CHARACTERS
from tavern_tui.macros.story_string import TemplateError, render

from .builders import CARD, a_context

HOSTILE = {
    "braces": "{{",
    "triple braces": "{{{",
    "closing braces": "}}",
    "empty braces": "{{}}",
    "names": "<USER>",
    "angles": "<",
    "conditions": "{{if}}",
    "open conditions": "{{if 1}}",
    "closed conditions": "{{if 1}}x{{/if}}",
    "lone closings": "{{/if}}{{trim}}",
    "openers of many kinds": "{{reverse}}{{setvar::x}}{{if 1}}{{space}}",
    "crossed blocks": "{{reverse}}{{if 1}}{{/reverse}}{{/if}}",
    "half a condition": "{{if ",
    "half a roll": "{{roll ",
    "half a reversal": "{{reverse:",
    "half a reversal per line": "{{reverse:\n",
    "half a ban": '{{banned "',
    "half a variable": "{{setvar::",
    "half a span": "{{timeDiff::",
    "half a comment": "{{//",
    "half a story comment": "{{!--",
    "half a bias": '{{bias "',
    "comment tags": "{{//}}",
    "comments": "{{// x }}",
    "line breaks": "\n",
    "trims": "\n{{trim}}",
    "blanks": " ",
    "flags": "{{#!",
    "dashes": "{{.x-",
    "colons": "{{random::",
    "picks": "{{pick::a::b}}",
    "dice": "{{roll::99d9}}",
    "counting": "{{.x++}}",
    "growing words": "{{addvar::w::word}}",
    "growing lists": "{{addvar::list::word}}{{setvarkey::list::999::x}}",
    "reading": "{{getvar::long}}",
    "escapes": "\\{",
    "story blocks": "{{#if x}}",
    "long words": "{{a",
    "quotes": "{{lookup 'x",
}


def calls_made_by(work: Callable[[], object]) -> int:
    """How many functions the work calls, those of C included."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def a_scene(legacy: bool) -> Any:
    variables = {"list": "[]", "long": "9" * 9000 + "x"}
    return a_context(legacy=legacy, card=CARD, chat_variables=variables)


def rendered(text: str) -> str:
    """The rendered template, or what is wrong with it."""
    try:
        return render(text, {"x": "1"}, a_scene(False))
    except TemplateError as error:
        return str(error)


WORK: dict[str, Callable[[str], object]] = {
    "new": lambda text: substitute(text, a_scene(False)),
    "old": lambda text: substitute(text, a_scene(True)),
    "story": rendered,
    "bias": extract_bias,
}


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.parametrize("name", HOSTILE)
def test_four_times_the_text_is_four_times_the_work(kind: str, name: str) -> None:
    piece = HOSTILE[name]
    WORK[kind](piece)  # what is loaded and compiled once is not counted
    counts = [calls_made_by(lambda size=size: WORK[kind](piece * size)) for size in (50, 200)]  # type: ignore[misc]
    assert counts[1] < 5 * counts[0] + 200


NEVER_CLOSED = [name for name in HOSTILE if name.startswith("half")] + [
    "braces", "closing braces", "angles", "line breaks", "trims", "blanks", "flags", "dashes",
    "escapes", "long words", "quotes",
]  # fmt: skip


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.parametrize("name", NEVER_CLOSED)
def test_a_long_text_takes_no_age(kind: str, name: str) -> None:
    """A pattern that looks through the rest of the text at each opener takes twenty seconds here.
    What happens inside of a pattern cannot be counted, so this looks at the processor's clock."""
    text = HOSTILE[name] * (200_000 // len(HOSTILE[name])) + "{{"
    started = time.process_time()
    WORK[kind](text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "{{" + " " * 100_000 + "}}",
        "{{" + " " * 100_000 + "user" + " " * 100_000 + "}}",
        "{{!" + " !" * 50_000 + "}}",
        "{{.x" + "-" * 100_000 + "}}",
        "{{.x" + " " * 100_000 + "}}",
        "{{.x = " + "1" * 100_000 + "x}}{{.x > 1}}{{.x++}}",
        "\n" * 100_000 + "{{user}}" + "\n" * 100_000,
        "{{newline::9999}}{{trim}}" * 50,
        "{{datetimeformat::" + "L" * 50_000 + "}}",
        "{{random::" + "," * 100_000 + "}}",
    ],
    ids=range(10),
)
def test_long_runs_of_one_character_take_no_age(text: str, legacy: bool) -> None:
    started = time.process_time()
    substitute(text, a_context(legacy=legacy))
    assert time.process_time() - started < 5


# --- depth

NESTED = {
    "arguments": ("{{reverse::", "x", "}}"),
    "unknown": ("{{@", "x", "}}"),
    "unknown names": ("{{a ", "x", "}}"),
    "blocks": ("{{reverse}}", "x", "{{/reverse}}"),
    "conditions": ("{{if 1}}", "x", "{{/if}}"),
    "inline conditions": ("{{if::1::", "x", "}}"),
    "conditions of conditions": ("{{if ", "1", "}}y{{/if}}"),
    "variables": ("{{.x = ", "x", "}}"),
    "defaults": ("{{.y || ", "x", "}}"),
    "wrong arguments": ("{{setvar::", "x", "}}"),
    "comments": ("{{//}}", "x", "{{///}}"),
    "blocks in arguments": ("{{reverse::{{if 1}}", "x", "{{/if}}}}"),
    "story blocks": ("{{#if x}}", "x", "{{/if}}"),
}


def deep_inside(frames: int, work: Callable[[], object]) -> None:
    """Do the work at the bottom of a deep stack."""
    if frames:
        deep_inside(frames - 1, work)
    else:
        work()


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 3000])
def test_no_depth_exhausts_the_stack(kind: str, name: str, depth: int) -> None:
    opening, core, closing = NESTED[name]
    text = opening * depth + core + closing * depth
    frames = len(list(_frames())) + 500
    deep_inside(sys.getrecursionlimit() - frames, lambda: WORK[kind](text))


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def test_reasonable_depths_work_to_the_bottom() -> None:
    depth = MAX_DEPTH - 2
    assert substitute("{{reverse::" * depth + "ab" + "}}" * depth, a_context()) == "ab"
    assert substitute("{{if 1}}" * depth + "ab" + "{{/if}}" * depth, a_context()) == "ab"


@pytest.mark.parametrize(
    "text",
    [
        "{{reverse::" * 99 + "x" + "}}" * 99,
        "{{if 1}}" * 99 + "x" + "{{/if}}" * 99,
        "{{reverse::" * 30 + "{{if 1}}" * 30 + "x" + "{{/if}}" * 30 + "}}" * 30,
    ],
)
def test_what_is_too_deep_is_said(text: str) -> None:
    context = a_context()
    substitute(text, context)
    assert context.warnings[0] == (
        f"Macros are nested more than {MAX_DEPTH} deep; the innermost were left as they are."
    )


def test_braces_that_are_too_deep_are_counted_off() -> None:
    depth = MAX_DEPTH + 20
    text = "{{a " * depth + "}}" * depth + " {{user}}"
    assert substitute(text, a_context()) == "{{a " * depth + "}}" * depth + " Ann"


# --- output


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "{{newline::10000}}" * 2000,
        "{{#if 1}}{{newline::10000}}" * 20 + "{{/if}}" * 20 + "{{space::10000}}" * 2000,
        "{{setvar::x::ab}}" + "{{setvar::x::{{getvar::x}}{{getvar::x}}}}" * 60 + "{{getvar::x}}" * 99,
        "{{.x=ab}}" + "{{.x={{.x}}{{.x}}}}" * 60 + "{{.x}}" * 99,
        "{{setvar::x::abcdefgh}}" + "{{addvar::x::{{getvar::x}}}}" * 60 + "{{getvar::x}}" * 99,
        "{{description}}" * 5000,
        "{{summary}}" * 5000,
        "{{lastMessage}}" * 5000,
    ],
    ids=range(8),
)
def test_the_output_of_hostile_texts_is_bounded(text: str, legacy: bool) -> None:
    context = a_context(legacy=legacy, extra={"summary": "s" * 10_000})
    context.card = type(CARD)(description="d" * 10_000)
    context.variables.chat["long"] = "x" * 10_000
    result = substitute(text, context)
    assert len(result) <= MOST_CHARACTERS + 1_000_000 + len(text)
    assert sum(len(str(value)) for value in context.variables.chat.values()) <= 2_000_000


def test_what_was_too_much_stays_and_is_said_once() -> None:
    context = a_context(card=type(CARD)(description="d" * 1_500_000))
    result = substitute("{{description}}{{description}}{{description}}{{.x = 1}}{{user}}", context)
    assert result.endswith("{{description}}{{.x = 1}}{{user}}")
    assert context.warnings == [
        "The macros of one text wrote more than 2,000,000 characters; the rest were left."
    ]
    assert not context.variables.chat
