"""Chat files: read with patience, written without loss, whole after a crash."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.chat import Chat, Message, Swipe, a_message
from tavern_tui.core.errors import UnreadableFile, WriteFailed
from tavern_tui.storage.chats import (
    ChangedOnDisk,
    ChatFile,
    LoadedChat,
    NewChat,
    list_chats,
    new_chat_name,
    read_chat,
    read_rest,
    read_tail,
)
from tavern_tui.storage.chats.messages import message_from_json, message_json
from tavern_tui.storage.chats.tail import journal_of, replace_tail
from tests.storage.builders import (
    HEADER,
    HELLO,
    HI,
    chat_lines,
    json_objects,
    quickly,
)

ROOT = Path(__file__).resolve().parents[2]


def a_chat_file(tmp_path: Path, *lines: object, raw: bytes | None = None) -> Path:
    path = tmp_path / "Ann - today.jsonl"
    path.write_bytes(raw if raw is not None else chat_lines(*lines).encode())
    return path


def loaded(path: Path) -> LoadedChat:
    found = read_chat(path)
    assert isinstance(found, LoadedChat)
    return found


# --- reading


def test_header_and_messages_are_read(tmp_path: Path) -> None:
    found = loaded(a_chat_file(tmp_path, HEADER, HELLO, HI))
    assert found.chat.title == "Ann - today"
    assert found.chat.metadata == HEADER["chat_metadata"]
    assert "chat_metadata" not in found.chat.source
    hello, hi = found.chat.messages
    assert (hello.name, hello.text, hello.is_user, hello.swipe.sent_at) == (
        "Ann", "Hello!", False, "2026-11-23T06:44:05.242Z"
    )  # fmt: skip
    assert (hi.is_user, hi.swipe.sent_at) == (True, "1718000000000")
    assert found.warnings == ()
    assert found.complete


def test_no_file_and_an_empty_file_are_a_new_chat(tmp_path: Path) -> None:
    for path in (
        tmp_path / "none.jsonl",
        a_chat_file(tmp_path, raw=b""),
        a_chat_file(tmp_path, raw=b"\n\0\0"),
    ):
        assert isinstance(read_chat(path), NewChat)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0",
        b"just words\nand more",
        b"[1]\n[2]",
        b'{"entries":{}}',
        "ann".encode("utf-16"),
    ],
)
def test_what_is_no_chat_is_unreadable_and_left_alone(tmp_path: Path, raw: bytes) -> None:
    path = a_chat_file(tmp_path, raw=raw)
    with pytest.raises(UnreadableFile, match="is not a chat"):
        read_chat(path)
    with pytest.raises(UnreadableFile):
        ChatFile(path).append(a_message("Ann", "x"))
    assert path.read_bytes() == raw


def test_a_folder_in_the_place_of_a_chat_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_chat(tmp_path)


def test_group_chats_of_old_begin_with_a_message(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, HELLO, HI)
    found = loaded(path)
    assert [one.text for one in found.chat.messages] == ["Hello!", "Hi."]
    before = path.read_bytes()
    ChatFile(path, found).rewrite(found.chat)
    assert path.read_bytes() == before


def test_the_shown_swipe_is_told_by_the_line_and_the_others_by_their_info(tmp_path: Path) -> None:
    line = {
        **HELLO,
        "mes": "Two, edited",
        "swipes": ["One", "Two", 7],
        "swipe_id": 1,
        "extra": {"model": "now"},
        "swipe_info": [{"send_date": "then", "extra": {"model": "old"}}, {}],
    }
    message = loaded(a_chat_file(tmp_path, HEADER, line)).chat.messages[0]
    assert [one.text for one in message.swipes] == ["One", "Two, edited", ""]
    assert message.shown == 1
    assert [one.extra.get("model") for one in message.swipes] == ["old", "now", None]
    assert message.swipes[0].sent_at == "then"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "not valid JSON"),
        ('"text"', "should be an object"),
        ('{"name":"A"}', '"mes" should be a text'),
        ('{"mes":"x","swipes":["a","b"],"swipe_id":9}', '"swipe_id" is 9'),
        ('{"mes":"x","extra":3}', '"extra" should be an object'),
        ('{"mes":"x","name":["A"]}', '"name" should be a text'),
        ('{"mes":"x","is_user":{}}', '"is_user" should be true or false'),
    ],
)
def test_an_odd_line_is_named_by_file_and_number_and_survives(tmp_path: Path, line: str, said: str) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO, line, HI)
    found = loaded(path)
    assert len(found.warnings) == 1
    assert "Ann - today.jsonl, line 3" in found.warnings[0]
    assert said in found.warnings[0]
    found.chat.messages[-1] = found.chat.messages[-1].with_text("edited")
    ChatFile(path, found).rewrite(found.chat)
    lines = path.read_text().split("\n")
    assert lines[2] == line
    assert "edited" in lines[3]


def test_chub_s_objects_in_the_place_of_texts_are_understood() -> None:
    line = {
        "name": "A",
        "mes": {"message": "Hello"},
        "swipes": [{"message": "Hi"}, {"message": "x"}],
        "swipe_id": 1,
    }
    message = message_from_json(line, "", [])
    assert message is not None
    assert [one.text for one in message.swipes] == ["Hi", "Hello"]


@quickly
@given(json_objects)
def test_any_object_is_a_message_or_a_warning(line: dict[str, object]) -> None:
    warnings: list[str] = []
    for candidate in (line, {"mes": "x", **line}, {**HELLO, **line}):
        message = message_from_json(candidate, "here", warnings)
        assert message is None or message_json(message) == candidate


# --- what is not touched stays as it was

TRICKY = (
    '{"chat_metadata":{"integrity":"x","n":1.0},"user_name":"\\u00c4nn","character_name":"unused"}',
    '{"name": "Ann",  "is_user": false, "mes": "caf\\u00e9 \\/ 1", "extra": {"b": 1e5, "a": 0.10}, "x": null}',
    "",
    '{"mes":"second","name":"Robin","is_user":true,"is_system":false}',
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["", "newline"])
def test_an_untouched_chat_is_written_back_byte_for_byte(
    tmp_path: Path, newline: str, bom: bytes, end: str
) -> None:
    raw = bom + (newline.join(TRICKY) + (newline if end else "")).encode()
    path = a_chat_file(tmp_path, raw=raw)
    found = loaded(path)
    assert [one.text for one in found.chat.messages] == ["café / 1", "second"]
    file = ChatFile(path, found)
    file.rewrite(found.chat)
    assert path.read_bytes() == raw
    file.append(a_message("Ann", "third"))
    assert path.read_bytes().startswith(raw)
    assert [one.text for one in loaded(path).chat.messages] == ["café / 1", "second", "third"]


def test_a_file_that_holds_just_this_is_not_written(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO)
    os.utime(path, ns=(1, 1))
    found = loaded(path)
    ChatFile(path, found).rewrite(found.chat)
    assert path.stat().st_mtime_ns == 1


def test_an_edit_changes_its_own_line_only_and_keeps_the_rest_of_it(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, *TRICKY)
    found = loaded(path)
    found.chat.messages[0] = found.chat.messages[0].with_text("new")
    ChatFile(path, found).rewrite(found.chat)
    lines = path.read_text().split("\n")
    assert (lines[0], lines[2], lines[3]) == (TRICKY[0], TRICKY[2], TRICKY[3])
    line = json.loads(lines[1])
    assert list(line) == ["name", "is_user", "mes", "extra", "x"]
    assert line["mes"] == "new"
    assert "swipes" not in line or line["swipes"] == ["new"]


def test_a_changed_header_keeps_its_order_and_unknown_keys(tmp_path: Path) -> None:
    path = a_chat_file(
        tmp_path, {"user_name": "Robin", "create_date": "x", "chat_metadata": {"a": 1}, "mine": [1]}, HELLO
    )
    found = loaded(path)
    found.chat.metadata["variables"] = {"gold": "3"}
    ChatFile(path, found).rewrite(found.chat)
    header, hello = path.read_text().split("\n")
    assert header == (
        '{"user_name":"Robin","create_date":"x","chat_metadata":{"a":1,"variables":{"gold":"3"}},"mine":[1]}'
    )
    assert json.loads(hello) == HELLO


def test_a_deleted_message_takes_only_itself_away_and_can_come_back(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO, "{kept", HI, {**HI, "mes": "Third."})
    found = loaded(path)
    file = ChatFile(path, found)
    whole = list(found.chat.messages)
    del found.chat.messages[0]
    file.rewrite(found.chat)
    assert [json.loads(line)["mes"] if line != "{kept" else line for line in path.read_text().split("\n")[1:]] == [
        "{kept", "Hi.", "Third."
    ]  # fmt: skip
    found.chat.messages[:] = whole
    file.rewrite(found.chat)
    assert [one.text for one in loaded(path).chat.messages] == ["Hello!", "Hi.", "Third."]
    assert "{kept" in path.read_text()


@quickly
@given(st.text(max_size=30), st.booleans(), st.booleans(), json_objects)
def test_a_new_message_comes_back_as_it_was(
    text: str, is_user: bool, hidden: bool, extra: dict[str, object]
) -> None:
    made = Message(
        name="Ann",
        is_user=is_user,
        hidden=hidden,
        swipes=(Swipe(text="first"), Swipe(text=text, extra=extra)),
        shown=1,
    )
    back = message_from_json(json.loads(json.dumps(message_json(made))), "", [])
    assert back is not None
    assert replace(back, source={}, swipes=tuple(replace(one, source={}) for one in back.swipes)) == made


def test_a_new_reply_has_the_keys_sillytavern_writes() -> None:
    made = a_message("Ann", "Hello", sent_at="2026-11-23T06:44:05.242Z", extra={"api": "x"})
    assert message_json(made) == {
        "name": "Ann", "is_user": False, "is_system": False, "mes": "Hello",
        "send_date": "2026-11-23T06:44:05.242Z", "extra": {"api": "x"}, "swipe_id": 0, "swipes": ["Hello"],
        "swipe_info": [{"send_date": "2026-11-23T06:44:05.242Z", "extra": {"api": "x"}}],
    }  # fmt: skip
    assert "swipes" not in message_json(a_message("Robin", "Hi", is_user=True))


def test_switching_swipes_moves_text_dates_and_extra() -> None:
    line = {**HELLO, "swipes": ["Hello!", "Other"], "extra": {"n": 0}, "gen_started": "a",
            "swipe_info": [{"send_date": "d0", "extra": {"n": 0}}, {"send_date": "d1", "extra": {"n": 1}, "z": 1}]}  # fmt: skip
    message = message_from_json(line, "", [])
    assert message is not None
    written = message_json(replace(message, shown=1))
    assert (written["mes"], written["swipe_id"], written["send_date"], written["extra"]) == (
        "Other",
        1,
        "d1",
        {"n": 1},
    )
    assert "gen_started" not in written
    assert written["swipe_info"][1]["z"] == 1  # type: ignore[index]


# --- writing


def test_a_new_chat_gets_an_integrity_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "chats" / "Ann" / "new.jsonl"
    chat = Chat(title="new", messages=[a_message("Ann", "Hello")])
    file = ChatFile(path)
    file.rewrite(chat)
    integrity = chat.metadata["integrity"]
    assert isinstance(integrity, str)
    assert len(integrity) == 36
    chat.messages.append(a_message("Robin", "Hi", is_user=True))
    file.append(chat.messages[-1], chat)
    assert loaded(path).chat.metadata["integrity"] == integrity
    header = path.read_text().split("\n")[0]
    assert (
        header
        == f'{{"chat_metadata":{{"integrity":"{integrity}"}},"user_name":"unused","character_name":"unused"}}'
    )


def test_appending_to_a_file_that_lacks_more_writes_all_of_the_chat(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    chat = Chat(title="new", messages=[a_message("Ann", "Hello"), a_message("Robin", "Hi", is_user=True)])
    ChatFile(path).append(chat.messages[-1], chat)
    assert [one.text for one in loaded(path).chat.messages] == ["Hello", "Hi"]


def test_appending_writes_only_the_new_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO)
    file = ChatFile(path, loaded(path))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the file was rewritten")

    monkeypatch.setattr("tavern_tui.storage.chats.file.write_bytes", never)
    for text in ("a", "b"):
        file.append(a_message("Robin", text, is_user=True))
    file.update_last(a_message("Robin", "longer than b", is_user=True))
    file.update_last(a_message("Robin", "c", is_user=True))
    assert [one.text for one in loaded(path).chat.messages] == ["Hello!", "a", "c"]


def test_a_growing_reply_is_appended_once_and_then_replaced(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO, HI)
    found = loaded(path)
    chat, file = found.chat, ChatFile(path, found)
    reply = a_message("Ann", "")
    chat.messages.append(reply)
    for text in ("Once", "Once upon", "Once upon a time", "Once."):
        chat.messages[-1] = chat.messages[-1].with_text(text)
        file.save_partial(chat, 2)
        assert [one.text for one in loaded(path).chat.messages] == ["Hello!", "Hi.", text]
    chat.messages[0] = chat.messages[0].with_text("edited")
    file.save_partial(chat, 0)
    assert [one.text for one in loaded(path).chat.messages] == ["edited", "Hi.", "Once."]


def test_another_program_s_change_is_noticed_and_not_written_over(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO)
    found = loaded(path)
    file = ChatFile(path, found)
    theirs = chat_lines(HEADER, HELLO, HI)
    path.write_text(theirs)
    assert file.changed_on_disk()
    found.chat.messages.append(a_message("Robin", "mine", is_user=True))
    for write in (
        lambda: file.append(found.chat.messages[-1]),
        lambda: file.update_last(found.chat.messages[-1]),
        lambda: file.rewrite(found.chat),
    ):
        with pytest.raises(ChangedOnDisk, match="changed by another program"):
            write()
    assert path.read_text() == theirs
    file.rewrite(found.chat, force=True)
    assert [one.text for one in loaded(path).chat.messages] == ["Hello!", "mine"]
    path.unlink()
    with pytest.raises(ChangedOnDisk, match="removed"):
        file.append(found.chat.messages[-1])


def test_a_full_disk_loses_nothing_and_writing_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO)
    found = loaded(path)
    chat, file = found.chat, ChatFile(path, found)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    chat.messages.append(a_message("Robin", "mine", is_user=True))
    with monkeypatch.context() as patched:
        patched.setattr("tavern_tui.storage.atomic.os.fsync", full)
        for write in (lambda: file.append(chat.messages[-1], chat), lambda: file.rewrite(chat)):
            with pytest.raises(WriteFailed):
                write()
        with pytest.raises(WriteFailed):
            file.update_last(chat.messages[0])
    assert path.read_bytes() == before
    file.append(chat.messages[-1], chat)
    assert [one.text for one in loaded(path).chat.messages] == ["Hello!", "mine"]


# --- after a crash


@pytest.mark.parametrize("cut", range(1, len(chat_lines(HI))))
def test_a_last_line_that_was_cut_off_is_mended_or_kept(tmp_path: Path, cut: int) -> None:
    whole = chat_lines(HEADER, HELLO)
    path = a_chat_file(tmp_path, raw=f"{whole}\n{chat_lines(HI)[:cut]}".encode())
    found = loaded(path)
    assert found.chat.messages[0].text == "Hello!"
    assert len(found.warnings) == 1
    assert "line 3" in found.warnings[0]
    shown = [one.text for one in found.chat.messages[1:]]
    assert shown in ([], ["H"], ["Hi"], ["Hi."], [""])
    found.chat.messages.append(a_message("Ann", "next"))
    ChatFile(path, found).append(found.chat.messages[-1], found.chat)
    again = loaded(path)
    assert [one.text for one in again.chat.messages] == ["Hello!", *shown, "next"]
    assert len(again.warnings) == (0 if shown else 1)


@quickly
@given(st.text(max_size=60), st.integers(0, 200))
def test_the_words_of_a_cut_off_line_come_back(text: str, cut: int) -> None:
    import tempfile

    line = json.dumps({"name": "Ann", "mes": text, "extra": {"a": [1, {"b": 2}]}}, ensure_ascii=False)
    data = line.encode("utf-8", "surrogatepass")[: min(cut, len(line) - 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        path.write_bytes(chat_lines(HEADER).encode() + b"\n" + data)
        found = loaded(path)
        for message in found.chat.messages:
            assert text.startswith(message.text)


def test_zeros_after_a_power_loss_are_cleaned_away(tmp_path: Path) -> None:
    path = a_chat_file(tmp_path, raw=chat_lines(HEADER, HELLO).encode() + b"\n" + b"\0" * 500)
    found = loaded(path)
    assert [one.text for one in found.chat.messages] == ["Hello!"]
    ChatFile(path, found).append(a_message("Robin", "Hi", is_user=True))
    assert b"\0" not in path.read_bytes()


def test_bytes_that_are_no_utf8_are_shown_marked_and_kept(tmp_path: Path) -> None:
    raw = chat_lines(HEADER).encode() + b'\n{"name":"Ann","mes":"caf\xe9"}'
    path = a_chat_file(tmp_path, raw=raw)
    found = loaded(path)
    assert found.chat.messages[0].text == "caf\ufffd"
    assert "line 2" in found.warnings[0]
    ChatFile(path, found).append(a_message("Robin", "Hi", is_user=True))
    assert path.read_bytes().startswith(raw)


def test_a_replacement_that_was_interrupted_is_finished_at_the_next_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO, HI)
    start = path.read_bytes().rfind(b"\n") + 1
    grown = chat_lines({**HI, "mes": "Hi, and much more than before."}).encode()

    def killed(file: Path, at: int, tail: bytes) -> None:
        data = file.read_bytes()
        file.write_bytes(data[:at] + tail[:30])
        raise OSError(5, "killed")

    with monkeypatch.context() as patched:
        patched.setattr("tavern_tui.storage.chats.tail._overwrite", killed)
        with pytest.raises(WriteFailed):
            replace_tail(path, start, grown)
    found = loaded(path)
    assert [one.text for one in found.chat.messages] == ["Hello!", "Hi, and much more than before."]
    ChatFile(path, found).append(a_message("Ann", "next"))
    assert not journal_of(path).exists()
    assert [one.text for one in loaded(path).chat.messages][1:] == ["Hi, and much more than before.", "next"]


@pytest.mark.parametrize("rubbish", [b"", b"{", b'{"start":5,"sha256":"x"}\nabc', b'{"start":-1}\n', b"\xff"])
def test_a_broken_or_foreign_journal_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    path = a_chat_file(tmp_path, HEADER, HELLO)
    journal_of(path).write_bytes(rubbish)
    assert [one.text for one in loaded(path).chat.messages] == ["Hello!"]


WRITER = """
import sys
from pathlib import Path
from tavern_tui.core.chat import Chat, a_message
from tavern_tui.storage.chats import ChatFile
path = Path(sys.argv[1])
chat = Chat(title="x")
file = ChatFile(path)
file.rewrite(chat)
for number in range(100000):
    chat.messages.append(a_message("Robin", f"message {number}", is_user=True))
    file.append(chat.messages[-1], chat)
    print(number, flush=True)
    chat.messages.append(a_message("Ann", ""))
    for words in range(1, 6):
        chat.messages[-1] = chat.messages[-1].with_text("word " * (words * 3000))
        file.save_partial(chat, len(chat.messages) - 1)
    if number % 2:
        chat.messages[0] = chat.messages[0].with_text(f"edited {number}")
        file.rewrite(chat)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing.")
