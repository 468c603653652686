"""Replies that call tools: consent, answers, what is kept in the chat and what is sent next."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.connection import Connection
from tavern_tui.services.events import MessageAdded, ReplyEnded
from tavern_tui.services.tavern import Tavern
from tavern_tui.services.tools import Arguments, Consent, ToolCall, ToolContext, ToolEntry
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.services.helpers import run, tavern, texts

Piece = dict[str, Any]


def words(text: str) -> Piece:
    return {"content": text}


def calls(*named: tuple[str, str], place: int = 0) -> Piece:
    return {
        "tool_calls": [
            {"index": place + at, "id": f"c{place + at}", "type": "function",
             "function": {"name": name, "arguments": arguments}}
            for at, (name, arguments) in enumerate(named)
        ]
    }  # fmt: skip


class Model:
    """Streams the next of its replies to each request."""

    def __init__(self, *replies: Sequence[Piece]) -> None:
        self.replies = list(replies)
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, seen: Seen, answer: Answer) -> None:
        if seen.method == "GET":
            await answer.send(200, {"data": [{"id": "m"}]})
            return
        self.bodies.append(seen.json)
        await answer.start(200)
        for piece in self.replies.pop(0):
            await answer.raw(
                b"data: " + json.dumps({"choices": [{"index": 0, "delta": piece}]}).encode() + b"\n\n"
            )
        done = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        await answer.raw(b"data: " + json.dumps(done).encode() + b"\n\ndata: [DONE]\n\n")


@asynccontextmanager
async def talking(
    folders: Folders, model: Model, preset: dict[str, Any] | None = None
) -> AsyncIterator[Tavern]:
    folders.openai_settings.mkdir(parents=True, exist_ok=True)
    made = {"function_calling": True, **(preset or {})}
    (folders.openai_settings / "Tools.json").write_text(json.dumps(made), encoding="utf-8")
    async with FakeServer(model) as server:
        there = Connection(
            name="there", provider="custom", url=f"{server.url}/v1", model="m", chat_preset="Tools"
        )
        async with tavern(folders, there) as opened:
            yield opened


ROLL = calls(("roll_dice", '{"formula": "2d1"}'))


async def test_a_tool_answers_and_the_model_goes_on(folders: Folders) -> None:
    model = Model([words("Let me roll."), ROLL], [words("A two!")])
    async with talking(folders, model) as made:
        events = await run(made.session.send("Roll"))
        assert texts(made)[-3:] == ["Let me roll.", "Called: Roll dice", "A two!"]
        path = made.session.store.path
        assert path is not None
        kept = read_chat(path).chat.messages[-2]
    assert kept.hidden
    assert kept.extra["tool_invocations"] == [
        {"id": "c0", "name": "roll_dice", "displayName": "Roll dice",
         "parameters": '{"formula": "2d1"}', "result": "2 (1, 1)"}
    ]  # fmt: skip
    first, second = model.bodies
    assert "roll_dice" in [tool["function"]["name"] for tool in first["tools"]]
    said, called, result = second["messages"][-3:]
    assert said == {"role": "assistant", "content": "Let me roll."}
    assert called == {
        "role": "assistant",
        "tool_calls": [
            {"id": "c0", "type": "function",
             "function": {"name": "roll_dice", "arguments": '{"formula": "2d1"}'}}
        ],
    }  # fmt: skip
    assert result == {"role": "tool", "tool_call_id": "c0", "content": "2 (1, 1)"}
    assert [event.calls for event in events if isinstance(event, ReplyEnded)] == [1, 0]
    assert len([event for event in events if isinstance(event, MessageAdded)]) == 4


async def test_a_call_without_words_adds_no_empty_message(folders: Folders) -> None:
    model = Model([ROLL], [words("A two!")])
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
        assert texts(made)[1:] == ["Roll", "Called: Roll dice", "A two!"]


async def test_several_calls_in_pieces_are_answered_in_their_order(folders: Folders) -> None:
    split = {"tool_calls": [{"index": 0, "function": {"arguments": '"d1"}'}}]}
    model = Model(
        [calls(("roll_dice", '{"formula": ')), split, calls(("nonsense", "{}"), place=1)], [words("Well.")]
    )
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
    *_, called, first, second = model.bodies[1]["messages"]
    assert [call["id"] for call in called["tool_calls"]] == ["c0", "c1"]
    assert first["content"] == "1 (1)"
    assert second["content"] == "There is no tool named nonsense."


async def test_a_model_that_only_calls_must_answer_in_the_end(folders: Folders) -> None:
    model = Model(*[[ROLL]] * 5, [words("Enough.")])
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
        assert texts(made)[-1] == "Enough."
    assert [body["tool_choice"] for body in model.bodies] == ["auto"] * 5 + ["none"]


async def test_a_swipe_may_call_tools_and_stays_one_message(folders: Folders) -> None:
    model = Model([words("One.")], [ROLL], [words("Two.")])
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
        await run(made.session.swipe_right())
        assert texts(made)[1:] == ["Roll", "Called: Roll dice", "Two."]
        assert [swipe.text for swipe in made.session.chat.messages[-1].swipes] == ["One.", "Two."]
    assert [one["role"] for one in model.bodies[-1]["messages"][-3:]] == ["user", "assistant", "tool"]


async def test_a_reply_that_is_written_anew_may_call_tools(folders: Folders) -> None:
    model = Model([words("One.")], [ROLL], [words("Two.")])
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
        await run(made.session.regenerate())
        assert texts(made)[1:] == ["Roll", "Called: Roll dice", "Two."]
        made.session.undo()
        assert texts(made)[1:] == ["Roll", "One."]


@pytest.mark.parametrize("preset", [{"function_calling": False}, {"n": 2}])
async def test_no_tools_are_offered_where_they_cannot_be_used(
    folders: Folders, preset: dict[str, Any]
) -> None:
    model = Model([words("Hm.")])
    async with talking(folders, model, preset) as made:
        await run(made.session.send("Roll"))
    assert "tools" not in model.bodies[0]


async def test_settings_can_switch_tools_off(folders: Folders) -> None:
    model = Model([ROLL], [words("A two!")], [words("Hm.")])
    async with talking(folders, model) as made:
        await run(made.session.send("Roll"))
        made._settings.change(use_tools=False)
        await run(made.session.send("Again"))
    assert "tools" not in model.bodies[-1]
    assert not any(one["role"] == "tool" or "tool_calls" in one for one in model.bodies[-1]["messages"])


class Outside:
    """A source with one tool that needs consent, and that can be held."""

    def __init__(self) -> None:
        self.called: list[Arguments] = []
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    def tools(self) -> Sequence[ToolEntry]:
        return (ToolEntry(offer=Tool(name="mail"), title="Send mail", run=self._run),)

    async def get_ready(self) -> None:
        return None

    async def aclose(self) -> None:
        return None

    async def _run(self, arguments: Arguments, context: ToolContext) -> str:
        self.called.append(arguments)
        self.began.set()
        await self.may_end.wait()
        return "sent"


MAIL = calls(("mail", '{"to": "Bob"}'))


def offered(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools", [])]


async def test_without_anyone_to_ask_such_a_tool_is_neither_offered_nor_called(folders: Folders) -> None:
    outside, model = Outside(), Model([MAIL], [words("Pity.")])
    async with talking(folders, model) as made:
        made.tools.add_source(outside)
        await run(made.session.send("Write"))
    assert "mail" not in offered(model.bodies[0])
    assert outside.called == []


@pytest.mark.parametrize(
    ("said", "done", "kept"),
    [
        (Consent.ONCE, 1, {}),
        (Consent.ALWAYS, 1, {"mail": "always"}),
        (Consent.NOT_NOW, 0, {}),
        (Consent.NEVER, 0, {"mail": "never"}),
    ],
)
async def test_the_user_is_asked_and_the_answer_kept(
    folders: Folders, said: Consent, done: int, kept: dict[str, str]
) -> None:
    outside, model, asked = Outside(), Model([MAIL], [words("Well.")]), []

    async def ask(tool: ToolEntry, call: ToolCall) -> Consent:
        asked.append((tool.title, call.arguments))
        return said

    async with talking(folders, model) as made:
        made.tools.add_source(outside)
        made.tools.ask = ask
        await run(made.session.send("Write"))
        assert made.settings.tool_consent == kept
    assert asked == [("Send mail", '{"to": "Bob"}')]
    assert len(outside.called) == done
    assert "mail" in offered(model.bodies[0])
    assert ("mail" in offered(model.bodies[1])) == (said is not Consent.NEVER)
    result = model.bodies[1]["messages"][-1]["content"]
    assert result == ("sent" if done else "The user did not allow Send mail to be called.")


async def test_a_stop_ends_a_tool_at_once_and_keeps_the_words(folders: Folders) -> None:
    outside, model = Outside(), Model([words("I write."), MAIL])
    outside.may_end.clear()
    async with talking(folders, model) as made:
        made.tools.add_source(outside)
        made.tools.remember("mail", Consent.ALWAYS)
        sending = asyncio.create_task(run(made.session.send("Write")))
        await outside.began.wait()
        made.session.stop()
        await sending
        assert texts(made)[1:] == ["Write", "I write."]
        assert not made.session.busy
    assert len(model.bodies) == 1


async def test_tools_of_an_mcp_server_in_the_settings_are_called(folders: Folders) -> None:
    pytest.importorskip("mcp.server.mcpserver")
    server = {
        "name": "tiny",
        "command": sys.executable,
        "args": [str(Path(__file__).with_name("mcp_server.py"))],
    }
    model = Model([calls(("tiny__add", '{"a": 2, "b": 3}'))], [words("Five.")])
    async with talking(folders, model) as made:
        made.change_settings(mcp_servers=(server,), tool_consent={"tiny__add": "always"})
        await run(made.session.send("Add"))
        assert texts(made)[-1] == "Five."
    assert model.bodies[1]["messages"][-1] == {"role": "tool", "tool_call_id": "c0", "content": "5"}


async def test_thoughts_behind_a_call_are_kept_and_sent_back_if_the_preset_says_so(folders: Folders) -> None:
    model = Model([{"reasoning_content": " A die. "}, ROLL], [words("A two!")])
    async with talking(folders, model, {"tool_reasoning_mode": "active_chain"}) as made:
        await run(made.session.send("Roll"))
        path = made.session.store.path
        assert path is not None
        stored = [message.extra.get("tool_invocations") for message in read_chat(path).chat.messages]
    (kept,) = next(entries for entries in stored if isinstance(entries, list))
    assert kept["reasoning"] == " A die. "
    called = model.bodies[1]["messages"][-2]
    assert called["reasoning"] == " A die. "


@pytest.mark.parametrize(("limit", "rounds"), [(2, 2), (0, 1), ("x", 5)])
async def test_the_preset_says_how_often_a_model_may_call(
    folders: Folders, limit: object, rounds: int
) -> None:
    model = Model(*[[ROLL]] * rounds, [words("Enough.")])
    async with talking(folders, model, {"tool_call_recurse_limit": limit}) as made:
        await run(made.session.send("Roll"))
        assert texts(made)[-1] == "Enough."
    assert [body["tool_choice"] for body in model.bodies] == ["auto"] * rounds + ["none"]
