"""Reading with patience, writing without loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.storage.json_keep import (
    compact_json,
    dig,
    flag,
    lay_over,
    number,
    parse_json,
    parse_object,
    pretty_json,
    read_object,
    read_value,
    text,
    texts,
    whole,
)
from tests.storage.builders import (
    json_objects,
    json_values,
    quickly,
)


@quickly
@given(json_values)
def test_what_is_written_reads_the_same(value: object) -> None:
    for written in (compact_json(value), pretty_json(value)):
        written.decode("utf-8")
        assert parse_json(written, "value") == value


def test_half_an_emoji_is_written_as_its_escape() -> None:
    assert compact_json("\ud83d") == b'"\\ud83d"'
    assert compact_json(["ok", "\ud83dx"]) == b'["ok","\\ud83dx"]'


def test_numbers_that_json_does_not_have_become_null() -> None:
    assert compact_json({"a": float("nan"), "b": [float("inf"), 1.5]}) == b'{"a":null,"b":[null,1.5]}'
    assert parse_json(b"[NaN, -Infinity]", "x") == [None, None]


def test_a_bom_is_tolerated() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a":1}', "x") == {"a": 1}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "huge numbers"),
        (b"[]", "holds a list"),
    ],
)
def test_broken_json_gives_one_sentence_that_names_the_file(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        parse_object(data, "file.json")
    assert "file.json" in str(caught.value)


def test_a_broken_file_is_unreadable_and_so_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{,}")
    for path in (tmp_path / "broken.json", tmp_path / "missing.json", tmp_path):
        with pytest.raises(UnreadableFile):
            read_object(path)


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        (text, 3, "3"),
        (number, "0.5", 0.5),
        (whole, 4.0, 4),
        (whole, "12", 12),
        (flag, "true", True),
        (flag, 0, False),
        (texts, "one", ("one",)),
        (texts, ["a", 1, "b"], ("a", "b")),
    ],
)
def test_values_of_a_kindred_type_are_understood(reader: object, value: object, read: object) -> None:
    warnings: list[str] = []
    assert read_value(value, reader, None, "x", warnings) == read  # type: ignore[arg-type]  # a reader
    assert not warnings


@pytest.mark.parametrize(
    ("reader", "value"),
    [(text, []), (number, "abc"), (number, "nan"), (whole, True), (flag, {}), (texts, 3)],
)
def test_odd_values_give_the_default_and_a_warning(reader: object, value: object) -> None:
    warnings: list[str] = []
    assert read_value(value, reader, "default", "The key", warnings) == "default"  # type: ignore[arg-type]
    assert len(warnings) == 1
    assert warnings[0].startswith("The key should be")


@quickly
@given(json_objects)
def test_laying_nothing_over_an_object_changes_nothing(source: dict[str, object]) -> None:
    same = {("a",): 1, ("b", "c"): True}
    assert json.dumps(lay_over(source, same, same)) == json.dumps(source)


def test_changes_go_where_they_belong_and_the_original_stays() -> None:
    source: dict[str, object] = {"z": {"k": 1, "inner": {"x": 1}}, "a": 2}
    made = lay_over(source, {("z", "inner", "x"): 1, ("a",): 1}, {("z", "inner", "x"): 2, ("a",): True})
    assert made == {"z": {"k": 1, "inner": {"x": 2}}, "a": True}
    assert list(made) == ["z", "a"]
    assert dig(source, ("z", "inner", "x")) == 1
