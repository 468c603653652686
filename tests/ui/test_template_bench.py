"""The template screen: choosing, editing with a live preview, and the files it writes."""

from __future__ import annotations

import json
from dataclasses import replace

from textual.widgets import Input, OptionList, Static

from tavern_tui.core.connection import Connection
from tavern_tui.services.story_suggest import suggest_story
from tavern_tui.services.templates import TemplateKind
from tavern_tui.ui.panes.templates.bench import TemplateBench
from tavern_tui.ui.panes.templates.fields import ROWS, values_of, with_values
from tavern_tui.ui.panes.templates.preview import preview_content
from tavern_tui.ui.widgets.sequence import read_sequence, shown_sequence
from tests.ui.driving import notes, screen_text, until
from tests.ui.real_app import running, write

TEXT = Connection(
    name="text", provider="scripted", model="qwen2.5-7b", extra_body={"replies": ["Well."], "pace": 0.0}
)
MINE = {"name": "Mine", "input_sequence": "<u>", "output_sequence": "<a>", "wrap": True, "fork": {"x": [1]}}


def put(folders, value=MINE):
    folders.instruct.mkdir(parents=True, exist_ok=True)
    (folders.instruct / "Mine.json").write_text(json.dumps(value))


async def opened(pilot, tavern, search=""):
    """The bench with the cursor on the first template that `search` finds."""
    if tavern.connections.find("text") is None:
        tavern.connections.save(TEXT)
        tavern.connections.select("text")
    await pilot.press("f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, TemplateBench) and listed(pilot).has_focus)
    if search:
        await write(pilot, "#find", search)
        await pilot.press("enter")
    return pilot.app.screen


def listed(pilot) -> OptionList:
    return pilot.app.screen.query_one("#bench-list")


def preview(pilot) -> str:
    return str(pilot.app.screen.query_one("#preview-text", Static).visual)


async def test_the_cursor_stands_on_the_template_that_is_used_and_says_why(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        assert bench._at.name == "ChatML"
        await until(pilot, lambda: "<|im_start|>system" in preview(pilot))
        await pilot.press("home")
        await pilot.pause()
        about = screen_text(pilot)
        assert "text is on auto, which picks ChatML" in about
        assert 'The model\'s name "qwen2.5-7b"' in about


async def test_a_changed_field_is_in_the_preview_at_once_and_in_the_file_with_all_else(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern, "mine")
        await pilot.press("v", "enter")
        await write(pilot, "#input_suffix", r"</u>\n")
        await until(pilot, lambda: "</u>↵" in preview(pilot))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TemplateBench))
    now = json.loads((folders.instruct / "Mine.json").read_text())
    assert now == {**MINE, "input_suffix": "</u>\n"}


async def test_looking_through_all_templates_writes_nothing(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern)
        for _ in range(3):
            for at in range(0, listed(pilot).option_count, 4):
                listed(pilot).highlighted = at
                await pilot.pause(0)
                pilot.app.screen.look()
            await pilot.press("right")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TemplateBench))
    assert [path.name for path in folders.instruct.iterdir()] == ["Mine.json"]
    assert json.loads((folders.instruct / "Mine.json").read_text()) == MINE
    assert not folders.context.exists()


async def test_a_built_in_template_becomes_yours_and_d_makes_it_as_it_was(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern, "alpaca-s")
        assert "built in · alpaca-single-turn.yaml" in screen_text(pilot)
        await pilot.press("enter")
        await write(pilot, "#output_sequence", "### Me:")
        await until(pilot, lambda: (folders.instruct / "Alpaca-Single-Turn.json").exists())
        await until(pilot, lambda: "changed · instruct/Alpaca-Single-Turn.json" in screen_text(pilot))
        await pilot.press("escape", "d")
        await pilot.pause()
        assert not (folders.instruct / "Alpaca-Single-Turn.json").exists()
        assert "as it was built in" in notes(pilot)
        field = bench.query_one("#output_sequence", Input)
        await until(pilot, lambda: field.value != "### Me:")
        await pilot.press("u")
        await until(pilot, lambda: field.value == "### Me:")
        assert (folders.instruct / "Alpaca-Single-Turn.json").exists()


async def test_space_chooses_for_the_connection_and_the_prompt_follows(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern, "mine")
        await pilot.press("space")
        await pilot.pause()
        assert tavern.connections.current.instruct == "Mine"
        assert "Chosen for text" in screen_text(pilot)
        assert "<a>" in tavern.session.preview("hi").text
        await pilot.press("right")
        await pilot.pause()
        assert pilot.app.screen._kind is TemplateKind.CONTEXT
        await pilot.press("home", "enter")
        assert tavern.connections.current.context == "auto"