@pytest.mark.parametrize("round_number", range(6))
def test_kill_9_at_any_instant_leaves_a_chat_with_every_message(tmp_path: Path, round_number: int) -> None:
    path = tmp_path / "x.jsonl"
    program = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert program.stdout is not None
    announced = -1
    for _ in range(random.Random(round_number).randint(1, 12)):
        announced = int(program.stdout.readline())
    program.send_signal(signal.SIGKILL)
    for line in program.communicate()[0].split():
        announced = int(line)
    found = loaded(path)
    # The kill may fall into the writing of the reply that grows: its line is cut, nothing else is.
    assert all("cut off" in warning for warning in found.warnings)
    assert len(found.warnings) <= 1
    texts = [one.text for one in found.chat.messages if one.is_user]
    assert texts[1 : announced + 1] == [f"message {number}" for number in range(1, announced + 1)]


# --- long chats, lists


def test_a_long_chat_is_read_from_its_end_and_then_the_rest(tmp_path: Path) -> None:
    lines = [{**HI, "mes": f"message {number}"} for number in range(1000)]
    path = a_chat_file(tmp_path, HEADER, *lines[:500], "{odd", *lines[500:])
    found = read_tail(path, 50)
    assert isinstance(found, LoadedChat)
    assert not found.complete
    assert [one.text for one in found.chat.messages] == [f"message {n}" for n in range(950, 1000)]
    file = ChatFile(path, found)
    found.chat.messages.append(a_message("Ann", "new"))
    file.append(found.chat.messages[-1], found.chat)
    found.chat.metadata["more"] = "x" * 100
    file.rewrite(found.chat)
    for older in read_rest(found, 300):
        found.chat.messages[:0] = older
    assert found.complete
    assert any("line 502" in sentence for sentence in found.warnings)
    assert [one.text for one in found.chat.messages] == [*(f"message {n}" for n in range(1000)), "new"]
    assert loaded(path).chat.messages == [
        *found.chat.messages[:-1], loaded(path).chat.messages[-1]
    ]  # fmt: skip
    del found.chat.messages[0]
    file.rewrite(found.chat)
    assert "{odd" in path.read_text().split("\n")


