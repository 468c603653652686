"""Stop strings of text completion and chat completion."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.character import Character, Group
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import PromptOptions
from tavern_tui.core.template import ContextTemplate
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import GroupCast, PromptInputs
from tests.prompt.builders import ANGLES, ann, chat_inputs, text_inputs, user


def stops(inputs: PromptInputs) -> list[str]:
    return list(build_prompt(inputs).prompt.stop)


def test_sequences_are_stops_line_by_line_and_once() -> None:
    template = replace(ANGLES, wrap=True, stop_sequence="</A>\n{{user}}\n\n</A>")
    assert stops(text_inputs(instruct=template)) == ["\nUser:", "\n</A>", "\nUser", "\n<U>", "\n<A>", "\n<S>"]


def test_without_sequences_as_stops_only_the_stop_sequence_counts() -> None:
    template = replace(ANGLES, stop_sequence="</A>", sequences_as_stop_strings=False)
    assert stops(text_inputs(instruct=template)) == ["\nUser:", "</A>"]


def test_who_is_stopped_follows_who_is_written() -> None:
    assert stops(text_inputs(generation=GenerationType.IMPERSONATE)) == ["\nAnn:", "\nUser:"]
    going_on = text_inputs(messages=[ann("a"), user("b")], generation=GenerationType.CONTINUE)
    assert stops(going_on) == ["\nUser:", "\nAnn:"]


def test_members_of_a_group_stop_each_other() -> None:
    members = tuple(Character(name=name, file=name) for name in ("Ann", "Bo", "Cy"))
    cast = GroupCast(group=Group(id="g", name="G"), members=members)
    assert stops(text_inputs(character=members[1], group=cast)) == ["\nUser:", "\nAnn:", "\nCy:"]


def test_layout_lines_and_single_line_stop_where_wanted() -> None:
    context = ContextTemplate(use_stop_strings=True, chat_start="=={{char}}==", example_separator="")
    inputs = text_inputs(context=context, options=PromptOptions(single_line=True))
    assert stops(inputs) == ["\n", "\nUser:", "\n==Ann=="]


def test_custom_stops_are_resolved_if_the_user_wants_it() -> None:
    custom = PromptOptions(custom_stopping_strings=("[{{char}}]", "", "[{{char}}]"))
    assert stops(chat_inputs(options=custom)) == ["[Ann]"]
    literal = replace(custom, custom_stopping_strings_macro=False)
    assert stops(chat_inputs(options=literal)) == ["[{{char}}]"]
