"""Reasoning templates: SillyTavern's files, copied into the settings when they are chosen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.reasoning_templates import REASONING, ReasoningTemplates
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern

MINE = {"name": "Mine", "prefix": "<m>", "suffix": "</m>", "separator": "\n\n", "from_a_fork": {"kept": [1]}}


def own(folders: Folders) -> None:
    folders.reasoning.mkdir(parents=True)
    (folders.reasoning / "some file.json").write_text(json.dumps(MINE), "utf-8")


def marks(one: ReasoningTemplate) -> tuple[str, str, str, str]:
    return one.name, one.prefix, one.suffix, one.separator


def names(templates: ReasoningTemplates) -> dict[str, str]:
    return {one.name: one.origin for one in templates.entries(REASONING)}


async def test_the_programs_and_the_users_own_are_listed(folders: Folders) -> None:
    own(folders)
    async with tavern(folders, scripted("x")) as made:
        found = names(made.reasoning_templates)
        assert found["Think XML"] == found["Gemma 4"] == "built in"
        assert found["Mine"] == "yours"
        assert made.reasoning_templates.chosen == "Think XML"
        assert not made.reasoning_templates.is_changed


async def test_choosing_one_marks_thinking_so_and_leaves_the_other_settings(folders: Folders) -> None:
    own(folders)
    async with tavern(folders, scripted("<m>Hm.</m>Well.", "<think>Hm.</think>Well.")) as made:
        made.replies.change_thinking(replace(made.replies.thinking, auto_parse=True, max_additions=4))
        made.reasoning_templates.choose("mine")
        assert marks(made.replies.thinking) == ("Mine", "<m>", "</m>", "\n\n")
        assert (made.replies.thinking.auto_parse, made.replies.thinking.max_additions) == (True, 4)
        await run(made.session.send("Hello"))
        reply = made.session.chat.messages[-1]
        assert (reply.text, reply.reasoning) == ("Well.", "Hm.")
        made.reasoning_templates.choose("Think XML")
        await run(made.session.send("And?"))
        assert made.session.chat.messages[-1].reasoning == "Hm."
    kept = json.loads(folders.st_settings.read_text("utf-8"))["power_user"]["reasoning"]
    assert kept["name"] == "Think XML"


async def test_marks_changed_by_hand_are_kept_as_a_template(folders: Folders) -> None:
    own(folders)
    async with tavern(folders, scripted("x")) as made:
        templates = made.reasoning_templates
        templates.choose("Mine")
        made.replies.change_thinking(replace(made.replies.thinking, prefix="<mm>"))
        assert templates.is_changed
        templates.save_marks("Mine")
        assert not templates.is_changed
        templates.save_marks("Another")
        assert (templates.chosen, names(templates)["Another"]) == ("Another", "yours")
        templates.save_marks("think xml")
        assert (templates.chosen, names(templates)["Think XML"]) == ("Think XML", "changed")
        templates.delete(REASONING, "Think XML")
        assert marks(templates.get(REASONING, "Think XML")) == marks(ReasoningTemplate())
        with pytest.raises(UsageError, match="needs a name"):
            templates.save_marks("  ")
    assert json.loads((folders.reasoning / "some file.json").read_text("utf-8")) == {**MINE, "prefix": "<mm>"}


async def test_the_settings_follow_a_new_name_and_outlive_the_template(folders: Folders) -> None:
    own(folders)
    async with tavern(folders, scripted("x")) as made:
        templates = made.reasoning_templates
        templates.choose("Mine")
        templates.rename(REASONING, "Mine", "Ours")
        assert templates.chosen == "Ours"
        trashed = templates.delete(REASONING, "Ours")
        assert made.replies.thinking.prefix == "<m>"
        assert templates.is_changed
        templates.restore(trashed)
        assert not templates.is_changed


async def test_the_default_cannot_be_had_twice_or_be_taken_away(folders: Folders) -> None:
    async with tavern(folders, scripted("x")) as made:
        with pytest.raises(UsageError, match="built in"):
            made.reasoning_templates.delete(REASONING, "Think XML")
        with pytest.raises(UsageError, match="no reasoning template"):
            made.reasoning_templates.choose("Nobody's")


async def test_thinking_in_an_edited_reply_is_taken_out_where_that_is_switched_on(folders: Folders) -> None:
    async with tavern(folders, scripted("One.", "Two.")) as made:
        await run(made.session.send("Hello"))
        typed = "<think>Hm.</think>\nWell."
        made.session.edit(-1, typed)
        assert made.session.chat.messages[-1].text == typed
        made.replies.change_thinking(replace(made.replies.thinking, auto_parse=True))
        made.session.edit(-1, typed)
        reply = made.session.chat.messages[-1]
        assert (reply.text, reply.reasoning, reply.extra["reasoning_type"]) == ("Well.", "Hm.", "parsed")
        made.session.edit(-1, typed)
        assert made.session.chat.messages[-1].text == typed, "it has thinking already"
        made.session.edit(-2, typed)
        assert made.session.chat.messages[-2].text == typed, "the user's own words stay"


async def test_a_reply_that_was_stopped_while_it_thought_goes_on_thinking(folders: Folders) -> None:
    async with tavern(folders, scripted("<think>First, then", " much more.</think>\nYes.")) as made:
        made.replies.change_thinking(replace(made.replies.thinking, auto_parse=True))
        await run(made.session.send("Hello"))
        reply = made.session.chat.messages[-1]
        assert (reply.text, reply.reasoning) == ("", "First, then")
        await run(made.session.continue_())
        sent = made.connections.provider().requests[-1].prompt.text  # type: ignore[attr-defined]  # the scripted one
        assert sent.endswith("<think>First, then")
        reply = made.session.chat.messages[-1]
        assert (reply.text, reply.reasoning) == ("Yes.", "First, then much more.")
