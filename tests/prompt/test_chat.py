"""Chat completion: slots, injections between messages, names, nudges, squashing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tavern_tui.core.character import Character, Group
from tavern_tui.core.chat import a_message
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import AuthorsNote, ManagedPrompt, PromptOptions
from tavern_tui.core.prompt import ChatPrompt
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import GroupCast
from tests.prompt.builders import (
    CHAT,
    a_preset,
    an_injection,
    ann,
    chat_inputs,
    messages_of,
    user,
)

HISTORY = [("assistant", "m0"), ("user", "m1"), ("assistant", "m2"), ("user", "m3")]


def in_chat(identifier: str, role: str, order: int, text: str) -> ManagedPrompt:
    return ManagedPrompt(
        identifier=identifier,
        role=role,
        content=text,
        injection_position=1,
        injection_depth=1,
        injection_order=order,
    )


def test_prompts_stand_in_the_presets_order() -> None:
    character = Character(name="Ann", description="D {{user}}", personality="P", scenario="S")
    inputs = chat_inputs(character=character, persona=Persona(name="User", description="I"))
    assert messages_of(inputs) == [
        ("system", "Play Ann."),
        ("system", "I"),
        ("system", "D User"),
        ("system", "P"),
        ("system", "S"),
        ("system", "[Start]"),
        *HISTORY,
    ]


def test_in_chat_prompts_read_by_order_then_assistant_user_system() -> None:
    preset = a_preset(
        in_chat("u3", "assistant", 50, "U3"),
        in_chat("u2", "system", 100, "U2"),
        in_chat("u1", "user", 200, "U1"),
    )
    injections = [an_injection("b", "A usr", role=1), an_injection("a", "Z")]
    assert messages_of(chat_inputs(preset, injections=injections))[2:] == [
        *HISTORY[:3],
        ("assistant", "U3"),
        ("user", "A usr"),
        ("system", "U2\nZ"),
        ("user", "U1"),
        HISTORY[3],
    ]


def test_a_switched_off_main_prompt_still_anchors_what_stands_beside_it() -> None:
    preset = a_preset()
    order = tuple((name, on and name != "main") for name, on in preset.order)
    note = AuthorsNote(text="NOTE", position=2)
    sent = messages_of(chat_inputs(replace(preset, order=order), note=note))
    assert sent[0] == ("system", "NOTE")
    assert ("system", "Play Ann.") not in sent


@pytest.mark.parametrize(("position", "place"), [(2, 0), (0, 1)])
def test_a_note_outside_the_chat_is_a_message_beside_the_main_prompt(position: int, place: int) -> None:
    sent = messages_of(chat_inputs(note=AuthorsNote(text="NOTE", position=position)))
    assert sent[place] == ("system", "NOTE")


def test_a_card_may_replace_the_main_prompt_and_quote_it_once() -> None:
    character = Character(name="Ann", system_prompt="Before. {{original}} After.{{original}}")
    assert messages_of(chat_inputs(character=character))[0][1] == "Before. Play Ann. After."


def test_a_prompt_that_forbids_it_is_not_replaced() -> None:
    preset = a_preset()
    prompts = tuple(replace(prompt, forbid_overrides=True) for prompt in preset.prompts)
    character = Character(name="Ann", system_prompt="Mine.")
    sent = messages_of(chat_inputs(replace(preset, prompts=prompts), character=character))
    assert sent[0][1] == "Play Ann."


@pytest.mark.parametrize("prefill", [True, False])
def test_a_continued_message_comes_last(prefill: bool) -> None:
    preset = a_preset(continue_prefill=prefill, continue_nudge_prompt="Go on after: {{lastChatMessage}}")
    inputs = chat_inputs(preset, messages=CHAT[:3], generation=GenerationType.CONTINUE)
    nudge = [] if prefill else [("system", "Go on after: m2")]
    assert messages_of(inputs)[1:] == [("system", "[Start]"), *HISTORY[:3], *nudge]


@pytest.mark.parametrize(
    ("api", "generation", "last"),
    [
        ("claude", GenerationType.CONTINUE, "Ann thinks:\n\nm2"),
        ("openai", GenerationType.CONTINUE, "m2"),
        ("claude", GenerationType.NORMAL, "m2"),
    ],
)
def test_what_claudes_replies_begin_with_stands_before_a_continued_one(
    api: str, generation: GenerationType, last: str
) -> None:
    preset = a_preset(continue_prefill=True, assistant_prefill="{{char}} thinks:")
    inputs = chat_inputs(preset, messages=CHAT[:3], generation=generation, api=api)
    assert messages_of(inputs)[-1] == ("assistant", last)
    prompt = build_prompt(inputs).prompt
    assert isinstance(prompt, ChatPrompt)
    assert prompt.prefill == ("" if generation is GenerationType.CONTINUE else "Ann thinks:")


def test_depth_counts_the_continued_message_only_when_a_nudge_follows() -> None:
    injections = [an_injection("x", "HERE", depth=1)]
    preset = a_preset(continue_nudge_prompt="Go on.")
    inputs = chat_inputs(preset, messages=CHAT[:3], generation=GenerationType.CONTINUE, injections=injections)
    nudged = [content for _, content in messages_of(inputs)]
    assert nudged[2:] == ["m0", "m1", "HERE", "m2", "Go on."]
    prefilled = messages_of(
        chat_inputs(
            a_preset(continue_prefill=True),
            messages=CHAT[:3],
            generation=GenerationType.CONTINUE,
            injections=injections,
        )
    )
    assert [content for _, content in prefilled][2:] == ["m0", "HERE", "m1", "m2"]


def test_a_user_message_stands_in_after_a_reply() -> None:
    sent = messages_of(chat_inputs(a_preset(send_if_empty="[Go on]"), messages=CHAT[:3]))
    assert sent[-1] == ("user", "[Go on]")
    assert messages_of(chat_inputs(a_preset(send_if_empty="[Go on]")))[-1] == ("user", "m3")


def test_names_go_into_the_field_in_letters_servers_take() -> None:
    preset = a_preset(names_behavior=1)
    inputs = chat_inputs(preset, messages=[ann("m0"), replace(user("m1"), name="Zoë 1")])
    prompt = build_prompt(inputs).prompt
    assert isinstance(prompt, ChatPrompt)
    assert [message.name for message in prompt.messages[-2:]] == ["Ann", "Zo__1"]


def test_a_narrator_is_named_in_the_field_but_never_in_the_words() -> None:
    narrator = a_message("System", "Rain.", extra={"type": "narrator"})
    for behavior, expected in ((1, ("Rain.", "System")), (2, ("Rain.", "")), (0, ("Rain.", ""))):
        inputs = chat_inputs(a_preset(names_behavior=behavior), messages=[user("m0"), narrator])
        prompt = build_prompt(inputs).prompt
        assert isinstance(prompt, ChatPrompt)
        assert (prompt.messages[-1].content, prompt.messages[-1].name) == expected


def test_the_start_of_the_reply_is_an_assistant_message_behind_all_prompts() -> None:
    character = Character(name="Ann", post_history="End.")
    inputs = chat_inputs(character=character, options=PromptOptions(user_prompt_bias="Well, {{user}}"))
    assert messages_of(inputs)[-2:] == [("system", "End."), ("assistant", "Well, User")]


def test_a_group_names_its_speakers_and_nudges_the_one_whose_turn_it_is() -> None:
    bo = Character(name="Bo", file="bo", example_messages="<START>\nUser: Hi\nBo: Hey")
    cast = GroupCast(
        group=Group(id="g", name="G", members=("ann.png", "bo.png")),
        members=(Character(name="Ann", file="ann"), bo),
    )
    preset = a_preset(
        new_group_chat_prompt="[{{group}}]",
        group_nudge_prompt="[Only {{char}}]",
        new_example_chat_prompt="[Example]",
    )
    assert messages_of(chat_inputs(preset, character=bo, group=cast, messages=CHAT[:2])) == [
        ("system", "Play Bo."),
        ("system", "[Example]"),
        ("system", "User: Hi"),
        ("system", "Bo: Hey"),
        ("system", "[Ann, Bo]"),
        ("assistant", "Ann: m0"),
        ("user", "m1"),
        ("system", "[Only Bo]"),
    ]


def test_squashing_joins_system_messages_but_not_the_marks_between_parts() -> None:
    character = Character(name="Ann", description="D", example_messages="<START>\nAnn: hey")
    preset = a_preset(squash_system_messages=True, new_example_chat_prompt="[Example]")
    sent = messages_of(chat_inputs(preset, character=character))
    assert sent[:4] == [
        ("system", "Play Ann.\nD"),
        ("system", "[Example]"),
        ("system", "hey"),
        ("system", "[Start]"),
    ]


def test_the_newest_messages_are_kept_and_the_cut_is_reported() -> None:
    messages = [ann("word " * 40) if n % 2 else user("word " * 40) for n in range(40)]
    built = build_prompt(chat_inputs(messages=messages, context_size=600, response_length=100))
    assert isinstance(built.prompt, ChatPrompt)
    kept = len(built.prompt.messages) - 2
    assert 0 < kept < 40
    assert built.left_out[0].title == f"Messages #0 to #{39 - kept}"
    assert built.tokens <= built.budget == 500


def test_prompts_that_cannot_fit_are_named_in_a_warning() -> None:
    character = Character(name="Ann", description="word " * 400)
    built = build_prompt(chat_inputs(character=character, context_size=400, response_length=100))
    assert any("do not fit" in warning for warning in built.warnings)


def test_pinned_examples_outlast_old_messages() -> None:
    character = Character(name="Ann", example_messages="<START>\nAnn: " + "word " * 60)
    messages = [user("word " * 40) for _ in range(20)]
    inputs = chat_inputs(character=character, messages=messages, context_size=500, response_length=100)
    pinned = build_prompt(replace(inputs, options=PromptOptions(pin_examples=True)))
    loose = build_prompt(inputs)
    assert any(part.kind == "examples" for part in pinned.parts)
    assert not any(part.kind == "examples" for part in loose.parts)
