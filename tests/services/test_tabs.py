"""Tabs: chats that are open side by side, each with what happens in it; and who always answers where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.persona import Persona
from tavern_tui.providers.scripted import ScriptedProvider
from tavern_tui.services.bindings import Binding, Bound
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.session import ChatSession
from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.runner import Runner
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, scripted, tavern, texts
from tests.services.test_slash import Front

BO = {"name": "Bo", "description": "{{char}} bakes for {{user}}.", "first_mes": "Bread, {{user}}?"}


@asynccontextmanager
async def two(folders: Folders, *connections: Connection) -> AsyncIterator[Tavern]:
    """A tavern with Ann's chat in the first tab, Bo's in the second, which is looked at."""
    async with tavern(folders, *(connections or (scripted("Well."),))) as made:
        path = folders.data.parent / "bo.json"
        path.write_text(json.dumps(BO))
        await made.library.import_file(path)
        await made.open_character("Bo", tab=True)
        yield made


def names(made: Tavern) -> list[str]:
    return [tab.name for tab in made.tabs]


def gate(made: Tavern) -> asyncio.Event:
    """From now on the connection that answers waits for this before each word."""
    provider = made.connections.provider()
    assert isinstance(provider, ScriptedProvider)
    provider.gate = asyncio.Event()
    return provider.gate


async def begun(session: ChatSession, made: Tavern) -> asyncio.Task[object]:
    """A reply that waits for its words."""
    task: asyncio.Task[object] = asyncio.create_task(run(session.send("Hello?")))
    provider = made.connections.provider()
    assert isinstance(provider, ScriptedProvider)
    await until(lambda: provider.requests)
    return task


async def until(holds: Callable[[], object]) -> None:
    """Let other tasks work until this holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0)


async def test_a_tab_opens_beside_the_chat_and_both_stay_open(folders: Folders) -> None:
    async with two(folders) as made:
        assert names(made) == ["Ann", "Bo"]
        assert made.session.name == "Bo"
        ann = next(iter(made.tabs))
        await made.go_to(ann)
        assert made.session is ann.session
        await made.go_to(made.tabs.next_to(1))
        assert made.session.name == "Bo"
        await made.go_to(made.tabs.next_to(1))
        assert made.session.name == "Ann"


async def test_a_chat_is_never_open_twice(folders: Folders) -> None:
    async with two(folders) as made:
        first = next(iter(made.tabs))
        await made.go_to(first)
        await run(made.session.send("Hi"))
        title = made.session.chat.title
        await made.go_to(made.tabs.next_to(1))
        for again in (
            made.open_chat("Ann", title),
            made.open_chat("Ann", title, tab=True),
            made.open_character("Ann"),
        ):
            assert await again is first.session
            assert names(made) == ["Ann", "Bo"]
            await made.go_to(made.tabs.next_to(1))


async def test_a_new_chat_takes_the_place_of_the_one_in_its_tab(folders: Folders) -> None:
    async with two(folders) as made:
        before = made.session
        await made.new_chat()
        assert made.session is not before
        assert names(made) == ["Ann", "Bo"]
        await made.new_chat(tab=True)
        assert names(made) == ["Ann", "Bo", "Bo"]


async def test_a_reply_goes_on_in_the_tab_nobody_looks_at(folders: Folders) -> None:
    async with two(folders, scripted("One two three.")) as made:
        bo, go_on = made.session, gate(made)
        reply = await begun(bo, made)
        await made.go_to(next(iter(made.tabs)))
        assert bo.busy
        assert not made.session.busy
        go_on.set()
        await reply
        assert bo.chat.messages[-1].text == "One two three."
        assert texts(made) == ["Welcome, {{user}}."]
        assert json.loads(bo.store.path.read_text().splitlines()[-1])["mes"] == "One two three."  # type: ignore[union-attr]


async def test_two_tabs_write_at_the_same_time(folders: Folders) -> None:
    async with two(folders, scripted("A b c.", "D e f.")) as made:
        bo, go_on = made.session, gate(made)
        first = await begun(bo, made)
        ann = await made.go_to(next(iter(made.tabs)))
        second = asyncio.create_task(run(ann.send("And you?")))
        go_on.set()
        await asyncio.gather(first, second)
        assert (bo.chat.messages[-1].text, ann.chat.messages[-1].text) == ("A b c.", "D e f.")


