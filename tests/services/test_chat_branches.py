"""Branches and checkpoints: begun at any message, found again, and drawn as a tree."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.errors import DataError, UsageError, WriteFailed
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.chat_tree import ChatRecord, ChatTree, build_tree
from tavern_tui.services.events import MessageChanged
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats.links import ChatLink, ChatLinks, LinkKind
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern, texts
from tests.services.test_chat_files import ANN, put_chat, said, titles

START = datetime(2026, 1, 1, tzinfo=UTC)


async def talked(made: Tavern, title: str = "Forge") -> None:
    """A chat of five messages with this title."""
    for text in ("one", "two"):
        await run(made.session.send(text))
    await made.chat_files.rename(ANN, made.session.chat.title, title)


# --- beginning new chats


async def test_a_branch_has_the_messages_up_to_the_one_it_begins_at(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)
        made.session.change_metadata({"note_prompt": "Rain.", "variables": {"n": [1]}})
        parent = made.session
        assert await made.branches.branch(2) == "Forge - Branch #1"
        assert made.session.chat.title == "Forge - Branch #1"
        assert texts(made) == ["Welcome, {{user}}.", "one", "first"]
        metadata = made.session.chat.metadata
        assert (metadata["main_chat"], metadata["note_prompt"]) == ("Forge", "Rain.")
        assert metadata["integrity"] != parent.chat.metadata["integrity"]
        made.session.change_metadata({"note_prompt": "Sun."})
    kept = read_chat(folders.chats / "Ann" / "Forge.jsonl").chat
    assert kept.metadata["note_prompt"] == "Rain."
    assert kept.messages[2].extra["branches"] == ["Forge - Branch #1"]
    assert len(kept.messages) == 5


async def test_branches_are_numbered_and_do_not_pile_up_names(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)
        assert await made.branches.branch(1, go=False) == "Forge - Branch #1"
        assert made.session.chat.title == "Forge"
        assert await made.branches.branch(3) == "Forge - Branch #2"
        assert await made.branches.branch(2) == "Forge - Branch #3"
        assert made.branches.parent() == "Forge - Branch #2"
        assert await made.branches.checkpoint(0) == "Forge - Checkpoint #1"


async def test_a_very_long_title_still_has_room_for_the_number(folders: Folders) -> None:
    put_chat(folders, "ü" * 100)
    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "ü" * 100)
        title = await made.branches.branch(0)
        assert title.endswith("ü - Branch #1")
        assert len(title.encode()) <= 200
        assert made.branches.parent() == "ü" * 100


async def test_what_we_do_not_know_of_a_message_goes_with_it(folders: Folders) -> None:
    odd = {**said("a", mood="calm"), "title": "tip", "foreign": {"x": [1, None]}}
    put_chat(folders, "Forge", odd, said("b"))
    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "Forge")
        title = await made.branches.branch(0, go=False)
    line = json.loads((folders.chats / "Ann" / f"{title}.jsonl").read_text().splitlines()[1])
    assert line == odd


async def test_a_checkpoint_has_a_name_and_a_way_back(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)
        seen: list[object] = []
        made.session.changed.listen(seen.append)
        assert await made.branches.checkpoint(2, "Before the storm") == "Before the storm"
        assert seen == [MessageChanged(2)]
        assert made.session.chat.title == "Forge"
        assert made.branches.checkpoint_of(2) == "Before the storm"
        (link,) = made.branches.checkpoints()
        assert (link.index, link.title) == (2, "Before the storm")
        await made.branches.go(2)
        assert made.session.chat.title == "Before the storm"
        assert len(texts(made)) == 3
        await made.branches.back()
        assert made.session.chat.title == "Forge"
        assert len(texts(made)) == 5


async def test_a_message_keeps_its_checkpoint_unless_it_is_replaced_or_forgotten(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)
        await made.branches.checkpoint(2, "A")
        with pytest.raises(UsageError, match='"A"'):
            await made.branches.checkpoint(2, "B")
        await made.branches.checkpoint(2, "B", replace=True)
        assert made.branches.checkpoint_of(2) == "B"
        assert made.branches.forget_checkpoint(2) == "B"
        assert made.branches.checkpoint_of(2) == ""
        assert titles(made.chat_files) == ["A", "B", "Forge"]
        with pytest.raises(UsageError, match="no checkpoint"):
            await made.branches.go(2)


async def test_ways_that_lead_nowhere_are_said(folders: Folders) -> None:
    put_chat(folders, "Forge", said("a", bookmark_link="Gone"), main_chat="../../Gone")
    async with tavern(folders, scripted("x")) as made:
        await made.open_chat("Ann", "Forge")
        with pytest.raises(UsageError, match='"Gone" is not there'):
            await made.branches.go(0)
        with pytest.raises(DataError):
            await made.branches.back()
        await made.new_chat()
        with pytest.raises(UsageError, match="did not begin"):
            await made.branches.back()
        with pytest.raises(UsageError, match="no such message"):
            await made.branches.branch(7)


async def test_a_hostile_or_taken_name_begins_nothing(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)
        for name in ("../x", "Forge", "a/b"):
            with pytest.raises((UsageError, DataError)):
                await made.branches.checkpoint(1, name)
        assert titles(made.chat_files) == ["Forge"]
        assert made.branches.checkpoints() == []


async def test_a_parent_that_cannot_be_written_has_no_branch(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        await talked(made)

        def refused(*_: object) -> None:
            raise WriteFailed("No.")

        with monkeypatch.context() as patched:
            patched.setattr(made.session.store, "update", refused)
            with pytest.raises(WriteFailed):
                await made.branches.branch(2)
        assert titles(made.chat_files) == ["Forge"]
        assert "branches" not in made.session.chat.messages[2].extra
        assert made.session.chat.title == "Forge"


async def test_a_group_s_branch_is_one_of_its_chats(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second")) as made:
        group = made.groups.create("The smiths", ["Ann"])
        owner = ChatOwner(id=group.id, is_group=True)
        await made.open_group(group.id)
        await run(made.session.send("one"))
        first = made.session.chat.title
        title = await made.branches.branch(1)
        assert made.groups.get(group.id).chats == (first, title)
        assert titles(made.chat_files, owner) == sorted([first, title])
        await made.branches.back()
        assert made.session.chat.title == first
        tree = await made.branches.tree()
        assert [(one.title, one.depth, one.index) for one in tree.nodes] == [(first, 0, None), (title, 1, 1)]


# --- the tree


async def test_the_tree_shows_where_each_chat_began(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second", "third")) as made:
        await talked(made)
        await made.branches.branch(2)
        await run(made.session.send("three"))
        await made.branches.branch(4)
        await made.branches.back()
        await made.branches.back()
        await made.branches.checkpoint(3, "Check")
        put_chat(folders, "Alone")
        tree = await made.branches.tree()
        forge = tree.around("Forge - Branch #2")
        assert [(one.title, one.depth, one.parent, one.index, one.own) for one in forge.nodes] == [
            ("Forge", 0, "", None, 5),
            ("Forge - Branch #1", 1, "Forge", 2, 2),
            ("Forge - Branch #2", 2, "Forge - Branch #1", 4, 0),
            ("Check", 1, "Forge", 3, 0),
        ]
        assert tree.find("Check") is not None
        assert [one.kind for one in forge.nodes] == [None, "branch", "branch", "checkpoint"]
        assert [one.title for one in tree.around("Alone").nodes] == ["Alone"]
        assert tree.around("nobody").nodes == ()


def record(
    title: str, parent: str = "", *links: tuple[str, int], age: int = 0, messages: int = 9
) -> ChatRecord:
    return ChatRecord(
        title=title,
        modified=START - timedelta(days=age),
        links=ChatLinks(
            parent=parent,
            messages=messages,
            links=tuple(ChatLink(title=to, index=index, kind=LinkKind.BRANCH) for to, index in links),
        ),
    )


def drawn(tree: ChatTree) -> list[str]:
    return [f"{'  ' * one.depth}{one.title}{'?' if one.missing else ''}" for one in tree.nodes]


def test_chats_that_are_only_named_are_there_as_missing() -> None:
    tree = build_tree([record("A", "", ("Lost", 3)), record("B", "Gone")])
    assert drawn(tree) == ["A", "  Lost?", "Gone?", "  B"]


def test_a_chat_without_a_parent_in_its_header_belongs_to_the_one_that_began_by_itself() -> None:
    tree = build_tree([record("A", "", ("C", 1)), record("B", "A", ("C", 1)), record("C")])
    assert drawn(tree) == ["A", "  C", "  B"]


@pytest.mark.parametrize(
    "records",
    [
        [record("A", "A")],
        [record("A", "B"), record("B", "A", age=1)],
        [record("A", "B"), record("B", "C"), record("C", "A", age=3), record("D", "A")],
        [record("A", "", ("B", 1)), record("B", "", ("A", 1))],
    ],
)
def test_chats_that_name_each_other_in_a_circle_are_drawn_once(records: list[ChatRecord]) -> None:
    tree = build_tree(records)
    assert sorted(one.title for one in tree.nodes) == [one.title for one in records]
    assert tree.nodes[0].depth == 0


def test_a_chain_of_ten_thousand_branches_is_drawn() -> None:
    chain = [record(str(number), str(number - 1) if number else "") for number in range(10_000)]
    tree = build_tree(chain)
    assert tree.nodes[-1].depth == 9_999


NAMES = st.sampled_from("ABCDEF")


@given(
    st.dictionaries(
        NAMES, st.tuples(NAMES | st.just(""), st.lists(st.tuples(NAMES, st.integers(0, 3)), max_size=3))
    )
)
def test_whatever_chats_say_each_is_drawn_once_below_its_parent(
    said_by: dict[str, tuple[str, list[tuple[str, int]]]],
) -> None:
    tree = build_tree(record(title, parent, *links) for title, (parent, links) in said_by.items())
    drawn_titles = [one.title for one in tree.nodes]
    assert len(drawn_titles) == len(set(drawn_titles))
    assert set(said_by) <= set(drawn_titles)
    above: list[str] = []
    for node in tree.nodes:
        del above[node.depth :]
        assert node.parent == (above[-1] if above else "")
        assert len(above) == node.depth
        above.append(node.title)
