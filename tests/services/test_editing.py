"""What one does with messages by hand: each change is on disk at once, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.services.editing import Said
from tavern_tui.services.session import ChatSession
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern, texts


def on_disk(made: Tavern) -> list[str]:
    path = made.session.store.path
    assert path is not None
    return [message.text for message in read_chat(path).chat.messages]


CHANGES: list[tuple[str, Callable[[ChatSession], object], list[str]]] = [
    ("edit", lambda chat: chat.edit(1, "New."), ["Hi", "New.", "three", "Bye", "five"]),
    ("delete", lambda chat: chat.delete(-1), ["Hi", "two", "three", "Bye"]),
    ("delete several", lambda chat: chat.delete_all([0, 2, -1]), ["two", "Bye"]),
    ("delete to the end", lambda chat: chat.delete_from(2), ["Hi", "two"]),
    ("move up", lambda chat: chat.move(3, -2), ["Hi", "Bye", "two", "three", "five"]),
    ("move down too far", lambda chat: chat.move(0, 99), ["two", "three", "Bye", "five", "Hi"]),
    ("duplicate", lambda chat: chat.duplicate(1), ["Hi", "two", "two", "three", "Bye", "five"]),
    ("add at the end", lambda chat: chat.add(Said.USER, "So?"), ["Hi", "two", "three", "Bye", "five", "So?"]),
    ("add before", lambda chat: chat.add(Said.NARRATOR, "Rain.", at=1), ["Hi", "Rain.", "two", "three", "Bye", "five"]),
    ("own swipe", lambda chat: chat.add_swipe(-1, "Or this."), ["Hi", "two", "three", "Bye", "Or this."]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "after"), CHANGES, ids=[one[0] for one in CHANGES])
async def test_a_change_is_kept_and_undone(
    folders: Folders, name: str, change: Callable[[ChatSession], object], after: list[str]
) -> None:
    async with tavern(folders, scripted("two", "five")) as made:
        await run(made.session.send("Hi"))
        made.session.add(Said.CHARACTER, "three")
        await run(made.session.send("Bye"))
        made.session.delete(0)
        before = list(texts(made))
        assert before == ["Hi", "two", "three", "Bye", "five"]
        change(made.session)
        assert list(texts(made)) == after == on_disk(made)
        assert made.session.undo() != ""
        assert list(texts(made)) == before == on_disk(made)


async def test_comments_stay_here_and_narrators_reach_the_model(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        made.session.add(Said.COMMENT, "remember the bridge")
        made.session.add(Said.NARRATOR, "Rain begins.")
        text = made.session.preview("Hello").text
        assert "Rain begins." in text
        assert "remember the bridge" not in text


async def test_hiding_a_range_and_showing_it_again(folders: Folders) -> None:
    async with tavern(folders, scripted("one", "two")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.send("Again"))
        made.session.hide_all(range(1, 4))
        assert "Hello" not in made.session.preview("x").text
        made.session.hide_all([1, 2, 3], hidden=False)
        assert "Hello" in made.session.preview("x").text
        assert made.session.undo() == "show"


async def test_swipes_are_shown_deleted_and_the_last_one_stays(folders: Folders) -> None:
    async with tavern(folders, scripted("a", "b", "c")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.swipe_right())
        await run(made.session.swipe_right())
        session = made.session
        session.show_swipe(-1, 0)
        assert texts(made)[-1] == "a"
        session.delete_swipe(-1, 1)
        assert [swipe.text for swipe in session.chat.messages[-1].swipes] == ["a", "c"]
        session.delete_swipe(-1)
        assert texts(made)[-1] == "c" == on_disk(made)[-1]
        with pytest.raises(UsageError, match="last swipe"):
            session.delete_swipe(-1)
        with pytest.raises(UsageError, match="1 swipes"):
            session.show_swipe(-1, 5)


async def test_a_swipe_in_the_middle_is_written_from_what_stands_before_it(folders: Folders) -> None:
    async with tavern(folders, scripted("first", "second", "other first")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.send("And now?"))
        await run(made.session.swipe_right(2))
        message = made.session.chat.messages[2]
        assert [swipe.text for swipe in message.swipes] == ["first", "other first"]
        assert len(made.session.chat.messages) == 5
        provider = made.connections.provider()
        sent = provider.requests[-1].prompt.text  # type: ignore[attr-defined]  # the scripted one
        assert "Hello" in sent
        assert "And now?" not in sent


async def test_thinking_is_edited_added_and_removed(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        await run(made.session.send("Hello"))
        made.session.edit_reasoning(-1, " because ")
        assert made.session.chat.messages[-1].reasoning == "because"
        assert made.session.chat.messages[-1].extra["reasoning_type"] == "manual"
        made.session.edit_reasoning(-1, "so")
        assert made.session.chat.messages[-1].extra["reasoning_type"] == "edited"
        made.session.edit_reasoning(-1, "")
        assert "reasoning" not in made.session.chat.messages[-1].extra


async def test_another_token_is_taken_and_the_model_goes_on_from_there(folders: Folders) -> None:
    async with tavern(folders, scripted("one two three", " four five")) as made:
        await run(made.session.send("Hello"))
        await run(made.session.continue_with(-1, "one three"))
        assert texts(made)[-1] == "one three four five" == on_disk(made)[-1]
        made.session.undo()
        assert texts(made)[-1] == "one two three"