async def test_whoever_answered_goes_on_answering_when_another_connection_is_chosen_elsewhere(
    folders: Folders,
) -> None:
    first, second = scripted("Mine.", name="first"), scripted("Other.", name="second")
    async with two(folders, first, second) as made:
        bo = made.session
        await made.go_to(next(iter(made.tabs)))
        made.connections.select("second")
        await run(bo.send("Hi"))
        await run(made.session.send("Hi"))
        assert bo.chat.messages[-1].text == "Mine."
        assert texts(made)[-1] == "Other."
        await made.go_to(made.tabs.next_to(1))
        await run(bo.send("Again"))
        assert bo.chat.messages[-1].text == "Other."


async def test_each_tab_has_its_own_persona(folders: Folders) -> None:
    async with two(folders) as made:
        made.personas.save(Persona(name="Kes", file="kes.png"))
        made.personas.save(Persona(name="Ivo", file="ivo.png"))
        await made.use_persona("kes.png")
        bo = made.session
        ann = await made.go_to(next(iter(made.tabs)))
        await made.use_persona("ivo.png")
        assert (bo.persona.name, ann.persona.name) == ("Kes", "Ivo")
        await run(bo.send("Hi"))
        assert bo.chat.messages[1].name == "Kes"


async def test_closing_a_tab_stops_its_reply_and_keeps_what_came(folders: Folders) -> None:
    async with two(folders, scripted("One two three.")) as made:
        bo, go_on = made.session, gate(made)
        go_on.set()
        provider = made.connections.provider()
        assert isinstance(provider, ScriptedProvider)
        async for event in bo.send("Hello?"):
            if bo.chat.messages[-1].text == "One" and len(made.tabs) == 2:
                provider.gate = asyncio.Event()
                await made.close_tab()
            del event
        assert names(made) == ["Ann"]
        assert json.loads(bo.store.path.read_text().splitlines()[-1])["mes"].startswith("One")  # type: ignore[union-attr]


async def test_the_last_tab_stays(folders: Folders) -> None:
    async with two(folders) as made:
        await made.close_tab(next(iter(made.tabs)))
        assert names(made) == ["Bo"]
        with pytest.raises(UsageError, match="only tab"):
            await made.close_tab()


async def test_tabs_come_back_at_the_next_start_and_are_read_when_it_is_their_turn(folders: Folders) -> None:
    async with two(folders) as made:
        await run(made.session.send("Hi, Bo"))
        await made.go_to(next(iter(made.tabs)))
        await run(made.session.send("Hi, Ann"))
    again = build_tavern(folders, {})
    await again.start()
    assert names(again) == ["Ann", "Bo"]
    assert again.session.name == "Ann"
    assert [tab.session is None for tab in again.tabs] == [False, True]
    await again.go_to(again.tabs.next_to(1))
    assert texts(again)[1] == "Hi, Bo"
    await again.close()


async def test_what_was_typed_in_a_chat_that_was_never_saved_is_there_at_the_next_start(
    folders: Folders,
) -> None:
    async with two(folders) as made:
        made.session.draft = "To Bo"
        title = made.session.chat.title
        await made.go_to(next(iter(made.tabs)))
        made.session.draft = "To Ann"
    again = build_tavern(folders, {})
    await again.start()
    assert again.session.draft == "To Ann"
    await again.go_to(again.tabs.next_to(1))
    assert (again.session.draft, again.session.chat.title) == ("To Bo", title)
    await again.close()


async def test_a_tab_whose_card_is_gone_says_so_and_can_be_closed(folders: Folders) -> None:
    async with two(folders) as made:
        await run(made.session.send("Hi, Bo"))
        await made.go_to(next(iter(made.tabs)))
        await run(made.session.send("Hi, Ann"))
    next(folders.characters.glob("Bo.*")).unlink()
    again = build_tavern(folders, {})
    await again.start()
    bo = again.tabs.next_to(1)
    with pytest.raises(Exception, match="Bo"):
        await again.go_to(bo)
    assert again.session.name == "Ann"
    await again.close_tab(bo)
    assert names(again) == ["Ann"]
    await again.close()


@pytest.mark.parametrize(
    "kept", [({},), ({"character": 5, "chat": []},), ({"character": "../x", "chat": "../../y", "name": 1},)]
)
async def test_odd_tabs_in_the_settings_harm_nobody(
    folders: Folders, kept: tuple[dict[str, object], ...]
) -> None:
    async with tavern(folders, scripted("Well.")) as made:
        await run(made.session.send("Hi"))
    again = build_tavern(folders, {})
    again.change_settings(tabs=kept)
    await again.start()
    assert again.session.name == "Ann"
    for tab in list(again.tabs):
        try:
            await again.go_to(tab)
        except TavernError as error:
            assert "\n" not in str(error)
    await again.close()


