"""Chat history for chat completion, with the prompts that go between its messages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tavern_tui.core.chat import Role
from tavern_tui.prompt.history import Turn
from tavern_tui.prompt.injections import ROLES, Position, Registry
from tavern_tui.prompt.manager import Slot, Slots
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Spans, concat, text_of, trimmed

EXTENSION_ORDER = 100
"""The place of notes, lore and the like among the prompts of one depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The prompts of one depth, by order and role."""

    by_place: dict[tuple[int, Role], list[Slot]]

    def orders(self) -> list[int]:
        found = {order for order, _ in self.by_place}
        return sorted(found | {EXTENSION_ORDER}, reverse=True)


def injected_turns(scene: Scene, slots: Slots, registry: Registry) -> list[tuple[int, list[Turn]]]:
    """What is injected at each depth, ascending; the turns of a depth newest first."""
    groups = _by_depth(slots)
    result: list[tuple[int, list[Turn]]] = []
    for depth in sorted({*groups, *registry.depths()}):
        group = groups.get(depth) or _Group(by_place={})
        turns: list[Turn] = []
        for order in group.orders():
            for role in ROLES:
                spans = _contents(scene, group, registry, depth, order, role)
                if text_of(spans):
                    turns.append(Turn(role=role, name="", spans=spans))
        if turns:
            result.append((depth, turns))
    return result


def splice(order: list[int | Turn], groups: list[tuple[int, list[Turn]]]) -> None:
    """Put the groups between the messages of `order`, which is newest first."""
    inserted = 0
    for depth, turns in groups:
        place = depth + inserted
        order[place:place] = turns
        inserted += len(turns)


def _by_depth(slots: Slots) -> dict[int, _Group]:
    groups: dict[int, _Group] = {}
    for slot in slots:
        if slot.in_chat and slot.text:
            group = groups.setdefault(slot.depth, _Group(by_place=defaultdict(list)))
            group.by_place[slot.order, slot.role].append(slot)
    return groups


def _contents(scene: Scene, group: _Group, registry: Registry, depth: int, order: int, role: Role) -> Spans:
    pieces = [trimmed(slot.spans) for slot in group.by_place.get((order, role), ())]
    if order == EXTENSION_ORDER:
        found = registry.collect(scene, Position.IN_CHAT, depth, role)
        pieces.append(trimmed(found.spans))
    return concat(pieces, "\n")
