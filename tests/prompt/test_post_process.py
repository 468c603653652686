"""Post-processing gives what SillyTavern's gave for the recorded lists, in every mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.names import Names
from tavern_tui.prompt.inputs import PLACEHOLDER
from tavern_tui.prompt.post_process import MODES, post_process, stricter
from tests.prompt.builders import a_preset, chat_inputs, messages_of

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"


def recorded() -> list[Any]:
    cases = []
    for path in sorted(VECTORS.glob("post-*.json")):
        mode = path.stem.removeprefix("post-").replace("-", "_")
        for vector in json.loads(path.read_text("utf-8"))["vectors"]:
            cases.append(pytest.param(mode, vector, id=f"{mode}-{vector['name']}"))
    return cases


@pytest.mark.skipif(not VECTORS.is_dir(), reason="The recorded conversions are not beside the checkout.")
@pytest.mark.parametrize(("mode", "vector"), recorded())
def test_messages_come_out_as_recorded(mode: str, vector: dict[str, Any]) -> None:
    who = vector["names"]
    names = Names(user=who["userName"], char=who["charName"], group=tuple(who["groupNames"]))
    before = json.dumps(vector["input"])
    assert post_process(vector["input"], mode, names, PLACEHOLDER) == vector["output"]
    assert json.dumps(vector["input"]) == before, "the input must stay as it is"


@pytest.mark.parametrize("wish", MODES)
@pytest.mark.parametrize("need", ["", *(mode for mode in MODES if mode != "single")])
def test_a_users_wish_and_a_services_need_are_one_mode_that_does_both(wish: str, need: str) -> None:
    names = Names(user="Kes", char="Mirel")
    said = [
        {"role": "system", "content": "Main."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Hi."},
        {"role": "user", "content": "Well?"},
        {"role": "system", "content": "Be brief."},
    ]
    in_turn = post_process(post_process(said, wish, names, PLACEHOLDER), need, names, PLACEHOLDER)
    assert post_process(said, stricter(wish, need), names, PLACEHOLDER) == in_turn
    assert stricter("", wish) == wish


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("odd", [None, 7, [], [3], [{"type": "text"}], {"a": 1}, "\x00media 0\x00"])
def test_odd_contents_do_no_harm(mode: str, odd: object) -> None:
    messages: list[dict[str, object]] = [{"role": "user", "content": odd}, {"role": "user", "content": "x"}]
    out = post_process(messages, mode, Names(), PLACEHOLDER)
    assert out
    assert all(isinstance(message["content"], str) for message in out)


def test_no_mode_leaves_the_messages_alone() -> None:
    messages: list[dict[str, object]] = [{"role": "system", "content": "a", "name": "b"}]
    assert post_process(messages, "", Names(), PLACEHOLDER) == messages


def test_strict_lets_the_user_begin() -> None:
    sent = messages_of(chat_inputs(a_preset(), "strict"))
    assert sent[:2] == [("system", "Play Ann.\n\n[Start]"), ("user", PLACEHOLDER)]


def test_single_puts_names_in_front_of_every_turn() -> None:
    sent = messages_of(chat_inputs(a_preset(), "single"))
    text = "Play Ann.\n\n[Start]\n\nAnn: m0\n\nUser: m1\n\nAnn: m2\n\nUser: m3"
    assert sent == [("user", text)]
