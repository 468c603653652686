"""The words a reply shall begin with, typed into a message."""

from __future__ import annotations

import pytest

from tavern_tui.macros.bias import extract_bias


@pytest.mark.parametrize(
    ("typed", "text", "bias"),
    [
        ('Hello {{bias "Well,"}}', "Hello ", "Well,"),
        ("{{ bias 'It\"s' }}x", "x", 'It"s'),
        ('{{bias "a"}}-{{bias "b"}}', "-", "a b"),
        (r'{{bias "say \"hi\""}}', "", 'say "hi"'),
        ('{{bias ""}}', "", ""),
        ("{{bias}} {{biased}} {{user}}", "{{bias}} {{biased}} {{user}}", ""),
        ('{{bias "never closed', '{{bias "never closed', ""),
        ("nothing", "nothing", ""),
    ],
)
def test_bias_helpers_leave_the_text(typed: str, text: str, bias: str) -> None:
    assert extract_bias(typed) == (text, bias)
