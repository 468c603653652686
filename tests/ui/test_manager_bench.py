"""The prompt manager: what is done on the screen is in the preset's file and in the next request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from tavern_tui.core.character import DepthPrompt
from tavern_tui.core.connection import Connection
from tavern_tui.services.presets import PresetKind
from tavern_tui.ui.panes.presets.bench import ManagerBench
from tavern_tui.ui.panes.presets.compare import side_by_side
from tavern_tui.ui.panes.presets.lines import ARROWS
from tavern_tui.ui.panes.presets.prompt_list import PromptList
from tavern_tui.ui.widgets.row_list import RowList
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running, write

CHAT = Connection(
    name="chat", provider="scripted-chat", extra_body={"replies": ["Well."], "pace": 0.0}, chat_preset="Mine"
)
MINE: dict[str, Any] = {
    "temperature": 0.7,
    "prompts": [
        {"identifier": "main", "name": "Main", "role": "system", "content": "Play {{char}}.", "fork": [1]},
        {"identifier": "mood", "name": "Mood", "role": "system", "content": "Be gloomy."},
        {"identifier": "own", "name": "Style", "role": "user", "content": "Be brief."},
        {"identifier": "deep", "name": "Reminder", "role": "system", "content": "Stay calm."},
        "odd",
    ],
    "prompt_order": [
        {"character_id": 100000, "order": []},
        {"character_id": 100001, "order": [
            {"identifier": name, "enabled": True}
            for name in ("main", "mood", "own", "chatHistory", "deep")
        ]},
    ],
    "new_chat_prompt": "[Begin]",
    "extensions": {"x": 1},
}  # fmt: skip


def put(folders, value: Any = MINE, name: str = "Mine") -> Path:
    folders.openai_settings.mkdir(parents=True, exist_ok=True)
    path: Path = folders.openai_settings / f"{name}.json"
    path.write_text(json.dumps(value))
    return path


def order_in(path: Path) -> list[tuple[str, bool]]:
    rows = json.loads(path.read_text())["prompt_order"][1]["order"]
    return [(row["identifier"], row["enabled"]) for row in rows]


async def opened(pilot, tavern, connection: Connection = CHAT) -> ManagerBench:
    if tavern.connections.find(connection.name) is None:
        tavern.connections.save(connection)
    tavern.connections.select(connection.name)
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(pilot.app.screen, ManagerBench) and listed(pilot).has_focus)
    await until(pilot, lambda: pilot.app.screen._tokens)
    bench: ManagerBench = pilot.app.screen
    return bench


def listed(pilot) -> PromptList:
    found: PromptList = pilot.app.screen.query_one("#bench-list")
    return found


async def go_to(pilot, identifier: str) -> None:
    """Put the cursor on a prompt."""
    bench = pilot.app.screen
    at = next(at for at, line in enumerate(bench._lines) if line.key == f"prompt/{identifier}")
    listed(pilot).move_to(at)
    await pilot.pause()


def titles(bench: ManagerBench) -> list[str]:
    return [line.row.title for line in bench._lines if line.row is not None and line.row.listed]


async def closed(pilot) -> None:
    while isinstance(pilot.app.screen, ManagerBench):
        await pilot.press("escape")
        await pilot.pause()


# --- the whole way to a server


def chat_api(replies: str = "Well.") -> Any:
    """A chat-completion server that streams one word."""

    async def handle(seen: Seen, answer: Answer) -> None:
        if seen.method != "POST":
            await answer.send(200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
            return
        chunk = {"choices": [{"index": 0, "delta": {"content": replies}, "finish_reason": None}]}
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        body = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in (chunk, end))
        await answer.send(200, body + b"data: [DONE]\n\n", kind="text/event-stream")

    return handle


def last_request(server: FakeServer) -> Any:
    return [one.json for one in server.requests if one.method == "POST"][-1]


async def test_what_is_set_on_the_screen_is_what_the_server_receives(folders) -> None:
    path = put(folders)
    async with FakeServer(chat_api()) as server, running(folders) as (pilot, tavern):
        connection = Connection(
            name="chat", provider="custom", url=f"{server.url}/v1", model="m", chat_preset="Mine"
        )
        without_note = replace(tavern.session.character, depth_prompt=DepthPrompt())
        tavern.session.character = without_note
        tavern.session.edit(0, "Welcome.")
        await opened(pilot, tavern, connection)
        await go_to(pilot, "mood")
        await pilot.press("space")
        await go_to(pilot, "own")
        await pilot.press("J")
        await go_to(pilot, "deep")
        form = pilot.app.screen.query_one("#form-prompt")
        form.query_one("#injection_position").value = "1"
        await pilot.pause()
        await write(pilot, "#injection_depth", "1")
        await closed(pilot)
        await pilot.press(*"Hello", "enter")
        await until(pilot, lambda: not tavern.session.busy and len(tavern.session.chat.messages) == 3)
        body = last_request(server)
        sent = [(one["role"], one["content"]) for one in body["messages"]]
        place = next(at for at, (_, text) in enumerate(sent) if text == "[Begin]")
        assert sent[0] == ("system", f"Play {tavern.session.character.name}.")
        assert sent[place : place + 5] == [
            ("system", "[Begin]"),
            ("assistant", "Welcome."),
            ("system", "Stay calm."),
            ("user", "Hello"),
            ("user", "Be brief."),
        ]
        assert not any("gloomy" in text for _, text in sent)
        assert body["temperature"] == 0.7
    assert order_in(path) == [
        ("main", True), ("mood", False), ("chatHistory", True), ("own", True), ("deep", True),
    ]  # fmt: skip
    expected = json.loads(json.dumps(MINE))
    expected["prompts"][3] |= {"injection_position": 1, "injection_depth": 1}
    expected["prompt_order"] = json.loads(path.read_text())["prompt_order"]
    assert json.loads(path.read_text()) == expected
    assert expected["prompt_order"][0] == MINE["prompt_order"][0]


async def test_the_prompt_panel_of_the_main_screen_follows(folders) -> None:
    put(folders)
    async with running(folders, size=(200, 60)) as (pilot, tavern):
        main = pilot.app.screen
        tavern.connections.save(CHAT)
        tavern.connections.select("chat")
        await pilot.press("f4")
        await until(pilot, lambda: "Be brief." in screen_text(pilot))
        await opened(pilot, tavern)
        await go_to(pilot, "own")
        await pilot.press("space")
        pane = main.query_one("#prompt")
        await until(pilot, lambda: "Be brief." not in pane._preview.text)
        await closed(pilot)
        assert "Be brief." not in screen_text(pilot)


# --- the list


async def test_prompts_are_moved_and_switched_by_keys_and_the_cursor_stays_on_them(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        assert titles(bench) == ["Main", "Mood", "Style", "Chat history", "Reminder"]
        await go_to(pilot, "own")
        await pilot.press("K", "shift+up")
        assert titles(bench)[:3] == ["Style", "Main", "Mood"]
        await pilot.press("K")
        assert titles(bench)[0] == "Style"
        await pilot.press("shift+down", "J", "space")
        assert bench._row.identifier == "own"
        await until(pilot, lambda: order_in(path)[2] == ("own", False))


async def test_prompts_are_switched_moved_and_dragged_by_mouse(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.click("#bench-list", offset=(0, 1))
        assert order_in(path)[1] == ("mood", False)
        width = listed(pilot).scrollable_content_region.width
        assert ARROWS in str(bench._draw(listed(pilot).cursor))
        await pilot.click("#bench-list", offset=(width - 1, 1))
        assert [name for name, _ in order_in(path)][:3] == ["main", "own", "mood"]
        await pilot.click("#bench-list", offset=(width - 2, 2))
        assert [name for name, _ in order_in(path)][:3] == ["main", "mood", "own"]
        await pilot.mouse_down("#bench-list", offset=(6, 0))
        await pilot.hover("#bench-list", offset=(6, 1))
        await pilot.hover("#bench-list", offset=(6, 3))
        await pilot.mouse_up("#bench-list", offset=(6, 3))
        await pilot.pause()
        assert [name for name, _ in order_in(path)] == ["mood", "own", "chatHistory", "main", "deep"]
        assert bench._row.identifier == "main"
        assert listed(pilot).has_focus


async def test_the_list_says_what_each_prompt_costs_and_what_becomes_of_it(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        built = tavern.presets.preview(tavern.presets.get("Mine"))
        for line in bench._lines:
            count = sum(part.tokens for part in built.parts if line.row and part.slot == line.row.identifier)
            assert (f"{count:,}" in str(bench._draw(bench._lines.index(line)))) or not count
        assert f"{built.tokens:,} of {built.budget:,} tokens" in screen_text(pilot)
        await go_to(pilot, "charDescription")
        assert "stands behind all others" in screen_text(pilot)
        await go_to(pilot, "chatHistory")
        assert "[Begin]" in screen_text(pilot), "what the program puts there is shown"


async def test_a_prompt_is_added_written_taken_out_and_brought_back(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await go_to(pilot, "main")
        await pilot.press("a")
        await pilot.press(*"Weather", "enter")
        await until(pilot, lambda: "Weather" in titles(bench))
        assert titles(bench)[1] == "Weather"
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "content")
        await pilot.press(*"It rains.", "escape")
        await until(pilot, lambda: "It rains." in path.read_text())
        await pilot.press("d")
        assert "Weather" not in titles(bench)
        assert "It rains." in path.read_text()
        await pilot.press("d")
        assert "It rains." not in path.read_text()
        await pilot.press("u", "u")
        await until(pilot, lambda: "Weather" in titles(bench))
        assert "It rains." in path.read_text()
        await pilot.press("u")
        assert "nothing to bring back" in notes(pilot)


async def test_built_in_prompts_cannot_be_removed_only_taken_out_of_the_order(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        await go_to(pilot, "chatHistory")
        await pilot.press("d", "d")
        await until(pilot, lambda: "belongs to every preset" in notes(pilot))


# --- the forms


async def test_every_field_of_a_prompt_is_kept_and_unknown_keys_too(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await go_to(pilot, "own")
        form = bench.query_one("#form-prompt")
        form.query_one("#role").value = "assistant"
        form.query_one("#injection_position").value = "1"
        await pilot.pause()
        for name, value in {
            "#name": "Tone", "#content": "Be {{char}}.", "#injection_depth": "2",
            "#injection_order": "50", "#injection_trigger": "swipe, quiet", "#identifier": "tone",
        }.items():  # fmt: skip
            form.query_one(name).focus()
            if name == "#content":
                form.query_one(name).text = value
            else:
                form.query_one(name, Input).value = value
            await pilot.pause()
        for name in ("#forbid_overrides", "#system_prompt", "#marker"):
            form.query_one(name).value = True
        await pilot.pause()
        await closed(pilot)
    said = json.loads(path.read_text())
    assert said["prompts"][2] == {
        "identifier": "tone", "name": "Tone", "role": "assistant", "content": "Be {{char}}.",
        "injection_position": 1, "injection_depth": 2, "injection_order": 50,
        "injection_trigger": ["swipe", "quiet"], "forbid_overrides": True, "system_prompt": True,
        "marker": True,
    }  # fmt: skip
    assert order_in(path)[2] == ("tone", True)
    assert [said["prompts"][at] for at in (0, 1, 3, 4)] == [MINE["prompts"][at] for at in (0, 1, 3, 4)]
    assert {key: said[key] for key in ("temperature", "extensions")} == {
        key: MINE[key] for key in ("temperature", "extensions")
    }


async def test_the_presets_texts_settings_and_samplers_are_kept(folders) -> None:
    path = put(folders, {})
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("t")
        await write(pilot, "#form-texts #new_chat_prompt", "[Once]")
        await pilot.press("escape", "t")
        await write(pilot, "#form-settings #max_tokens", "123")
        bench.query_one("#form-settings #continue_postfix").value = "\n"
        bench.query_one("#form-settings #squash_system_messages").value = True
        await pilot.pause()
        await pilot.press("escape", "t")
        await write(pilot, "#form-samplers #temperature", "1.2")
        await closed(pilot)
    assert json.loads(path.read_text()) == {
        "new_chat_prompt": "[Once]",
        "openai_max_tokens": 123,
        "continue_postfix": "\n",
        "squash_system_messages": True,
        "temperature": 1.2,
    }


async def test_looking_around_writes_nothing(folders) -> None:
    path = put(folders, {})
    path.write_text("{ }")
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        for at in range(len(bench._lines)):
            listed(pilot).move_to(at)
            await pilot.pause()
        await pilot.press("enter", "escape", "home", "enter", "tab", "tab")
        await closed(pilot)
    assert path.read_text() == "{ }"


async def test_a_prompt_is_written_on_the_whole_screen(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        await go_to(pilot, "own")
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query("#text"))
        await until(pilot, lambda: pilot.app.screen.query_one("#window").size.width > 110)
        await pilot.press(*" Please.", "alt+enter")
        await until(pilot, lambda: "Be brief. Please." in path.read_text())
        assert "Be brief. Please." in screen_text(pilot)


async def test_a_prompt_of_a_megabyte_does_not_go_into_the_form(folders) -> None:
    value = json.loads(json.dumps(MINE))
    value["prompts"][2]["content"] = "word " * 200_000
    path = put(folders, value)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await go_to(pilot, "own")
        assert "1,000,000 characters" in screen_text(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert bench.query_one("#form-prompt #content").text == ""
        await closed(pilot)
    assert json.loads(path.read_text())["prompts"] == value["prompts"]


async def test_a_broken_preset_is_opened_says_so_and_loses_nothing(folders) -> None:
    broken = {**MINE, "prompt_order": 7, "prompts": [*MINE["prompts"], {"identifier": "own", "role": 3}]}
    path = put(folders, broken)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        await until(pilot, lambda: "its prompt order should be a list" in notes(pilot))
        await pilot.press("t")
        await write(pilot, "#form-texts #new_chat_prompt", "[X]")
        await closed(pilot)
    assert json.loads(path.read_text()) == {**broken, "new_chat_prompt": "[X]"}


async def test_a_preset_that_is_no_json_is_not_written_over(folders) -> None:
    path = put(folders)
    path.write_text("[1")
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        await until(pilot, lambda: "Mine.json" in notes(pilot))
        await pilot.press("space")
        await closed(pilot)
        assert tavern.connections.current.chat_preset == "My prompts"
    assert path.read_text() == "[1"


# --- presets


async def test_the_built_in_preset_becomes_ones_own_with_the_first_change(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern, replace(CHAT, chat_preset=""))
        await pilot.press("space")
        await until(pilot, lambda: tavern.presets.names() == ["My prompts"])
        assert tavern.connections.current.chat_preset == "My prompts"
        assert "My prompts" in screen_text(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert tavern.presets.names() == ["My prompts"]
        assert bench.preset.order == tavern.presets.get("").order


async def test_another_preset_is_chosen_copied_renamed_deleted_and_reset(folders) -> None:
    put(folders)
    put(folders, {"new_chat_prompt": "[Other]"}, "Other")
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("p")
        await pilot.press(*"Other", "enter")
        await until(pilot, lambda: bench.name_used == "Other")
        assert tavern.connections.current.chat_preset == "Other"
        await pilot.press("c")
        await until(pilot, lambda: bench.name_used == "Other copy")
        await pilot.press("r")
        await pilot.press("end", "!", "enter")
        await until(pilot, lambda: bench.name_used == "Other copy!")
        await pilot.press("R")
        await until(pilot, lambda: bench.preset.new_chat_prompt == tavern.presets.get("").new_chat_prompt)
        await pilot.press("u")
        await until(pilot, lambda: bench.preset.new_chat_prompt == "[Other]")
        await pilot.press("D")
        await until(pilot, lambda: bench.name_used == "")
        assert tavern.presets.names() == ["Mine", "Other"]
        await pilot.press("u")
        await until(pilot, lambda: bench.name_used == "Other copy!")
        await pilot.press("n")
        await pilot.press(*"Fresh", "enter")
        await until(pilot, lambda: bench.name_used == "Fresh")


async def test_two_presets_are_compared_side_by_side(folders) -> None:
    put(folders)
    other = json.loads(json.dumps(MINE))
    other["prompts"][1]["content"] = "Be merry."
    put(folders, other, "Other")
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        await pilot.press("v")
        await pilot.press(*"Other", "enter")
        await until(pilot, lambda: "Be merry." in screen_text(pilot))
        line = next(one for one in screen_text(pilot).split("\n") if "Be merry." in one)
        assert line.index("Be gloomy.") < line.index("Be merry.")
        assert "Mood  content" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ManagerBench))


@pytest.mark.parametrize(
    ("left", "right", "seen"),
    [
        ("a\nb", "a\nc", ("a\nb\n", "a\nc\n")),
        ("a", None, ("a\n", "not there")),
        ("1\n2\n3\n4\n5", "1\n2\n3\n4\n6", ("1\n… 2 equal lines …\n4\n5\n", "1\n… 2 equal lines …\n4\n6\n")),
    ],
)
def test_only_what_differs_is_shown_at_length(left: str, right: str | None, seen: tuple[str, str]) -> None:
    assert tuple(one.plain for one in side_by_side(left, right)) == seen


def test_long_texts_are_shown_by_their_beginnings() -> None:
    sides = side_by_side("x\n" * 20_000, "y")
    assert sides[0].plain.endswith("more lines …\n")
    assert len(sides[0].plain) < 500


async def test_a_character_gets_an_order_of_its_own_and_gives_it_up(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        name = tavern.session.character.file
        await pilot.press("o")
        await pilot.press(*name, "enter")
        await until(pilot, lambda: bench.who == f"{name}.png")
        assert "as everybody" in screen_text(pilot)
        await go_to(pilot, "own")
        await pilot.press("space")
        assert order_in(path)[2] == ("own", True)
        assert "Be brief." not in tavern.session.preview("Hi").text
        await closed(pilot)
        bench = await opened(pilot, tavern)
        assert bench.who == f"{name}.png", "the order in force is the one that is opened"
        await pilot.press("o")
        await pilot.press(*"again", "enter")
        await until(pilot, lambda: bench.who == "")
        assert json.loads(path.read_text()) == MINE
        assert "Be brief." in tavern.session.preview("Hi").text


async def test_presets_and_prompts_are_imported_and_exported(folders, tmp_path) -> None:
    put(folders)
    foreign = tmp_path / "Foreign.json"
    foreign.write_text(json.dumps({**MINE, "new_chat_prompt": "[Foreign]"}))
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("i")
        await write(pilot, "#path", str(foreign))
        await pilot.press("enter")
        await until(pilot, lambda: bench.name_used == "Foreign")
        for key, name in (("x", "whole.json"), ("X", "prompts.json")):
            await pilot.press(key)
            await write(pilot, "#line", str(tmp_path / name))
            await pilot.press("enter")
            await until(pilot, lambda name=name: (tmp_path / name).exists())
        assert json.loads((tmp_path / "whole.json").read_text())["new_chat_prompt"] == "[Foreign]"
        tavern.presets.choose("Mine")
        bench.open_used()
        await pilot.press("i")
        await write(pilot, "#path", str(tmp_path / "prompts.json"))
        await pilot.press("enter")
        await until(pilot, lambda: "in this preset now" in notes(pilot))
        assert bench.name_used == "Mine"


# --- where it is narrow, and on a text connection


async def test_it_fits_where_it_is_narrow(folders) -> None:
    put(folders)
    async with running(folders, size=(60, 20)) as (pilot, tavern):
        await opened(pilot, tavern)
        assert "Role" not in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Role" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Role" not in screen_text(pilot))


async def test_on_a_text_connection_the_preset_is_kept_for_chat_connections(folders) -> None:
    put(folders)
    text = Connection(
        name="text", provider="scripted", extra_body={"replies": ["Well."], "pace": 0.0}, chat_preset="Mine"
    )
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern, text)
        assert tavern.presets.kind_sent is PresetKind.TEXT
        assert "text sends text" in str(pilot.app.screen.query_one("#bench-title", Static).visual)


async def test_a_thousand_prompts_are_listed_without_a_widget_each(folders) -> None:
    prompts = [{"identifier": f"p{at}", "name": f"Prompt {at}", "content": "x"} for at in range(1000)]
    order = [{"identifier": one["identifier"], "enabled": True} for one in prompts]
    path = put(
        folders,
        {"prompts": prompts, "prompt_order": [{}, {"character_id": 100001, "order": order}]},
    )
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        assert len(list(bench.walk_children())) < 200
        await go_to(pilot, "p999")
        await pilot.press("K", "space")
        assert order_in(path)[-2] == ("p999", False)


async def test_preset_and_order_are_chosen_by_mouse(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        for line, title in ((0, "Which prompts?"), (1, "Whose order?")):
            await pilot.click("#which", offset=(3, line))
            await until(pilot, lambda title=title: title in screen_text(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, ManagerBench))


async def test_words_typed_just_before_the_cursor_moves_stay_with_their_prompt(folders) -> None:
    path = put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await go_to(pilot, "mood")
        form, prompts = bench.query_one("#form-prompt"), listed(pilot)
        form._take("content", "Be glad.")  # its message is on the way ...
        bench.looked_at(RowList.Highlighted(prompts, prompts.cursor + 1))  # ... when the cursor moves
        await pilot.pause()
        await closed(pilot)
    contents = [one["content"] for one in json.loads(path.read_text())["prompts"][:3]]
    assert contents == ["Play {{char}}.", "Be glad.", "Be brief."]
