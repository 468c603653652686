"""Headers and body keys as YAML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError, TavernError
from tavern_tui.services.connection_extras import read_body, read_headers, written


def test_what_is_written_is_read_again() -> None:
    body = {"top_a": None, "temperature": 0.7, "stop": ["a", "b"], "deep": {"x": "1\n2"}}
    assert read_body(written(body)) == body
    assert read_body("") == {}
    assert written({}) == ""


def test_sillytaverns_lists_add_and_drop() -> None:
    assert read_body("- top_k: 5\n- top_p: 0.9\n") == {"top_k": 5, "top_p": 0.9}
    assert read_body("- top_a\n- min_p\n") == {"top_a": None, "min_p": None}


def test_headers_are_texts_and_nothing_http_cannot_carry() -> None:
    assert read_headers("X-One: 1\nX-Two:\n") == {"X-One": "1", "X-Two": ""}
    for bad in ("X Y: 1", 'X-One: "a\\nb"', "- - 1"):
        with pytest.raises(DataError):
            read_headers(bad)


@given(st.text())
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for read in (read_body, read_headers):
        try:
            read(text)
        except TavernError as error:
            assert "\n" not in str(error)
