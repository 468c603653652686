"""The trace: every character of a prompt has an origin, and what was cut is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LorePosition, LoreSource
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import AuthorsNote, PromptOptions
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.core.template import ContextTemplate, SystemPrompt
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.trace import Span, collapsed, concat, drop_last, text_of, trimmed
from tests.prompt.builders import ANGLES, STORY, ann, chat_inputs, text_inputs, user

LORE = Lorebook(
    name="Valley",
    entries=(
        LoreEntry(uid=3, keys=("m3",), comment="The mill", content="A mill."),
        LoreEntry(uid=4, keys=("m3",), content="A ford.", position=LorePosition.AT_DEPTH, depth=1),
    ),
)


def rich_inputs():  # type: ignore[no-untyped-def]  # PromptInputs, spelled out in builders
    return text_inputs(
        instruct=ANGLES,
        character=Character(name="Ann", description="A smith.", scenario="A forge.", personality="calm"),
        persona=Persona(name="User", description="I."),
        system=SystemPrompt(name="Mine", content="Write.", post_history="End."),
        books=[LinkedBook(book=LORE, source=LoreSource.GLOBAL)],
        note=AuthorsNote(text="NOTE", depth=1),
        context=ContextTemplate(story_string=STORY.replace("{{description}}", "About: {{description}}")),
    )


def test_the_story_string_is_told_apart_by_its_fields() -> None:
    parts = build_prompt(rich_inputs()).parts
    named = {(part.kind, part.title, part.text.strip()) for part in parts}
    assert ("system", "System prompt", "Write.") in named
    assert ("description", "Description of Ann", "A smith.") in named
    assert ("lore", 'Lore: The mill (book "Valley")', "A mill.") in named
    assert ("persona", "Persona User", "I.") in named
    assert ("template", "Story string", "About:") in named


def test_injections_of_one_message_are_told_apart() -> None:
    parts = build_prompt(rich_inputs()).parts
    assert [part.origin for part in parts if "NOTE" in part.text] == ["author's note"]
    assert [part.origin for part in parts if "A ford." in part.text] == ["book Valley, entry 4"]


def test_messages_are_named_by_number_and_speaker() -> None:
    parts = build_prompt(rich_inputs()).parts
    history = [(part.title, part.text) for part in parts if part.kind == "history"]
    assert history == [
        ("#0 Ann", "<A>m0</A>\n"),
        ("#1 User", "<U>m1</U>\n"),
        ("#2 Ann", "<A>m2</A>\n"),
        ("#3 User", "<U>m3</U>\n"),
    ]


@pytest.mark.parametrize(
    "story",
    [
        "{{description}}\n\n\n{{trim}}\n{{personality}}",
        "{{#if wiBefore}}x{{/if}}{{personality}}{{description}}{{description}}",
        "\ue000{{description}}\ue000",
        "",
        "{{random::a::b}} {{description}}",
    ],
)
@pytest.mark.parametrize("collapse", [True, False])
def test_the_parts_are_the_prompt_whatever_the_template(story: str, collapse: bool) -> None:
    inputs = replace(
        rich_inputs(),
        shape=replace(rich_inputs().shape, context=ContextTemplate(story_string=story)),
        options=PromptOptions(collapse_newlines=collapse),
    )
    built = build_prompt(inputs)
    assert isinstance(built.prompt, TextPrompt)
    assert "".join(part.text for part in built.parts) == built.prompt.text
    assert all(part.text for part in built.parts)


@pytest.mark.parametrize("mode", ["merge", "semi", "strict", "single"])
def test_merged_messages_keep_the_origin_of_each_piece(mode: str) -> None:
    character = Character(
        name="Ann", description="A smith.\n\nTall: yes", example_messages="<START>\nAnn: m0"
    )
    messages = [ann("m0"), ann("m0"), user("m0"), user("Ann: m0")]
    built = build_prompt(chat_inputs(post_processing=mode, character=character, messages=messages))
    for number, message in enumerate(built.prompt.messages):  # type: ignore[union-attr]  # chat_inputs
        assert "".join(part.text for part in built.parts if part.message == number) == message.content
    assert [part.origin for part in built.parts if part.kind == "history"] == [
        f"message {number}" for number in range(4)
    ]


def test_counting_a_preview_twice_gives_the_same_prompt() -> None:
    inputs = replace(
        rich_inputs(), character=Character(name="Ann", description="{{random::a::b}}{{roll::1d99}}")
    )
    assert build_prompt(inputs) == build_prompt(inputs)


def spans(*texts: str) -> tuple[Span, ...]:
    return tuple(Span(text=text, kind="k", title=text) for text in texts)


def test_collapsing_sees_newlines_across_spans() -> None:
    assert text_of(collapsed(spans("a\n", "\n", "\n\nb\n\n\nc"))) == "a\nb\nc"


def test_dropping_the_end_may_take_whole_spans() -> None:
    assert text_of(drop_last(spans("ab", "c", ""), 2)) == "a"


def test_trimming_reaches_over_blank_spans() -> None:
    assert text_of(trimmed(spans(" ", "\n a", "b ", " "))) == "ab"
    assert trimmed(spans(" ", "")) == ()


def test_groups_without_text_get_no_separator() -> None:
    assert text_of(concat([spans("a"), spans(""), (), spans("b", "c")], "|")) == "a|bc"
