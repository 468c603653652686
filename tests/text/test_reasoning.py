"""Thinking, taken out of texts and streams and put back into prompts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.text.reasoning import ReasoningSplitter, SplitText, split_reasoning, with_reasoning

THINK = ReasoningTemplate()
LINES = ReasoningTemplate(prefix="<think>\n", suffix="\n</think>", separator="\n\n", add_to_prompts=True)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("<think>a</think>b", SplitText("b", "a", True)),
        (" \n<think> a </think>\n\nb ", SplitText("b", "a", True)),
        ("<think>a</think>b<think>c</think>", SplitText("b<think>c</think>", "a", True)),
        ("<think></think>b", SplitText("b", "", True)),
        ("x<think>a</think>b", SplitText("x<think>a</think>b")),
        ("<think>a", SplitText("<think>a")),
        ("plain", SplitText("plain")),
        ("", SplitText("")),
    ],
)
def test_whole_texts(text: str, result: SplitText) -> None:
    assert split_reasoning(text, THINK) == result


def test_options_of_whole_texts() -> None:
    assert split_reasoning("x<think>a</think>b", THINK, strict=False) == SplitText("xb", "a", True)
    assert split_reasoning("<think> a</think> b", THINK, trim=False) == SplitText(" b", " a", True)
    nothing = ReasoningTemplate(prefix="", suffix="")
    assert split_reasoning("<think>a</think>b", nothing) == SplitText("<think>a</think>b")
    lead = ReasoningTemplate(prefix="\n<think>")
    assert split_reasoning("  \n<think>a</think>b", lead) == SplitText("b", "a", True)


def streamed(pieces: list[str], template: ReasoningTemplate, **options: Any) -> tuple[str, str]:
    splitter = ReasoningSplitter(template, **options)
    parts = [splitter.feed(piece) for piece in pieces] + [splitter.close()]
    return "".join(part.text for part in parts), "".join(part.reasoning for part in parts)


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_stream_may_be_cut_anywhere(cut: int) -> None:
    text = "\n<think> first\n second </think>\n\nHello there. "
    assert streamed([text[:cut], text[cut:]], THINK) == ("Hello there. ", "first\n second")
    assert streamed(list(text), THINK) == ("Hello there. ", "first\n second")


PIECES = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "a", " ", "\n", "b"])


@given(st.lists(PIECES, max_size=10), st.sampled_from([THINK, LINES, ReasoningTemplate(prefix="\n<think>")]))
def test_a_stream_agrees_with_the_whole_text(pieces: list[str], template: ReasoningTemplate) -> None:
    whole = split_reasoning("".join(pieces), template)
    text, reasoning = streamed(pieces, template)
    assert streamed(list("".join(pieces)), template) == (text, reasoning)
    if whole.found:
        assert (text.strip(), reasoning) == (whole.text, whole.reasoning)
    elif not reasoning and "<think>" not in whole.text:
        assert text == whole.text


def test_thinking_that_never_ends_is_thinking() -> None:
    assert streamed(["<think>", "a ", "b", "</th"], THINK) == ("", "a b</th")


def test_a_stream_may_begin_inside_a_block() -> None:
    assert streamed(["more </th", "ink> Hi"], THINK, opened=True) == ("Hi", "more")
    assert streamed([" more", "</think>Hi"], THINK, opened=True) == ("Hi", " more")


def test_the_splitter_says_whether_it_thinks() -> None:
    splitter = ReasoningSplitter(THINK)
    seen = [(splitter.feed(piece), splitter.thinking)[1] for piece in ("<think>", "a", "</think>", "b")]
    assert seen == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "reasoning", "continued", "sent"),
    [
        ("Hi", "r", False, "<think>\nr\n</think>\n\nHi"),
        ("Hi", "r", True, "<think>\nr\n</think>\n\nHi"),
        ("", "r", True, "<think>\nr"),
        ("", "r", False, "<think>\nr\n</think>\n\n"),
        ("Hi", "", True, "Hi"),
    ],
)
def test_thinking_goes_back_as_the_model_wrote_it(
    text: str, reasoning: str, continued: bool, sent: str
) -> None:
    assert with_reasoning(text, reasoning, LINES, lambda words: words, continued=continued) == sent
