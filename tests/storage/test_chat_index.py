"""The index of all chats finds what is in them, follows them, and comes back when it is broken."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.chat_index import ChatIndex, IndexedChat, Stopped, Terms, database, update, words
from tavern_tui.storage.chat_index.words import WordIndex, available_index

ROOT = Path(__file__).resolve().parents[2]
MODES = [WordIndex.TRIGRAMS, WordIndex.WORDS, WordIndex.NONE]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> WordIndex:
    """Every kind of index that some SQLite has."""
    if MODES.index(request.param) < MODES.index(available_index()):
        pytest.skip("This SQLite has no such index.")
    for module in (words, update, database, sys.modules["tavern_tui.storage.chat_index"]):
        monkeypatch.setattr(module, "available_index", lambda: request.param)
    found: WordIndex = request.param
    return found


def put(path: Path, *texts: str, hour: int = 0) -> IndexedChat:
    lines = [json.dumps({"chat_metadata": {}})]
    for number, text in enumerate(texts):
        date = f"2026-01-01T{hour:02}:{number:02}:00.000Z"
        lines.append(json.dumps({"name": "Ann", "is_user": False, "mes": text, "send_date": date}))
    path.write_text("\n".join(lines), encoding="utf-8")
    return IndexedChat(path=path, owner=f"character:{path.parent.name}", title=path.stem)


def found(index: ChatIndex, query: str, **options: object) -> list[str]:
    return [one.text for one in index.find(Terms.of(query), **options)]  # type: ignore[arg-type]  # options of find


# --- finding


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("needle", ["a needle in hay"]),
        ("NEEDLE", ["a needle in hay"]),
        ("hay needle", ["a needle in hay"]),
        ("need", ["a needle in hay"]),
        ("needle straw", []),
        ('"in hay"', ["a needle in hay"]),
        ('"hay in"', []),
        ('"broken over"', ["broken\nover lines"]),
        ("物語", ["昔の物語です"]),
        ("語", ["昔の物語です"]),
        ("の物語で", ["昔の物語です"]),
        ("語物", []),
        ("ändern", ["Wir ÄNDERN es"]),
        ("im", ["im"]),
        ("it's", ["it's so"]),
        ("50%", ["50% off"]),
        ("", []),
        ("   ", []),
        ('""', []),
    ],
)
def test_words_are_found_whatever_index_there_is(tmp_path: Path, query: str, expected: list[str]) -> None:
    texts = [
        "a needle in hay",
        "broken\nover lines",
        "昔の物語です",
        "Wir ÄNDERN es",
        "im",
        "it's so",
        "50% off",
    ]
    index = ChatIndex(tmp_path / "index.sqlite")
    assert index.update([put(tmp_path / "a.jsonl", *texts)]) == []
    assert found(index, query) == expected


def test_with_trigrams_any_part_of_a_word_is_found(tmp_path: Path) -> None:
    if available_index() is not WordIndex.TRIGRAMS:
        pytest.skip("This SQLite has no trigrams.")
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([put(tmp_path / "a.jsonl", "Donaudampfschiff")])
    for part in ("dampf", "fs", "SCHIFF"):
        assert found(index, part) == ["Donaudampfschiff"]


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize(
    "query",
    ['"', '"""', "AND", "OR NOT", "NEAR(a b)", "a*", "*", "^a", "body:a", "(", "-a", "a\0b", "'; DROP TABLE files", "{a}",
     "\ud800", "+", "a AND", '"a" "', "_%", "\u0301", "a" * 5000, "b " * 500],
)  # fmt: skip
def test_no_query_is_a_syntax_error(tmp_path: Path, query: str) -> None:
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([put(tmp_path / "a.jsonl", "a AND b NEAR(a b) body:a -a 'x' (y) {a}")])
    index.find(Terms.of(query))
    index.find(Terms.of(query), best_first=True)
    assert found(index, "NEAR")


