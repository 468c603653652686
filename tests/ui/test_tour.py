"""A user's tour in a real terminal: three backends, switched in the middle of a chat, one of them down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.providers.fakes.known import all_fakes
from tests.ui.terminal import Terminal, need_tmux, wait_until
from tests.ui.test_terminal import command, environment

pytestmark = [pytest.mark.terminal]
MODELS = all_fakes()
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def backend(id: str, reply: str, *, pace: float = 0) -> Iterator[str]:
    """A fake in a process of its own, as `python -m tests.providers.fakes` starts it; its address.
    `pace`: seconds between two tokens; negative: it falls silent after a few."""
    words = [sys.executable, "-m", "tests.providers.fakes", id, f"--pace={pace}", "--reply", reply]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


def said(folder: Path) -> list[str]:
    files = list((folder / "data" / "chats").glob("*/*.jsonl"))
    if not files:
        return []
    lines = files[0].read_text("utf-8").splitlines()[1:]
    return [json.loads(line)["mes"] for line in lines]


def test_three_backends_in_one_chat(tmp_path: Path) -> None:
    need_tmux()
    with ExitStack() as stack:
        urls = {
            id: stack.enter_context(backend(id, reply))
            for id, reply in (
                ("koboldcpp", "Kobold speaks."),
                ("ollama", "Ollama speaks."),
                ("tabby", "Tabby speaks."),
            )
        }
        rows = "".join(
            f'[[connections]]\nname = "{id}"\nprovider = "{id}"\nurl = "{url}"\nmodel = "{MODELS[id].model}"\nmax_tokens = 50\n'
            for id, url in urls.items()
        )
        down = '[[connections]]\nname = "down"\nprovider = "generic"\nurl = "http://127.0.0.1:9"\n'
        (tmp_path / "settings.toml").write_text(
            f'current_connection = "koboldcpp"\nprobe_on_start = false\n\n{rows}{down}'
        )
        with Terminal(command(tmp_path), tmp_path, environment(tmp_path), size=(120, 40)) as terminal:
            terminal.wait_for("koboldcpp", "Odile")
            for next_one, reply in (
                ("ollama", "Kobold speaks."),
                ("tabby", "Ollama speaks."),
                ("", "Tabby speaks."),
            ):
                terminal.type("And you?")
                terminal.press("Enter")
                wait_until(lambda reply=reply: said(tmp_path)[-1:] == [reply])  # type: ignore[misc]
                terminal.wait_for(reply)
                if next_one:
                    terminal.press("C-n")
                    terminal.wait_for(f"{next_one} answers from now on")
            terminal.press("C-n")
            terminal.wait_for("goes on answering")
            terminal.type("Still there?")
            terminal.press("Enter")
            wait_until(lambda: said(tmp_path)[-2:] == ["Still there?", "Tabby speaks."])
            terminal.press("C-c", "C-c")
    assert [text for text in said(tmp_path) if text.endswith("speaks.")] == [
        "Kobold speaks.", "Ollama speaks.", "Tabby speaks.", "Tabby speaks.",
    ]  # fmt: skip
