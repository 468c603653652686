"""The main path in a real terminal, with a real model server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tavern_tui.core.character import Character
from tavern_tui.storage.cards import write_png
from tavern_tui.storage.chats import read_chat
from tests.ui.terminal import Terminal, need_tmux, wait_until

pytestmark = [pytest.mark.terminal, pytest.mark.real_server]

SETTINGS = """\
current_connection = "llama"
probe_on_start = false

[[connections]]
name = "llama"
provider = "llamacpp"
url = "{url}"
max_tokens = 60

[[connections]]
name = "endless"
provider = "llamacpp"
url = "{url}"
max_tokens = 4000
extra_body = {{ ignore_eos = true }}

[[connections]]
name = "writer"
provider = "offline"
"""


def command(folder: Path, *words: str) -> list[str]:
    return [
        sys.executable, "-m", "tavern_tui",
        "--data", str(folder / "data"), "--config", str(folder / "settings.toml"), *words,
    ]  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    return {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": root,
            "XDG_STATE_HOME": str(folder / "state")}  # fmt: skip


def the_chat(folder: Path) -> list[str]:
    (file,) = (folder / "data" / "chats").glob("*/*.jsonl")
    return [message.text for message in read_chat(file).chat.messages]


def test_a_card_is_imported_talked_to_and_found_again(tmp_path: Path, llama_url: str) -> None:
    need_tmux()
    card = tmp_path / "ann.png"
    ann = Character(name="Ann", description="A smith.", first_message="Good dusk, {{user}}.")
    card.write_bytes(write_png(ann, None))
    (tmp_path / "settings.toml").write_text(SETTINGS.format(url=llama_url))
    with Terminal(command(tmp_path, str(card)), tmp_path, environment(tmp_path), size=(120, 40)) as terminal:
        terminal.wait_for("Good dusk, User.", "Ann")
        terminal.type("Tell me of the river.")
        terminal.press("Enter")
        terminal.wait_for("Tell me of the river.", "3 messages", "first word after")
        first = the_chat(tmp_path)
        assert first[:2] == ["Good dusk, {{user}}.", "Tell me of the river."]
        terminal.press("M-Right")
        terminal.wait_for("2/2")
        terminal.press("C-n")
        terminal.wait_for("endless")
        terminal.type("Talk on and on.")
        terminal.press("Enter")
        terminal.wait_for("5 messages")
        terminal.press("Escape")
        terminal.wait_for("stopped ·")  # Esc alone says "stopped"; with its figures the reply is saved
        kept = the_chat(tmp_path)[-1]
        terminal.press("C-n")
        terminal.wait_for("writer")
        terminal.type("And then?")
        terminal.press("Enter")
        terminal.wait_for("And then?", "7 messages")
        wait_until(lambda: len(the_chat(tmp_path)) == 7)
        terminal.press("C-c", "C-c")
    with Terminal(command(tmp_path), tmp_path, environment(tmp_path), size=(80, 24)) as terminal:
        terminal.wait_for("And then?", "Ann")
        assert len(the_chat(tmp_path)) == 7
        assert the_chat(tmp_path)[4] == kept
