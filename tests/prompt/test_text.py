"""Text completion: the layout of story, examples, history and the reply's opening."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.chat import a_message
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.core.preset import AuthorsNote, CharacterNote, PromptOptions
from tavern_tui.core.template import ContextTemplate, SystemPrompt
from tests.prompt.builders import ANGLES, CHAT, STORY, an_injection, ann, text_inputs, text_of, user

SMITH = Character(
    name="Ann",
    file="ann",
    description="{{char}} is a smith. {{user}} is her friend.",
    personality="calm",
    scenario="A forge.",
    example_messages="<START>\n{{user}}: Hi\n{{char}}: Hey\nthere\n<START>\n{{char}}: Second\n{{user}}: Ok",
)
WRITE = SystemPrompt(content="Write {{char}}.")
ME = Persona(name="User", description="I am {{user}}.")
HEAD = "Write Ann.\nAnn is a smith. User is her friend.\ncalm\nA forge.\nI am User.\n"
EXAMPLES = "***\nUser: Hi\nAnn: Hey\nthere\n***\nAnn: Second\nUser: Ok\n"
TALK = (ann("Hello User!"), user("Hi Ann."))


def test_a_plain_prompt_has_story_examples_history_and_the_name_of_who_answers() -> None:
    inputs = text_inputs(character=SMITH, system=WRITE, persona=ME, messages=TALK)
    assert text_of(inputs) == HEAD + EXAMPLES + "***\nAnn: Hello User!\nUser: Hi Ann.\nAnn:"


@pytest.mark.parametrize(
    ("generation", "end"),
    [
        (GenerationType.IMPERSONATE, "User: Hi Ann.\nUser:"),
        (GenerationType.SWIPE, "Ann: Hello User!\nAnn:"),
        (GenerationType.QUIET, "User: Hi Ann.\nSummarize Ann."),
    ],
)
def test_the_end_of_a_plain_prompt_follows_the_kind_of_generation(
    generation: GenerationType, end: str
) -> None:
    quiet = "Summarize {{char}}." if generation is GenerationType.QUIET else ""
    inputs = text_inputs(messages=TALK, generation=generation, quiet_prompt=quiet)
    assert text_of(inputs).endswith(end)


def test_a_plain_continue_ends_with_the_message_or_doubles_the_name_as_the_other_client_does() -> None:
    inputs = text_inputs(messages=[*TALK, ann("What is")], generation=GenerationType.CONTINUE)
    assert text_of(inputs).endswith("User: Hi Ann.\nAnn: What is")
    doubled = replace(inputs, options=PromptOptions(clean_plain_continue=False))
    assert text_of(doubled).endswith("User: Hi Ann.\nAnn:Ann: What is")


def test_a_regenerated_reply_is_not_sent() -> None:
    inputs = text_inputs(messages=[*TALK, ann("Old.")], generation=GenerationType.REGENERATE)
    assert text_of(inputs).endswith("User: Hi Ann.\nAnn:")


def test_injections_at_one_depth_read_assistant_user_system_and_by_key() -> None:
    injections = [
        an_injection("zz", "Z sys d1"),
        an_injection("aa", "A sys d1"),
        an_injection("2_x", "U d1", role=1),
        an_injection("1_memory", "As d0", depth=0, role=2),
    ]
    inputs = text_inputs(injections=injections, context=ContextTemplate(chat_start="", story_string=""))
    assert text_of(inputs) == (
        "Ann: m0\nUser: m1\nAnn: m2\nUser: U d1\nA sys d1\nZ sys d1\nUser: m3\nAnn: As d0\nAnn:"
    )


def test_nothing_is_put_behind_a_message_that_is_continued() -> None:
    inputs = text_inputs(
        instruct=ANGLES,
        context=ContextTemplate(chat_start="", story_string=""),
        messages=CHAT[:3],
        generation=GenerationType.CONTINUE,
        injections=[an_injection("x", "note", depth=0)],
        system=SystemPrompt(post_history="PHI {{char}}"),
    )
    assert text_of(inputs) == "<A>m0</A>\n<U>m1</U>\n<S>note</S>\n<U>PHI Ann</U>\n<A>m2"


def test_instruct_sequences_stand_around_every_part() -> None:
    inputs = text_inputs(
        character=SMITH,
        instruct=ANGLES,
        persona=ME,
        system=SystemPrompt(content="Write {{char}}.", post_history="PHI {{char}}"),
        context=ContextTemplate(story_string=STORY, chat_start=""),
    )
    assert text_of(inputs) == (
        f"<S>{HEAD.rstrip()}</S>\n***\n<U>User: Hi</U>\n<A>Hey\nthere</A>\n***\n<A>Second</A>\n"
        "<U>User: Ok</U>\n<A>m0</A>\n<U>m1</U>\n<A>m2</A>\n<U>m3</U>\n<U>PHI Ann</U>\n<A>"
    )


def test_the_filler_of_the_output_sequence_is_kept_where_the_last_one_forgets_it() -> None:
    template = replace(ANGLES, output_sequence="<A> ", last_output_sequence="<R>", names_behavior="always")
    assert text_of(text_inputs(instruct=template)).endswith("<R> Ann:")


def test_hidden_messages_are_not_sent_and_narrators_have_no_name() -> None:
    narrator = a_message("Any", "Rain.", extra={"type": "narrator"})
    hidden = replace(ann("secret"), hidden=True)
    inputs = text_inputs(messages=[ann("m0"), hidden, narrator, user("m1")])
    assert text_of(inputs).endswith("***\nAnn: m0\nRain.\nUser: m1\nAnn:")


@pytest.mark.parametrize(("interval", "shown"), [(0, False), (1, True), (2, True), (3, False)])
def test_the_note_is_due_by_the_number_of_user_messages(interval: int, shown: bool) -> None:
    note = AuthorsNote(text="NOTE", interval=interval, depth=0)
    assert ("NOTE" in text_of(text_inputs(note=note))) is shown


@pytest.mark.parametrize(("position", "words"), [(0, "mine"), (1, "mine\nNOTE"), (2, "NOTE\nmine")])
def test_the_characters_note_replaces_or_surrounds_the_chats(position: int, words: str) -> None:
    inputs = text_inputs(
        note=AuthorsNote(text="NOTE", depth=0),
        character_note=CharacterNote(text="mine", enabled=True, position=position),
    )
    assert text_of(inputs).endswith(f"User: m3\n{words}\nAnn:")


def test_the_persona_joins_only_a_note_that_is_due() -> None:
    persona = Persona(name="User", description="ME", position=PersonaPosition.TOP_OF_NOTE)
    due = text_inputs(persona=persona, note=AuthorsNote(text="NOTE", depth=0))
    assert text_of(due).endswith("m3\nME\nNOTE\nAnn:")
    missed = replace(due, note=AuthorsNote(text="NOTE", depth=0, interval=5))
    assert "ME" not in text_of(missed)


def test_newlines_are_collapsed_also_where_two_parts_meet() -> None:
    inputs = text_inputs(
        messages=[ann("one\n\n\ntwo"), user("\n\nthree")],
        options=PromptOptions(collapse_newlines=True),
    )
    assert "\n\n" not in text_of(inputs)
    assert text_of(inputs).endswith("Ann: one\ntwo\nUser: \nthree\nAnn:")


def test_a_reply_that_must_begin_with_words_gets_them_behind_the_name() -> None:
    inputs = text_inputs(options=PromptOptions(user_prompt_bias="  Well, {{user}}"))
    assert text_of(inputs).endswith("User: m3\nAnn: Well, User")
