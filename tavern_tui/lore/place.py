"""Activated entries -> the slots of the prompt they go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tavern_tui.core.lorebook import LoreEntry, LorePosition
from tavern_tui.lore.inputs import Activation, ActiveEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEntry:
    """An activated entry as it reads in its slot."""

    active: ActiveEntry
    text: str
    """Content after regex scripts; never empty."""

    @property
    def entry(self) -> LoreEntry:
        return self.active.entry

    @property
    def position(self) -> LorePosition:
        return self.active.entry.position


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreSlots:
    """Lore, sorted by where it goes. Every tuple is in reading order."""

    before: str = ""
    """`worldInfoBefore`: above the character's description."""
    after: str = ""
    """`worldInfoAfter`: below it."""
    note_top: tuple[str, ...] = ()
    """Lines above the author's note, where the note is due."""
    note_bottom: tuple[str, ...] = ()
    at_depth: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """(depth, role) -> text of one injection into the chat."""
    examples_top: tuple[str, ...] = ()
    """Example dialogue before the card's own, one raw text per entry."""
    examples_bottom: tuple[str, ...] = ()
    outlets: Mapping[str, str] = field(default_factory=dict)
    """Outlet name -> text for `{{outlet::name}}`."""
    placed: tuple[PlacedEntry, ...] = ()
    """Every entry that was placed; those of one slot are in reading order."""

    def placed_at(self, position: LorePosition) -> tuple[PlacedEntry, ...]:
        """The entries of one position, in reading order."""
        return tuple(entry for entry in self.placed if entry.position is position)

    def placed_in_chat(self, depth: int, role: int) -> tuple[PlacedEntry, ...]:
        """The entries of one `at_depth` injection, in reading order."""
        here = self.placed_at(LorePosition.AT_DEPTH)
        return tuple(placed for placed in here if chat_slot(placed.entry) == (depth, role))

    def placed_in_outlet(self, name: str) -> tuple[PlacedEntry, ...]:
        """The entries of one outlet, in reading order."""
        here = self.placed_at(LorePosition.OUTLET)
        return tuple(placed for placed in here if placed.entry.outlet == name)


# Entries are put in front of what is there, so most slots read in ascending order with ties
# reversed. These two are filled the other way round.
_DESCENDING = frozenset({LorePosition.EXAMPLES_TOP, LorePosition.OUTLET})


def place(activation: Activation, apply_regex: Callable[[str, int | None], str]) -> LoreSlots:
    """Sort activated entries into slots.

    `apply_regex(content, depth)` runs the lore regex scripts; `depth` is None where depth
    limits do not apply. An entry that comes out empty is dropped, as is an outlet without a name.
    """
    ranked = sorted(activation.entries, key=lambda active: -active.entry.order)
    falling = [placed for placed in (_placed(active, apply_regex) for active in ranked) if placed]
    rising = falling[::-1]
    placed = tuple(
        entry
        for position in LorePosition
        for entry in (falling if position in _DESCENDING else rising)
        if entry.position is position
    )
    return _slots(placed)


def chat_slot(entry: LoreEntry) -> tuple[int, int]:
    """(depth, role) an entry at depth goes to; an unknown role counts as system."""
    return entry.depth, entry.role if entry.role in (0, 1, 2) else 0


def _placed(active: ActiveEntry, apply_regex: Callable[[str, int | None], str]) -> PlacedEntry | None:
    entry = active.entry
    if entry.position is LorePosition.OUTLET and not entry.outlet:
        return None
    depth = entry.depth if entry.position is LorePosition.AT_DEPTH else None
    text = apply_regex(active.content, depth)
    return PlacedEntry(active=active, text=text) if text else None


def _slots(placed: tuple[PlacedEntry, ...]) -> LoreSlots:
    by_position: dict[LorePosition, list[str]] = {position: [] for position in LorePosition}
    at_depth: dict[tuple[int, int], list[str]] = {}
    outlets: dict[str, list[str]] = {}
    for item in placed:
        by_position[item.position].append(item.text)
        if item.position is LorePosition.AT_DEPTH:
            at_depth.setdefault(chat_slot(item.entry), []).append(item.text)
        elif item.position is LorePosition.OUTLET:
            outlets.setdefault(item.entry.outlet, []).append(item.text)
    return LoreSlots(
        before="\n".join(by_position[LorePosition.BEFORE_CHAR]),
        after="\n".join(by_position[LorePosition.AFTER_CHAR]),
        note_top=tuple(by_position[LorePosition.NOTE_TOP]),
        note_bottom=tuple(by_position[LorePosition.NOTE_BOTTOM]),
        at_depth={slot: "\n".join(texts) for slot, texts in at_depth.items()},
        examples_top=tuple(by_position[LorePosition.EXAMPLES_TOP]),
        examples_bottom=tuple(by_position[LorePosition.EXAMPLES_BOTTOM]),
        outlets={name: "\n".join(texts) for name, texts in outlets.items()},
        placed=placed,
    )
