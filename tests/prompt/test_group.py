"""Groups: whose cards a prompt shows, and under which name each speaks."""

from __future__ import annotations

from typing import Any

import pytest

from tavern_tui.core.character import Character, DepthPrompt, Group, GroupMode
from tavern_tui.core.template import ContextTemplate
from tavern_tui.prompt.inputs import GroupCast, PromptInputs
from tests.prompt.builders import ANGLES, STORY, ann, text_inputs, text_of, user

ANN = Character(
    name="Ann",
    file="ann",
    description="{{char}} smiths.",
    scenario="A forge.",
    depth_prompt=DepthPrompt(text="{{char}} sweats.", depth=1),
)
BO = Character(
    name="Bo",
    file="bo",
    description="{{char}} bakes.",
    example_messages="User: Hi\nBo: Hey",
    depth_prompt=DepthPrompt(text="{{char}} yawns.", depth=1),
)
CY = Character(name="Cy", file="cy", description="{{char}} sings.")


def in_group(speaker: Character, mode: GroupMode, **fields: Any) -> PromptInputs:
    """Ann, Bo and Cy in a room; Bo is muted."""
    affixes = {key: fields.pop(key) for key in ("join_prefix", "join_suffix") if key in fields}
    group = Group(
        id="g", name="G", members=("ann.png", "bo.png", "cy.png"), disabled=("bo.png",), mode=mode, **affixes
    )
    return text_inputs(
        character=speaker,
        group=GroupCast(group=group, members=(ANN, BO, CY)),
        messages=[user("m0"), ann("m1"), user("m2")],
        context=ContextTemplate(story_string=STORY, chat_start="", example_separator=""),
        **fields,
    )


@pytest.mark.parametrize(
    ("mode", "speaker", "words"),
    [
        (GroupMode.SWAP, CY, "Cy sings.\n"),
        (GroupMode.APPEND, CY, "Ann smiths.\nCy sings.\nA forge.\n"),
        (GroupMode.APPEND, BO, "Ann smiths.\nBo bakes.\nCy sings.\nA forge.\n"),
        (GroupMode.APPEND_DISABLED, CY, "Ann smiths.\nBo bakes.\nCy sings.\nA forge.\n"),
    ],
)
def test_the_mode_says_whose_cards_are_shown(mode: GroupMode, speaker: Character, words: str) -> None:
    assert text_of(in_group(speaker, mode)).startswith(words)


def test_affixes_name_member_and_field() -> None:
    inputs = in_group(
        CY, GroupMode.APPEND, join_prefix="<{{char}} <FIELDNAME>>\n", join_suffix="\n</{{char}}>"
    )
    assert text_of(inputs).startswith(
        "<Ann Description>\nAnn smiths.\n</Ann>\n<Cy Description>\nCy sings.\n</Cy>\n"
    )


def test_depth_prompts_of_joined_members_come_along_unless_muted() -> None:
    text = text_of(in_group(CY, GroupMode.APPEND_DISABLED))
    assert "Ann sweats." in text
    assert "Bo yawns." not in text
    assert "Bo yawns." in text_of(in_group(BO, GroupMode.APPEND))


def test_overrides_of_the_chat_win_over_joined_cards() -> None:
    text = text_of(in_group(CY, GroupMode.APPEND, metadata={"scenario": "A boat."}))
    assert "A boat." in text
    assert "A forge." not in text


def test_every_member_is_named_in_instruct_mode_and_the_reply_is_opened_for_the_speaker() -> None:
    text = text_of(in_group(CY, GroupMode.SWAP, instruct=ANGLES))
    assert text.endswith("<U>m0</U>\n<A>Ann: m1</A>\n<U>m2</U>\n<A>Cy:")


def test_examples_of_any_member_are_told_apart() -> None:
    text = text_of(in_group(CY, GroupMode.APPEND_DISABLED, instruct=ANGLES))
    assert "<U>User: Hi</U>\n<A>Bo: Hey</A>\n" in text