async def test_renaming_and_deleting_reach_chats_in_other_tabs(folders: Folders) -> None:
    async with two(folders) as made:
        bo, owner = made.session, ChatOwner(id="Bo")
        await run(bo.send("Hi, Bo"))
        await made.go_to(next(iter(made.tabs)))
        await made.chat_files.rename(owner, bo.chat.title, "Bread")
        assert bo.chat.title == "Bread"
        await run(bo.send("More"))
        assert (folders.chats_of("Bo") / "Bread.jsonl").read_text().count('"mes"') == 5
        await made.chat_files.delete(owner, "Bread")
        assert names(made) == ["Ann"]
        assert not (folders.chats_of("Bo") / "Bread.jsonl").exists()


async def test_a_script_stays_with_its_chat_while_the_user_looks_elsewhere(folders: Folders) -> None:
    async with two(folders, scripted("One.", "Two.")) as made:
        bo, go_on = made.session, gate(made)
        script = asyncio.create_task(
            Runner(made, Front(), all_commands()).run("/trigger await=true | /send {{char}} | /send done")
        )
        await until(lambda: bo.busy)
        await made.go_to(next(iter(made.tabs)))
        go_on.set()
        await script
        assert [message.text for message in bo.chat.messages][-2:] == ["Bo", "done"]
        assert texts(made) == ["Welcome, {{user}}."]


# --- who always answers


async def test_a_chat_and_a_character_can_have_their_own_connection(folders: Folders) -> None:
    async with two(folders, scripted("A.", name="usual"), scripted("B.", name="own")) as made:
        made.connections.select("own")
        assert made.bindings.bind(Bound.OWNER) == Binding(connection="own")
        await made.go_to(next(iter(made.tabs)))
        made.connections.select("usual")
        assert made.connections.current.name == "usual"
        await made.go_to(made.tabs.next_to(1))
        assert made.connections.current.name == "own"
        made.connections.select("usual")  # for this visit
        assert made.connections.current.name == "usual"
        await made.go_to(made.tabs.next_to(1))
        await made.go_to(made.tabs.next_to(1))
        assert made.connections.current.name == "own"
        made.bindings.release(Bound.OWNER)
        assert made.connections.current.name == "usual"


async def test_a_chats_own_connection_goes_before_its_characters_and_lies_in_its_file(
    folders: Folders,
) -> None:
    async with two(folders, scripted("A.", name="usual"), scripted("B.", name="own")) as made:
        made.bindings.bind(Bound.OWNER)
        made.connections.select("own")
        made.bindings.bind(Bound.CHAT)
        await run(made.session.send("Hi"))
        title = made.session.chat.title
        head = json.loads(made.session.store.path.read_text().splitlines()[0])  # type: ignore[union-attr]
        assert head["chat_metadata"]["tavern_tui"] == {"connection": "own"}
        await made.new_chat()
        assert made.connections.current.name == "usual"
        await made.open_chat("Bo", title)
        assert made.connections.current.name == "own"


async def test_a_preset_is_bound_with_its_connection_which_keeps_its_own(folders: Folders) -> None:
    async with two(folders, scripted("A.", name="usual")) as made:
        made.connections.change("usual", text_preset="Loud")
        assert made.bindings.bind(Bound.CHAT) == Binding(connection="usual", preset="Loud")
        made.connections.change("usual", text_preset="Quiet")
        assert made.connections.current.text_preset == "Quiet"
        await made.go_to(next(iter(made.tabs)))
        assert made.connections.current.text_preset == "Quiet"
        provider = made.connections.provider()
        await made.go_to(made.tabs.next_to(1))
        assert made.connections.current.text_preset == "Loud"
        assert made.connections.provider() is provider


async def test_bindings_follow_a_renamed_connection_and_miss_a_removed_one(folders: Folders) -> None:
    async with two(folders, scripted("A.", name="usual"), scripted("B.", name="own")) as made:
        made.connections.select("own")
        made.bindings.bind(Bound.OWNER)
        made.connections.save(scripted("B.", name="mine"), replaces="own")
        assert made.bindings.of(Bound.OWNER) == Binding(connection="mine")
        assert made.connections.current.name == "mine"
        made.connections.remove("mine")
        await made.go_to(next(iter(made.tabs)))
        await made.go_to(made.tabs.next_to(1))
        assert any("mine" in problem for problem in made.problems)
        assert made.connections.current.name == "usual"
