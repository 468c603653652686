"""Presets: keeping, choosing, comparing and carrying them over, and what one can do with their prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.core.generation import ServerStatus
from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.core.prompt import ChatPrompt, PromptPart, TextPrompt
from tavern_tui.services import preset_edit as edit
from tavern_tui.services.preset_compare import compare_presets
from tavern_tui.services.presets import PresetKind
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.presets import chat_preset_from_json, chat_preset_to_json, default_chat_preset
from tavern_tui.wiring import build_tavern
from tests.services.helpers import run, tavern, texts

CHAT = Connection(name="chat", provider="scripted-chat", extra_body={"replies": ["Well."], "pace": 0.0})
TEXT = Connection(
    name="text", provider="scripted", instruct="none", extra_body={"replies": ["Well."], "pace": 0.0}
)
MINE: dict[str, Any] = {
    "temperature": 0.7,
    "prompts": [
        {"identifier": "main", "name": "Main", "content": "Play {{char}}.", "fork": [1]},
        {"identifier": "own", "name": "Own", "role": "user", "content": "Be brief."},
    ],
    "prompt_order": [
        {"character_id": 100001, "order": [
            {"identifier": "main", "enabled": True}, {"identifier": "own", "enabled": True},
            {"identifier": "chatHistory", "enabled": True},
        ]},
    ],
    "proxy_password": "hush",
    "extensions": {"x": 1},
}  # fmt: skip


def put(folders: Folders, name: str = "Mine", value: Mapping[str, object] = MINE) -> None:
    folders.openai_settings.mkdir(parents=True, exist_ok=True)
    (folders.openai_settings / f"{name}.json").write_text(json.dumps(value))


def on_disk(folders: Folders, name: str = "Mine") -> Any:
    return json.loads((folders.openai_settings / f"{name}.json").read_text())


def a_tavern(folders: Folders, *connections: Connection) -> Tavern:
    """A tavern without an open chat, its first connection chosen."""
    made = build_tavern(folders, {})
    for one in connections or (CHAT, TEXT):
        made.connections.save(one)
    made.connections.select((connections or (CHAT,))[0].name)
    return made


# --- keeping


def test_the_built_in_preset_and_the_users_are_listed_with_who_uses_them(folders: Folders) -> None:
    put(folders)
    presets = a_tavern(folders, replace(CHAT, chat_preset="Mine"), TEXT).presets
    assert [(one.title, one.is_used, one.users) for one in presets.entries()] == [
        ("Built in", False, ("text", "offline")),
        ("Mine", True, ("chat",)),
    ]
    assert [one.title for one in presets.entries(PresetKind.TEXT)] == ["None: the server's own values"]


def test_a_preset_that_was_not_changed_is_not_written(folders: Folders) -> None:
    put(folders, value={})
    path = folders.openai_settings / "Mine.json"
    path.write_text("{ }")
    presets = a_tavern(folders).presets
    assert presets.save("Mine", presets.get("Mine")) == presets.get("Mine")
    assert path.read_text() == "{ }"


def test_only_what_was_changed_is_written_and_listeners_hear_of_it(folders: Folders) -> None:
    put(folders, value={"temperature": 0.7, "mine": {"b": 1, "a": 2}})
    presets = a_tavern(folders).presets
    heard: list[str] = []
    presets.changed.listen(heard.append)
    presets.save("Mine", replace(presets.get("Mine"), wi_format="[{0}]"))
    assert on_disk(folders) == {"temperature": 0.7, "mine": {"b": 1, "a": 2}, "wi_format": "[{0}]"}
    assert heard == ["Mine"]


def test_a_changed_built_in_preset_becomes_the_users_own_and_is_used(folders: Folders) -> None:
    made = a_tavern(folders)
    saved = made.presets.save("", edit.toggled(made.presets.get(""), "", "nsfw"))
    assert saved.name == "My prompts"
    assert made.connections.current.chat_preset == "My prompts"
    assert ("nsfw", False) in made.presets.get("My prompts").order
    assert made.presets.get("") == default_chat_preset()
    assert made.presets.save("", default_chat_preset()).name == "Default"
    assert made.presets.names() == ["My prompts"], "nothing changed, so nothing is kept"


def test_presets_are_made_copied_and_renamed_and_connections_follow(folders: Folders) -> None:
    put(folders)
    made = a_tavern(folders, replace(CHAT, chat_preset="Mine"), replace(TEXT, chat_preset="Mine"))
    presets = made.presets
    assert presets.new("  Fresh /  one ").name == "Fresh one"
    copy = presets.duplicate("Mine")
    assert copy.source == MINE
    assert presets.rename("Mine", "Ours") == "Ours"
    assert [one.chat_preset for one in made.connections.all if one.provider != "offline"] == ["Ours", "Ours"]
    assert on_disk(folders, "Ours") == MINE
    assert "Mine" not in presets.names()
    with pytest.raises(UsageError, match="already is a preset"):
        presets.rename("Ours", copy.name.upper())
    with pytest.raises(UsageError, match="needs a name"):
        presets.new("  ")
    with pytest.raises(UsageError, match="built-in preset cannot be renamed"):
        presets.rename("", "X")


def test_a_preset_may_get_its_own_name_in_other_letters(folders: Folders) -> None:
    put(folders)
    presets = a_tavern(folders).presets
    assert presets.rename("Mine", "MINE") == "MINE"
    assert on_disk(folders, "MINE") == MINE
    assert presets.names() == ["MINE"]


def test_a_deleted_preset_comes_back_to_the_connections_that_used_it(folders: Folders) -> None:
    put(folders)
    made = a_tavern(folders, replace(CHAT, chat_preset="Mine"), replace(TEXT, chat_preset="Mine"))
    deleted = made.presets.delete("Mine")
    assert made.presets.names() == []
    assert {one.chat_preset for one in made.connections.all} == {""}
    assert made.presets.restore(deleted) == "Mine"
    assert on_disk(folders) == MINE
    used = {one.name: one.chat_preset for one in made.connections.all}
    assert used == {"chat": "Mine", "text": "Mine", "offline": ""}
    with pytest.raises(UsageError, match="cannot be deleted"):
        made.presets.delete("")


def test_a_reset_brings_back_prompts_and_texts_and_keeps_the_rest(folders: Folders) -> None:
    put(folders, value={**MINE, "new_chat_prompt": "Go.", "openai_max_tokens": 99})
    presets = a_tavern(folders).presets
    fresh = presets.reset("Mine")
    usual = default_chat_preset()
    assert fresh.order == usual.order
    assert edit.find_prompt(fresh, "main").content == edit.find_prompt(usual, "main").content  # type: ignore[union-attr]
    assert fresh.new_chat_prompt == usual.new_chat_prompt
    assert [row.title for row in edit.prompt_rows(fresh) if not row.listed] == ["Own"]
    said = on_disk(folders)
    assert (said["temperature"], said["openai_max_tokens"], said["extensions"]) == (0.7, 99, {"x": 1})


def test_a_preset_that_cannot_be_read_is_said_once_and_never_written_over(folders: Folders) -> None:
    put(folders)
    path = folders.openai_settings / "Mine.json"
    path.write_text("[")
    made = a_tavern(folders, replace(CHAT, chat_preset="Mine"))
    for _ in range(3):
        assert isinstance(made.session.preview("Hi").built.prompt, ChatPrompt)
    assert len([one for one in made.problems if "Mine.json" in one]) == 1
    with pytest.raises(UsageError, match=r"Mine\.json"):
        made.presets.get("Mine")
    with pytest.raises(UsageError):
        made.presets.save("Mine", ChatPreset())
    assert path.read_text() == "["


def test_a_file_that_changed_outside_is_read_again(folders: Folders) -> None:
    put(folders)
    made = a_tavern(folders, replace(CHAT, chat_preset="Mine"))
    assert "Be brief." in made.session.preview("Hi").text
    put(folders, value={**MINE, "prompts": [{"identifier": "own", "content": "Be long."}]})
    assert "Be long." in made.session.preview("Hi").text


# --- choosing


async def test_choosing_a_preset_changes_the_next_prompt_at_once(folders: Folders) -> None:
    put(folders)
    async with tavern(folders, CHAT) as made:
        assert "Be brief." not in made.session.preview("Hi").text
        made.presets.choose("Mine")
        assert "Be brief." in made.session.preview("Hi").text
        assert made.session.preview("Hi").request.body["temperature"] == 0.7
        preset = made.presets.get("Mine")
        made.presets.save("Mine", edit.toggled(preset, "", "own"))
        assert "Be brief." not in made.session.preview("Hi").text


def test_the_lengths_of_a_chosen_preset_become_the_connections(folders: Folders) -> None:
    put(folders, value={**MINE, "openai_max_tokens": 500, "openai_max_context": 16000})
    made = a_tavern(folders)
    made.presets.choose("Mine")
    assert (made.connections.current.max_tokens, made.connections.current.context_size) == (500, 16000)
    other = Connection(name="other", provider="scripted-chat", chat_preset="Mine", max_tokens=77)
    made.connections.save(other)
    made.presets.save("Mine", replace(made.presets.get("Mine"), max_tokens=600))
    assert made.connections.current.max_tokens == 600, "it has its length from the preset"
    assert made.connections.find("other") == other, "this one has a length of its own"


def test_a_context_the_server_has_no_room_for_is_left_to_the_server(folders: Folders) -> None:
    put(folders, value={**MINE, "openai_max_context": 200_000})
    made = a_tavern(folders)
    made.connections.status = ServerStatus(ok=True, context_size=8000)
    made.presets.choose("Mine")
    assert made.connections.current.context_size == 0


def test_a_preset_of_the_other_kind_is_kept_and_changes_no_length(folders: Folders) -> None:
    put(folders, value={**MINE, "openai_max_tokens": 500})
    made = a_tavern(folders, TEXT)
    made.presets.choose("Mine")
    assert made.connections.current == replace(TEXT, chat_preset="Mine")
    assert made.presets.kind_sent is PresetKind.TEXT


async def test_switching_between_chat_and_text_in_a_talk_changes_the_shape_and_loses_nothing(
    folders: Folders,
) -> None:
    put(folders)
    folders.textgen_settings.mkdir(parents=True)
    (folders.textgen_settings / "Warm.json").write_text(json.dumps({"temp": 1.3, "rep_pen": 1.1}))
    both = {"chat_preset": "Mine", "text_preset": "Warm", "system_prompt": "", "context": "auto"}
    chat, text = replace(CHAT, **both), replace(TEXT, **both)  # type: ignore[arg-type]
    async with tavern(folders, chat, text) as made:
        await run(made.session.send("Hi"))
        before, talk = made.connections.all, list(texts(made))
        shapes, temperatures = [], []
        for name in ("chat", "text", "chat"):
            made.connections.select(name)
            preview = made.session.preview("And now?")
            shapes.append(type(preview.built.prompt))
            temperatures.append(preview.request.body.get("temperature"))
            assert "Well." in preview.text
            assert ("Be brief." in preview.text) == (name == "chat")
        assert shapes == [ChatPrompt, TextPrompt, ChatPrompt]
        assert temperatures == [0.7, 1.3, 0.7]
        assert made.connections.all == before
        assert texts(made) == talk
        # The same connection, first with the one API, then with the other, as its dialog does it.
        turned = replace(made.connections.current, provider="scripted")
        made.connections.save(turned, replaces="chat")
        assert isinstance(made.session.preview("And now?").built.prompt, TextPrompt)
        made.connections.save(replace(turned, provider="scripted-chat"), replaces="chat")
        assert made.connections.all == before
        assert "Be brief." in made.session.preview("And now?").text


# --- the order of one character


async def test_a_character_may_have_an_order_of_its_own(folders: Folders) -> None:
    put(folders)
    async with tavern(folders, replace(CHAT, chat_preset="Mine")) as made:
        presets, who = made.presets, f"{made.session.character.file}.png"
        preset = edit.toggled(presets.get("Mine"), who, "own")
        assert edit.order_of(preset, who)[1] == ("own", False)
        assert preset.order == presets.get("Mine").order, "everybody's stays"
        presets.save("Mine", preset)
        assert "Be brief." not in made.session.preview("Hi").text
        assert [one["character_id"] for one in on_disk(folders)["prompt_order"]] == [100001, who]
        presets.save("Mine", edit.without_order(presets.get("Mine"), who))
        assert "Be brief." in made.session.preview("Hi").text
        assert on_disk(folders) == MINE


# --- the prompts


def mine() -> ChatPreset:
    return chat_preset_from_json("Mine", MINE, [])


def test_rows_are_the_order_then_what_has_no_place(folders: Folders) -> None:
    preset = replace(mine(), order=(("gone", True), ("own", False), ("chatHistory", True)))
    rows = edit.prompt_rows(preset)
    assert [(row.title, row.enabled, row.prompt is not None) for row in rows if row.listed] == [
        ("gone", True, False),
        ("Own", False, True),
        ("Chat history", True, True),
    ]
    loose = [row.identifier for row in rows if not row.listed]
    assert loose[0] == "main"
    assert "charDescription" in loose


def test_prompts_move_within_the_order_and_stop_at_its_ends() -> None:
    def names(preset: ChatPreset) -> list[str]:
        return [name for name, _ in preset.order]

    assert names(edit.moved(mine(), "", "own", 0)) == ["own", "main", "chatHistory"]
    assert names(edit.moved(mine(), "", "main", 99)) == ["own", "chatHistory", "main"]
    assert names(edit.moved(mine(), "", "main", -5)) == ["main", "own", "chatHistory"]
    assert edit.moved(mine(), "", "nobody", 1) == mine()


def test_a_prompt_is_added_taken_out_of_the_order_put_back_and_removed() -> None:
    prompt = edit.new_prompt("Mood")
    preset = edit.added(mine(), "", prompt, 1)
    assert [name for name, _ in preset.order] == ["main", prompt.identifier, "own", "chatHistory"]
    loose = edit.detached(preset, "", prompt.identifier)
    assert loose.order == mine().order
    assert edit.find_prompt(loose, prompt.identifier) == prompt
    back = edit.toggled(loose, "", prompt.identifier)
    assert back.order[-1] == (prompt.identifier, True)
    assert edit.removed(back, prompt.identifier) == mine()
    with pytest.raises(UsageError, match="belongs to every preset"):
        edit.removed(mine(), "chatHistory")


def test_every_field_of_a_prompt_can_be_changed_and_is_in_the_file() -> None:
    fields: dict[str, Any] = {
        "name": "N", "role": "assistant", "content": "C", "system_prompt": True, "marker": True,
        "injection_position": 1, "injection_depth": 2, "injection_order": 3,
        "injection_trigger": ("swipe", "quiet"), "forbid_overrides": True,
    }  # fmt: skip
    own = edit.find_prompt(mine(), "own")
    assert own is not None
    made = chat_preset_to_json(edit.changed(mine(), "own", replace(own, identifier="mood", **fields)))
    assert made["prompts"] == [
        MINE["prompts"][0],
        {"identifier": "mood", **fields, "injection_trigger": ["swipe", "quiet"]},
    ]
    order = made["prompt_order"][0]["order"]  # type: ignore[index]
    assert [row["identifier"] for row in order] == ["main", "mood", "chatHistory"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("main", "mine", "must stay"),
        ("own", " ", "needs"),
        ("own", "main", "already"),
        ("own", "nsfw", "alr"),
    ],
)
def test_an_identifier_that_cannot_be_is_refused(old: str, new: str, why: str) -> None:
    prompt = edit.find_prompt(mine(), old)
    assert prompt is not None
    with pytest.raises(UsageError, match=why):
        edit.changed(mine(), old, replace(prompt, identifier=new))


def test_a_built_in_prompt_the_file_lacks_is_there_once_it_is_changed() -> None:
    prompt = edit.find_prompt(mine(), "jailbreak")
    assert prompt is not None
    preset = edit.changed(mine(), "jailbreak", replace(prompt, content="End."))
    assert [one.identifier for one in preset.prompts] == ["main", "own", "jailbreak"]


def test_of_two_prompts_with_one_identifier_the_one_that_is_sent_is_changed() -> None:
    twice = [ManagedPrompt(identifier="own", content=text) for text in ("first", "second")]
    preset = ChatPreset(prompts=tuple(twice))
    changed = edit.changed(preset, "own", replace(twice[1], content="new"))
    assert [one.content for one in changed.prompts] == ["first", "new"]


def test_samplers_are_set_and_left_to_the_server_again() -> None:
    assert edit.sampler_values(mine())["temperature"] == 0.7
    preset = edit.with_sampler(edit.with_sampler(mine(), "top_p", 0.9), "temperature", None)
    made = chat_preset_to_json(preset)
    assert "temperature" not in made
    assert made["top_p"] == 0.9
    assert {**made, "temperature": 0.7} == {**MINE, "top_p": 0.9}


def test_a_length_is_set_even_to_its_usual_value_and_left_to_the_connection_again() -> None:
    assert edit.length_values(mine()) == {"max_tokens": None, "max_context": None}
    preset = edit.with_length(mine(), "max_tokens", 300)
    assert chat_preset_to_json(preset) == {**MINE, "openai_max_tokens": 300}
    assert edit.length_values(preset)["max_tokens"] == 300
    longer = edit.with_length(preset, "max_tokens", 400)
    assert chat_preset_to_json(longer)["openai_max_tokens"] == 400
    assert chat_preset_to_json(edit.with_length(longer, "max_tokens", None)) == MINE


def test_the_built_in_prompts_bring_no_lengths_along(folders: Folders) -> None:
    made = a_tavern(folders)
    made.presets.choose(made.presets.new("Fresh").name)
    assert made.connections.current == replace(CHAT, chat_preset="Fresh")


# --- comparing


def test_what_differs_is_told_prompt_by_prompt_and_field_by_field() -> None:
    one = mine()
    other = edit.toggled(edit.moved(one, "", "chatHistory", 0), "", "own")
    main = edit.find_prompt(other, "main")
    assert main is not None
    other = edit.changed(other, "main", replace(main, content="Play!", injection_depth=2))
    other = replace(edit.with_sampler(other, "temperature", None), squash_system_messages=True)
    extra = ManagedPrompt(identifier="extra", name="Extra", content="More.")
    other = edit.added(other, "", extra, 99)
    other = replace(other, source={**other.source, "extensions": {"x": 2}})
    told = [(one.place, one.field, one.left, one.right) for one in compare_presets(one, other)]
    assert told == [
        ("Main", "content", "Play {{char}}.", "Play!"),
        ("Main", "injection_depth", "4", "2"),
        ("Own", "enabled", "on", "off"),
        ("Chat history", "order", "place 3, behind Own", "place 1"),
        ("Extra", "prompt", None, "More."),
        ("Preset", "squash_system_messages", "off", "on"),
        ("Preset", "temperature", "0.7", None),
        ("Preset", "extensions", '{\n  "x": 1\n}', '{\n  "x": 2\n}'),
    ]


def test_a_preset_does_not_differ_from_itself() -> None:
    assert compare_presets(mine(), mine()) == []


# --- from and to elsewhere


def test_a_preset_file_is_taken_over_as_it_is_and_writes_over_nothing(folders: Folders) -> None:
    put(folders, value={"temperature": 1})
    foreign = folders.data.parent / "Mine.json"
    foreign.write_text(json.dumps(MINE))
    presets = a_tavern(folders).presets
    found = presets.import_file(foreign)
    assert (found.kind, found.name, found.is_new) == (PresetKind.CHAT, "Mine1", True)
    assert on_disk(folders, "Mine1") == MINE
    assert on_disk(folders) == {"temperature": 1}
    foreign.rename(foreign.with_name("Mine1.json"))
    assert not presets.import_file(foreign.with_name("Mine1.json")).is_new


def test_presets_of_other_kinds_go_into_their_folders(folders: Folders) -> None:
    foreign = folders.data.parent / "Warm.json"
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_text(json.dumps({"temp": 1.3, "rep_pen": 1.1, "odd": [None], "top_k": "many"}))
    made = a_tavern(folders, TEXT)
    found = made.presets.import_file(foreign)
    assert (found.kind, found.name) == (PresetKind.TEXT, "Warm")
    assert found.warnings == ('Preset "Warm": "top_k" should be a number, but is a text; it was ignored.',)
    made.presets.choose("Warm", PresetKind.TEXT)
    assert made.connections.current.text_preset == "Warm"
    out = made.presets.export("Warm", str(folders.data.parent / "out"), PresetKind.TEXT)
    assert json.loads(out.path.read_text()) == json.loads(foreign.read_text())
    foreign.write_text("{}")
    with pytest.raises(DataError, match="not a preset"):
        made.presets.import_file(foreign)


def test_an_export_holds_no_address_and_no_password(folders: Folders) -> None:
    secrets = {"reverse_proxy": "http://x", "openrouter_providers": ["a"], "custom_model": "m"}
    put(folders, value={**MINE, **secrets})
    presets = a_tavern(folders).presets
    done = presets.export("Mine", str(folders.data.parent / "mine"))
    assert done.path.name == "mine.json"
    assert set(done.left_out) == {"proxy_password", *secrets}
    written = json.loads(done.path.read_text())
    assert written == {key: value for key, value in MINE.items() if key != "proxy_password"}


def test_prompts_alone_are_carried_from_one_preset_into_another(folders: Folders) -> None:
    put(folders)
    put(folders, "Other", {"temperature": 2, "prompts": [{"identifier": "main", "content": "Old."}]})
    presets = a_tavern(folders).presets
    file = presets.export_prompts("Mine", str(folders.data.parent / "prompts"))
    exported = json.loads(file.read_text())
    assert (exported["version"], exported["type"]) == (1, "full")
    found = presets.import_file(file, into="Other")
    assert (found.name, found.is_new) == ("Other", False)
    other = presets.get("Other")
    assert [(one.identifier, one.content) for one in other.prompts] == [
        ("main", "Play {{char}}."),
        ("own", "Be brief."),
    ]
    assert other.order == mine().order
    assert on_disk(folders, "Other")["temperature"] == 2


def test_an_export_for_one_character_counts_for_everybody(folders: Folders) -> None:
    put(folders)
    file = folders.data.parent / "one.json"
    rows = [{"identifier": "chatHistory", "enabled": True}, {"identifier": "main", "enabled": False}]
    data = {"prompts": [{"identifier": "mood", "content": "Gloomy."}], "prompt_order": rows}
    file.write_text(json.dumps({"version": 1, "type": "character", "data": data}))
    presets = a_tavern(folders).presets
    presets.import_file(file, into="Mine")
    preset = presets.get("Mine")
    assert preset.order == (("chatHistory", True), ("main", False), ("mood", False))
    assert {one.identifier for one in preset.prompts} == {"main", "own", "mood"}


# --- looking


async def test_a_preset_is_looked_at_without_being_used_or_kept(folders: Folders) -> None:
    async with tavern(folders, TEXT) as made:
        built = made.presets.preview(mine(), "Hi")
        assert isinstance(built.prompt, ChatPrompt)
        assert {"main", "own", "chatHistory"} <= {part.slot for part in built.parts}
        assert made.connections.current == TEXT
        assert made.presets.names() == []


@pytest.mark.parametrize("mode", ["", "merge", "semi", "strict", "single", "none"])
async def test_the_previews_messages_are_the_ones_in_the_body(folders: Folders, mode: str) -> None:
    put(folders)
    async with tavern(folders, replace(CHAT, chat_preset="Mine", post_processing=mode)) as made:
        await run(made.session.send("Hi"))
        preview = made.session.preview("And now?")
        assert isinstance(preview.built.prompt, ChatPrompt)
        out = [(one.role.value, one.content) for one in preview.built.prompt.messages]
        assert [(one["role"], one["content"]) for one in preview.request.body["messages"]] == out  # type: ignore[attr-defined]
        assert joined(preview.built.parts) == out
        is_reshaped = mode not in ("", "none")
        assert bool(preview.built.as_built) == is_reshaped
        made.connections.save(replace(CHAT, chat_preset="Mine"), replaces="chat")
        plain = made.session.preview("And now?").built.parts
        assert (preview.built.as_built or preview.built.parts) == plain


def joined(parts: Sequence[PromptPart]) -> list[tuple[str, str]]:
    """The messages that the parts make."""
    grouped = groupby(parts, key=lambda part: (part.message, part.role))
    return [(str(role), "".join(part.text for part in group)) for (_, role), group in grouped]
