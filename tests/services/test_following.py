"""What follows a reply by itself: as settings.json says it, changed at once, and written back whole."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.services.following import count_words
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern, texts

LONG = "Well then, come in and sit down."


def asked(made: Tavern) -> int:
    """How many requests the scripted server had."""
    return len(made.connections.provider().requests)  # type: ignore[attr-defined]  # the scripted one


def power_user(folders: Folders) -> dict[str, object]:
    found = json.loads(folders.st_settings.read_text("utf-8"))["power_user"]
    assert isinstance(found, dict)
    return found


async def test_a_short_reply_is_written_anew(folders: Folders) -> None:
    async with tavern(folders, scripted("Hm.", LONG)) as made:
        made.replies.change_auto_swipe(AutoSwipe(enabled=True, minimum_length=10))
        await run(made.session.send("Hello"))
        assert [swipe.text for swipe in made.session.chat.messages[-1].swipes] == ["Hm.", LONG]


async def test_a_reply_that_never_gets_long_enough_is_given_up(folders: Folders) -> None:
    async with tavern(folders, scripted("")) as made:
        made.replies.change_auto_swipe(AutoSwipe(enabled=True, minimum_length=10))
        await run(made.session.send("Hello"))
        assert asked(made) == 4


async def test_so_many_unwanted_words_and_it_is_written_anew(folders: Folders) -> None:
    async with tavern(folders, scripted("A shiver. Shivers, SHIVER!", "One shiver.", "None.")) as made:
        rules = AutoSwipe(enabled=True, blacklist=("shiver",), blacklist_threshold=2)
        made.replies.change_auto_swipe(rules)
        await run(made.session.send("Hello"))
        assert texts(made)[-1] == "One shiver."
        assert asked(made) == 2
        made.replies.change_auto_swipe(replace(rules, blacklist_threshold=0))
        await run(made.session.send("And?"))
        assert asked(made) == 3


@pytest.mark.parametrize(
    ("text", "words", "count"),
    [
        ("A cat and a Cat.", ("cat",), 2),
        ("Concatenate the category.", ("cat",), 0),
        ("cat food, cat", ("cat", "cat food"), 2),
        ("It costs $5 (really).", ("$5", "(really)"), 2),
        ("Straße und STRASSE", ("straße",), 1),
        ("anything", ("", "  "), 0),
        ("anything", (), 0),
    ],
)
def test_words_are_counted_whole_and_in_any_case(text: str, words: tuple[str, ...], count: int) -> None:
    assert count_words(text, words) == count


async def test_a_reply_goes_on_until_it_is_long_enough(folders: Folders) -> None:
    async with tavern(folders, scripted(f"{LONG} ")) as made:
        made.replies.change_auto_continue(AutoContinue(enabled=True, target_length=25))
        await run(made.session.send("Hello"))
        assert made.session.count(texts(made)[-1]) >= 25
        assert asked(made) > 2
        made.replies.change_auto_continue(AutoContinue(enabled=False, target_length=400))
        before = asked(made)
        await run(made.session.send("Again"))
        assert asked(made) == before + 1


async def test_a_model_that_adds_next_to_nothing_is_left_alone(folders: Folders) -> None:
    async with tavern(folders, scripted(LONG, " Yes.", LONG)) as made:
        made.replies.change_auto_continue(AutoContinue(enabled=True, target_length=400))
        await run(made.session.send("Hello"))
        assert asked(made) == 2


async def test_nothing_goes_on_while_the_user_writes(folders: Folders) -> None:
    async with tavern(folders, scripted(LONG)) as made:
        made.replies.change_auto_continue(AutoContinue(enabled=True))
        await run(made.session.send("Hello"))
        before = asked(made)
        made.session.draft = "But wait"
        await run(made.session.regenerate())
        assert asked(made) == before + 1
        assert made.session.draft == "But wait"


async def test_a_chat_api_goes_on_only_where_that_is_allowed(folders: Folders) -> None:
    chat = replace(scripted(LONG), provider="scripted-chat")
    async with tavern(folders, chat) as made:
        made.replies.change_auto_continue(AutoContinue(enabled=True))
        await run(made.session.send("Hello"))
        assert asked(made) == 1
        made.replies.change_auto_continue(AutoContinue(enabled=True, allow_chat_completions=True))
        await run(made.session.send("Again"))
        assert asked(made) > 2


async def test_sillytaverns_own_keys_are_read_and_only_what_changed_is_written(folders: Folders) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    held = {
        "auto_continue": {"enabled": True, "target_length": 90, "of_a_fork": 1},
        "auto_swipe": True,
        "auto_swipe_blacklist": ["ozone"],
        "reasoning": {"prefix": "<r>", "of_a_fork": 2},
        "of_a_fork": {"x": None},
    }
    folders.st_settings.write_text(json.dumps({"power_user": held, "other": 1}), "utf-8")
    async with tavern(folders, scripted("x")) as made:
        replies = made.replies
        assert replies.auto_continue == AutoContinue(enabled=True, target_length=90)
        assert replies.auto_swipe == AutoSwipe(enabled=True, blacklist=("ozone",))
        replies.change_auto_swipe(replace(replies.auto_swipe, blacklist=("ozone", "shiver")))
        replies.change_auto_continue(replace(replies.auto_continue, enabled=False))
        replies.change_thinking(replace(replies.thinking, auto_parse=True, max_additions=3))
        assert replies.thinking.auto_parse
    assert power_user(folders) == {
        **held,
        "auto_continue": {"enabled": False, "target_length": 90, "of_a_fork": 1},
        "auto_swipe_blacklist": ["ozone", "shiver"],
        "reasoning": {"prefix": "<r>", "of_a_fork": 2, "auto_parse": True, "max_additions": 3},
    }


async def test_odd_values_are_named_and_the_defaults_hold(folders: Folders) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    odd = {"auto_continue": {"target_length": "many"}, "auto_swipe_blacklist": {"a": 1}, "auto_swipe": []}
    folders.st_settings.write_text(json.dumps({"power_user": odd}), "utf-8")
    async with tavern(folders, scripted("x")) as made:
        assert made.replies.auto_continue == AutoContinue()
        assert made.replies.auto_swipe == AutoSwipe()
        assert any("target_length" in one for one in made.problems)
