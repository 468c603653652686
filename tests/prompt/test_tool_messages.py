"""Stored calls to tools, signatures and pictures as messages of a chat prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.openai_form import from_openai_form, in_openai_form
from tavern_tui.core.prompt import ChatPrompt, Medium
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import ChatShape, PromptInputs
from tests.prompt.builders import a_preset, ann, chat_inputs, text_inputs, user

TOOLS = (Tool(name="roll", description="Rolls.", parameters={"type": "object"}),)
ENTRY = {"id": "c1", "name": "roll", "displayName": "Roll", "parameters": '{"d": 6}', "result": "4"}


def called(*entries: Any, **extra: Any) -> Message:
    kept = {"isSmallSys": True, "tool_invocations": list(entries), **extra}
    return a_message("System", "Called: Roll", hidden=True, extra=kept)


def wire(inputs: PromptInputs) -> list[dict[str, object]]:
    prompt = build_prompt(inputs).prompt
    assert isinstance(prompt, ChatPrompt)
    return [in_openai_form(message) for message in prompt.messages]


def chat(*messages: Message, **fields: Any) -> PromptInputs:
    return chat_inputs(messages=messages, **{"tools": TOOLS, **fields})


def processed(inputs: PromptInputs, mode: str) -> PromptInputs:
    assert isinstance(inputs.shape, ChatShape)
    return replace(inputs, shape=replace(inputs.shape, post_processing=mode))


CALL = {"id": "c1", "type": "function", "function": {"name": "roll", "arguments": '{"d": 6}'}}


def test_a_stored_call_is_a_call_and_its_results() -> None:
    second = {**ENTRY, "id": "c2", "result": ""}
    *_, call, first, empty, last = wire(chat(user("Roll"), called(ENTRY, second), ann("Four.")))
    assert call == {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "c2"}]}
    assert first == {"role": "tool", "tool_call_id": "c1", "content": "4"}
    assert empty == {"role": "tool", "tool_call_id": "c2", "content": "[nothing]"}
    assert last == {"role": "assistant", "content": "Four."}


def test_without_tools_on_offer_calls_are_no_part_of_the_prompt() -> None:
    roles = [message["role"] for message in wire(chat(user("Roll"), called(ENTRY), ann("Four."), tools=()))]
    assert roles[-2:] == ["user", "assistant"]
    assert "tool" not in roles
    built = build_prompt(text_inputs(messages=(user("Roll"), called(ENTRY), ann("Four."))))
    assert "Called" not in getattr(built.prompt, "text", "Called")


@pytest.mark.parametrize("mode", ["merge_tools", "semi_tools", "strict_tools"])
def test_post_processing_for_tools_leaves_calls_as_they_are(mode: str) -> None:
    made = wire(processed(chat(user("Roll"), ann("I roll."), called(ENTRY), ann("Four.")), mode))
    said, call, result, last = made[-4:]
    assert said["content"] == "I roll."
    assert call == {"role": "assistant", "tool_calls": [CALL]}
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "4"}
    assert last["content"] == "Four."


@pytest.mark.parametrize("entry", [5, None, {}, {"name": 5}, [], "x"])
def test_malformed_calls_are_left_out(entry: Any) -> None:
    roles = [message["role"] for message in wire(chat(user("Roll"), called(entry), ann("Four.")))]
    assert "tool" not in roles


def test_what_a_call_lacks_is_made_up() -> None:
    *_, call, result = wire(chat(user("Roll"), called({"name": "roll", "parameters": None})))
    assert call["tool_calls"] == [
        {"id": "call_1_0", "type": "function", "function": {"name": "roll", "arguments": "{}"}}
    ]
    assert result["tool_call_id"] == "call_1_0"


def test_a_call_and_its_results_find_room_together_or_not_at_all() -> None:
    huge = {**ENTRY, "result": "word " * 4000}
    built = build_prompt(chat(user("Roll"), called(huge), user("Now?"), context_size=2000))
    assert isinstance(built.prompt, ChatPrompt)
    made = [in_openai_form(message) for message in built.prompt.messages]
    assert made[-1]["content"] == "Now?"
    assert not any("tool_calls" in message for message in made)
    assert any("#0 to #1" in left.title for left in built.left_out)


def test_descriptions_of_tools_take_room() -> None:
    without = build_prompt(chat(user("Roll"), tools=())).tokens
    assert build_prompt(chat(user("Roll"))).tokens > without + 5


def test_nobody_sends_again_after_a_call() -> None:
    preset = replace(a_preset(), send_if_empty="Go on.")
    inputs = chat(user("Roll"), called(ENTRY))
    assert isinstance(inputs.shape, ChatShape)
    made = wire(replace(inputs, shape=replace(inputs.shape, preset=preset)))
    assert made[-1]["role"] == "tool"


@pytest.mark.parametrize(("api", "model", "sent"), [("g", "m", True), ("g", "n", False), ("h", "m", False)])
def test_signatures_go_back_only_to_the_model_that_gave_them(api: str, model: str, sent: bool) -> None:
    seal = {"api": "g", "model": "m"}
    said = a_message("Ann", "Hm.", extra={**seal, "reasoning_signature": "S1"})
    call, _, words = wire(chat(called({**ENTRY, "signature": "S2"}, **seal), said, api=api, model=model))[-3:]
    calls = call["tool_calls"]
    assert isinstance(calls, list)
    assert ("signature" in calls[0]) is sent
    assert (words.get("signature") == "S1") is sent


@pytest.mark.parametrize("mode", ["", "merge_tools", "strict"])
def test_pictures_go_along_with_the_words(mode: str) -> None:
    url = "/user/images/Ann/x.png"
    shown = a_message("User", "Look", is_user=True, extra={"media": [{"url": url, "type": "image"}, 5]})
    media = {url: Medium(kind="image", url="data:image/png;base64,AA==", detail="low", tokens=300)}
    plain = build_prompt(processed(chat(user("Look")), mode)).tokens
    inputs = processed(chat(shown, media=media), mode)
    assert wire(inputs)[-1]["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
    ]
    assert build_prompt(inputs).tokens == plain + 300


def test_messages_come_back_from_openai_form_as_they_were() -> None:
    inputs = chat(user("Roll"), called({**ENTRY, "signature": "S"}, api="", model=""), ann("Four."))
    prompt = build_prompt(inputs).prompt
    assert isinstance(prompt, ChatPrompt)
    assert tuple(from_openai_form(in_openai_form(one)) for one in prompt.messages) == prompt.messages


def test_thoughts_go_back_with_the_calls_they_led_to_and_only_to_the_model_that_had_them() -> None:
    thought = {**ENTRY, "reasoning": " A die. "}
    asked = chat(user("Roll"), called(thought, api="openrouter", model="m"), api="openrouter", model="m")
    *_, call, result = wire(asked)
    assert call["thoughts"] == " A die. "
    assert "thoughts" not in result
    assert "thoughts" not in wire(replace(asked, model="another"))[-2]
    assert wire(processed(asked, "semi_tools"))[-2]["thoughts"] == " A die. "
    assert not any("thoughts" in message for message in wire(processed(asked, "merge")))
