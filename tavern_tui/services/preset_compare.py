"""What differs between two presets: field by field, prompt by prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from tavern_tui.core.preset import ChatPreset, ManagedPrompt, PromptOrder
from tavern_tui.services.preset_edit import PromptRow, prompt_rows
from tavern_tui.storage.presets.chat import PRESET
from tavern_tui.storage.presets.prompts import PROMPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two presets do not have in common."""

    place: str
    """`Preset`, or the prompt's name."""
    field: str
    """The key as the file has it; `order`, `enabled` for a prompt's place and switch."""
    left: str | None
    """As a person reads it; None: it is not there."""
    right: str | None


def compare_presets(left: ChatPreset, right: ChatPreset) -> list[Difference]:
    """What differs: the prompts in the left one's order, then the preset's own texts and settings."""
    return [*_prompts(left, right), *_fields(left, right)]


def _prompts(left: ChatPreset, right: ChatPreset) -> Iterator[Difference]:
    lefts = {row.identifier: row for row in prompt_rows(left)}
    rights = {row.identifier: row for row in prompt_rows(right)}
    moved = _moved(left.order, right.order)
    for identifier in dict.fromkeys((*lefts, *rights)):
        one, other = lefts.get(identifier), rights.get(identifier)
        if one is None or other is None:
            title = (one or other or PromptRow(identifier=identifier, prompt=None)).title
            yield Difference(place=title, field="prompt", left=_whole(one), right=_whole(other))
            continue
        yield from _prompt(one, other)
        if one.listed and other.listed and one.enabled != other.enabled:
            yield _difference(one.title, "enabled", one.enabled, other.enabled)
        if identifier in moved or one.listed != other.listed:
            places = _place(left.order, lefts, identifier), _place(right.order, rights, identifier)
            yield Difference(place=one.title, field="order", left=places[0], right=places[1])


def _prompt(one: PromptRow, other: PromptRow) -> Iterator[Difference]:
    for key in PROMPT.keys:
        values = [getattr(row.prompt, key.field) if row.prompt is not None else None for row in (one, other)]
        if values[0] != values[1]:
            yield _difference(one.title, key.path[-1], *values)


def _moved(left: PromptOrder, right: PromptOrder) -> set[str]:
    """Prompts of both orders that do not stand in the same sequence: the fewest that explain it."""
    names = [name for name, _ in left], [name for name, _ in right]
    shared = set(names[0]) & set(names[1])
    lefts, rights = ([name for name in one if name in shared] for one in names)
    kept = SequenceMatcher(None, lefts, rights, autojunk=False).get_matching_blocks()
    return shared - {lefts[at] for block in kept for at in range(block.a, block.a + block.size)}


def _place(order: PromptOrder, rows: Mapping[str, PromptRow], identifier: str) -> str:
    names = [name for name, _ in order]
    if identifier not in names:
        return "not in the order"
    at = names.index(identifier)
    return f"place {at + 1}, behind {rows[names[at - 1]].title}" if at else "place 1"


def _whole(row: PromptRow | None) -> str | None:
    prompt = row.prompt if row is not None else None
    return _shown(prompt) if prompt is not None else None


def _fields(left: ChatPreset, right: ChatPreset) -> Iterator[Difference]:
    known = {key.path[-1]: key.field for key in PRESET.keys}
    for name, field in known.items():
        values = getattr(left, field), getattr(right, field)
        if values[0] != values[1]:
            yield _difference("Preset", name, *values)
    apart = known.keys() | {"prompts", "prompt_order"}
    for name in dict.fromkeys((*left.source, *right.source)):
        if name in apart:
            continue
        held = left.source.get(name), right.source.get(name)
        if held[0] != held[1]:
            yield _difference("Preset", name, *held)


def _difference(place: str, field: str, left: object, right: object) -> Difference:
    return Difference(place=place, field=field, left=_shown(left), right=_shown(right))


def _shown(value: object) -> str | None:
    """A value as a person reads it."""
    match value:
        case None:
            return None
        case ManagedPrompt():
            return value.content or "(empty)"
        case bool():
            return "on" if value else "off"
        case str():
            return value or "(empty)"
        case tuple():
            return ", ".join(map(str, value)) or "(none)"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)