@given(st.text(max_size=30), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_word_of_a_text_finds_it(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str
) -> None:
    folder = tmp_path_factory.mktemp("index")
    index = ChatIndex(folder / "index.sqlite")
    text = f"{before} Sumpfdotterblume {after}"
    index.update([put(folder / "a.jsonl", text)])
    assert len(index.find(Terms.of("dotterblume"))) == 1
    index.find(Terms.of(before + after))


def test_the_newest_come_first_or_the_best(tmp_path: Path) -> None:
    old = put(tmp_path / "old.jsonl", "smith smith smith", hour=1)
    new = put(tmp_path / "new.jsonl", "a smith among a great many other people in town", "smith", hour=2)
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([old, new])
    assert found(index, "smith") == [
        "smith",
        "a smith among a great many other people in town",
        "smith smith smith",
    ]
    assert found(index, "smith", best_first=True)[-1].startswith("a smith among")
    assert found(index, "smith", limit=1) == ["smith"]


def test_a_hit_says_where_it_is(tmp_path: Path) -> None:
    chat = put(tmp_path / "a.jsonl", "one", "two needles")
    other = IndexedChat(path=put(tmp_path / "b.jsonl", "needles").path, owner="group:1", title="B")
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([chat, other])
    (hit,) = index.find(Terms.of("needle"), owner=chat.owner)
    assert (hit.owner, hit.title, hit.path, hit.index, hit.name) == (chat.owner, "a", chat.path, 1, "Ann")
    assert hit.sent == 1767225660.0
    assert [one.title for one in index.find(Terms.of("needle"), owner="group:1")] == ["B"]


# --- following the chats


@pytest.mark.usefixtures("mode")
def test_changes_in_chats_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    index = ChatIndex(tmp_path / "index.sqlite")
    chat = put(path, "red apple", "green pear", "blue plum")
    index.update([chat])
    put(path, "red apple", "yellow quince")
    os.utime(path, (1, 1))
    index.update([chat])
    assert found(index, "apple") == ["red apple"]
    assert found(index, "quince") == ["yellow quince"]
    assert found(index, "pear") == found(index, "plum") == []
    path.unlink()
    index.update([])
    assert found(index, "apple") == found(index, "quince") == []


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chats = [put(tmp_path / f"{name}.jsonl", f"words of {name}") for name in "abc"]
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update(chats)
    read: list[str] = []
    before = update.read_chat
    monkeypatch.setattr(update, "read_chat", lambda path: (read.append(path.name), before(path))[1])
    index.update(chats)
    assert read == []
    put(chats[1].path, "other words, longer ones")
    steps: list[tuple[int, int]] = []
    index.update(chats, progress=lambda done, total: steps.append((done, total)))
    assert read == ["b.jsonl"]
    assert steps == [(0, 1), (1, 1)]


def test_a_chat_under_another_name_is_found_under_it(tmp_path: Path) -> None:
    chat = put(tmp_path / "a.jsonl", "needle")
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([chat])
    index.update([IndexedChat(path=chat.path.rename(tmp_path / "b.jsonl"), owner=chat.owner, title="b")])
    assert [one.title for one in index.find(Terms.of("needle"))] == ["b"]


def test_what_cannot_be_read_is_said_once_and_the_rest_is_found(tmp_path: Path) -> None:
    good, broken = put(tmp_path / "a.jsonl", "needle"), put(tmp_path / "b.jsonl", "")
    broken.path.write_text("no chat at all")
    index = ChatIndex(tmp_path / "index.sqlite")
    (sentence,) = index.update([broken, good])
    assert "b.jsonl" in sentence
    assert found(index, "needle") == ["needle"]
    assert index.update([broken, good]) == []
    assert (
        index.update([IndexedChat(path=tmp_path / "gone.jsonl", owner="x", title="gone"), good, broken]) == []
    )


# --- broken files, full disks, other programs


def spoilt(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    for data in (
        b"",
        b"no database at all" * 99,
        whole[: len(whole) // 2],
        whole[:100] + b"\xff" * 4000 + whole[4100:],
    ):
        path.write_bytes(data)
        yield
    for table in ("files", "words", "messages"):
        path.write_bytes(whole)
        with sqlite3.connect(path) as file:
            file.execute(f"DROP TABLE {table}")
        file.close()
        yield


def test_a_broken_index_is_made_anew(tmp_path: Path) -> None:
    chats = [put(tmp_path / f"{number}.jsonl", *(f"needle {at}" for at in range(40))) for number in range(5)]
    path = tmp_path / "index.sqlite"
    ChatIndex(path).update(chats)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    for _ in spoilt(path):
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        index = ChatIndex(path)
        index.update(chats)
        assert len(index.find(Terms.of("needle"), limit=999)) == 200


def test_an_index_of_another_version_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, chat = tmp_path / "index.sqlite", put(tmp_path / "a.jsonl", "needle")
    ChatIndex(path).update([chat])
    monkeypatch.setattr(database, "VERSION", 99)
    index = ChatIndex(path)
    assert found(index, "needle") == []
    index.update([chat])
    assert found(index, "needle") == ["needle"]


def test_where_no_file_can_be_the_index_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = ChatIndex(tmp_path / "file" / "index.sqlite")
    index.update([put(tmp_path / "a.jsonl", "needle")])
    assert found(index, "needle") == ["needle"]
    index.close()


def test_another_program_that_writes_too_long_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, chat = tmp_path / "index.sqlite", put(tmp_path / "a.jsonl", "needle")
    ChatIndex(path).update([chat])
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        put(chat.path, "another needle")
        with pytest.raises(WriteFailed, match="index"):
            ChatIndex(path).update([chat])
        assert found(ChatIndex(path), "needle") == ["needle"]
    finally:
        other.close()


def test_it_stops_when_nobody_wants_to_know_any_more(tmp_path: Path) -> None:
    chats = [put(tmp_path / f"{number}.jsonl", "needle") for number in range(5)]
    index, stop = ChatIndex(tmp_path / "index.sqlite"), threading.Event()

    def after_two(done: int, total: int) -> None:
        if done == 2:
            stop.set()

    with pytest.raises(Stopped):
        index.update(chats, progress=after_two, stop=stop)
    assert 1 <= len(found(index, "needle")) < 5
    index.update(chats)
    assert len(found(index, "needle")) == 5


PROGRAM = """
import sys
from pathlib import Path
from tavern_tui.storage.chat_index import ChatIndex, IndexedChat, Terms
folder = Path(sys.argv[1])
chats = [IndexedChat(path=one, owner="x", title=one.stem) for one in sorted(folder.glob("*.jsonl"))]
index = ChatIndex(folder / "index.sqlite")
index.update(chats)
print(len(index.find(Terms.of("needle"), limit=9999)))
"""


def test_several_programs_may_make_the_index_at_once(tmp_path: Path) -> None:
    for number in range(20):
        put(tmp_path / f"{number}.jsonl", *(f"needle {at} of {number}" for at in range(20)))
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for program in programs:
        out, err = program.communicate(timeout=60)
        assert (out.strip(), err) == ("400", "")


def test_a_killed_program_leaves_an_index_that_works(tmp_path: Path) -> None:
    chats = [put(tmp_path / f"{n}.jsonl", *(f"needle {at}" for at in range(300))) for n in range(12)]
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    path = tmp_path / "index.sqlite"
    while not path.exists() and program.poll() is None:
        pass
    program.kill()
    program.communicate()
    index = ChatIndex(path)
    index.update([IndexedChat(path=one.path, owner="x", title=one.title) for one in chats])
    assert len(index.find(Terms.of("needle"), limit=9999)) == 3600


def test_ten_thousand_messages_are_indexed_in_seconds(tmp_path: Path) -> None:
    text = "The smith hammers at the glowing iron and says nothing for a long while. " * 6
    chat = put(tmp_path / "a.jsonl", *(f"{text} {number}" for number in range(60)))
    lines = chat.path.read_text().splitlines()
    chat.path.write_text("\n".join([lines[0], *(lines[1 + at % 60] for at in range(10_000))]))
    started = time.monotonic()
    index = ChatIndex(tmp_path / "index.sqlite")
    index.update([chat])
    assert time.monotonic() - started < 20
    assert len(index.find(Terms.of('"smith hammers"'), limit=20_000)) == 10_000