async def test_new_copied_and_renamed_templates_stand_under_the_cursor(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("left")
        assert bench._kind is TemplateKind.SYSTEM
        await pilot.press("a")
        await pilot.press("X", "enter")
        await until(pilot, lambda: bench._at.name == "X")
        await pilot.press("c")
        assert bench._at.name == "X copy"
        await pilot.press("r")
        await pilot.press("end", "2", "enter")
        await until(pilot, lambda: bench._at.name == "X copy2")
        await pilot.press("a")
        await pilot.press("x", "enter")
        await until(pilot, lambda: "There already is a system prompt" in notes(pilot))
    assert sorted(path.name for path in folders.sysprompt.iterdir()) == ["X copy2.json", "X.json"]


async def test_a_master_file_is_imported_and_written(folders, tmp_path) -> None:
    path = tmp_path / "master.json"
    path.write_text(json.dumps({"instruct": MINE, "sysprompt": {"name": "Curt", "content": "Be brief."}}))
    out = tmp_path / "out.json"
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("i")
        await write(pilot, "#path", str(path))
        await pilot.press("enter")
        await until(pilot, lambda: "the system prompt Curt" in notes(pilot))
        assert "Mine" in [line.name for line in bench._lines]
        await pilot.press("X")
        await write(pilot, "#line", str(out))
        await pilot.press("enter")
        await until(pilot, out.exists)
    assert json.loads(out.read_text())["instruct"]["name"] == "ChatML"


async def test_letters_typed_in_a_form_are_no_commands(folders) -> None:
    put(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern, "mine")
        await pilot.press("enter")
        bench.query_one("#wrap").focus()
        await pilot.press("d", "c", "right")
        assert bench._at.name == "Mine"
        assert pilot.app.screen is bench
        assert [path.name for path in folders.instruct.iterdir()] == ["Mine.json"]


async def test_a_broken_story_string_says_where_and_the_field_offers_what_there_is(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.press("right", "enter")
        area = bench.query_one("#story_string")
        area.text = ""
        area.insert("{{#if ")
        await pilot.press("d", "tab")
        assert area.text == "{{#if description}}"
        await until(pilot, lambda: "never closed" in preview(pilot))


async def test_the_kinds_can_be_clicked(folders) -> None:
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot, tavern)
        await pilot.click("KindBar", offset=(14, 0))
        await pilot.pause()
        assert bench._kind is TemplateKind.CONTEXT
        await until(pilot, lambda: "open chat" in screen_text(pilot))
        await pilot.click("PreviewHead")
        await until(pilot, lambda: "A sample" in screen_text(pilot))


async def test_words_of_a_hostile_template_are_shown_as_harmless_text(folders) -> None:
    put(folders, {**MINE, "name": "[b]\x1b[31mMine\x07", "input_sequence": "[/red]\x1b[2J{{user"})
    async with running(folders) as (pilot, tavern):
        await opened(pilot, tavern, "mine")
        await pilot.press("v")
        await until(pilot, lambda: "[/red]" in preview(pilot))
        text = screen_text(pilot)
        assert "[b]" in text
        assert not {"\x1b", "\x07"} & set(text + preview(pilot))
        assert json.loads((folders.instruct / "Mine.json").read_text())["name"].startswith("[b]\x1b")


async def test_it_fits_where_it_is_narrow(folders) -> None:
    async with running(folders, size=(60, 20)) as (pilot, tavern):
        await opened(pilot, tavern)
        assert "Your messages" not in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Your messages" in screen_text(pilot))
        await until(pilot, lambda: "The open chat" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Your messages" not in screen_text(pilot))


# --- without a screen


def test_every_field_of_a_template_stands_in_its_form(folders) -> None:
    from tavern_tui.storage.templates import TemplateStore

    store = TemplateStore(folders)
    samples = {
        TemplateKind.INSTRUCT: store.instruct("ChatML"),
        TemplateKind.CONTEXT: store.context("ChatML"),
        TemplateKind.SYSTEM: store.default_system_prompt(),
    }
    for kind, template in samples.items():
        shown = {row.id for row in ROWS[kind] if row.kind != "heading"}
        assert shown == set(template.__slots__) - {"name", "source", "enabled"}
        assert with_values(template, values_of(kind, template)) == template
        assert all(row.help for row in ROWS[kind] if row.kind != "heading")


def test_a_sequence_on_one_line_is_the_same_sequence() -> None:
    for text in (
        "",
        "a\nb",
        "\\n",
        "\\",
        "\r\n\t",
        "<|im_end|>\n",
        "\\\\n\n",
        "a\\b",
        "\x1b[2J\u202e\\u{1b}",
    ):
        shown = shown_sequence(text)
        assert not {"\n", "\x1b", "\u202e"} & set(shown)
        assert read_sequence(shown) == text
    assert read_sequence(r"C:\x") == r"C:\x"


def test_what_may_be_meant_in_a_story_string() -> None:
    def titles(text: str) -> list[str]:
        return [one.title for one in suggest_story(text, len(text))]

    assert titles("{{#if per") == ["personality", "persona"]
    assert titles("{{#")[0] == "{{#if"
    assert titles("{{/i")[0] == "{{/if}}"
    assert titles("{{pers")[:2] == ["{{personality}}", "{{persona}}"]
    assert "{{random}}" in " ".join(titles("{{rand")) or titles("{{rand")
    assert titles("plain words") == []
    assert titles("{{description}} and") == []


async def test_the_preview_marks_sequences_and_line_ends(folders) -> None:
    async with running(folders) as (_pilot, tavern):
        tavern.connections.save(TEXT)
        tavern.connections.select("text")
        template = tavern.templates.get(TemplateKind.INSTRUCT, "ChatML")
        shown = tavern.templates.preview(
            TemplateKind.INSTRUCT, replace(template, input_sequence="<{{name}} says>"), sample=True
        )
        content = preview_content(shown)
        assert "<Ben says>↵\nEven for a friend?<|im_end|>↵" in content.plain
        marked = {content.plain[span.start : span.end] for span in content.spans if "bold" in str(span.style)}
        assert {"<|im_end|>", "says>"} <= marked
