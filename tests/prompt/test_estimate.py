"""The estimate counts as the recorded corpus says."""

from __future__ import annotations

import pytest

from tavern_tui.tokens.estimate import EstimateCounter

COUNTER = EstimateCounter()


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 2), ("日本", 2), ("x" * 335, 100)])
def test_a_text_counts_its_bytes(text: str, tokens: int) -> None:
    assert COUNTER.count(text) == tokens


def test_a_message_counts_its_json_without_escapes() -> None:
    # [{"role":"user","content":"é\n"}] has 34 bytes.
    assert COUNTER.count_message("user", "é\n") == 11 - 2
    assert COUNTER.count_message("user", "é\n", "Ann") == 15 - 2
    assert COUNTER.count_message("user", "") == 0


def test_a_loose_text_counts_as_a_message_without_a_role() -> None:
    assert COUNTER.count_loose("") == 5
    assert COUNTER.count_loose("abc") == 6


def test_a_lone_surrogate_is_counted_not_refused() -> None:
    assert COUNTER.count("\ud800") == 1
