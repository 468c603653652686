"""What a send stores, and that a preview of it gives the same prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import RegexScript
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import PromptInputs
from tavern_tui.prompt.outgoing import outgoing, outgoing_message
from tests.prompt.builders import CHAT, a_preset, chat_inputs, text_inputs, text_of

TYPED = "Roll {{roll::1d1000}} {{random::a::b::c}} for {{char}}"


def sent(inputs: PromptInputs, text: str) -> PromptInputs:
    """The inputs of the build after a send stored the message."""
    result = outgoing(text, inputs)
    assert result.message is not None
    metadata = {**inputs.metadata, "variables": result.changes.chat_variables or {}}
    return replace(inputs, messages=[*inputs.messages, result.message], metadata=metadata)


@pytest.mark.parametrize("make", [text_inputs, chat_inputs])
def test_a_preview_of_typed_text_is_the_prompt_of_its_send(make) -> None:  # type: ignore[no-untyped-def]
    inputs = make(seed=7, character=Character(name="Ann", description="{{random::1::2::3}} {{getvar::x}}"))
    text = TYPED + "{{setvar::x::9}}"
    assert build_prompt(replace(inputs, user_input=text)).prompt == build_prompt(sent(inputs, text)).prompt


def test_macros_and_scripts_change_what_is_stored() -> None:
    script = RegexScript(name="s", find="/cat/g", replace="dog", placement=(1,))
    message = outgoing_message("{{user}}'s cat", text_inputs(regex_scripts=[script]))
    assert message is not None
    assert message.text == "User's dog"
    assert message.is_user
    assert message.swipe.sent_at == "2026-03-01T09:30:00.000Z"


def test_a_prompt_only_script_does_not_change_what_is_stored() -> None:
    script = RegexScript(name="s", find="/cat/g", replace="dog", placement=(1,), prompt_only=True)
    inputs = text_inputs(regex_scripts=[script])
    message = outgoing_message("cat", inputs)
    assert message is not None
    assert message.text == "cat"
    assert text_of(replace(inputs, user_input="cat")).endswith("User: dog\nAnn:")


def test_a_saved_persona_is_noted_in_the_message() -> None:
    message = outgoing_message("hi", text_inputs(persona=Persona(name="Kes", file="kes.png")))
    assert message is not None
    assert (message.name, message.force_avatar) == ("Kes", "kes.png")


def test_a_bias_in_the_message_begins_the_reply() -> None:
    inputs = text_inputs(user_input='Hello{{bias "Well,"}}')
    assert text_of(inputs).endswith("User: Hello\nAnn: Well,")


def test_nothing_typed_is_nothing_to_store() -> None:
    assert outgoing_message(" \n", text_inputs()) is None


def test_a_preset_may_send_words_for_an_empty_line_after_a_reply() -> None:
    preset = a_preset(send_if_empty="[Go on]")
    message = outgoing_message("", chat_inputs(preset, messages=CHAT[:3]))
    assert message is not None
    assert message.text == "[Go on]"
    assert outgoing_message("", chat_inputs(preset)) is None


@pytest.mark.parametrize("generation", [GenerationType.SWIPE, GenerationType.IMPERSONATE])
def test_only_a_normal_generation_sends_what_is_typed(generation: GenerationType) -> None:
    assert "draft" not in text_of(text_inputs(generation=generation, user_input="draft"))


def test_typed_macros_may_read_the_card_without_acting_for_it() -> None:
    character = Character(name="Ann", description="D{{incvar::n}}")
    built = build_prompt(text_inputs(character=character, user_input="{{description}}"))
    assert built.changes.chat_variables == {"n": 1}
