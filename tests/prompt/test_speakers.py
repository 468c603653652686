"""Who answers in a group."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tavern_tui.core.character import Character, Group, GroupStrategy
from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.prompt.speakers import group_greetings, next_speakers
from tests.prompt.builders import ann, user

ANN = Character(name="Ann Lee", file="ann", talkativeness=0)
BO = Character(name="Bo", file="bo.v2", talkativeness=0)
CY = Character(name="Cy", file="cy", talkativeness=0)
DI = Character(name="Di", file="di", talkativeness=1)


def cast(*members: Character, disabled: tuple[str, ...] = (), **fields: object) -> GroupCast:
    group = Group(id="g", name="G", members=tuple(f"{one.file}.png" for one in members), disabled=disabled)
    return GroupCast(group=replace(group, **fields), members=members)  # type: ignore[arg-type]  # of Group


def names(group: GroupCast, *messages, typed: str = "", **fields) -> list[str]:  # type: ignore[no-untyped-def]
    return [one.name for one in next_speakers(group, messages, Random(1), typed=typed, **fields)]


def said(member: Character, text: str = "x"):  # type: ignore[no-untyped-def]
    return replace(ann(text), name=member.name, original_avatar=f"{member.file}.png")


def test_those_who_are_mentioned_answer_in_the_order_of_the_words() -> None:
    assert names(cast(ANN, BO, CY), typed="Cy, and lee?") == ["Cy", "Ann Lee"]


def test_a_part_of_a_name_is_no_mention() -> None:
    assert names(cast(ANN, BO, DI), typed="bob annexed") == ["Di"]


def test_the_talkative_join_after_the_mentioned() -> None:
    assert names(cast(DI, BO), typed="Bo!") == ["Bo", "Di"]


def test_the_last_speaker_rests_unless_allowed() -> None:
    assert names(cast(DI, BO), said(DI)) == ["Bo"]
    assert names(cast(DI, BO, allow_self_responses=True), said(DI)) == ["Di"]


def test_muted_members_never_answer() -> None:
    assert names(cast(ANN, BO, disabled=("bo.v2.png",)), typed="Bo") == ["Ann Lee"]


def test_the_list_strategy_lets_all_answer_in_order() -> None:
    assert names(cast(CY, ANN, strategy=GroupStrategy.LIST), typed="x") == ["Cy", "Ann Lee"]


def test_the_manual_strategy_waits_after_the_user() -> None:
    manual = cast(ANN, strategy=GroupStrategy.MANUAL)
    assert names(manual, typed="x") == []
    assert names(manual) == ["Ann Lee"]


def test_the_pooled_strategy_asks_those_who_were_silent() -> None:
    pooled = cast(ANN, BO, CY, strategy=GroupStrategy.POOLED)
    assert names(pooled, user("x"), said(ANN), said(CY)) == ["Bo"]
    assert names(pooled, user("x"), said(ANN), said(CY), said(BO)) != ["Bo"]


@pytest.mark.parametrize("generation", [GenerationType.SWIPE, GenerationType.CONTINUE, GenerationType.QUIET])
def test_the_author_of_the_last_message_goes_on_with_it(generation: GenerationType) -> None:
    assert names(cast(ANN, BO), said(BO), generation=generation) == ["Bo"]


def test_an_empty_group_has_nobody_to_answer() -> None:
    assert names(cast(), typed="x") == []


def test_every_member_with_a_greeting_opens_a_new_chat() -> None:
    greeter = replace(ANN, first_message="one", alternate_greetings=("two",))
    ((member, text),) = group_greetings([greeter, BO], Random(3))
    assert member is greeter
    assert text in ("one", "two")
