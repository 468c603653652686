"""Chats of other programs become chats of ours, told apart by what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.importing import import_any
from tavern_tui.storage.cards import save_card
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats_import import FORMATS, find_format, messages_of
from tavern_tui.storage.folders import Folders
from tests.services.helpers import run, scripted, tavern
from tests.services.test_chat_files import ANN, put_chat, said, titles

OOBA = {"data": [["x", "y"]], "data_visible": [["", "Hello &amp; welcome."], ["Hi", "Well."], ["", ""]]}
OOBA_NEW = {
    "internal": [["<|BEGIN-VISIBLE-CHAT|>", "Hello & welcome."], ["Hi", "Well."]],
    "visible": [["", "Hello &amp; welcome."], ["Hi", "Well."]],
}
AGNAI = {
    "name": "At the forge",
    "messages": [
        {
            "characterId": "c",
            "msg": "Hello.",
            "createdAt": "2023-05-06T07:08:09.000Z",
            "retries": ["Go away."],
        },
        {"userId": "u", "handle": "Robin", "msg": " Hi "},
        {"characterId": "c", "msg": ""},
    ],
}
CAI_TOOLS = {
    "info": {"character": {"name": "Ann"}},
    "histories": {
        "histories": [
            {"msgs": [{"src": {"is_human": False, "name": "Ann"}, "text": "Hello."}, {"src": {"is_human": True}, "text": "Hi"}]},
            {"msgs": [{"src": {"is_human": False, "name": "Ann"}, "text": "Again."}]},
            {"msgs": []},
        ]
    },
}  # fmt: skip
CAI_TURNS = {
    "turns": [
        {
            "create_time": "2024-01-01T00:00:02.123456Z",
            "author": {"name": "Robin", "is_human": True},
            "candidates": [{"candidate_id": "3", "raw_content": "Hi"}],
            "primary_candidate_id": "3",
        },
        {
            "create_time": "2024-01-01T00:00:01.1Z",
            "author": {"name": "Ann"},
            "candidates": [
                {"candidate_id": "1", "raw_content": "Go away."},
                {"candidate_id": "2", "raw_content": "Hello."},
            ],
            "primary_candidate_id": "2",
        },
    ]
}
CAI_OLD = {
    "messages": [
        {"src__is_human": False, "src__name": "Ann", "text": "Hello."},
        {"src__is_human": True, "text": "Hi"},
    ]
}
KOBOLD = {
    "prompt": "Hello.",
    "actions": ["\n{{[INPUT]}}\nHi\n{{[OUTPUT]}}\n", "Well.", 7],
    "savedsettings": {"chatname": "Robin", "chatopponent": "Ann||$||Bea"},
}
KOBOLD_CHAT = {
    "prompt": "\nAnn: Hello.\nIt rains.\nRobin: Hi\nBea:",
    "actions": [" Well.\n"],
    "savedsettings": {"chatname": "Robin", "chatopponent": "Ann||$||Bea"},
}
RISU = {
    "type": "risuChat",
    "ver": 1,
    "data": {
        "name": "One",
        "message": [
            {"role": "char", "data": "Hello.", "time": 1700000000000},
            {"role": "user", "data": "Hi", "name": "Robin"},
            {"role": "char", "data": None},
        ],
    },
}
EVERYTHING = {
    "ooba": (OOBA, "text-generation-webui", ["*Hello &amp; welcome.", "Hi", "*Well."]),
    "ooba new": (OOBA_NEW, "text-generation-webui", ["*Hello & welcome.", "Hi", "*Well."]),
    "agnai": (AGNAI, "Agnai", ["*Hello.", "Hi"]),
    "cai tools": (CAI_TOOLS, "Character.AI", ["*Hello.", "Hi"]),
    "cai turns": (CAI_TURNS, "Character.AI", ["*Hello.", "Hi"]),
    "cai old": (CAI_OLD, "Character.AI", ["*Hello.", "Hi"]),
    "kobold": (KOBOLD, "KoboldAI Lite", ["*Hello.", "Hi", "*Well."]),
    "kobold chat": (KOBOLD_CHAT, "KoboldAI Lite", ["*Hello.\nIt rains.", "Hi", "*Well."]),
    "risu": (RISU, "RisuAI", ["*Hello.", "Hi"]),
}


def spoken(messages: list[Message]) -> list[str]:
    """The texts; a star marks the character's."""
    return [message.text if message.is_user else f"*{message.text}" for message in messages]


