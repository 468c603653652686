"""The cautious estimate is above SillyTavern's, and a counter's views speak for themselves."""

from __future__ import annotations

import pytest

from tavern_tui.tokens.cache import CachedCounter
from tavern_tui.tokens.cautious import CautiousEstimate
from tavern_tui.tokens.estimate import EstimateCounter

ESTIMATE, CAUTIOUS = EstimateCounter(), CautiousEstimate()


@pytest.mark.parametrize("text", ["a", "The mill stands.", "字" * 100, "🙂", "\ud800", '"\\' * 30])
def test_caution_never_counts_less_than_the_estimate(text: str) -> None:
    assert CAUTIOUS.count(text) >= ESTIMATE.count(text)
    assert CAUTIOUS.count_loose(text) >= ESTIMATE.count_loose(text)
    assert CAUTIOUS.count_message("user", text, "Ann") >= ESTIMATE.count_message("user", text, "Ann")


def test_nothing_costs_nothing() -> None:
    assert CAUTIOUS.count("") == CAUTIOUS.count_message("user", "") == 0
    assert CAUTIOUS.count_loose("") == ESTIMATE.count_loose("")


def test_chinese_counts_a_token_and_a_half_a_character() -> None:
    assert CAUTIOUS.count("字" * 100) == 150
    assert not CAUTIOUS.exact


def test_a_fresh_view_speaks_of_its_own_counts_and_shares_the_rest() -> None:
    counter = CachedCounter("llama.cpp at h", ESTIMATE)
    first = counter.fresh()
    first.count("hello")
    assert (first.exact, list(counter.missing)) == (False, ["hello"])
    counter.learn({"hello": 2})
    second = counter.fresh()
    assert (second.count("hello"), second.exact, second.name) == (2, True, "llama.cpp at h")
    third = counter.fresh(CAUTIOUS)
    assert third.count("hello") + third.count("字字") == 2 + 3
    assert third.name == "llama.cpp at h, partly a cautious estimate"
