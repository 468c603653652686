"""Templates through the service: where they come from, choosing, keeping, taking over, looking ahead."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.core.generation import ServerStatus
from tavern_tui.services.templates import TemplateKind
from tavern_tui.storage.folders import Folders
from tests.services.helpers import tavern

LAYOUT = INSTRUCT, CONTEXT, SYSTEM = TemplateKind.INSTRUCT, TemplateKind.CONTEXT, TemplateKind.SYSTEM
TEXT = Connection(name="text", provider="llamacpp", url="http://127.0.0.1:9", model="qwen2.5-7b")
MINE = {
    "name": "Mine",
    "input_sequence": "<u>",
    "output_sequence": "<a>",
    "wrap": False,
    "from_a_fork": {"kept": [1]},
}


def put(folder: Path, name: str, value: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# --- where they come from


async def test_built_in_and_own_templates_are_listed_with_their_files(folders: Folders) -> None:
    put(folders.instruct, "mine.json", MINE)
    put(folders.instruct, "ChatML.json", {**MINE, "name": "ChatML"})
    async with tavern(folders, TEXT) as made:
        found = {one.name: one for one in made.templates.entries(INSTRUCT)}
        assert (found["Mine"].origin, found["Mine"].place) == ("yours", "instruct/mine.json")
        assert (found["ChatML"].origin, found["ChatML"].place) == ("changed", "instruct/ChatML.json")
        assert (found["Alpaca"].origin, found["Alpaca"].place) == ("built in", "alpaca.yaml of the program")
        assert [one.name for one in made.templates.entries(SYSTEM)] == ["Default"]
        assert "Default" in [one.name for one in made.templates.entries(CONTEXT)]


async def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_there(folders: Folders) -> None:
    folders.instruct.mkdir(parents=True)
    (folders.instruct / "broken.json").write_text("{")
    put(folders.instruct, "mine.json", MINE)
    async with tavern(folders, TEXT) as made:
        assert "Mine" in [one.name for one in made.templates.entries(INSTRUCT)]
        (said,) = made.templates.warnings
        assert "broken.json" in said


# --- choosing


async def test_a_choice_is_kept_with_the_connection_and_lays_out_the_prompt(folders: Folders) -> None:
    put(folders.sysprompt, "Short.json", {"name": "Short", "content": "Be brief."})
    async with tavern(folders, TEXT) as made:
        made.templates.choose(INSTRUCT, "Alpaca")
        made.templates.choose(CONTEXT, "ChatML")
        made.templates.choose(SYSTEM, "Short")
        now = made.connections.find("text")
        assert now is not None
        assert (now.instruct, now.context, now.system_prompt) == ("Alpaca", "ChatML", "Short")
        prompt = made.session.preview("hi").text
        assert "### Response:" in prompt
        assert prompt.count("Be brief.") == 1
        made.templates.choose(INSTRUCT, "none")
        assert "### Response:" not in made.session.preview("hi").text
        for kind in LAYOUT:
            made.templates.choose(kind, "auto")
            assert made.templates.chosen(kind) == "auto"


async def test_what_does_not_exist_cannot_be_chosen(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        for kind, name in ((INSTRUCT, "nope"), (CONTEXT, "none"), (SYSTEM, "nope")):
            with pytest.raises(UsageError, match=name):
                made.templates.choose(kind, name)


async def test_choosing_a_context_template_sets_the_settings_it_carries(folders: Folders) -> None:
    put(folders.data, "settings.json", {"power_user": {"single_line": False, "odd": 1}, "other": [2]})
    story = {"name": "Curt", "story_string": "{{system}}", "single_line": True, "story_string_position": 0}
    put(folders.context, "Curt.json", story)
    async with tavern(folders, TEXT) as made:
        made.templates.choose(CONTEXT, "Curt")
        assert "\n" in made.session.preview("hi").built.prompt.stop
    said = json.loads(folders.st_settings.read_text())
    assert said == {"power_user": {"single_line": True, "odd": 1}, "other": [2]}


@pytest.mark.parametrize(
    ("template", "model", "name", "why"),
    [
        ("{% for m in messages %}<|im_start|>{{ m }}<|im_end|>", "", "ChatML", "holds"),
        ("", "Qwen2.5-7b", "ChatML", 'The model\'s name "Qwen2.5-7b" matches'),
        ("of no known format", "Qwen2.5-7b", "ChatML", "of no format known here"),
        ("", "unheard-of", "", "No pattern matches"),
        ("", "", "", "not known"),
    ],
)
async def test_it_says_which_template_auto_picked_and_why(
    folders: Folders, template: str, model: str, name: str, why: str
) -> None:
    async with tavern(folders, replace(TEXT, model=model)) as made:
        made.connections.status = ServerStatus(ok=True, chat_template=template)
        used = made.templates.in_use(INSTRUCT)
        assert used.name == name == made.connections.template.name
        assert why in used.reason
        assert made.templates.in_use(CONTEXT).name == (name or "Default")


async def test_a_chosen_template_that_is_gone_is_told(folders: Folders) -> None:
    async with tavern(folders, replace(TEXT, instruct="Gone", context="Gone", system_prompt="Gone")) as made:
        assert [made.templates.in_use(kind).name for kind in LAYOUT] == ["", "Default", "Default"]
        assert all('There is no "Gone"' in made.templates.in_use(kind).reason for kind in LAYOUT)


# --- keeping


async def test_changing_one_field_keeps_every_other_key_of_the_file(folders: Folders) -> None:
    path = put(folders.instruct, "some file.json", MINE)
    async with tavern(folders, TEXT) as made:
        made.templates.save(INSTRUCT, replace(made.templates.get(INSTRUCT, "Mine"), input_suffix="</u>\n"))
    assert json.loads(path.read_text()) == {**MINE, "input_suffix": "</u>\n"}
    assert [one.name for one in folders.instruct.iterdir()] == ["some file.json"]


async def test_a_built_in_template_is_copied_when_it_changes_and_can_be_had_back(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        before = made.templates.get(INSTRUCT, "ChatML")
        made.templates.save(INSTRUCT, before)
        assert not folders.instruct.exists(), "nothing changed, so nothing is copied"
        made.templates.save(INSTRUCT, replace(before, output_sequence="<me>"))
        assert json.loads((folders.instruct / "ChatML.json").read_text())["output_sequence"] == "<me>"
        assert made.templates.entry(INSTRUCT, "ChatML").origin == "changed"
        assert made.session.preview("hi").text.rstrip().endswith("<me>"), "auto still finds it"
        trashed = made.templates.delete(INSTRUCT, "ChatML")
        assert made.templates.get(INSTRUCT, "ChatML") == before
        made.templates.restore(trashed)
        assert made.templates.get(INSTRUCT, "ChatML").output_sequence == "<me>"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [CONTEXT, SYSTEM])
async def test_the_default_that_has_no_file_is_changed_and_reset_like_any_other(
    folders: Folders, kind: TemplateKind
) -> None:
    field = "story_string" if kind is CONTEXT else "content"
    async with tavern(folders, replace(TEXT, instruct="none")) as made:
        before = made.templates.get(kind, "Default")
        made.templates.save(kind, replace(before, **{field: "All new. "}))  # type: ignore[arg-type]
        assert made.session.preview("hi").text.startswith("All new.")
        assert made.templates.entry(kind, "Default").origin == "changed"
        made.templates.delete(kind, "Default")
        assert made.templates.get(kind, "Default") == before
        assert made.templates.entry(kind, "Default").origin == "built in"


async def test_a_new_one_a_copy_and_a_renamed_one_are_files_of_their_own(folders: Folders) -> None:
    async with tavern(folders, replace(TEXT, instruct="Mine")) as made:
        made.templates.new(INSTRUCT, "  Mine ")
        made.templates.duplicate(INSTRUCT, "Mine")
        assert made.templates.duplicate(INSTRUCT, "Mine").name == "Mine copy 2"
        made.templates.rename(INSTRUCT, "Mine", "Ours")
        assert {one.name for one in folders.instruct.iterdir()} == {
            "Mine copy.json",
            "Mine copy 2.json",
            "Ours.json",
        }
        assert made.connections.current.instruct == "Ours", "the connection goes on using it"
        assert [json.loads(one.read_text())["name"] for one in folders.instruct.glob("O*")] == ["Ours"]


@pytest.mark.parametrize("name", ["", "  ", "auto", "None", "chatml", "\n"])
async def test_a_name_that_cannot_be_is_refused(folders: Folders, name: str) -> None:
    async with tavern(folders, TEXT) as made:
        with pytest.raises(UsageError):
            made.templates.new(INSTRUCT, name)
        assert not folders.instruct.exists()


async def test_a_built_in_template_is_neither_renamed_nor_deleted(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        for act in (
            lambda: made.templates.rename(INSTRUCT, "ChatML", "Other"),
            lambda: made.templates.delete(INSTRUCT, "ChatML"),
            lambda: made.templates.delete(SYSTEM, "Default"),
        ):
            with pytest.raises(UsageError, match="built in"):
                act()


async def test_one_of_many_in_a_file_is_copied_out_when_it_changes(folders: Folders) -> None:
    master = {"instruct": MINE, "context": {"name": "Mine", "story_string": "{{system}}"}}
    path = put(folders.instruct_templates, "both.json", master)
    async with tavern(folders, TEXT) as made:
        with pytest.raises(UsageError, match=r"both\.json"):
            made.templates.delete(INSTRUCT, "Mine")
        made.templates.save(INSTRUCT, replace(made.templates.get(INSTRUCT, "Mine"), wrap=True))
        assert json.loads(path.read_text()) == master
        assert json.loads((folders.instruct / "Mine.json").read_text()) == {**MINE, "wrap": True}


async def test_names_that_are_spelled_the_same_on_disk_do_not_write_over_each_other(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        made.templates.new(SYSTEM, "A/B")
        made.templates.new(SYSTEM, "AB")
        assert [one.name for one in made.templates.entries(SYSTEM)] == ["A/B", "AB", "Default"]
        for name in ("A/B", "AB"):
            made.templates.save(SYSTEM, replace(made.templates.get(SYSTEM, name), content=name))  # type: ignore[call-arg]
        assert [made.templates.get(SYSTEM, name).content for name in ("A/B", "AB")] == ["A/B", "AB"]  # type: ignore[union-attr]


async def test_a_name_never_leaves_the_folder(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        made.templates.new(SYSTEM, "../../evil")
        assert [path.parent for path in folders.data.parent.rglob("*evil*")] == [folders.sysprompt]


# --- from and to elsewhere


async def test_a_master_export_brings_all_its_parts(folders: Folders, tmp_path: Path) -> None:
    master = {
        "instruct": MINE,
        "context": {"name": "Mine", "story_string": "{{system}}", "story_string_position": 0},
        "sysprompt": {"name": "Mine", "content": "Hi."},
        "reasoning": {"name": "Dots", "prefix": "<t>", "suffix": "</t>", "separator": ""},
        "preset": {"name": "Warm", "temp": 1.5, "top_k": 0, "top_p": 1, "rep_pen": 1},
    }
    async with tavern(folders, TEXT) as made:
        said = made.templates.import_file(put(tmp_path, "all.json", master))
        assert said == [
            "the instruct template Mine",
            "the context template Mine",
            "the system prompt Mine",
            "the reasoning template Dots",
            "the text preset Warm",
        ]
        assert json.loads((folders.instruct / "Mine.json").read_text())["from_a_fork"] == {"kept": [1]}
        before = snapshot(folders.data)
        said = made.templates.import_file(put(tmp_path, "all.json", {"instruct": MINE}))
        assert said == ["the instruct template Mine, which was here already"]
        assert snapshot(folders.data) == before


async def test_importing_a_name_of_ones_own_makes_another_and_loses_nothing(
    folders: Folders, tmp_path: Path
) -> None:
    kept = put(folders.instruct, "Mine.json", MINE)
    async with tavern(folders, TEXT) as made:
        said = made.templates.import_file(put(tmp_path, "x.json", {**MINE, "wrap": True}))
        assert said == ["the instruct template Mine 2"]
        assert json.loads(kept.read_text()) == MINE


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"name": "x"}', '{"instruct": 5}', "\x00\xff"])
async def test_a_file_without_templates_is_refused_with_its_name(
    folders: Folders, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content, encoding="latin-1")
    async with tavern(folders, TEXT) as made:
        with pytest.raises(DataError, match=r"odd\.json"):
            made.templates.import_file(path)


async def test_an_exported_template_is_the_one_that_comes_back(folders: Folders, tmp_path: Path) -> None:
    put(folders.instruct, "Mine.json", MINE)
    async with tavern(folders, TEXT) as made:
        path = made.templates.export(INSTRUCT, "Mine", str(tmp_path / "out"))
        assert path.name == "out.json"
        assert json.loads(path.read_text()) == MINE
        made.templates.choose(INSTRUCT, "Mine")
        master = json.loads(made.templates.export_used(str(tmp_path / "all.json")).read_text())
        assert master["instruct"] == MINE
        assert set(master) == {"instruct", "context", "sysprompt"}
        with pytest.raises(TavernError, match="could not be written"):
            made.templates.export(INSTRUCT, "Mine", str(path / "below.json"))


async def test_what_was_exported_as_yaml_comes_back_as_it_was(folders: Folders, tmp_path: Path) -> None:
    put(folders.instruct, "Mine.json", MINE)
    async with tavern(folders, TEXT) as made:
        made.templates.choose(INSTRUCT, "Mine")
        one = made.templates.export(INSTRUCT, "Mine", str(tmp_path / "one.yaml"))
        assert made.templates.import_file(one) == ["the instruct template Mine, which was here already"]
        every = made.templates.export_used(str(tmp_path / "all.YML"))
        assert len(made.templates.import_file(every)) == 3
        made.templates.delete(INSTRUCT, "Mine")
        made.templates.import_file(one)
        assert json.loads((folders.instruct / "Mine.json").read_text()) == MINE


# --- looking ahead


async def test_the_preview_is_the_prompt_that_will_be_sent(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        shown = made.templates.preview(INSTRUCT, made.templates.get(INSTRUCT, "ChatML"))
        assert shown.text == made.session.preview("").text
        assert shown.stop == made.session.preview("").built.prompt.stop
        assert "<|im_start|>user" in shown.sequences
        assert shown.company == "context ChatML"


async def test_a_template_that_is_being_typed_is_shown_and_not_kept(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        before = snapshot(folders.data)
        typed = replace(made.templates.get(INSTRUCT, "Alpaca"), output_sequence="<new>")
        shown = made.templates.preview(INSTRUCT, typed, sample=True)
        assert "<new>\n*She looks up.* We are closed." in shown.text
        assert shown.text.rstrip().endswith("<new>")
        assert snapshot(folders.data) == before


async def test_a_story_string_that_cannot_be_read_is_a_sentence(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        context = replace(made.templates.get(CONTEXT, "ChatML"), story_string="{{#if system}}")  # type: ignore[call-arg]
        shown = made.templates.preview(CONTEXT, context)
        assert shown.pieces == ()
        assert "never closed" in shown.odd[0]


async def test_a_pattern_for_model_names_that_is_none_is_told(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        template = made.templates.get(INSTRUCT, "ChatML")
        assert made.templates.preview(INSTRUCT, template).odd == ()
        (said,) = made.templates.preview(INSTRUCT, replace(template, activation_regex="/(qwen/i")).odd  # type: ignore[call-arg]
        assert "matches none" in said


async def test_a_long_chat_is_shown_by_its_end(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        greeting = made.session.chat.messages[0]
        made.session.chat.messages[:] = [greeting.with_text(f"line {number}") for number in range(40)]
        text = made.templates.preview(INSTRUCT, made.templates.get(INSTRUCT, "ChatML")).text
        assert "36 messages" in text
        assert [f"line {number}" in text for number in (0, 35, 36, 39)] == [False, False, True, True]


async def test_templates_can_be_tried_while_a_chat_completion_service_is_connected(folders: Folders) -> None:
    async with tavern(folders, Connection(name="chat", provider="openai", model="m")) as made:
        assert not made.templates.are_sent
        assert "<|im_end|>" in made.templates.preview(
            INSTRUCT, made.templates.get(INSTRUCT, "ChatML")
        ).text  # fmt: skip
