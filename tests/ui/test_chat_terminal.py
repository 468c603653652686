"""Long evenings in a real terminal: an old chat edited, two chats at once and a crash, many chats searched."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.character import Character
from tavern_tui.storage.cards import write_png
from tests.ui.terminal import Terminal, need_tmux, wait_until
from tests.ui.test_terminal import command, environment
from tests.ui.test_tour import backend

pytestmark = [pytest.mark.terminal]

SETTINGS = """\
current_connection = "server"
current_character = "Ann"
probe_on_start = false

[[connections]]
name = "server"
provider = "koboldcpp"
url = "{url}"
max_tokens = 50
"""


def put_cards(folder: Path, *names: str) -> None:
    cards = folder / "data" / "characters"
    cards.mkdir(parents=True)
    for name in names:
        card = Character(name=name, description="Somebody.", first_message=f"{name} says hello.")
        (cards / f"{name}.png").write_bytes(write_png(card, None))


def put_chat(folder: Path, owner: str, title: str, *lines: dict[str, Any]) -> Path:
    path = folder / "data" / "chats" / owner / f"{title}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def started(folder: Path, url: str, size: tuple[int, int]) -> Terminal:
    (folder / "settings.toml").write_text(SETTINGS.format(url=url))
    return Terminal(command(folder), folder, environment(folder), size=size)


def texts(path: Path) -> list[str]:
    return [json.loads(line)["mes"] for line in path.read_text("utf-8").splitlines()[1:] if line]


# --- an old chat


def swipe(text: str, **extra: object) -> dict[str, Any]:
    return {
        "send_date": "2026-01-02T10:00:00.000Z",
        "gen_started": None,
        "gen_finished": None,
        "extra": extra,
    }


OLD_CHAT: tuple[dict[str, Any], ...] = (
    {
        "chat_metadata": {
            "integrity": "abc",
            "main_chat": "Ann - before",
            "note_prompt": "It rains.",
            "somebody_elses": {"kept": [1, None]},
        },
        "user_name": "unused",
        "character_name": "unused",
    },
    {
        "name": "Ann", "is_user": False, "is_system": False, "send_date": "2026-01-02T10:00:00.000Z",
        "mes": "Second greeting.", "extra": {}, "swipe_id": 1, "swipes": ["First greeting.", "Second greeting."],
        "swipe_info": [swipe("First greeting."), swipe("Second greeting.")],
    },
    {
        "name": "User", "is_user": True, "is_system": True, "send_date": "2026-01-02T10:01:00.000Z",
        "mes": "A hidden word.", "extra": {"isSmallSys": False}, "force_avatar": "User Avatars/x.png",
    },
    {
        "name": "Ann", "is_user": False, "is_system": False, "send_date": "2026-01-02T10:02:00.000Z",
        "mes": "A blade, then.", "swipe_id": 0, "swipes": ["A blade, then.", "A pot, then."],
        "swipe_info": [swipe("", reasoning="Swords."), swipe("", api="openai", model="x", token_count=4)],
        "extra": {
            "api": "openai", "model": "gpt-x", "reasoning": "She wants a sword.", "reasoning_duration": 2100,
            "branches": ["Ann - Branch #1"], "bookmark_link": "Ann - Checkpoint #1",
        },
        "gen_started": "2026-01-02T10:01:58.000Z", "gen_finished": "2026-01-02T10:02:00.000Z",
    },
    {
        "name": "User", "is_user": True, "is_system": False, "send_date": "2026-01-02T10:03:00.000Z",
        "mes": "A short one.", "extra": {"foreign": {"a": 1}}, "unknown": "key",
    },
)  # fmt: skip


def test_an_old_chat_is_the_same_but_for_what_was_edited(tmp_path: Path) -> None:
    need_tmux()
    put_cards(tmp_path, "Ann")
    path = put_chat(tmp_path, "Ann", "Old", *OLD_CHAT)
    before = path.read_text("utf-8").split("\n")
    with started(tmp_path, "http://127.0.0.1:9", (80, 24)) as terminal:
        terminal.wait_for("A short one.", "A blade, then.", "4 messages")
        terminal.press("C-Up", "e")
        terminal.wait_for("#3 User")
        terminal.press("C-End")
        terminal.type(" With a rose.")
        terminal.press("C-o")
        wait_until(lambda: texts(path)[-1] == "A short one. With a rose.")
        terminal.wait_for("With a rose.", absent=("#3 User",))
        terminal.press("C-c", "C-c")
    after = path.read_text("utf-8").split("\n")
    assert after[:-1] == before[:-1]
    edited = json.loads(after[-1])
    assert edited.pop("mes") == "A short one. With a rose."
    as_it_was = json.loads(before[-1])
    as_it_was.pop("mes")
    assert edited == as_it_was


# --- two chats and a crash


def test_two_chats_at_once_and_a_crash_between_them(tmp_path: Path) -> None:
    need_tmux()
    put_cards(tmp_path, "Ann", "Bo")
    with ExitStack() as stack:
        hanging = stack.enter_context(backend("koboldcpp", "One two three four five six.", pace=-1))
        with started(tmp_path, hanging, (120, 40)) as terminal:
            terminal.wait_for("Ann says hello.", "server")
            terminal.type("Hi, Ann")
            terminal.press("Enter")
            terminal.wait_for("One two three")
            terminal.press("M-o")
            terminal.wait_for("Open in a new tab")
            terminal.type("Bo")
            terminal.press("Enter")
            terminal.wait_for("Bo says hello.", "●Ann")
            terminal.type("Dear Bo, I")
            terminal.wait_for("Dear Bo, I")
            ann = next((tmp_path / "data" / "chats" / "Ann").glob("*.jsonl"))
            wait_until(lambda: "One two" in texts(ann)[-1])
            drafts = tmp_path / "data"
            wait_until(
                lambda: any(
                    one.read_text("utf-8", "replace") == "Dear Bo, I"
                    for folder in (tmp_path / "state", tmp_path / "cache", drafts)
                    for one in folder.rglob("*.txt")
                )
            )
            terminal.kill()
        with started_again(tmp_path, (80, 24)) as terminal:
            terminal.wait_for("Bo says hello.", "Dear Bo, I", "Ann")
            terminal.press("C-PPage")
            terminal.wait_for("Hi, Ann", "One two")
            terminal.press("C-NPage")
            terminal.wait_for("Dear Bo, I")
            terminal.press("M-q")
            terminal.wait_for("Hi, Ann", absent=("Dear Bo",))
            terminal.press("C-c", "C-c")
    assert texts(ann)[1] == "Hi, Ann"
    assert "One two" in texts(ann)[2]


def started_again(folder: Path, size: tuple[int, int]) -> Terminal:
    return Terminal(command(folder), folder, environment(folder), size=size)


# --- many chats


def test_a_word_is_found_in_all_chats_and_gone_on_with_in_a_branch(tmp_path: Path) -> None:
    need_tmux()
    put_cards(tmp_path, "Ann", "Bo")
    for number in range(3):
        lines = [
            {
                "name": "Bo",
                "is_user": False,
                "is_system": False,
                "mes": f"Loaf {at} of batch {number}.",
                "extra": {},
            }
            for at in range(200)
        ]
        lines[120]["mes"] = f"The crust of batch {number} sings 竜の歌."
        put_chat(tmp_path, "Bo", f"Bakery {number}", {"chat_metadata": {}}, *lines)
    with ExitStack() as stack:
        url = stack.enter_context(backend("koboldcpp", "It does sing."))
        with started(tmp_path, url, (200, 60)) as terminal:
            terminal.wait_for("Ann says hello.", "server")
            terminal.press("C-f")
            terminal.wait_for("Search")
            terminal.type("竜の歌 batch 1")
            terminal.wait_for("Bakery 1", "crust of batch 1")
            terminal.press("Enter")
            terminal.wait_for("The crust of batch 1 sings", "200 messages", "Loaf 121 of batch 1.")
            terminal.press("b")
            terminal.wait_for("121 messages")
            terminal.type("Does it?")
            terminal.press("Enter")
            terminal.wait_for("It does sing.", "123 messages")
            terminal.press("M-h")
            terminal.wait_for("Bakery 1 - Branch #1", "newest first")
            terminal.type("t")
            terminal.wait_for("└ Bakery 1 - Branch #1")
            terminal.press("Escape")
            terminal.press("C-c", "C-c")
    folder = tmp_path / "data" / "chats" / "Bo"
    assert texts(folder / "Bakery 1 - Branch #1.jsonl")[-2:] == ["Does it?", "It does sing."]
    assert len(texts(folder / "Bakery 1.jsonl")) == 200
