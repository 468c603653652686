"""Links of a message, and what is odd about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.text.links import links_in


def test_links_are_found_in_every_form_and_each_once() -> None:
    text = (
        "See [the map](https://a.example/m?x=(1)), <https://b.example/b>, https://c.example/d_e. "
        "(https://c.example/d_e) and *https://f.example/*; not ftp://g.example or [x](javascript:alert(1))."
    )
    assert [(link.label, link.url) for link in links_in(text)] == [
        ("the map", "https://a.example/m?x=(1)"),
        ("", "https://b.example/b"),
        ("", "https://c.example/d_e"),
        ("", "https://f.example/"),
    ]
    assert [link.url for link in links_in("", ["https://s.example", "file:///etc"])] == ["https://s.example"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://bank.example@evil.example/", "leads to evil.example"),
        ("https://b\u0430nk.example", "look like others"),
        ("https://xn--bnk-sla.example", "punycode"),
        ("http://plain.example", "not encrypted"),
        ("[https://bank.example/login](https://evil.example/)", "calls itself bank.example"),
        ("[bank.example](https://evil.example/)", "but leads to evil.example"),
    ],
)
def test_what_is_odd_is_said(text: str, said: str) -> None:
    (link,) = links_in(text)
    assert any(said in warning for warning in link.warnings)


def test_an_honest_link_is_not_warned_of() -> None:
    (link,) = links_in("[example.org](https://example.org/page)")
    assert link.warnings == ()


@given(st.text(max_size=300))
def test_any_text_has_links_or_none(text: str) -> None:
    for link in links_in(f"https://{text} [{text}](http://{text})"):
        assert link.url.isprintable()
        assert link.host
