"""Each part of a chat prompt says in the place of which preset prompt it stands, and how it was built."""

from __future__ import annotations

from itertools import groupby

import pytest

from tavern_tui.core.character import Character
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LorePosition, LoreSource
from tavern_tui.core.preset import AuthorsNote, ChatPreset, ManagedPrompt
from tavern_tui.core.prompt import PromptPart
from tavern_tui.prompt.build import build_prompt
from tests.prompt.builders import chat_inputs

ANN = Character(
    name="Ann",
    file="ann",
    description="A smith.",
    system_prompt="Play her well. {{original}}",
    example_messages="<START>\n{{user}}: Hot?\n{{char}}: A forge.",
)
LORE = Lorebook(
    name="Valley",
    entries=(
        LoreEntry(uid=1, constant=True, content="A mill.", position=LorePosition.BEFORE_CHAR),
        LoreEntry(uid=2, constant=True, content="A ford.", position=LorePosition.AFTER_CHAR),
        LoreEntry(uid=3, constant=True, content="A fog.", position=LorePosition.AT_DEPTH, depth=1),
    ),
)
PRESET = ChatPreset(
    prompts=(
        ManagedPrompt(identifier="main", content="Play {{char}}.", system_prompt=True),
        ManagedPrompt(identifier="deep", content="Stay calm.", injection_position=1, injection_depth=1),
        ManagedPrompt(identifier="own", content="Be brief.", role="user"),
    ),
    order=tuple(
        (name, True)
        for name in (
            "main", "worldInfoBefore", "charDescription", "worldInfoAfter", "own", "dialogueExamples",
            "chatHistory", "deep",
        )
    ),
    new_chat_prompt="[New]",
)  # fmt: skip


def parts_of(post_processing: str = "") -> tuple[tuple[PromptPart, ...], tuple[PromptPart, ...]]:
    built = build_prompt(
        chat_inputs(
            PRESET,
            post_processing,
            character=ANN,
            books=[LinkedBook(book=LORE, source=LoreSource.GLOBAL)],
            note=AuthorsNote(text="NOTE", position=2),
        )
    )
    return built.parts, built.as_built


@pytest.mark.parametrize("mode", ["", "merge", "strict", "single"])
def test_every_part_names_the_prompt_in_whose_place_it_stands(mode: str) -> None:
    slots: dict[str, str] = {}
    for part in parts_of(mode)[0]:
        slots[part.slot] = slots.get(part.slot, "") + part.text
    assert slots[""].strip() == "NOTE", "what stands beside the main prompt belongs to none"
    assert "Play her well. Play Ann." in slots["main"]
    assert "A mill." in slots["worldInfoBefore"]
    assert "A ford." in slots["worldInfoAfter"]
    assert "A smith." in slots["charDescription"]
    assert "Be brief." in slots["own"]
    assert "A forge." in slots["dialogueExamples"]
    assert "Stay calm." in slots["deep"]
    assert "m3" in slots["chatHistory"]
    assert "A fog." in slots["chatHistory"]
    assert "[New]" in slots["chatHistory"]


def test_messages_that_are_not_reshaped_are_shown_once() -> None:
    parts, as_built = parts_of("")
    assert parts
    assert as_built == ()


def test_the_messages_as_they_were_built_are_kept_beside_those_that_go_out() -> None:
    plain, _ = parts_of("")
    parts, as_built = parts_of("strict")
    assert as_built == plain
    assert roles_of(as_built) != roles_of(parts)
    assert roles_of(parts)[:2] == ["system", "user"]
    assert "system" not in roles_of(parts)[1:]


def roles_of(parts: tuple[PromptPart, ...]) -> list[str]:
    """The role of each message."""
    messages = groupby(parts, key=lambda part: (part.message, part.role))
    return [str(role) for (_, role), _ in messages]
