"""What was written is counted: per chat, per character and group, and all together."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.errors import UsageError
from tavern_tui.services import chat_stats
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.chat_stats import ChatStats, count, words_in
from tavern_tui.storage.chats.messages import message_from_json
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern
from tests.services.test_chat_export import line
from tests.services.test_chat_files import ANN, put_chat


def reply(text: str, model: str, tokens: object, start: str, end: str) -> dict[str, Any]:
    """A reply with one swipe beside it, of the same length in time and tokens."""
    facts = {"gen_started": start, "gen_finished": end, "extra": {"model": model, "token_count": tokens}}
    both = {"swipes": ["other", text], "swipe_id": 1, "swipe_info": [facts, facts]}
    return {**line("Ann", text), **facts, **both, "send_date": end}


TALK = (
    {**line("Ann", "Welcome to you."), "swipes": ["Welcome to you.", "Hello."], "send_date": "2026-01-01T10:00:00.000Z"},
    line("Robin", "Hi there", user=True),
    reply("It rains today.", "small", 5, "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:02.500Z"),
    reply("物語 goes on", "large", "many", "2026-03-02T12:00:00.000Z", "2025-03-02T12:00:00.000Z"),
    line("Ann", "secret", hidden=True),
)  # fmt: skip


async def test_one_chat_is_counted(folders: Folders) -> None:
    put_chat(folders, "One", *TALK)
    async with tavern(folders) as made:
        stats = await made.statistics.of_chat(ANN, "One")
        assert (stats.chats, stats.messages, stats.by_user, stats.by_others, stats.hidden) == (1, 5, 1, 4, 1)
        assert (stats.words, stats.words_by_user) == (3 + 2 + 3 + 4 + 1, 2)
        assert (stats.tokens, stats.counted, stats.swipes, stats.seconds) == (10, 2, 2, 5.0)
        assert stats.models == {"small": 2, "large": 2}
        assert stats.first == datetime(2025, 3, 2, 12, tzinfo=UTC)
        assert stats.last == datetime(2026, 3, 1, 12, 0, 2, 500_000, tzinfo=UTC)
        with pytest.raises(UsageError):
            await made.statistics.of_chat(ANN, "Two")


async def test_what_we_wrote_ourselves_is_counted(folders: Folders) -> None:
    async with tavern(folders, scripted("Well well.", "Now.")) as made:
        await run(made.session.send("Hi"))
        await run(made.session.swipe_right())
        stats = await made.statistics.of_chat(ANN, made.session.chat.title)
        assert (stats.messages, stats.by_user, stats.swipes) == (3, 1, 1)
        assert stats.counted == 2
        assert sum(stats.models.values()) == 2
        assert stats.seconds >= 0


async def test_characters_groups_and_all_are_summed_up(folders: Folders) -> None:
    put_chat(folders, "One", *TALK)
    put_chat(folders, "Two", line("Robin", "one two three", user=True))
    put_chat(folders, "Broken").write_text("no chat")
    async with tavern(folders) as made:
        group = made.groups.create("Smiths", ["Ann"])
        owner = ChatOwner(id=group.id, is_group=True)
        put_chat(folders, "Three", line("Ann", "four"), owner=owner)
        made.groups.add_chat(group.id, "Three")
        steps: list[tuple[int, int]] = []
        ann = await made.statistics.of_owner(ANN, lambda done, total: steps.append((done, total)))
        assert [row.name for row in ann.rows] == ["One", "Two"]
        assert (ann.total.chats, ann.total.messages, ann.total.by_user) == (2, 6, 2)
        assert len(ann.problems) == 1
        assert "Broken" in ann.problems[0]
        assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
        everything = await made.statistics.of_all()
        assert [(row.name, row.stats.chats) for row in everything.rows] == [("Ann", 2), ("Smiths", 1)]
        assert everything.total.messages == 7


async def test_what_did_not_change_is_read_once(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    put_chat(folders, "One", *TALK)
    two = put_chat(folders, "Two", line("Ann", "one"))
    read: list[str] = []
    before = chat_stats.read_chat
    monkeypatch.setattr(chat_stats, "read_chat", lambda path: (read.append(path.stem), before(path))[1])
    async with tavern(folders) as made:
        await made.statistics.of_all()
        two.write_text(two.read_text() + "\n" + two.read_text().split("\n")[1])
        assert (await made.statistics.of_all()).total.messages == 7
        assert sorted(read) == ["One", "Two", "Two"]


def test_the_sum_of_nothing_is_nothing() -> None:
    assert count([]) == ChatStats(chats=1)
    assert ChatStats() + ChatStats() == ChatStats()


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("one two\nthree", 3), ("物語の始まり", 6), ("in 東京 today", 4), ("naïve café", 2)],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert words_in(text) == words


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()


@given(
    st.lists(
        st.fixed_dictionaries(
            {"mes": st.text(max_size=9), "is_user": st.booleans()},
            optional={
                "send_date": ODD,
                "gen_started": ODD,
                "gen_finished": ODD,
                "swipes": st.lists(ODD, max_size=3),
                "extra": st.dictionaries(st.sampled_from(["model", "api", "token_count"]), ODD),
            },
        ),
        max_size=4,
    )
)
def test_whatever_a_chat_holds_it_is_counted(lines: list[dict[str, Any]]) -> None:
    messages = [one for row in lines if (one := message_from_json(row, "", [])) is not None]
    stats = count(messages)
    assert stats.messages == len(messages)
    assert stats.tokens >= 0
    assert stats + stats


def test_ten_thousand_messages_are_counted_in_seconds() -> None:
    message = message_from_json(
        reply("word " * 200, "m", 9, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"), "", []
    )
    assert message is not None
    started = time.monotonic()
    assert count([message] * 10_000).words == 2_000_000
    assert time.monotonic() - started < 10
