"""A closer look at fewer entries finds exactly what a look at all of them finds."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.core.lorebook import LoreEntry, LoreSettings
from tavern_tui.lore.inputs import MatchSources
from tavern_tui.lore.match import Matcher
from tests.lore.builders import a_scan

WORDS = st.sampled_from(
    ["mill", "Mill", "oak tree", "oak", "ΣΑΣ", "σας", "İz", "a_b", "b", "", "/m.ll/i", "風"]
)
TEXTS = st.lists(WORDS | st.sampled_from(["the", "mills", "x-b", "oak-tree", "\n"]), max_size=6).map(" ".join)
MAYBE = st.none() | st.booleans()


@st.composite
def entries(draw) -> LoreEntry:
    return LoreEntry(
        uid=draw(st.integers(0, 10**6)),
        keys=tuple(draw(st.lists(WORDS, max_size=3))),
        secondary_keys=tuple(draw(st.lists(WORDS, max_size=2))),
        content=draw(TEXTS | st.just("@@activate\nx") | st.just("@@dont_activate\nmill")),
        constant=draw(st.booleans()) and draw(st.booleans()),
        disabled=draw(st.booleans()) and draw(st.booleans()),
        scan_depth=draw(st.none() | st.integers(0, 4)),
        case_sensitive=draw(MAYBE),
        match_whole_words=draw(MAYBE),
        exclude_recursion=draw(st.booleans()),
        prevent_recursion=draw(st.booleans()),
        delay_until_recursion=draw(st.sampled_from([0, 0, 0, 1, 2])),
        match_scenario=draw(st.booleans()),
        group=draw(st.sampled_from(["", "", "g"])),
        delay=draw(st.sampled_from([None, None, 3])),
    )


SETTINGS = st.builds(
    LoreSettings,
    depth=st.integers(0, 4),
    recursive=st.booleans(),
    case_sensitive=st.booleans(),
    match_whole_words=st.booleans(),
    min_activations=st.integers(0, 3),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(entries(), max_size=8, unique_by=lambda one: one.uid), st.lists(TEXTS, max_size=5), SETTINGS)
def test_the_short_way_finds_what_the_long_way_finds(book, chat, lore) -> None:
    def found():
        return a_scan(
            *book, chat=chat, settings=lore, rng=Random(3), sources=MatchSources(scenario="an oak, a mill")
        )

    short = found()
    news, Matcher.news = Matcher.news, lambda self: None
    try:
        long = found()
    finally:
        Matcher.news = news
    assert short.entries == long.entries
    assert short.verdicts == long.verdicts
