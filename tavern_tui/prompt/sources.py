"""A card's words as the prompt shows them: chat overrides, group joins, user's preferences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tavern_tui.core.character import CardFields, Character, GroupMode
from tavern_tui.macros.context import MacroContext
from tavern_tui.prompt.scene import Scene, is_disabled, scratch
from tavern_tui.prompt.words import trim

START = "<START>"
"""Opens a block of example dialogue."""


def card_fields(scene: Scene) -> CardFields:
    """The fields of the card, or of the group's cards together.

    A macro in one field can set a variable that another reads, so the order of evaluation below
    is part of the prompt: system prompt and examples come first."""
    card = scene.inputs.character
    options = scene.inputs.options
    system = _override(scene, "system_prompt") or card.system_prompt
    return CardFields(
        system=scene.base(system) if options.prefer_character_prompt else "",
        example_messages=_field(scene, "mes_example", "Example Messages", _examples),
        description=_field(scene, "", "Description", lambda member: member.description),
        personality=_field(scene, "", "Personality", lambda member: member.personality),
        persona=scene.base(scene.inputs.persona.description),
        scenario=_field(scene, "scenario", "Scenario", lambda member: member.scenario),
        post_history=scene.base(card.post_history) if options.prefer_character_jailbreak else "",
        depth_prompt=scene.base(card.depth_prompt.text),
        creator_notes=scene.base(card.creator_notes),
        version=card.version,
        first_message=_quietly(scene, card.first_message),
        alternate_greetings=tuple(_quietly(scene, text) for text in card.alternate_greetings),
    )


def joined_members(scene: Scene) -> list[Character]:
    """The members whose cards the prompt shows together; empty: the speaker's card alone."""
    cast = scene.inputs.group
    if cast is None or cast.group.mode is GroupMode.SWAP:
        return []
    if cast.group.mode is GroupMode.APPEND_DISABLED:
        return list(cast.members)
    speaker = scene.inputs.character
    return [
        member
        for member in cast.members
        if member.file == speaker.file or not is_disabled(cast.group, member)
    ]


def as_member(scene: Scene, member: Character) -> MacroContext:
    """The macros with `{{char}}` standing for this member; variables stay shared."""
    return replace(scene.macros, char=member.name)


def _field(scene: Scene, override: str, label: str, read: Callable[[Character], str]) -> str:
    replaced = _override(scene, override) if override else ""
    if replaced:
        return scene.base(replaced)
    members = joined_members(scene)
    if not members:
        return scene.base(read(scene.inputs.character))
    return _join(scene, members, label, read)


def _join(scene: Scene, members: list[Character], label: str, read: Callable[[Character], str]) -> str:
    cast = scene.inputs.group
    assert cast is not None
    values: list[str] = []
    for member in members:
        value = trim(read(member))
        if not value:
            continue
        if read is _examples and not value.startswith(START):
            value = f"{START}\n{value}"
        prefix, suffix = (
            affix.replace("<FIELDNAME>", label) for affix in (cast.group.join_prefix, cast.group.join_suffix)
        )
        values.append(scene.base_untrimmed(prefix + value + suffix, as_member(scene, member)))
    return "\n".join(values)


def _examples(member: Character) -> str:
    return member.example_messages


def _override(scene: Scene, key: str) -> str:
    value = scene.inputs.metadata.get(key)
    return value if isinstance(value, str) else ""


def _quietly(scene: Scene, greeting: str) -> str:
    """A greeting, for macros. Most prompts never ask for it, so it must not act."""
    return scene.base(greeting, scratch(scene.macros))
