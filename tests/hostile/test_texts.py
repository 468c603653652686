"""Macros that never end, templates that are broken: a literal text or one sentence, never a hang."""

from __future__ import annotations

import pytest

from tavern_tui.core.errors import PromptError, TavernError
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSource
from tavern_tui.core.template import ContextTemplate
from tavern_tui.prompt.build import build_prompt
from tavern_tui.storage.templates import TemplateStore
from tests.prompt.builders import text_inputs, user


@pytest.mark.parametrize(
    "text",
    [
        "{{setvar::x::{{getvar::x}}{{getvar::x}}}}" * 40,
        "{{" * 5000 + "char" + "}}" * 5000,
        "{{#if " * 2000,
        "{{random::" + "a::" * 100_000 + "b}}",
        "{{roll:999999d999999}}",
        "{{description}}{{personality}}{{scenario}}{{persona}}" * 500,
        "{{// " + "x" * 1_000_000,
    ],
)
def test_no_text_of_macros_hangs_or_breaks_a_build(text) -> None:
    built = build_prompt(text_inputs(messages=[user(text), user("after")]))
    assert "after" in built.prompt.text


def test_a_card_that_contains_itself_is_cut_with_its_text_left_over() -> None:
    from tavern_tui.core.character import Character

    character = Character(name="Ann", file="ann", description="{{description}} {{personality}}",
                          personality="{{description}} {{personality}}")  # fmt: skip
    built = build_prompt(text_inputs(character=character, messages=[user("hello")]))
    assert "hello" in built.prompt.text
    assert len(built.prompt.text) < 10_000_000


@pytest.mark.parametrize(
    "story", ["{{#if description}}never closed", "{{/if}}", "{{#each}}{{/each}}", "{{random:a,b}}", "{{{{{"]
)
def test_a_broken_story_string_is_one_sentence_or_its_own_text(story) -> None:
    inputs = text_inputs(context=ContextTemplate(story_string=story), messages=[user("hello")])
    try:
        built = build_prompt(inputs)
    except PromptError as error:
        assert str(error).strip()
        assert "\n" not in str(error)
    else:
        assert "hello" in built.prompt.text


def test_a_lore_budget_is_never_exceeded_by_huge_entries() -> None:
    entries = tuple(LoreEntry(uid=at, keys=("x",), content="word " * 5000) for at in range(50))
    linked = (LinkedBook(book=Lorebook(name="w", entries=entries), source=LoreSource.GLOBAL),)
    built = build_prompt(
        text_inputs(books=linked, messages=[user("x")], context_size=4096, response_length=200)
    )
    lore = sum(part.tokens for part in built.parts if part.kind == "lore")
    assert lore <= 4096 * 0.25 + 1
    assert built.tokens <= built.budget


@pytest.mark.parametrize(
    "text", ["{", "[1]", "\x00", '{"story_string": 5}', "input_sequence: [", "- x\n- : :"]
)
def test_a_broken_template_file_is_named_and_the_others_are_there(folders, text) -> None:
    folders.instruct.mkdir(parents=True)
    (folders.instruct / "Broken.json").write_text(text)
    folders.instruct_templates.mkdir(parents=True, exist_ok=True)
    (folders.instruct_templates / "broken.yaml").write_text(text)
    store = TemplateStore(folders)
    try:
        assert store.instruct("ChatML") is not None
        store.instruct("Broken")
    except TavernError as error:
        assert "roken" in str(error)
