"""HTML in messages, as it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.text.html_marks import without_tags


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<b>Bold</b> and <I>slanted</I>, <s>gone</s>.", "**Bold** and *slanted*, ~~gone~~."),
        ('<font color="red">Red</font> <span style="x">words</span>', "Red words"),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<h2>Part</h2>Text", "\n## Part\nText"),
        ("<ul><li>a</li><li>b</li></ul>", "\n\n- a\n- b\n"),
        ('See <a href="https://a.example/x">this</a>.', "See [this](https://a.example/x)."),
        ('<img src="https://a.example/p.png" alt="A mill">', "![A mill](https://a.example/p.png)"),
        ("<style>b { color: red }</style>Hi<!-- note --><script>alert(1)</script>", "Hi"),
        ("Fish &amp; chips&nbsp;&lt;3 &#8212; &unknown;", "Fish & chips\xa0<3 — &unknown;"),
        ("<START> <think>hm</think> a < b > c <3 <user>", "<START> <think>hm</think> a < b > c <3 <user>"),
        ("`<b>` and\n```html\n<b>x</b>\n```\n<b>y</b>", "`<b>` and\n```html\n<b>x</b>\n```\n**y**"),
        ("Plain *words*.", "Plain *words*."),
        ("&#42;not bold&#42;", "&#42;not bold&#42;"),
        ("</a><a>x</a>", "x"),
    ],
)
def test_tags_become_marks_or_nothing_and_others_stay(text: str, said: str) -> None:
    assert without_tags(text) == said


@given(st.text(alphabet="<>/ab!-&;\"'= \n`", max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(without_tags(text), str)


@pytest.mark.parametrize(
    "text", ["<b " * 50_000, "<!--" * 50_000, "<script>" * 20_000, "&" * 100_000, "```" * 50_000]
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    """With anything quadratic this would take minutes."""
    assert isinstance(without_tags(text), str)