async def taken(
    folders: Folders, value: object, character: str | None = None, name: str = "talk.json"
) -> tuple[str, list[list[Message]]]:
    """The sentence, and the chats Ann has afterwards."""
    path = folders.data.parent / name
    path.write_text(json.dumps(value), encoding="utf-8")
    async with tavern(folders) as made:
        imported = await made.library.import_file(path, character=character)
        assert imported.kind == "chat"
        return imported.sentence, [read_chat(one.path).chat.messages for one in made.chat_files.chats(ANN)]


@pytest.mark.parametrize(("value", "title", "expected"), EVERYTHING.values(), ids=EVERYTHING.keys())
async def test_each_program_s_chat_is_read_whole(
    folders: Folders, value: dict[str, Any], title: str, expected: list[str]
) -> None:
    sentence, chats = await taken(folders, value, "Ann")
    assert title in sentence
    assert expected in [spoken(messages) for messages in chats]
    for message in chats[0]:
        assert message.is_user or message.name in ("Ann", "Bea")


async def test_the_file_is_named_after_the_character_and_can_be_gone_on_with(folders: Folders) -> None:
    await taken(folders, RISU, "Ann")
    (path,) = (folders.chats / "Ann").iterdir()
    assert path.name.startswith("Ann - ")
    assert path.name.endswith(" imported.jsonl")
    chat = read_chat(path).chat
    assert chat.metadata["integrity"]
    assert chat.messages[0].swipe.sent_at == "2023-11-14T22:13:20.000Z"
    assert chat.messages[1].name == "Robin"


async def test_alternatives_become_swipes_and_the_one_shown_is_shown(folders: Folders) -> None:
    for value in (AGNAI, CAI_TURNS):
        _, (messages, *_) = await taken(folders, value, "Ann")
        assert [swipe.text for swipe in messages[0].swipes] == ["Hello.", "Go away."]
        assert messages[0].text == "Hello."


async def test_several_chats_in_one_file_become_several_files(folders: Folders) -> None:
    sentence, chats = await taken(folders, CAI_TOOLS)
    assert "2 chats of Ann" in sentence
    assert sorted(map(len, chats)) == [1, 2]


async def test_the_file_s_own_character_is_found_by_name(folders: Folders) -> None:
    for value in (CAI_TOOLS, CAI_OLD, CAI_TURNS, KOBOLD):
        sentence, _ = await taken(folders, value)
        assert "of Ann" in sentence


@pytest.mark.parametrize(
    ("value", "character", "sentence"),
    [
        (RISU, None, "does not say whose chat"),
        (OOBA, "Nobody", "no such character"),
        (KOBOLD | {"savedsettings": {"chatopponent": "Zoe"}}, None, "Zoe"),
        ({"type": "risuChat"}, "Ann", "no messages"),
        ({"data_visible": [[]]}, "Ann", "no messages"),
        ({"histories": {"histories": {"msgs": 3}}}, "Ann", "no messages"),
    ],
)
async def test_what_cannot_be_taken_over_is_said_and_leaves_no_file(
    folders: Folders, value: object, character: str | None, sentence: str
) -> None:
    with pytest.raises(TavernError, match=sentence):
        await taken(folders, value, character)
    assert not (folders.chats / "Ann").exists()


async def test_two_characters_of_one_name_are_told_apart_by_file(folders: Folders) -> None:
    async with tavern(folders) as made:
        await made.library.import_file(folders.data.parent / "ann.json")
    path = folders.data.parent / "talk.json"
    path.write_text(json.dumps(OOBA))
    files = [one.file for one in made.library.characters()]
    assert len(files) == 2
    import_any(folders, path, files[1], [])
    with pytest.raises(UsageError, match="Several"):
        import_any(folders, path, "ann", [])


async def test_sillytavern_s_own_chats_still_are_copied_to_the_byte(folders: Folders) -> None:
    path = put_chat(folders, "Old", said("Hello."), owner=ANN)
    outside = folders.data.parent / "Old.jsonl"
    data = path.read_bytes() + b'\n{"name":"R","is_user":true,"mes":{"message":"Chub says"}}\r\nodd'
    outside.write_bytes(data)
    async with tavern(folders) as made:
        said_so = await made.library.import_file(outside)
        assert said_so.name == "Old1"
        assert titles(made.chat_files) == ["Old", "Old1"]
        copy = folders.chats / "Ann" / "Old1.jsonl"
        assert copy.read_bytes() == data
        assert read_chat(copy).chat.messages[1].text == "Chub says"
        with pytest.raises(UsageError, match="no such character"):
            await made.library.import_file(outside, character="Zoe")


