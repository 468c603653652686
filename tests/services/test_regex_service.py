"""Regex scripts through the service: three places they are kept in, their order, trying them out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.core.preset import RegexScript
from tavern_tui.services.regex import Occasion, ScriptScope
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.cards import read_card
from tavern_tui.storage.folders import Folders
from tavern_tui.text.regex_scripts import ScriptContext
from tests.services.helpers import CARD, scripted, tavern
from tests.services.test_groups import company

GLOBAL, PRESET, CHARACTER = ScriptScope.GLOBAL, ScriptScope.PRESET, ScriptScope.CHARACTER


def a_script(name: str, find: str = "/x/g", put: str = "-", **more: object) -> dict[str, Any]:
    return {
        "id": f"id-{name}", "scriptName": name, "findRegex": find, "replaceString": put, "trimStrings": [],
        "placement": [2], "disabled": False, "markdownOnly": False, "promptOnly": True, "runOnEdit": True,
        "substituteRegex": 0, "minDepth": None, "maxDepth": None, "from_a_fork": {"of": name}, **more,
    }  # fmt: skip


SETTINGS: dict[str, Any] = {
    "power_user": {"odd": [1]},
    "extension_settings": {
        "note": {"default": "kept"},
        "regex": [a_script("one"), "no script at all", a_script("two"), {"no": "pattern"}, a_script("three")],
        "regex_presets": [{"id": "p", "global": [{"id": "id-one"}]}],
    },
}


def put_settings(folders: Folders, value: object = SETTINGS) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    folders.st_settings.write_text(json.dumps(value), encoding="utf-8")


def rows(folders: Folders) -> list[Any]:
    found: list[Any] = json.loads(folders.st_settings.read_text())["extension_settings"]["regex"]
    return found


def names(made: Tavern, scope: ScriptScope = GLOBAL) -> list[str]:
    return [held.script.name for held in made.regex.group(scope).scripts]


def card() -> dict[str, object]:
    data: dict[str, Any] = dict(CARD)
    data["extensions"] = {"regex_scripts": [a_script("own"), 7], "odd": True}
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}


# --- keeping


async def test_a_changed_field_is_all_that_changes_in_settings_json(folders: Folders) -> None:
    put_settings(folders)
    async with tavern(folders, scripted()) as made:
        held = made.regex.group(GLOBAL).scripts[1]
        saved = made.regex.save(held, replace(held.script, replace="*", min_depth=2, placement=(2, 6)))
        assert saved.script.replace == "*"
    expected = json.loads(json.dumps(SETTINGS))
    expected["extension_settings"]["regex"][2] |= {"replaceString": "*", "minDepth": 2, "placement": [2, 6]}
    assert json.loads(folders.st_settings.read_text()) == expected


async def test_order_copies_and_deletions_leave_what_is_no_script_where_it_is(folders: Folders) -> None:
    put_settings(folders)
    async with tavern(folders, scripted()) as made:
        held = made.regex.move(made.regex.group(GLOBAL).scripts[0], 1)
        assert (names(made), held.at) == (["two", "one", "three"], 1)
        assert made.regex.move(held, -5).at == 0
        assert names(made) == ["one", "two", "three"]
        copy = made.regex.duplicate(made.regex.group(GLOBAL).scripts[0])
        assert names(made) == ["one", "one copy", "two", "three"]
        assert copy.script.disabled
        assert copy.script.source["id"] != "id-one"
        assert copy.script.source["from_a_fork"] == {"of": "one"}
        made.regex.delete(copy)
        assert names(made) == ["one", "two", "three"]
    assert [row for row in rows(folders) if not isinstance(row, dict) or "findRegex" not in row] == [
        "no script at all",
        {"no": "pattern"},
    ]


async def test_a_deleted_script_comes_back_where_it_was_and_lies_in_the_trash_until_then(
    folders: Folders,
) -> None:
    put_settings(folders)
    async with tavern(folders, scripted()) as made:
        made.regex.delete(made.regex.group(GLOBAL).scripts[1])
        (kept,) = folders.trash.glob("*/0")
        assert json.loads(kept.read_text()) == a_script("two")
        back = made.regex.restore()
        assert back is not None
        assert (back.at, names(made)) == (1, ["one", "two", "three"])
        assert made.regex.restore() is None
    assert [row["id"] for row in rows(folders) if "id" in row] == ["id-one", "id-two", "id-three"]
    assert [path.name for path in folders.data.glob("*.json")] == ["settings.json"]


async def test_the_cards_own_scripts_are_written_into_the_card(folders: Folders) -> None:
    async with tavern(folders, scripted(), card=card()) as made:
        (held,) = made.regex.group(CHARACTER).scripts
        assert not made.regex.group(CHARACTER).allowed
        made.regex.save(held, replace(held.script, name="renamed"))
        made.regex.new(CHARACTER, "second")
        file = made.session.character.file
        assert names(made, CHARACTER) == ["renamed", "second"]
    written = read_card(folders.card(file)).source
    extensions = written["data"]["extensions"]  # type: ignore[index]
    assert extensions["odd"] is True
    assert extensions["regex_scripts"][0] == a_script("own", scriptName="renamed")
    assert extensions["regex_scripts"][1] == 7
    assert written["data"]["description"] == CARD["description"]  # type: ignore[index]


async def test_a_members_new_script_runs_in_the_group_that_is_open(folders: Folders) -> None:
    async with company(folders, scripted("Well.")) as made:
        file = made.session.character.file
        made.regex.add(CHARACTER, RegexScript(name="own", find="/greets/g", replace="hails", placement=(2,), prompt_only=True))  # fmt: skip
        made.regex.allow(CHARACTER, True)
        assert made.session.turns is not None
        (member,) = [one for one in made.session.turns.cast.members if one.file == file]
        assert member == made.session.character
        assert "hails" in made.session.preview().text


async def test_scripts_of_card_and_preset_run_only_once_they_are_allowed(folders: Folders) -> None:
    preset = {"temp": 1, "extensions": {"regex_scripts": [a_script("ours", "/y/g")], "odd": 1}}
    folders.textgen_settings.mkdir(parents=True)
    path = folders.textgen_settings / "Warm.json"
    path.write_text(json.dumps(preset))
    put_settings(folders, {"extension_settings": {"regex": [a_script("one", "/w/g")]}})
    async with tavern(folders, replace(scripted("Well."), text_preset="Warm"), card=card()) as made:
        made.session.edit(0, "w x y")
        assert [group.title for group in made.regex.groups()] == ["Everywhere", "Preset Warm", "Ann"]
        assert "- x y" in made.session.preview().text
        made.regex.allow(PRESET, True)
        assert "- x -" in made.session.preview().text
        made.regex.allow(CHARACTER, True)
        assert "- - -" in made.session.preview().text
        said = json.loads(folders.st_settings.read_text())["extension_settings"]
        assert said["preset_allowed_regex"] == {"textgenerationwebui": ["Warm"]}
        assert said["character_allowed_regex"] == ["Ann.png"]
        made.regex.allow(PRESET, False)
        made.regex.allow(CHARACTER, False)
        assert "- x y" in made.session.preview().text
        held = made.regex.group(PRESET).scripts[0]
        made.regex.save(held, replace(held.script, replace="*"))
        assert names(made, PRESET) == ["ours"]
    preset["extensions"]["regex_scripts"][0]["replaceString"] = "*"  # type: ignore[index]
    assert json.loads(path.read_text()) == preset


async def test_a_script_that_moves_to_the_character_is_the_same_script(folders: Folders) -> None:
    put_settings(folders)
    async with tavern(folders, scripted()) as made:
        moved = made.regex.move_to(made.regex.group(GLOBAL).scripts[1], CHARACTER)
        assert dict(moved.script.source) == a_script("two")
        assert (names(made), names(made, CHARACTER)) == (["one", "three"], ["two"])


async def test_what_another_program_changed_meanwhile_is_not_written_over(folders: Folders) -> None:
    put_settings(folders)
    async with tavern(folders, scripted()) as made:
        held = made.regex.group(GLOBAL).scripts[1]
        other = json.loads(json.dumps(SETTINGS))
        del other["extension_settings"]["regex"][0]
        put_settings(folders, other)
        made.regex.save(held, replace(held.script, name="2"))
        assert names(made) == ["2", "three"], "it moved, and is found"
        with pytest.raises(DataError, match="another program"):
            made.regex.save(held, replace(held.script, name="3"))


async def test_a_broken_settings_json_is_left_alone(folders: Folders) -> None:
    folders.data.mkdir(parents=True)
    folders.st_settings.write_text("{ broken")
    async with tavern(folders, scripted()) as made:
        with pytest.raises(TavernError, match=r"settings\.json"):
            made.regex.new(GLOBAL)
    assert folders.st_settings.read_text() == "{ broken"


async def test_without_a_preset_there_is_no_place_for_its_scripts(folders: Folders) -> None:
    async with tavern(folders, scripted()) as made:
        with pytest.raises(UsageError, match="no preset"):
            made.regex.new(PRESET)
    async with tavern(folders, Connection(name="b", provider="openai", chat_preset="../../x")) as made:
        assert made.regex.group(PRESET).locked


# --- from and to elsewhere


async def test_a_file_of_one_or_many_scripts_goes_in_and_out_whole(folders: Folders, tmp_path: Path) -> None:
    put_settings(folders)
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    one.write_text(json.dumps(a_script("new")))
    many.write_text(json.dumps([a_script("new"), a_script("four", substituteRegex=True)]))
    async with tavern(folders, scripted()) as made:
        assert made.regex.import_file(GLOBAL, one) == ["new"]
        assert made.regex.import_file(GLOBAL, many) == ["new", "four"]
        assert names(made) == ["one", "two", "three", "new", "new", "four"]
        ids = [held.script.source["id"] for held in made.regex.group(GLOBAL).scripts]
        assert len(set(ids)) == len(ids)
        assert ids[3] == "id-new"
        scripts = [held.script for held in made.regex.group(GLOBAL).scripts]
        assert json.loads(made.regex.export(scripts[3:4], str(tmp_path / "out")).read_text()) == a_script(
            "new"
        )
        out = json.loads(made.regex.export(scripts, str(tmp_path / "all.json")).read_text())
        assert out[5] == a_script("four", substituteRegex=True)


@pytest.mark.parametrize("content", ["{}", "[1]", "{", '[{"scriptName": "x"}]'])
async def test_a_file_without_scripts_is_refused_with_its_name(
    folders: Folders, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    async with tavern(folders, scripted()) as made:
        with pytest.raises(DataError, match=r"odd\.json"):
            made.regex.import_file(GLOBAL, path)
        assert not folders.st_settings.exists()


# --- trying out


async def test_a_trial_shows_result_and_matches_with_macros_resolved(folders: Folders) -> None:
    async with tavern(folders, scripted()) as made:
        script = RegexScript(
            find=r"/({{char}}) (?<verb>\w+)/g", replace="<{{user}} $<verb> $1>", substitute=1, disabled=True
        )
        trial = made.regex.try_one(script, "Ann sings, Ann runs.")
        assert trial.result == "<User sings Ann>, <User runs Ann>."
        assert [(one.start, one.end, one.groups) for one in trial.matches] == [
            (0, 9, ("Ann", "sings")),
            (11, 19, ("Ann", "runs")),
        ]
        described = made.regex.try_one(replace(script, find="smith", replace="{{description}}"), "A smith")
        assert described.result == "A Ann is a smith."


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (RegexScript(find="(", placement=(2,)), "not valid"),
        (RegexScript(find="/a/zz", placement=(2,)), "flags"),
        (RegexScript(find="/(a+)+b$/", placement=(2,)), "takes too long"),
        (RegexScript(find="a", placement=(2,)), "no flag g"),
        (RegexScript(find="/a/i", placement=(2,)), "no flag g"),
        (RegexScript(find="", placement=(2,)), "no pattern"),
        (RegexScript(find="/a/g"), "never runs"),
        (RegexScript(find="/a/g", placement=(2,), min_depth=3, max_depth=1), "never runs"),
        (RegexScript(find="/a\nb/g", placement=(2,)), "first line"),
    ],
)
async def test_what_is_odd_about_a_script_is_said(folders: Folders, script: RegexScript, said: str) -> None:
    async with tavern(folders, scripted()) as made:
        trial = made.regex.try_one(script, "a" * 5000 if "+" in script.find else "aa\nab")
        assert any(said in sentence for sentence in trial.odd)
        assert not made.regex.try_one(RegexScript(find="/a/g", placement=(2,)), "aa").odd


async def test_all_that_run_are_tried_in_order_for_one_occasion(folders: Folders) -> None:
    scripts = [
        a_script("first", "/a/g", "b"),
        a_script("shown", "/b/g", "c", promptOnly=False, markdownOnly=True),
        a_script("second", "/b/g", "d"),
        a_script("deep", "/d/g", "e", minDepth=3),
        a_script("off", "/d/g", "f", disabled=True),
    ]
    put_settings(folders, {"extension_settings": {"regex": scripts}})
    async with tavern(folders, scripted(), card=card()) as made:
        sent = made.regex.try_all("aa x", Occasion(context=ScriptContext.PROMPT), None)
        assert (sent.result, sent.changed_by, sent.ran) == ("dd x", ("first", "second"), 2)
        deep = made.regex.try_all("aa", Occasion(context=ScriptContext.PROMPT, depth=3), None)
        assert deep.result == "ee"
        shown = made.regex.try_all("ab", Occasion(context=ScriptContext.DISPLAY), None)
        assert (shown.result, shown.changed_by) == ("ac", ("shown",))
        held = made.regex.group(GLOBAL).scripts[0]
        typed = made.regex.try_all(
            "aa", Occasion(context=ScriptContext.PROMPT), (held, replace(held.script, replace="z"))
        )
        assert typed.result == "zz", "the one that is being typed counts as it is typed"


async def test_trying_changes_no_variable_and_no_file(folders: Folders) -> None:
    async with tavern(folders, scripted()) as made:
        before = dict(made.session.chat.metadata)
        made.regex.try_one(RegexScript(find="a", replace="{{setvar::x::1}}{{getvar::x}}"), "a")
        assert made.session.chat.metadata == before
        assert not folders.st_settings.exists()


def test_when_a_script_runs_is_told_in_words(folders: Folders) -> None:
    from tavern_tui.services.regex_trial import ways_of

    assert ways_of(RegexScript(placement=(1, 2))) == "Changes your messages, replies, as they are stored."
    assert ways_of(RegexScript(placement=(5,), prompt_only=True, disabled=True)) == (
        "Switched off. Changes lorebook entries, as they are sent."
    )
    assert ways_of(RegexScript(placement=(2,), run_on_edit=True)).endswith("also after your edits.")
