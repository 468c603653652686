"""Which texts match which keys."""

from __future__ import annotations

from typing import Any

import pytest

from tavern_tui.core.lorebook import KeyLogic, LoreSettings
from tavern_tui.lore.inputs import MatchSources

from .builders import a_scan, an_entry, reason, uids


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("mill", "the mill stands", True),
        ("mill", "the miller stands", False),
        ("mill", "treadmill", False),
        ("mill", "treadmill, mill", True),
        ("mill", "mill", True),
        ("MILL", "the mill", True),
        ("mill", "a_mill", False),
        ("mill", "émillé", True),  # only ASCII letters continue a word
        ("磨", "水磨坊", True),
        ("old mi", "the old mill", True),  # several words: as they stand
        ("C++", "I know C++ well", True),
        ("  mill ", "the mill", True),
        ("", "the mill", False),
        ("   ", "the mill", False),
    ],
)
def test_plain_keys(key: str, text: str, found: bool) -> None:
    assert uids(a_scan(an_entry(key), chat=[text])) == ([0] if found else [])


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("/que+n/", "black queeen", True),
        ("/QUEEN/", "queen", False),
        ("/QUEEN/i", "queen", True),
        ("/queen.$/", "a queen.", True),
        ("/^Ann:/m", "Ann: hello", False),  # a mark stands before every message
        ("/Ann:/", "Ann: hello", True),
        ("/[/", "a /[/ here", True),  # not valid: plain text
        ("/a/b/", "x a/b/ x", False),
        ("/a/b/", "x /a/b/ x", True),
        (r"/a\/b/", "x a/b x", True),
        ("/mill/gg", "x /mill/gg x", True),
    ],
)
def test_regex_keys(key: str, text: str, found: bool) -> None:
    assert uids(a_scan(an_entry(key), chat=[text])) == ([0] if found else [])


def test_a_regex_key_may_reach_over_messages() -> None:
    entry = an_entry("/second[^]+first/")
    assert uids(a_scan(entry, chat=["first", "second"])) == [0]
    assert uids(a_scan(entry, chat=["second", "first"])) == []


@pytest.mark.parametrize(
    ("logic", "text", "found"),
    [
        (KeyLogic.AND_ANY, "k a", True),
        (KeyLogic.AND_ANY, "k", False),
        (KeyLogic.AND_ALL, "k a b", True),
        (KeyLogic.AND_ALL, "k a", False),
        (KeyLogic.NOT_ANY, "k", True),
        (KeyLogic.NOT_ANY, "k b", False),
        (KeyLogic.NOT_ALL, "k b", True),
        (KeyLogic.NOT_ALL, "k a b", False),
        (KeyLogic.NOT_ANY, "c", False),
    ],
)
def test_secondary_keys(logic: KeyLogic, text: str, found: bool) -> None:
    entry = an_entry("k", secondary_keys=("a", "b"), logic=logic)
    assert uids(a_scan(entry, chat=[text])) == ([0] if found else [])


def test_secondary_keys_do_not_count_unless_selective() -> None:
    assert uids(a_scan(an_entry("k", secondary_keys=("a",), selective=False), chat=["k"])) == [0]


@pytest.mark.parametrize(
    ("fields", "text", "found"),
    [
        ({"case_sensitive": True}, "the Mill", False),
        ({"case_sensitive": True}, "the mill", True),
        ({"match_whole_words": False}, "treadmills", True),
    ],
)
def test_an_entry_may_overrule_the_settings(fields: dict[str, Any], text: str, found: bool) -> None:
    assert uids(a_scan(an_entry("mill", **fields), chat=[text])) == ([0] if found else [])


CHAT = ["three", "two", "one"]


@pytest.mark.parametrize(("depth", "active"), [(0, []), (1, [0]), (2, [0, 1]), (9, [0, 1, 2])])
def test_only_the_newest_messages_are_scanned(depth: int, active: list[int]) -> None:
    entries = [an_entry(key, uid=uid) for uid, key in enumerate(("one", "two", "three"))]
    assert uids(a_scan(*entries, chat=CHAT, settings=LoreSettings(depth=depth))) == active
    own = [an_entry(key, uid=uid, scan_depth=depth) for uid, key in enumerate(("one", "two", "three"))]
    assert uids(a_scan(*own, chat=CHAT)) == active


def test_card_fields_are_scanned_only_for_entries_that_ask() -> None:
    sources = MatchSources(scenario="a terrace at dusk", persona_description="a courier")
    asking = an_entry("terrace", uid=0, match_scenario=True)
    silent = an_entry("terrace", uid=1)
    wrong = an_entry("terrace", uid=2, match_persona_description=True)
    nothing = an_entry("terrace", uid=3, match_scenario=True, scan_depth=0)
    assert uids(a_scan(asking, silent, wrong, nothing, chat=["hello"], sources=sources)) == [0]


def test_injections_are_scanned() -> None:
    assert uids(a_scan(an_entry("thunder"), chat=["hello"], injections=["Distant thunder."])) == [0]


def test_macros_in_keys_are_resolved() -> None:
    def substitute(text: str) -> str:
        return text.replace("{{char}}", "Ann")

    assert uids(a_scan(an_entry("{{char}}"), chat=["Ann ran"], substitute=substitute)) == [0]


def test_the_verdict_says_which_key_and_where() -> None:
    found = a_scan(an_entry("mill"), chat=["the mill", "no"], message_numbers=[11, 10])
    assert reason(found) == 'key "mill" in message #10'
    assert reason(a_scan(an_entry("mill"), chat=["the mill"])) == 'key "mill" in the newest message'
    assert reason(a_scan(an_entry("mill"), chat=["none"])) == "no key found"
    assert reason(a_scan(an_entry(), chat=["none"])) == "it has no keys"


@pytest.mark.parametrize("key", ["/(a|aa)+$/", "/(.*a){20}$/", "/(a|a)*$/i"])
def test_a_hopeless_regex_is_skipped_and_named(key: str) -> None:
    entries = [an_entry(key, uid=7), an_entry("hope", uid=8)]
    found = a_scan(*entries, chat=["hope " + "a" * 60 + "!"], key_time_limit=0.01)
    assert uids(found) == [8]
    assert found.warnings == (
        f'Lorebook "world", entry 7: the key {key} was skipped, because its pattern takes too long.',
    )


def test_a_regex_key_does_not_search_without_end() -> None:
    entry = an_entry("/nowhere$/", uid=7)
    chat = ["a" * 40_000] * 400
    found = a_scan(entry, chat=chat, settings=LoreSettings(min_activations=1))
    assert found.warnings == (
        'Lorebook "world", entry 7: the key /nowhere$/ was skipped, because it would search too much text.',
    )
