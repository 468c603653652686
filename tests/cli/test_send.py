"""The command line is a promise to scripts: output, exit codes, and a server that stops with us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tavern_tui.storage.chats import read_chat
from tests.services.slow_server import SlowServer, slow_server

ROOT = Path(__file__).resolve().parents[2]
CARD = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Ann",
        "description": "A smith. \x1b]52;c;ZXZpbA==\x07\x1b[2J",
        "first_mes": "Good dusk.",
    },
}


def command(folder: Path, *words: str) -> list[str]:
    places = ["--data", str(folder / "data"), "--config", str(folder / "settings.toml")]
    return [sys.executable, "-m", "tavern_tui", *places, *words]


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "PYTHONPATH": str(ROOT), "MY_KEY": "sk-very-secret"}


def run(folder: Path, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *words), capture_output=True, text=True, env=environ(folder), input=given, timeout=60
    )


def to(server: SlowServer, folder: Path) -> Sequence[str]:
    """Options: Ann speaks, this server answers."""
    card = folder / "ann.json"
    card.write_text(json.dumps(CARD), encoding="utf-8")
    return ("--character", str(card), "--provider", "generic", "--url", server.url, "--model", "slow",
            "--key-env", "MY_KEY", "--template", "ChatML")  # fmt: skip


def test_the_dry_run_is_what_the_server_then_receives(tmp_path: Path) -> None:
    with slow_server(words=3) as server:
        dry = run(tmp_path, "send", "Hello", *to(server, tmp_path), "--dry-run", "--set", "temperature=0.7")
        assert dry.returncode == 0, dry.stderr
        assert server.bodies == []
        sent = run(tmp_path, "send", "Hello", *to(server, tmp_path), "--set", "temperature=0.7")
        assert sent.returncode == 0, sent.stderr
        request = json.loads(dry.stdout)
        compact = json.dumps(request["body"], ensure_ascii=False, separators=(",", ":")).encode()
        assert compact == server.bodies[-1]
        assert request["body"]["temperature"] == 0.7
        assert request["url"].startswith(server.url)
        assert "sk-very-secret" not in dry.stdout + dry.stderr
        assert server.headers_seen[-1]["Authorization"] == "Bearer sk-very-secret"


def test_send_prints_the_reply_and_keeps_the_chat(tmp_path: Path) -> None:
    with slow_server(words=4) as server:
        chat = tmp_path / "talk.jsonl"
        for words in ("One", "Two"):
            done = run(tmp_path, "send", words, *to(server, tmp_path), "--chat", str(chat))
            assert (done.returncode, done.stdout, done.stderr) == (0, " w0 w1 w2 w3\n", "")
        texts = [message.text for message in read_chat(chat).chat.messages]
        assert texts == ["Good dusk.", "One", "w0 w1 w2 w3", "Two", "w0 w1 w2 w3"]


def test_a_message_from_standard_input_in_one_piece_and_unsaved(tmp_path: Path) -> None:
    with slow_server(words=2) as server:
        done = run(
            tmp_path, "send", "-", *to(server, tmp_path), "--no-stream", "--no-save", given="From a pipe\n"
        )
        assert done.stdout.strip() == "w0 w1"
        assert "From a pipe" in json.loads(server.bodies[-1])["prompt"]
        assert not list((tmp_path / "data").rglob("*.jsonl"))


@pytest.mark.skipif(os.name != "posix", reason="Signals and pipes are a POSIX thing.")
def test_a_closed_pipe_stops_the_server_quietly(tmp_path: Path) -> None:
    with slow_server(words=100_000, pause=0.002) as server:
        words = command(tmp_path, "send", "Hello", *to(server, tmp_path))
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(tmp_path)
        ) as program:
            assert program.stdout is not None
            assert program.stderr is not None
            assert program.stdout.read(5)
            program.stdout.close()
            assert server.hung_up.wait(20)
            assert program.stderr.read() == b""
            assert program.wait(20) == 0


@pytest.mark.skipif(os.name != "posix", reason="Signals and pipes are a POSIX thing.")
def test_ctrl_c_stops_the_server_and_keeps_the_text(tmp_path: Path) -> None:
    with slow_server(words=100_000, pause=0.002) as server:
        chat = tmp_path / "talk.jsonl"
        words = command(tmp_path, "send", "Hello", *to(server, tmp_path), "--chat", str(chat))
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(tmp_path)
        ) as program:
            assert program.stdout is not None
            assert program.stdout.read(20)
            program.send_signal(signal.SIGINT)
            assert server.hung_up.wait(20)
            assert program.wait(20) == 130
        assert read_chat(chat).chat.messages[-1].text.startswith("w0 w1 w2")


def test_the_prompt_is_printed_harmless_and_as_json(tmp_path: Path) -> None:
    with slow_server() as server:
        shown = run(tmp_path, "prompt", "Hello", *to(server, tmp_path))
        assert shown.returncode == 0, shown.stderr
        assert "\x1b" not in shown.stdout
        assert "\x07" not in shown.stdout
        assert "A smith." in shown.stdout
        raw = json.loads(run(tmp_path, "prompt", "Hello", *to(server, tmp_path), "--json").stdout)
        assert raw["prompt"].endswith("<|im_start|>assistant\n")
        parts = json.loads(
            run(tmp_path, "prompt", "Hello", *to(server, tmp_path), "--parts", "--json").stdout
        )
        assert any(part["kind"] == "history" for part in parts["parts"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0),
        (("--help",), 0),
        (("send", "--help"), 0),
        (("paths", "--json"), 0),
        (("providers", "--json"), 0),
        (("send", "x", "--provider", "nobody"), 2),
        (("send", "x", "--set", "temperature"), 2),
        (("send", "x", "--template", "No Such Template"), 2),
        (("send", "x", "--character", "nobody here"), 2),
        (("send", "--no-such-option"), 2),
        (("send", "x", "--provider", "generic", "--url", "http://127.0.0.1:9", "--model", "m"), 1),
        (("import", "no-such-file.png"), 1),
    ],
)
def test_exit_codes(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_fresh_machine_answers_without_a_server(tmp_path: Path) -> None:
    done = run(tmp_path, "send", "Tell me of the river.", "--max-tokens", "40")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 3


def test_help_and_version_load_neither_textual_nor_httpx() -> None:
    script = (
        "import sys\nfrom tavern_tui.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'textual', 'httpx', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_group_answers_line_by_line_with_names(tmp_path: Path) -> None:
    with slow_server(words=2) as server:
        options = [
            one for one in to(server, tmp_path) if one not in ("--character", str(tmp_path / "ann.json"))
        ]
        groups = tmp_path / "data" / "groups"
        groups.mkdir(parents=True)
        for name in ("Ann", "Bo"):
            card = tmp_path / f"{name}.json"
            card.write_text(json.dumps({**CARD, "data": {"name": name, "first_mes": "Good dusk."}}))
            assert run(tmp_path, "import", str(card)).returncode == 0
        group = {"name": "Mill", "members": ["Ann.png", "Bo.png"], "activation_strategy": 1}
        (groups / "1.json").write_text(json.dumps(group))
        done = run(tmp_path, "send", "Hello", "--group", "Mill", *options)
        assert (done.returncode, done.stdout, done.stderr) == (0, "Ann:  w0 w1\nBo:  w0 w1\n", "")
        (groups / "1.json").write_text(json.dumps({**group, "activation_strategy": 2}))
        alone = run(tmp_path, "send", "Hello", "--group", "Mill", *options)
        assert alone.returncode != 0
        assert "Nobody in this group answers" in alone.stderr
