"""Tools: the built-in ones, and answers to calls that cannot be carried out."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import pytest

from tavern_tui.core.chat import Chat, a_message
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSource
from tavern_tui.services.tools import (
    LONGEST_RESULT,
    Arguments,
    RunTool,
    ToolBox,
    ToolCall,
    ToolContext,
    ToolEntry,
    call_tool,
    invocations,
    refused,
)
from tavern_tui.services.tools_builtin import built_in

BOX = ToolBox(built_in())


def context() -> ToolContext:
    entries = (
        LoreEntry(uid=1, comment="The mill", keys=("mill", "wheel"), content="It burned down."),
        LoreEntry(uid=2, keys=("river",), content="Cold."),
        LoreEntry(uid=3, comment="Secret", content="Nobody knows.", disabled=True),
    )
    chat = Chat(
        title="one",
        messages=[
            a_message("Ann", "Have you seen the RED door?"),
            a_message("System", "red and hidden", hidden=True),
            a_message("Bob", "x" * 500 + " red " + "y" * 500, is_user=True),
        ],
    )
    return ToolContext(
        chat=chat,
        books=(LinkedBook(book=Lorebook(name="Valley", entries=entries), source=LoreSource.CHAT),),
        now=datetime(2025, 3, 4, 12, 0, 0, tzinfo=UTC),
        rng=random.Random(7),
    )


async def ask(name: str, arguments: str) -> tuple[str, bool]:
    call = ToolCall(id="1", name=name, arguments=arguments)
    answer = await call_tool(BOX.get(name), call, context())
    return answer.result, answer.failed


async def test_dice_add_up_and_are_all_told() -> None:
    result, failed = await ask("roll_dice", '{"formula": "3d6+2"}')
    total, dice = result.split(" (")
    assert not failed
    assert int(total) == sum(int(one) for one in dice.split(" +")[0].split(", ")) + 2


@pytest.mark.parametrize("formula", ["", "2d", "0d6", "9999d6", "1d0", "d6; drop", "1d99999999"])
async def test_a_roll_that_is_none_is_a_sentence_for_the_model(formula: str) -> None:
    _, failed = await ask("roll_dice", f'{{"formula": "{formula}"}}')
    assert failed


async def test_the_time_is_told_in_the_zone_that_was_asked_for() -> None:
    assert await ask("current_time", "{}") == ("Tuesday, 2025-03-04 12:00:00 +0000", False)
    assert await ask("current_time", '{"timezone": "Asia/Tokyo"}') == (
        "Tuesday, 2025-03-04 21:00:00 +0900",
        False,
    )


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "/etc/passwd"])
async def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    assert (await ask("current_time", f'{{"timezone": "{zone}"}}'))[1]


@pytest.mark.parametrize("title", ["the MILL", "wheel"])
async def test_a_lorebook_entry_is_found_by_title_and_by_key(title: str) -> None:
    result = await ask("read_lorebook_entry", f'{{"title": "{title}"}}')
    assert result == ("The mill:\nIt burned down.", False)


async def test_titles_are_listed_without_entries_that_are_off() -> None:
    assert await ask("read_lorebook_entry", "") == ("The mill\nriver", False)
    assert (await ask("read_lorebook_entry", '{"title": "Secret"}'))[1]


async def test_a_search_finds_what_the_model_may_see_newest_first() -> None:
    result, _ = await ask("search_chat", '{"query": "red"}')
    lines = result.splitlines()
    assert [line.split(":")[0] for line in lines] == ["#2 Bob", "#0 Ann"]
    assert lines[0].startswith("#2 Bob: ... ")
    assert lines[0].endswith(" ...")
    limited, _ = await ask("search_chat", '{"query": "red", "limit": 1}')
    assert limited.splitlines() == lines[:1]


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"', '{"query": 5}', "{}", '{"query": " "}'])
async def test_arguments_that_cannot_be_used_are_a_sentence(arguments: str) -> None:
    result, failed = await ask("search_chat", arguments)
    assert failed
    assert result


async def test_a_tool_that_does_not_exist_is_a_sentence() -> None:
    assert await ask("launch", "{}") == ("There is no tool named launch.", True)


def entry(run: RunTool) -> ToolEntry:
    return ToolEntry(offer=Tool(name="t"), title="The tool", run=run)


async def test_a_tool_that_breaks_or_hangs_is_a_sentence() -> None:
    async def broken(arguments: Arguments, context: ToolContext) -> str:
        raise ZeroDivisionError("division by zero")

    async def hanging(arguments: Arguments, context: ToolContext) -> str:
        await asyncio.Event().wait()
        return ""

    call = ToolCall(id="1", name="t", arguments="{}")
    assert (await call_tool(entry(broken), call, context())).result == "The tool failed: division by zero"
    answer = await call_tool(entry(hanging), call, context(), patience=0.0)
    assert answer.failed
    assert "did not answer" in answer.result


async def test_a_long_result_is_cut() -> None:
    async def long(arguments: Arguments, context: ToolContext) -> str:
        return "a" * (LONGEST_RESULT + 7)

    answer = await call_tool(entry(long), ToolCall(id="1", name="t", arguments=""), context())
    assert answer.result.endswith("[7 more characters were left out]")


async def test_calls_are_kept_as_sillytavern_keeps_them() -> None:
    signed = ToolCall(id="c1", name="current_time", arguments="{}", signature="abc")
    tool = BOX.get("current_time")
    assert tool is not None
    good, bad = await call_tool(tool, signed, context()), refused(tool, signed)
    assert invocations([good, bad], "why") == [
        {
            "id": "c1",
            "name": "current_time",
            "displayName": "Current time",
            "parameters": "{}",
            "result": "Tuesday, 2025-03-04 12:00:00 +0000",
            "signature": "abc",
            "reasoning": "why",
        },
        {
            "id": "c1",
            "name": "current_time",
            "displayName": "Current time",
            "parameters": "{}",
            "result": "The user did not allow Current time to be called.",
            "error": True,
            "signature": "abc",
            "reasoning": "why",
        },
    ]


def test_of_two_tools_with_one_name_the_first_stays() -> None:
    box = ToolBox(built_in())
    assert not box.add(built_in()[0])
    assert [tool.name for tool in box] == [tool.name for tool in box.offers()]