async def test_a_group_s_chat_is_taken_over_for_the_group(folders: Folders) -> None:
    outside = folders.data.parent / "Night.jsonl"
    outside.write_text(json.dumps(said("Hello.")))
    async with tavern(folders) as made:
        group = made.groups.create("Smiths", ["Ann"])
        await made.library.import_file(outside, character="Smiths")
        assert made.groups.get(group.id).chats == ("Night",)
        assert (folders.group_chats / "Night.jsonl").read_bytes() == outside.read_bytes()


@pytest.mark.parametrize("value", [row[0] for row in EVERYTHING.values()], ids=EVERYTHING.keys())
async def test_with_a_group_open_each_program_s_chat_is_the_group_s_and_can_be_gone_on_with(
    folders: Folders, value: dict[str, Any]
) -> None:
    outside = folders.data.parent / "talk.json"
    outside.write_text(json.dumps(value))
    save_card(folders, Character(name="Bea"))
    async with tavern(folders, scripted("And so on.")) as made:
        group = made.groups.create("Smiths", ["Ann", "Bea"])
        owner = ChatOwner(id=group.id, is_group=True)
        imported = await made.library.import_file(outside, owner=owner)
        assert "of Smiths" in imported.sentence
        assert not (folders.chats / "Bea").exists()
        assert imported.name in made.groups.get(group.id).chats
        session = await made.open_group(group.id, imported.name)
        for message in session.chat.messages:
            if not message.is_user:
                assert message.name in ("Ann", "Bea")
                assert message.original_avatar == f"{message.name}.png"
                assert message.force_avatar
        await run(session.speak("Bea"))
        await run(session.swipe_right())
        assert session.chat.messages[-1].name == "Bea"


async def test_a_group_s_id_is_no_name(folders: Folders) -> None:
    """A card may be called like a group, or like its id."""
    outside = folders.data.parent / "Night.jsonl"
    outside.write_text(json.dumps(said("Hello.")))
    async with tavern(folders) as made:
        group = made.groups.create("Ann", ["Ann"])
        save_card(folders, Character(name="Odd", file=group.id))
        await made.library.import_file(outside, owner=ChatOwner(id=group.id, is_group=True))
        assert made.groups.get(group.id).chats == ("Night",)
        await made.library.import_file(outside, owner=ChatOwner(id="Ann"))
        assert titles(made.chat_files, ANN) == ["Night"]


async def test_who_is_meant_is_guessed_aloud(folders: Folders) -> None:
    outside = folders.data.parent / "talk.json"
    outside.write_text(json.dumps(OOBA))
    save_card(folders, Character(name="Bea"))
    async with tavern(folders) as made:
        group = made.groups.create("Smiths", ["Ann", "Bea"])
        await made.library.import_file(outside, owner=ChatOwner(id=group.id, is_group=True))
        assert "talk.json does not say which of Smiths spoke; Ann stands for them." in made.problems


def test_what_holds_no_text_is_counted_in_a_warning() -> None:
    warnings: list[str] = []
    format = find_format(AGNAI)
    assert format is not None
    format.read(AGNAI, warnings)
    assert warnings == ["Agnai: 1 of 3 messages hold no text and were left out."]


def test_a_card_a_book_and_a_preset_are_no_chats() -> None:
    for value in (
        {"name": "Ann", "first_mes": "Hi"},
        {"entries": {}},
        {"temp": 1, "rep_pen": 1},
        {"messages": []},
    ):
        assert find_format(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["msgs", "src", "text", "msg", "message", "data", "role", "turns", "candidates", "raw_content",
             "histories", "chatname", "chatopponent", "author", "time", "create_time", "createdAt", "retries"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["savedsettings", "prompt", "actions", "histories", "turns", "chats", "messages", "data_visible",
             "visible", "internal", "type", "data", "info"]
        ),
        JSON | st.just("risuChat"),
        max_size=5,
    )
)  # fmt: skip
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_a_file_holds_no_reader_stumbles(value: dict[str, Any]) -> None:
    for format in FORMATS:
        if format.matches(value):
            for chat in format.read(value, []):
                assert all(message.text.strip() for message in messages_of(chat, "Ann", "Robin"))


def test_the_import_of_a_folder_or_of_nothing_is_said(folders: Folders, tmp_path: Path) -> None:
    for name in ("missing.jsonl", "."):
        with pytest.raises(UsageError):
            import_any(folders, tmp_path / name, None, [])
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match="no messages"):
        import_any(folders, empty, "Ann", [])
