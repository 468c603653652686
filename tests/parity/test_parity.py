"""Every recorded scenario gives the recorded prompt, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tavern_tui.core.prompt import BuiltPrompt, ChatPrompt
from tests.parity.run import difference_of
from tests.parity.scenario import play

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "parity"
SCENARIOS = sorted(CORPUS.glob("*.json"))

pytestmark = pytest.mark.skipif(not SCENARIOS, reason="The recorded scenarios are not beside the checkout.")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_prompt_is_the_recorded_one(path: Path) -> None:
    assert difference_of(json.loads(path.read_text("utf-8"))) == ""


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_trace_joined_is_the_prompt(path: Path) -> None:
    built = play(json.loads(path.read_text("utf-8"))).built
    assert _joined(built) == _contents(built)


def _joined(built: BuiltPrompt) -> list[str]:
    if not isinstance(built.prompt, ChatPrompt):
        return ["".join(part.text for part in built.parts)]
    return [
        "".join(part.text for part in built.parts if part.message == number)
        for number in range(len(built.prompt.messages))
    ]


def _contents(built: BuiltPrompt) -> list[str]:
    if not isinstance(built.prompt, ChatPrompt):
        return [built.prompt.text]
    return [message.content for message in built.prompt.messages]
