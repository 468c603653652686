"""The reply screen: what is switched there holds for the next reply of a real server, and is saved."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tavern_tui.core.connection import Connection
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.ui.panes.chat.transcript import Transcript
from tavern_tui.ui.panes.replies.bench import ReplyBench
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import FakeServer
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running

THOUGHT = ("<th", "ink>The bridge", " is down.</thi", "nk>\n", "Stay", " here.")
RAW = "".join(THOUGHT)


@dataclass
class Room:
    """The program, and the loopback server that answers in it."""

    pilot: Pilot[Any]
    tavern: Tavern
    fake: LlamaCppFake

    @property
    def last(self) -> Any:
        return self.tavern.session.chat.messages[-1]

    @property
    def asked(self) -> int:
        return len(self.fake.generations)

    @property
    def prompt(self) -> str:
        """What the server was sent last."""
        return str(self.fake.generations[-1].body["prompt"])

    async def say(self, words: str) -> None:
        count = len(self.tavern.session.chat.messages)
        await self.pilot.press(*words, "enter")
        await until(
            self.pilot,
            lambda: len(self.tavern.session.chat.messages) >= count + 2 and not self.tavern.session.busy,
        )

    async def open(self, *keys: str) -> ReplyBench:
        await self.pilot.press("alt+shift+r")
        await until(self.pilot, lambda: isinstance(self.pilot.app.screen, ReplyBench))
        bench = self.pilot.app.screen
        assert isinstance(bench, ReplyBench)
        await until(self.pilot, lambda: bench.query_one("#bench-list").has_focus)
        await self.pilot.press(*keys)
        return bench

    async def write(self, field: str, text: str) -> None:
        """Replace what a field of the form in view holds, as a paste would."""
        (form,) = [form for form in self.pilot.app.screen.query("Form") if form.display]
        widget: Any = form.query_one(f"#{field}")
        widget.focus()
        setattr(widget, "text" if hasattr(widget, "load_text") else "value", text)
        await until(self.pilot, lambda: str(form.values[field]) == text)  # type: ignore[attr-defined]  # a Form

    async def close(self) -> None:
        for _ in range(3):
            if not isinstance(self.pilot.app.screen, ReplyBench):
                return
            await self.pilot.press("escape")
            await self.pilot.pause()
        await until(self.pilot, lambda: not isinstance(self.pilot.app.screen, ReplyBench))


@asynccontextmanager
async def room(
    folders: Folders,
    *,
    reply: tuple[str, ...] = THOUGHT,
    size: tuple[int, int] = (120, 40),
    notifications: bool = False,
    pace: float = 0.0,
) -> AsyncIterator[Room]:
    fake = LlamaCppFake(reply=reply, pace=pace)
    async with (
        FakeServer(fake) as server,
        running(folders, size, notifications=notifications) as (pilot, tavern),
    ):
        tavern.connections.save(
            Connection(name="here", provider="llamacpp", url=server.url, instruct="none", max_tokens=64)
        )
        tavern.connections.select("here")
        await pilot.pause()
        yield Room(pilot, tavern, fake)


def power_user(folders: Folders) -> dict[str, Any]:
    found = json.loads(folders.st_settings.read_text("utf-8"))["power_user"]
    assert isinstance(found, dict)
    return found


# --- thinking


async def test_thinking_is_taken_out_of_the_next_reply_once_that_is_switched_on(folders: Folders) -> None:
    async with room(folders) as here:
        await here.say("Hello")
        assert here.last.text == RAW
        await here.open("space")
        await until(here.pilot, lambda: here.tavern.replies.thinking.auto_parse)
        await here.close()
        assert power_user(folders)["reasoning"] == {"auto_parse": True}
        await here.say("And now?")
        assert (here.last.text, here.last.reasoning) == ("Stay here.", "The bridge is down.")
        await until(here.pilot, lambda: "▸ thought" in screen_text(here.pilot))


async def test_marks_that_were_typed_hold_at_once(folders: Folders) -> None:
    async with room(folders, reply=("<<Hm.>>", "\nYes.")) as here:
        await here.open("space", "enter")
        await here.write("prefix", "<<")
        await here.write("suffix", ">>")
        await here.close()
        await here.say("Hello")
        assert (here.last.text, here.last.reasoning) == ("Yes.", "Hm.")


async def test_another_template_is_used_from_the_next_reply_on(folders: Folders) -> None:
    async with room(folders, reply=("[THINK]Hm.[/THI", "NK]Yes.")) as here:
        bench = await here.open("space")
        at = next(at for at, line in enumerate(bench._lines) if line.key == "t/Mistral")
        await here.pilot.press(*["down"] * at)
        await until(here.pilot, lambda: "mistral-v7-tekken.yaml" in screen_text(here.pilot))
        await here.pilot.press("space")
        await until(here.pilot, lambda: here.tavern.replies.thinking.name == "Mistral")
        assert "● Mistral" in screen_text(here.pilot)
        await here.close()
        await here.say("Hello")
        assert (here.last.text, here.last.reasoning) == ("Yes.", "Hm.")


async def test_so_many_replies_thinking_is_sent_back(folders: Folders) -> None:
    async with room(folders) as here:
        await here.open("space")
        await here.close()
        await here.say("One")
        await here.say("Two")
        await here.say("Three")
        assert "The bridge is down." not in here.prompt
        bench = await here.open("enter")
        bench.query_one("#add_to_prompts").focus()
        await here.pilot.press("space")
        await here.write("max_additions", "2")
        await here.close()
        await here.say("Four")
        assert here.prompt.count("<think>The bridge is down.</think>\nStay here.") == 2


async def test_the_chat_says_nothing_of_thinking_where_that_is_switched_off(folders: Folders) -> None:
    async with room(folders, notifications=True) as here:
        bench = await here.open("space", "enter")
        bench.query_one("#show_reasoning").focus()
        await here.pilot.press("space")
        await here.close()
        assert "show_reasoning = false" in folders.config_file.read_text("utf-8")
        await here.say("Hello")
        await until(here.pilot, lambda: "Stay here." in screen_text(here.pilot))
        assert here.last.reasoning == "The bridge is down."
        assert "thought" not in screen_text(here.pilot)
        await here.pilot.press("escape", "t")
        await until(here.pilot, lambda: "shows no thinking" in notes(here.pilot))
        bench = await here.open("enter")
        bench.query_one("#show_reasoning").focus()
        await here.pilot.press("space")
        await here.close()
        await until(here.pilot, lambda: "▸ thought" in screen_text(here.pilot))


async def test_thinking_is_unfolded_at_first_where_that_is_wanted(folders: Folders) -> None:
    async with room(folders) as here:
        await here.open("space")
        await here.close()
        await here.say("Hello")
        await until(here.pilot, lambda: "▸ thought" in screen_text(here.pilot))
        assert "The bridge is down." not in screen_text(here.pilot)
        bench = await here.open("enter")
        bench.query_one("#auto_expand").focus()
        await here.pilot.press("space")
        await here.close()
        await until(here.pilot, lambda: "The bridge is down." in screen_text(here.pilot))
        await here.say("And now?")
        await until(here.pilot, lambda: screen_text(here.pilot).count("The bridge is down.") == 2)
        await here.pilot.press("escape", "t")
        await until(here.pilot, lambda: screen_text(here.pilot).count("The bridge is down.") == 1)


@pytest.mark.parametrize("unfolds", [True, False])
async def test_thinking_is_seen_while_it_arrives_and_stays_as_it_was_folded(
    folders: Folders, unfolds: bool
) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    reasoning = {"auto_parse": True, "auto_expand": unfolds}
    folders.st_settings.write_text(json.dumps({"power_user": {"reasoning": reasoning}}), "utf-8")
    pieces = ("<think>First,", " then", " much", " more", "</think>Yes.")
    mark = "▾" if unfolds else "▸"
    async with room(folders, reply=pieces, pace=-1) as here:  # it falls silent after the third piece
        await here.pilot.press(*"Hello", "enter")
        await until(here.pilot, lambda: f"{mark} thinking" in screen_text(here.pilot))
        if not unfolds:
            here.pilot.app.screen.query_one(Transcript).fold(2)
        await until(here.pilot, lambda: "First, then much" in screen_text(here.pilot))
        here.tavern.session.stop()
        await until(here.pilot, lambda: not here.tavern.session.busy)
        await until(here.pilot, lambda: "▾ thought" in screen_text(here.pilot))
        assert here.last.reasoning == "First, then much"


# --- what follows a reply


async def test_a_short_reply_goes_on_once_that_is_switched_on(folders: Folders) -> None:
    async with room(folders, reply=(" The fire", " is low", " tonight.")) as here:
        await here.say("Hello")
        assert here.asked == 1
        await here.open("down", "enter", "space")
        await here.write("target_length", "20")
        await here.close()
        assert power_user(folders)["auto_continue"] == {"enabled": True, "target_length": 20}
        await here.say("And now?")
        assert here.asked > 2
        assert here.last.text.count("The fire is low tonight.") == here.asked - 1
        await here.open("down", "space")
        await here.close()
        before = here.asked
        await here.say("Enough")
        assert here.asked == before + 1


async def test_a_reply_with_unwanted_words_is_swiped_once_that_is_switched_on(folders: Folders) -> None:
    async with room(folders, reply=(" A shiver", " and ozone.")) as here:
        await here.open("down", "down", "enter", "space")
        await here.write("blacklist_threshold", "2")
        await here.write("blacklist", "ozone\nshiver")
        await here.close()
        kept = power_user(folders)
        assert (kept["auto_swipe"], kept["auto_swipe_blacklist"]) == (True, ["ozone", "shiver"])
        await here.say("Hello")
        assert [swipe.text for swipe in here.last.swipes] == ["A shiver and ozone."] * 4
        await here.open("down", "down", "enter")
        await here.write("blacklist", "ozone")
        await here.close()
        await here.say("Again")
        assert len(here.last.swipes) == 1
        await here.open("down", "down", "enter")
        await here.write("minimum_length", "500")
        await here.close()
        await here.say("Longer")
        assert len(here.last.swipes) == 4


async def test_a_number_that_is_none_is_marked_and_not_kept(folders: Folders) -> None:
    async with room(folders) as here:
        bench = await here.open("down", "enter")
        field: Any = bench.query_one("#target_length")
        field.value = "many"
        row = bench.query_one("#row-target_length")
        await until(here.pilot, lambda: row.has_class("-bad"))
        await here.close()
        assert here.tavern.replies.auto_continue.target_length == 400


async def test_it_says_that_a_chat_api_does_not_go_on(folders: Folders) -> None:
    async with room(folders) as here:
        here.tavern.connections.save(Connection(name="cloud", provider="llamacpp-chat"))
        here.tavern.connections.select("cloud")
        await here.open("down", "space")
        await until(here.pilot, lambda: "cloud sends a list of messages" in screen_text(here.pilot))
        await here.pilot.press("enter", "tab", "tab", "space")
        await until(here.pilot, lambda: "cloud sends a list" not in screen_text(here.pilot))
        assert here.tavern.replies.auto_continue.allow_chat_completions


# --- templates as files


async def test_marks_are_kept_as_a_template_renamed_deleted_and_brought_back(folders: Folders) -> None:
    async with room(folders, notifications=True) as here:
        bench = await here.open("enter")
        await here.write("prefix", "<mine>")
        await here.pilot.press("escape")
        await until(here.pilot, lambda: "Think XML, changed" in screen_text(here.pilot))
        await here.pilot.press("w")
        await until(here.pilot, lambda: here.pilot.app.screen is not bench)
        await here.pilot.press("ctrl+u", *"Mine", "enter")
        path = folders.reasoning / "Mine.json"
        await until(here.pilot, path.exists)
        assert json.loads(path.read_text("utf-8")) == {
            "name": "Mine", "prefix": "<mine>", "suffix": "</think>", "separator": "\n",
        }  # fmt: skip
        await until(here.pilot, lambda: "Replies · Mine" in screen_text(here.pilot))
        await until(here.pilot, lambda: bench.here.key == "t/Mine")
        await here.pilot.press("d")
        await until(here.pilot, lambda: not path.exists())
        await until(here.pilot, lambda: "Replies · Mine, changed" in screen_text(here.pilot))
        await here.pilot.press("u")
        await until(here.pilot, path.exists)
        await until(here.pilot, lambda: "in the trash" in notes(here.pilot))


async def test_a_built_in_one_is_not_deleted_and_says_why(folders: Folders) -> None:
    async with room(folders, notifications=True) as here:
        await here.open("end", "d")
        await until(here.pilot, lambda: "built in" in notes(here.pilot))


async def test_a_template_file_is_taken_over_and_hostile_names_do_no_harm(folders: Folders) -> None:
    folders.reasoning.mkdir(parents=True)
    odd = {"name": "\x1b[31mRed\nline", "prefix": "<\x07t>\n", "suffix": "x" * 5000, "separator": ""}
    (folders.reasoning / "odd.json").write_text(json.dumps(odd), "utf-8")
    (folders.reasoning / "broken.json").write_text("{", "utf-8")
    async with room(folders, notifications=True) as here:
        bench = await here.open()
        await until(here.pilot, lambda: "broken.json" in notes(here.pilot))
        at = next(at for at, line in enumerate(bench._lines) if line.entry and "Red" in line.entry.name)
        await here.pilot.press(*["down"] * at, "space")
        await until(here.pilot, lambda: here.tavern.replies.thinking.name == odd["name"])
        assert not set(screen_text(here.pilot)) & {"\x1b", "\x07"}


# --- the screen itself


async def test_it_is_in_the_palette_and_fits_a_small_terminal(folders: Folders) -> None:
    async with room(folders, size=(80, 24)) as here:
        await here.pilot.press("ctrl+p")
        await until(here.pilot, lambda: here.pilot.app.screen.query("Input"))
        await here.pilot.press(*"Replies")
        await until(here.pilot, lambda: "auto-continue and auto-swipe" in screen_text(here.pilot))
        await here.pilot.press("enter")
        await until(here.pilot, lambda: isinstance(here.pilot.app.screen, ReplyBench))
        await until(here.pilot, lambda: "● Think XML" in screen_text(here.pilot))
        await here.pilot.press("enter")
        await until(here.pilot, lambda: "Auto-expand" in screen_text(here.pilot))
        await here.pilot.press("escape")
        await until(here.pilot, lambda: "● Think XML" in screen_text(here.pilot))


async def test_the_mouse_opens_a_subject_and_chooses_a_template(folders: Folders) -> None:
    async with room(folders) as here:
        bench = await here.open()
        await here.pilot.click(OptionList, offset=(4, 2))
        await until(here.pilot, lambda: bench.focused is not None and bench.focused.id == "enabled")
        await here.pilot.click(OptionList, offset=(4, 5))
        await until(here.pilot, lambda: here.tavern.replies.thinking.name != "Think XML")


async def test_a_file_that_cannot_be_written_is_said(folders: Folders) -> None:
    async with room(folders, notifications=True) as here:
        await here.open()
        folders.st_settings.write_text("{", "utf-8")
        await here.pilot.press("space")
        await until(here.pilot, lambda: "settings.json" in notes(here.pilot))
        assert folders.st_settings.read_text("utf-8") == "{"
