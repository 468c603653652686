"""Evenings with the hosted services, key by key: thinking, tools, pictures, and refusals."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.connection import Connection
from tavern_tui.services.tavern import Tavern
from tavern_tui.services.tools import Arguments, ToolContext, ToolEntry
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.composer import Composer
from tests.providers.fakes.server import FakeServer
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running
from tests.ui.telling import (
    Moderates,
    TellsAsClaude,
    TellsAsDeepSeek,
    TellsAsGemini,
    TellsAsOpenAI,
    Told,
    telling,
)
from tests.ui.test_attach import a_picture

THOUGHTS = ("She asks for the bridge.", " The flood took it", " in spring.")


@asynccontextmanager
async def talking_to(
    folders: Folders,
    fake: Any,
    *,
    preset: Mapping[str, object] | None = None,
    notifications: bool = False,
    **more: Any,
) -> AsyncIterator[tuple[Pilot[Any], Tavern]]:
    """The program, and a connection to this service chosen in it."""
    folders.openai_settings.mkdir(parents=True, exist_ok=True)
    (folders.openai_settings / "Journey.json").write_text(json.dumps(preset or {}), encoding="utf-8")
    async with FakeServer(fake) as server, running(folders, notifications=notifications) as (pilot, tavern):
        connection = Connection(
            name="cloud",
            provider=fake.id,
            url=server.url + fake.base,
            model=more.pop("model", fake.model),
            chat_preset="Journey",
            **more,
        )
        tavern.connections.save(connection, key=fake.key)
        tavern.connections.select("cloud")
        await pilot.pause()
        yield pilot, tavern


async def say(pilot: Pilot[Any], tavern: Tavern, words: str) -> None:
    """Type and send this, and wait until the answer is complete."""
    await pilot.press(*words, "enter")
    count = len(tavern.session.chat.messages)
    await until(pilot, lambda: len(tavern.session.chat.messages) > count or notes(pilot))
    await until(pilot, lambda: not tavern.session.busy)
    await pilot.pause()


def stored(folders: Folders) -> list[dict[str, Any]]:
    """The messages of the one chat there is, from its file."""
    (path,) = folders.chats.rglob("*.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()][1:]


# --- a reply that was thought about


@pytest.mark.parametrize(("kind", "signature"), [(TellsAsClaude, "SEAL=="), (TellsAsDeepSeek, "")])
async def test_thoughts_are_folded_unfold_with_a_key_and_are_kept(
    folders: Folders, kind: type[Any], signature: str
) -> None:
    fake = telling(kind, Told(thoughts=THOUGHTS, signature=signature))
    more = {"model": "claude-opus-5"} if kind is TellsAsClaude else {}
    async with talking_to(folders, fake, preset={"reasoning_effort": "medium"}, **more) as (pilot, tavern):
        await say(pilot, tavern, "The bridge?")
        await until(pilot, lambda: "▸ thought" in screen_text(pilot))
        assert "The bridge is down." in screen_text(pilot)
        assert "The flood took it" not in screen_text(pilot)
        await pilot.press("escape", "t")
        await until(pilot, lambda: "The flood took it in spring." in screen_text(pilot))
        assert "▾ thought" in screen_text(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "The flood took it" not in screen_text(pilot))
    extra = stored(folders)[-1]["extra"]
    assert extra["reasoning"] == "".join(THOUGHTS)
    assert extra.get("reasoning_signature", "") == signature
    assert extra["reasoning_type"] == "model"
    assert extra["reasoning_duration"] >= 0


# --- tools


class Ravens:
    """A source with one tool that asks first."""

    def tools(self) -> Sequence[ToolEntry]:
        return (ToolEntry(offer=Tool(name="send_raven"), title="Send a raven", run=self._run),)

    async def get_ready(self) -> None:
        return None

    async def aclose(self) -> None:
        return None

    async def _run(self, arguments: Arguments, context: ToolContext) -> str:
        return "the raven is back: come at dawn"


async def test_dice_are_rolled_and_a_raven_only_sent_when_allowed(folders: Folders) -> None:
    fake = telling(
        TellsAsOpenAI,
        Told(call=("roll_dice", {"formula": "2d1"})),
        Told(call=("send_raven", {"to": "Mia"})),
    )
    async with talking_to(folders, fake, preset={"function_calling": True}) as (pilot, tavern):
        tavern.tools.add_source(Ravens())
        await pilot.press(*"Roll", "enter")
        await until(pilot, lambda: "Send a raven" in screen_text(pilot) and "Mia" in screen_text(pilot))
        await pilot.press("o")
        await until(pilot, lambda: "The bridge is down." in screen_text(pilot) and not tavern.session.busy)
        assert "▸ Called: Roll dice" in screen_text(pilot)
        assert "▸ Called: Send a raven" in screen_text(pilot)
        assert "not sent" not in screen_text(pilot)
        assert "come at dawn" not in screen_text(pilot)
        await pilot.press("escape", "k", "t")
        await until(pilot, lambda: "→ the raven is back: come at dawn" in screen_text(pilot))
    rolled, sent = (one["extra"]["tool_invocations"][0] for one in stored(folders)[2:4])
    assert (rolled["name"], rolled["result"]) == ("roll_dice", "2 (1, 1)")
    assert (sent["name"], sent["result"]) == ("send_raven", "the raven is back: come at dawn")
    results = [one["content"] for one in fake.generations[-1].body["messages"] if one["role"] == "tool"]
    assert results == ["2 (1, 1)", "the raven is back: come at dawn"]


# --- pictures


def _of_openai(body: Mapping[str, Any]) -> str:
    (part,) = [part for part in body["messages"][-1]["content"] if part["type"] == "image_url"]
    return str(part["image_url"]["url"]).removeprefix("data:image/png;base64,")


def _of_claude(body: Mapping[str, Any]) -> str:
    (block,) = [block for block in body["messages"][-1]["content"] if block["type"] == "image"]
    assert (block["source"]["type"], block["source"]["media_type"]) == ("base64", "image/png")
    return str(block["source"]["data"])


def _of_gemini(body: Mapping[str, Any]) -> str:
    (part,) = [part for part in body["contents"][-1]["parts"] if "inlineData" in part]
    assert part["inlineData"]["mimeType"] == "image/png"
    return str(part["inlineData"]["data"])


@pytest.mark.parametrize(
    ("kind", "shown_in", "model"),
    [
        (TellsAsOpenAI, _of_openai, "gpt-4o"),
        (TellsAsClaude, _of_claude, "claude-opus-5"),
        (TellsAsGemini, _of_gemini, "gemini-2.5-flash"),
    ],
)
async def test_a_picture_in_the_composer_reaches_the_model_in_its_own_form(
    folders: Folders, tmp_path: Path, kind: type[Any], shown_in: Any, model: str
) -> None:
    path = a_picture(tmp_path / "bridge.png")
    fake = telling(kind)
    async with talking_to(folders, fake, model=model) as (pilot, tavern):
        pilot.app.screen.query_one(Composer).post_message(events.Paste(f"'{path}'"))
        await until(pilot, lambda: "+ bridge.png" in screen_text(pilot))
        assert "!" not in screen_text(pilot).partition("+ bridge.png")[2].partition("╭")[0]
        await say(pilot, tavern, "What is this?")
        assert "▣ bridge.png  picture" in screen_text(pilot)
        assert "The bridge is down." in screen_text(pilot)
    assert base64.b64decode(shown_in(fake.generations[-1].body)) == path.read_bytes()
    (entry,) = stored(folders)[1]["extra"]["media"]
    assert (folders.data / entry["url"].removeprefix("/")).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", [TellsAsOpenAI, TellsAsClaude, TellsAsGemini])
async def test_a_pdf_reaches_services_that_read_them(
    folders: Folders, tmp_path: Path, kind: type[Any]
) -> None:
    path = tmp_path / "rules.pdf"
    path.write_bytes(b"%PDF-1.4\n2 0 obj <</Type /Page>> endobj\n%%EOF\n")
    fake = telling(kind)
    model = {"model": "claude-opus-5"} if kind is TellsAsClaude else {}
    async with talking_to(folders, fake, **model) as (pilot, tavern):
        pilot.app.screen.query_one(Composer).post_message(events.Paste(str(path)))
        await until(pilot, lambda: "+ rules.pdf" in screen_text(pilot))
        await say(pilot, tavern, "Read")
        assert "The bridge is down." in screen_text(pilot)
    assert base64.b64encode(path.read_bytes()).decode() in json.dumps(fake.generations[-1].body)


# --- refusals


async def test_a_moderation_that_refuses_says_why_and_keeps_what_was_written(folders: Folders) -> None:
    async with talking_to(folders, Moderates()) as (pilot, tavern):
        await say(pilot, tavern, "The knife")
        await until(pilot, lambda: "(violence, self-harm)" in notes(pilot))
        assert "moderation" in notes(pilot)
        assert [one.text for one in tavern.session.chat.messages[1:]] == ["The knife"]
    assert stored(folders)[-1]["mes"] == "The knife"


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        (TellsAsOpenAI, Told(ends="content_filter"), "content_filter"),
        (TellsAsGemini, Told(ends="SAFETY"), "SAFETY"),
        (TellsAsClaude, Told(ends="refusal", why="cyber"), "cyber"),
    ],
)
async def test_a_reply_that_is_held_back_says_so_and_keeps_what_came(
    folders: Folders, kind: type[Any], told: Told, reason: str
) -> None:
    fake = telling(kind, told)
    model = {"model": "claude-opus-5"} if kind is TellsAsClaude else {}
    async with talking_to(folders, fake, **model) as (pilot, tavern):
        await say(pilot, tavern, "The knife")
        await until(pilot, lambda: "The service held the reply back" in notes(pilot))
        assert f"The reason it gives: {reason}. What had arrived is kept." in notes(pilot)
        assert "The bridge is down." in screen_text(pilot)
        assert f"held back: {reason}" in screen_text(pilot)
    assert stored(folders)[-1]["mes"] == "The bridge is down."
    assert stored(folders)[-1]["extra"]["held_back"] == reason


async def test_a_prompt_that_is_blocked_leaves_no_empty_message(folders: Folders) -> None:
    fake = telling(TellsAsGemini, Told(ends="SAFETY", why="PROHIBITED_CONTENT"))
    async with talking_to(folders, fake) as (pilot, tavern):
        await say(pilot, tavern, "The knife")
        await until(pilot, lambda: "PROHIBITED_CONTENT. Nothing had arrived." in notes(pilot))
        assert [one.text for one in tavern.session.chat.messages[1:]] == ["The knife"]