def test_chats_are_listed_newest_first_with_the_last_words(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old")):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(chat_lines(HEADER, HELLO, {**HI, "mes": f"last of {name}"}, "{broken"))
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    (tmp_path / "other.txt").touch()
    (tmp_path / "empty.jsonl").touch()
    os.utime(tmp_path / "empty.jsonl", (1, 1))
    found = list_chats(tmp_path)
    assert [(one.title, one.preview, one.messages) for one in found] == [
        ("new", "last of new", 2), ("old", "last of old", 2), ("empty", "", 0)
    ]  # fmt: skip
    assert found[0].modified.timestamp() == 1_700_000_000
    assert list_chats(tmp_path / "missing") == []


def test_a_huge_chat_is_listed_by_its_tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tavern_tui.storage.chats.listing.COUNTED", 100)
    monkeypatch.setattr("tavern_tui.storage.chats.listing.TAIL", 200)
    a_chat_file(tmp_path, HEADER, *[HELLO] * 50, {**HI, "mes": "the end"})
    (found,) = list_chats(tmp_path)
    assert (found.messages, found.preview) == (None, "the end")


def test_new_chats_are_named_as_sillytavern_names_them() -> None:
    when = datetime(2026, 11, 23, 6, 44, 5, 42_000)
    assert new_chat_name("Ann/Bea", when) == "AnnBea - 2026-11-23@06h44m05s042ms"
