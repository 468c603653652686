"""Cards of every version, in every container, whole or broken."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tavern_tui.core.character import Character, DepthPrompt
from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.storage.cards import (
    card_json,
    character_from_json,
    import_card,
    read_card,
    read_card_bytes,
    save_card,
    write_png,
)
from tavern_tui.storage.cards import png_chunks as chunks
from tests.storage.builders import (
    SHARED,
    a_chunk,
    a_folder,
    a_png,
    a_v2_card,
    card_text,
    json_objects,
    quickly,
)


def texts_of(png: bytes) -> dict[str, dict[str, object]]:
    found = chunks.read_texts(io.BytesIO(png), "test")
    return {name: json.loads(base64.b64decode(value)) for name, value in found.items()}


def a_zip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


# --- versions


def test_a_v2_card_is_read_with_kindred_types_and_its_depth_prompt() -> None:
    card = a_v2_card(
        extensions={"talkativeness": "0.7", "fav": "true", "world": "Valley",
                    "depth_prompt": {"prompt": "Soft.", "depth": "2", "role": "user"}}
    )  # fmt: skip
    warnings: list[str] = []
    ann = character_from_json(card, "ann", warnings)
    assert (ann.name, ann.file, ann.first_message, ann.alternate_greetings) == (
        "Ann",
        "ann",
        "Hello.",
        ("Hi.",),
    )
    assert (ann.talkativeness, ann.favourite, ann.world) == (0.7, True, "Valley")
    assert ann.depth_prompt == DepthPrompt(text="Soft.", depth=2, role="user")
    assert warnings == []


@pytest.mark.parametrize(
    "card",
    [
        {"name": "Ann", "description": "A miller.", "first_mes": "Hello.", "mes_example": "x"},
        {"char_name": "Ann", "char_persona": "A miller.", "char_greeting": "Hello.", "example_dialogue": "x"},
        {"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "Ann", "description": "A miller.",
         "first_mes": "Hello.", "mes_example": "x"}},
    ],
)  # fmt: skip
def test_v1_pygmalion_and_v3_cards_become_the_same_character(card: dict[str, object]) -> None:
    ann = character_from_json(card, "", [])
    assert (ann.name, ann.description, ann.first_message, ann.example_messages) == (
        "Ann", "A miller.", "Hello.", "x"
    )  # fmt: skip
    written = card_json(ann)
    assert written["name"] == "Ann"
    assert written["first_mes"] == "Hello."
    assert character_from_json(written, "", []) == replace(ann, source=written)


def test_a_new_character_is_written_as_v2_with_the_flat_mirror() -> None:
    card = card_json(Character(name="Ann", tags=("a",), favourite=True))
    assert (card["spec"], card["spec_version"]) == ("chara_card_v2", "2.0")
    assert (card["name"], card["tags"], card["fav"], card["talkativeness"]) == ("Ann", ["a"], True, 0.5)
    assert card["data"]["extensions"]["depth_prompt"] == {"prompt": "", "depth": 4, "role": "system"}  # type: ignore[index]


def test_a_v3_card_keeps_its_spec_until_it_is_edited() -> None:
    card = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "Ann", "assets": [{"x": 1}]}}
    ann = character_from_json(card, "", [])
    assert card_json(ann)["spec"] == "chara_card_v3"
    edited = card_json(replace(ann, description="New."))
    assert edited["spec"] == "chara_card_v2"
    assert edited["data"]["assets"] == [{"x": 1}]  # type: ignore[index]


@quickly
@given(json_objects, json_objects, json_objects)
def test_no_key_is_lost_by_reading_and_writing(
    top: dict[str, object], data: dict[str, object], extensions: dict[str, object]
) -> None:
    card = {**top, **a_v2_card(**data, extensions=extensions)}
    written = card_json(character_from_json(card, "", []))
    assert written["data"] == card["data"]
    assert {key: written[key] for key in card} == {**card, **{k: written[k] for k in MIRROR & card.keys()}}


MIRROR = {
    "name",
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
    "tags",
    "fav",
    "talkativeness",
}


@quickly
@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=3), st.booleans())
def test_edited_fields_come_back_from_the_picture(text: str, greetings: list[str], favourite: bool) -> None:
    ann = character_from_json(a_v2_card(), "ann", [])
    edited = replace(ann, description=text, alternate_greetings=tuple(greetings), favourite=favourite)
    back = read_card_bytes(write_png(edited, a_png()), "ann.png")
    assert replace(back, source={}) == replace(edited, source={})
    assert back.source["data"]["extensions"]["other"] == {"kept": [1, 2.5]}  # type: ignore[index]


def test_odd_fields_are_warned_of_and_survive() -> None:
    card = a_v2_card(description=["a"], tags="mill", alternate_greetings={"x": 1}, character_book=3)
    warnings: list[str] = []
    ann = character_from_json(card, "ann", warnings)
    assert (ann.description, ann.tags, ann.alternate_greetings, ann.lorebook) == ("", ("mill",), (), None)
    assert len(warnings) == 3
    assert all("ann" in sentence for sentence in warnings)
    assert card_json(replace(ann, creator="x"))["data"]["description"] == ["a"]  # type: ignore[index]


def test_a_changed_lorebook_is_written_into_the_card() -> None:
    ann = character_from_json(a_v2_card(), "ann", [])
    book = Lorebook(name="Valley", entries=(LoreEntry(uid=0, keys=("mill",), content="Old."),))
    card = card_json(replace(ann, lorebook=book))
    assert card["data"]["character_book"]["entries"][0]["keys"] == ["mill"]  # type: ignore[index]
    back = character_from_json(card, "ann", [])
    assert back.lorebook is not None
    assert back.lorebook.entries[0].content == "Old."
    assert "character_book" not in card_json(replace(back, lorebook=None))["data"]  # type: ignore[operator]


def test_an_untouched_lorebook_stays_as_it_was() -> None:
    book = {"entries": [{"keys": ["a"], "content": "b", "enabled": True, "insertion_order": 5, "mine": 1}]}
    card = a_v2_card(character_book=book)
    edited = replace(character_from_json(card, "", []), creator="x")
    assert card_json(edited)["data"]["character_book"] == book  # type: ignore[index]


@pytest.mark.skipif(not SHARED.is_dir(), reason="The shared corpus is not in this checkout.")
def test_every_recorded_card_survives_a_round_trip() -> None:
    seen = 0
    for path in sorted((SHARED / "parity").glob("*.json")):
        card = json.loads(path.read_text(encoding="utf-8")).get("card")
        if isinstance(card, dict):
            seen += 1
            assert card_json(character_from_json(card, "x", []))["data"] == card["data"], path.name
    assert seen > 100


# --- PNG


def test_ccv3_wins_and_keywords_are_told_regardless_of_case() -> None:
    picture = a_png(("Chara", card_text(a_v2_card(name="Old"))), ("CCV3", card_text(a_v2_card(name="New"))))
    assert read_card_bytes(picture, "x.png").name == "New"


def test_the_picture_gets_both_chunks_before_its_end_and_keeps_its_pixels() -> None:
    picture = a_png(("chara", card_text({"name": "old"})), ("Comment", b"kept"))
    written = write_png(character_from_json(a_v2_card(), "", []), picture)
    kinds = [chunk.kind for chunk in chunks.read_chunks(io.BytesIO(written), "x")]
    assert kinds == [b"IHDR", b"IDAT", b"tEXt", b"tEXt", b"tEXt", b"IEND"]
    found = chunks.read_texts(io.BytesIO(written), "x")
    assert list(found) == ["comment", "chara", "ccv3"]
    assert texts_of(write_png(Character(name="A"), a_png()))["ccv3"]["spec"] == "chara_card_v3"
    with Image.open(io.BytesIO(written)) as before, Image.open(io.BytesIO(picture)) as after:
        assert before.tobytes() == after.tobytes()


def test_real_pictures_and_the_default_one_can_be_opened() -> None:
    made = io.BytesIO()
    Image.new("RGB", (40, 60), (10, 20, 30)).save(made, "PNG")
    for picture in (made.getvalue(), None):
        with Image.open(io.BytesIO(write_png(Character(name="Ann"), picture))) as opened:
            opened.verify()


def test_wrong_checksums_and_a_missing_end_do_not_matter() -> None:
    picture = bytearray(a_png(("chara", card_text(a_v2_card())), end=False))
    picture[-1] ^= 0xFF
    assert read_card_bytes(bytes(picture), "x.png").name == "Ann"


def test_base64_may_be_wrapped_unpadded_or_missing() -> None:
    wrapped = base64.encodebytes(json.dumps(a_v2_card()).encode())
    bare = json.dumps(a_v2_card()).encode()
    for value in (wrapped, card_text(a_v2_card()).rstrip(b"="), bare):
        assert read_card_bytes(a_png(("chara", value)), "x.png").name == "Ann"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (a_png(), "without a character card"),
        (a_png(("chara", b"!!!")), "not valid base64"),
        (a_png(("chara", base64.b64encode(b"{broken"))), "not valid JSON"),
        (a_png(("chara", base64.b64encode(b"[1]"))), "holds a list"),
        (a_png(("chara", card_text({"x": 1}))), "not a character card"),
        (a_png(("chara", card_text(a_v2_card())))[:60], "without a character card"),
        (b"\x89PNG\r\n\x1a\n", "without a character card"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt", "without a character card"),
        (b"GIF89a", "not"),
        (b"", "not valid JSON"),
    ],
)
def test_broken_cards_give_one_sentence_that_names_the_file(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_card_bytes(data, "broken.png")
    assert "broken" in str(caught.value)


@quickly
@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_damaged_picture_is_a_card_or_a_data_error(rubbish: bytes, at: int) -> None:
    good = a_png(("chara", card_text(a_v2_card())))
    try:
        read_card_bytes(good[:at] + rubbish + good[at + len(rubbish) :], "x.png")
    except DataError as error:
        assert str(error)


def test_a_field_of_five_megabytes_is_fine_and_a_text_beyond_the_limit_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    big = a_png(("chara", card_text(a_v2_card(description="x" * 5_000_000))))
    assert len(read_card_bytes(big, "big.png").description) == 5_000_000
    monkeypatch.setattr(chunks, "MAX_TEXT", 2**20)
    with pytest.raises(DataError, match="limit"):
        read_card_bytes(big, "big.png")


def test_a_text_chunk_that_only_claims_to_be_huge_costs_nothing() -> None:
    head = a_png(end=False) + b"\x7f\xff\xff\xfftEXtchara\0"
    with pytest.raises(DataError, match="without a character card"):
        read_card_bytes(head, "x.png")


# --- CHARX, YAML


def a_charx(**more: bytes) -> bytes:
    card = {**a_v2_card(assets=[
        {"type": "icon", "name": "second", "uri": "embeded://b.png", "ext": "png"},
        {"type": "icon", "name": "main", "uri": "embeded://assets/../a.png", "ext": "png"},
        {"type": "icon", "name": "main", "uri": "embeded://../../etc/passwd", "ext": "png"},
    ]), "spec": "chara_card_v3"}  # fmt: skip
    return a_zip(
        {"card.json": json.dumps(card).encode(), "a.png": a_png(("x", b"main")), "b.png": a_png(), **more}
    )


def test_a_charx_gives_card_and_main_picture_even_behind_a_program(tmp_path: Path) -> None:
    path = tmp_path / "Ann.charx"
    path.write_bytes(b"MZ some program" + a_charx())
    folders = a_folder(tmp_path)
    ann = import_card(folders, path)
    assert (ann.name, ann.file) == ("Ann", "Ann")
    assert b"main" in folders.card("Ann").read_bytes()


def test_a_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tavern_tui.storage.cards.charx.MAX_CARD", 2**20)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_card_bytes(a_zip({"card.json": b"\0" * 50_000_000}), "bomb.charx")
    monkeypatch.setattr("tavern_tui.storage.cards.charx.MAX_MEMBERS", 3)
    with pytest.raises(DataError, match="more than 3 files"):
        read_card_bytes(a_zip({str(n): b"" for n in range(5)}), "bomb.charx")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (a_zip({"other": b""}), "no card.json"),
        (a_zip({"card.json": b'{"name":"x"}'}), "no card version"),
        (a_charx()[:100], "usable CHARX"),
        (b"PK\x03\x04", "usable CHARX"),
    ],
    ids=["no card", "no version", "cut", "empty"],  # bytes with the time in them would name the tests anew
)
def test_broken_archives_give_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_card_bytes(data, "x.charx")


@quickly
@given(st.integers(0, 600), st.binary(min_size=1, max_size=30))
def test_a_damaged_archive_is_a_card_or_a_data_error(at: int, rubbish: bytes) -> None:
    good = a_charx()
    try:
        read_card_bytes(good[:at] + rubbish + good[at + len(rubbish) :], "x.charx")
    except DataError as error:
        assert str(error)


def test_yaml_cards_are_read_and_their_anchors_do_not_unfold() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(5))
    data = f"name: Ann\ncontext: A miller.\ngreeting: Hello.\nwhen: 2020-01-01\n{bomb}".encode()
    ann = read_card_bytes(data, "ann.yaml")
    assert (ann.name, ann.description, ann.first_message, ann.file) == ("Ann", "A miller.", "Hello.", "ann")
    assert "a" not in ann.source
    with pytest.raises(DataError, match="not valid YAML"):
        read_card_bytes(b"a: [", "x.yml")
    with pytest.raises(DataError, match="mapping"):
        read_card_bytes(b"- a", "x.yml")


# --- the characters folder


def test_importing_makes_a_new_file_and_drops_what_belongs_to_the_former_owner(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    source = tmp_path / "somewhere.png"
    card = {**a_v2_card(extensions={"fav": True}), "chat": "Ann - yesterday"}
    source.write_bytes(a_png(("chara", card_text(card))))
    first, second = import_card(folders, source), import_card(folders, source)
    assert (first.file, second.file) == ("Ann", "Ann1")
    kept = read_card(folders.card("Ann"))
    assert not kept.favourite
    assert "chat" not in kept.source
    assert "create_date" in kept.source


def test_saving_keeps_the_picture_that_is_there(tmp_path: Path) -> None:
    folders = a_folder(tmp_path)
    ann = save_card(folders, Character(name="Ann: the/second"), a_png(("Comment", b"mine")))
    assert ann.file == "Ann thesecond"
    save_card(folders, replace(ann, description="New."))
    data = folders.card(ann.file).read_bytes()
    assert b"Comment\0mine" in data
    assert read_card(folders.card(ann.file)).description == "New."


def test_a_hostile_file_name_does_not_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        save_card(a_folder(tmp_path), Character(name="x", file="../../x"))


def test_a_picture_in_another_format_is_converted(tmp_path: Path) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (8, 8)).save(jpeg, "JPEG")
    assert write_png(Character(name="A"), jpeg.getvalue()).startswith(chunks.SIGNATURE)
    with pytest.raises(DataError, match="no format"):
        write_png(Character(name="A"), b"not a picture")


def test_an_apng_keeps_its_frames() -> None:
    frames = a_chunk(b"acTL", b"\0" * 8) + a_chunk(b"fcTL", b"\0" * 26)
    moving = a_png().replace(a_chunk(b"IEND", b""), frames + a_chunk(b"IEND", b""))
    assert frames in write_png(Character(name="A"), moving)
