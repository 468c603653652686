"""The regex script screen: editing, ordering, allowing and trying, with the files it writes."""

from __future__ import annotations

import json

from textual.widgets import Input, OptionList, Static, TextArea

from tavern_tui.core.preset import RegexScript
from tavern_tui.services.regex import ScriptScope
from tavern_tui.ui.panes.regex.bench import RegexBench
from tavern_tui.ui.panes.regex.fields import ROWS, values_of, with_values
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running, write


def a_script(name, find="/x/g", put="-", **more):
    return {
        "id": f"id-{name}", "scriptName": name, "findRegex": find, "replaceString": put, "trimStrings": [],
        "placement": [2, 4], "disabled": False, "markdownOnly": True, "promptOnly": False, "runOnEdit": True,
        "substituteRegex": 0, "minDepth": None, "maxDepth": None, "from_a_fork": {"of": name}, **more,
    }  # fmt: skip


def put(folders, *scripts, **more):
    folders.data.mkdir(parents=True, exist_ok=True)
    folders.st_settings.write_text(
        json.dumps({"extension_settings": {"regex": list(scripts), **more}, "odd": 1})
    )


def rows(folders):
    return json.loads(folders.st_settings.read_text())["extension_settings"]["regex"]


async def opened(pilot) -> RegexBench:
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(pilot.app.screen, RegexBench) and listed(pilot).has_focus)
    return pilot.app.screen


def listed(pilot) -> OptionList:
    return pilot.app.screen.query_one("#bench-list", OptionList)


def result(pilot) -> str:
    return str(pilot.app.screen.query_one("#trial-result", Static).visual)


async def test_an_edited_script_is_in_settings_json_and_nothing_else_changes(folders) -> None:
    put(folders, a_script("one"), a_script("two"))
    before = json.loads(folders.st_settings.read_text())
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await pilot.press("down", "enter")
        await write(pilot, "#replace", "*{{char}}*")
        await write(pilot, "#trim", "a\\nb\nc")
        await write(pilot, "#min_depth", "2")
        bench.query_one("#in-user").value = True
        await pilot.pause()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, RegexBench))
    before["extension_settings"]["regex"][1] |= {
        "replaceString": "*{{char}}*",
        "trimStrings": ["a\nb", "c"],
        "minDepth": 2,
        "placement": [2, 4, 1],
    }
    assert json.loads(folders.st_settings.read_text()) == before


async def test_typing_a_pattern_shows_its_matches_and_what_is_wrong_with_it_at_once(folders) -> None:
    put(folders, a_script("one"))
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot)
        assert bench.query_one("#trial-text", TextArea).text == tavern.session.chat.messages[-1].text
        await write(pilot, "#trial-text", "Odile has soup.")
        await write(pilot, "#find", "/(o)up/g")
        await write(pilot, "#replace", "{{char}} $1")
        await until(pilot, lambda: "Odile has sOdile o." in result(pilot))
        assert "1 match" in result(pilot)
        assert "$1 “o”" in result(pilot)
        await write(pilot, "#find", "/(o/g")
        await until(pilot, lambda: "not valid" in result(pilot))
        await write(pilot, "#find", "/(a+)+b$/g")
        await write(pilot, "#trial-text", "a" * 5000)
        await until(pilot, lambda: "takes too long" in result(pilot))


async def test_display_scripts_change_what_the_chat_shows_once_the_screen_is_left(folders) -> None:
    put(folders, a_script("one", "/Odile/g", "THE HOST", disabled=True))
    async with running(folders) as (pilot, _tavern):
        await opened(pilot)
        await pilot.press("space")
        await until(pilot, lambda: rows(folders)[0]["disabled"] is False)
        await pilot.press("escape")
        await until(pilot, lambda: "I'm THE HOST" in screen_text(pilot))


async def test_scripts_are_ordered_copied_deleted_and_brought_back_by_key(folders) -> None:
    put(folders, a_script("one"), a_script("two"), a_script("three"))
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await pilot.press("J")
        assert [row["scriptName"] for row in rows(folders)] == ["two", "one", "three"]
        assert bench._at.held.script.name == "one"
        await pilot.press("K", "d")
        assert [row["scriptName"] for row in rows(folders)] == ["two", "three"]
        assert "u brings it back" in notes(pilot)
        await pilot.press("u")
        assert rows(folders) == [a_script("one"), a_script("two"), a_script("three")]
        assert bench._at.held.script.name == "one"
        await pilot.press("c")
        assert rows(folders)[1]["scriptName"] == "one copy"
        await pilot.press("u")
        assert "nothing to bring back" in notes(pilot)


async def test_a_new_script_of_the_character_is_in_its_card_and_runs_once_allowed(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot)
        await pilot.press("end", "a")
        await until(pilot, lambda: bench.focused is not None and bench.focused.id == "name")
        await write(pilot, "#name", "Soup")
        await write(pilot, "#find", "/Odile/g")
        await write(pilot, "#replace", "THE HOST")
        bench.query_one("#prompt_only").value = True
        await pilot.pause()
        await pilot.press("escape")
        bench.save_now()
        assert "Not allowed to run" in screen_text(pilot)
        assert "THE HOST" not in tavern.session.preview("hi").text
        await pilot.press("y")
        assert "not allowed" not in screen_text(pilot)
        assert "I'm THE HOST" in tavern.session.preview("hi").text
    card = tavern.library.character("Odile").source
    (script,) = card["data"]["extensions"]["regex_scripts"]
    assert (script["scriptName"], script["placement"]) == ("Soup", [2])
    assert "regex" not in json.loads(folders.st_settings.read_text())["extension_settings"]


async def test_bad_patterns_are_marked_among_a_thousand_scripts(folders) -> None:
    scripts = [a_script(f"s{number}", f"/a{number}/g") for number in range(1000)]
    scripts[3]["findRegex"] = "/(/g"
    put(folders, *scripts)
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await until(pilot, lambda: "! s3" in screen_text(pilot))
        assert "● s4" in screen_text(pilot)
        await pilot.press("end", "up")
        await until(pilot, lambda: bench.query_one("#name", Input).value == "s999")


async def test_scripts_are_imported_and_exported_as_files(folders, tmp_path) -> None:
    put(folders, a_script("one"))
    path, out = tmp_path / "in.json", tmp_path / "out.json"
    path.write_text(json.dumps([a_script("two"), a_script("three")]))
    async with running(folders) as (pilot, _tavern):
        await opened(pilot)
        await pilot.press("i")
        await write(pilot, "#path", str(path))
        await pilot.press("enter")
        await until(pilot, lambda: "New here: two, three" in notes(pilot))
        await pilot.press("X")
        await write(pilot, "#line", str(out))
        await pilot.press("enter")
        await until(pilot, out.exists)
    assert json.loads(out.read_text()) == [a_script("one"), a_script("two"), a_script("three")]


async def test_a_script_is_given_to_the_character(folders) -> None:
    put(folders, a_script("one"))
    async with running(folders) as (pilot, tavern):
        await opened(pilot)
        await pilot.press("m", "down", "enter")
        await until(pilot, lambda: not rows(folders))
        (held,) = tavern.regex.group(ScriptScope.CHARACTER).scripts
        assert dict(held.script.source) == a_script("one")


async def test_all_scripts_are_tried_on_an_occasion(folders) -> None:
    put(folders, a_script("one", "/a/g", "b"), a_script("two", "/b/g", "c"), a_script("off", disabled=True))
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await write(pilot, "#trial-text", "aba")
        bench.query_one("#trial-occasion").value = "2-display"
        await until(pilot, lambda: "2 scripts count here" in result(pilot))
        assert result(pilot).endswith("ccc")
        assert "changed by one, two" in result(pilot)
        bench.query_one("#trial-occasion").value = "1-prompt"
        await until(pilot, lambda: "0 scripts count here" in result(pilot))


async def test_letters_typed_in_a_field_are_no_commands(folders) -> None:
    put(folders, a_script("one"))
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        for place in ("#in-user", "#substitute", "#trial-occasion"):
            bench.query_one(place).focus()
            await pilot.press("d", "c", "J")
        await pilot.press("escape")
        bench.save_now()
    assert rows(folders) == [a_script("one")]


async def test_words_of_a_hostile_script_are_shown_as_harmless_text(folders) -> None:
    put(folders, a_script("[red]\x1b[2J", "/x(.)/g", "\x1b]0;x\x07"))
    async with running(folders) as (pilot, _tavern):
        await opened(pilot)
        await write(pilot, "#trial-text", "xyz")
        await pilot.pause()
        await until(pilot, lambda: "match" in result(pilot))
        assert not {"\x1b", "\x07"} & set(screen_text(pilot) + result(pilot))
        assert "[red]" in screen_text(pilot)
    assert rows(folders) == [a_script("[red]\x1b[2J", "/x(.)/g", "\x1b]0;x\x07")]


async def test_it_fits_where_it_is_narrow(folders) -> None:
    put(folders, a_script("one"))
    async with running(folders, size=(60, 20)) as (pilot, _tavern):
        await opened(pilot)
        assert "Replace with" not in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Replace with" in screen_text(pilot))
        assert "This script alone" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "Replace with" not in screen_text(pilot))
        await pilot.press("t")
        await until(pilot, lambda: "This script alone" in screen_text(pilot))


def test_every_field_of_a_script_stands_in_the_form_and_comes_back_the_same() -> None:
    script = RegexScript(
        name="n", find="/a\\n/g", replace="b\nc", trim_strings=("x\ny", "\\", "z"), placement=(0, 2, 9, 1),
        disabled=True, markdown_only=True, prompt_only=True, run_on_edit=True, substitute=2,
        min_depth=-1, max_depth=4,
    )  # fmt: skip
    values = values_of(script)
    assert with_values(script, values) == script
    assert set(values) == {row.id for row in ROWS if row.kind != "heading"}
    assert with_values(script, {**values, "in-user": False, "in-lore": True}).placement == (0, 2, 9, 5)
    assert with_values(script, {**values, "trim": "q\n\nr"}).trim_strings == ("q", "r")
