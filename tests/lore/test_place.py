"""Where activated entries read, and in what order."""

from __future__ import annotations

from tavern_tui.core.lorebook import LoreEntry, LorePosition
from tavern_tui.lore.place import LoreSlots, place

from .builders import a_scan, an_entry


def slots(*entries: LoreEntry) -> LoreSlots:
    return place(a_scan(*entries, chat=["k"]), lambda text, depth: text)


def three(position: LorePosition, **fields: object) -> LoreSlots:
    """Orders 1, 2, 2: contents low, first, second (of equal order, in the order of activation)."""
    made = [
        an_entry("k", uid=uid, content=content, order=order, position=position, **fields)
        for uid, (content, order) in enumerate([("low", 1), ("first", 2), ("second", 2)])
    ]
    return slots(*made)


def test_most_slots_read_ascending_with_ties_reversed() -> None:
    rising = ("low", "second", "first")
    assert three(LorePosition.BEFORE_CHAR).before == "\n".join(rising)
    assert three(LorePosition.AFTER_CHAR).after == "\n".join(rising)
    assert three(LorePosition.NOTE_TOP).note_top == rising
    assert three(LorePosition.NOTE_BOTTOM).note_bottom == rising
    assert three(LorePosition.EXAMPLES_BOTTOM).examples_bottom == rising
    assert three(LorePosition.AT_DEPTH, depth=2, role=1).at_depth == {(2, 1): "\n".join(rising)}


def test_outlets_and_examples_on_top_read_descending() -> None:
    assert three(LorePosition.EXAMPLES_TOP).examples_top == ("first", "second", "low")
    assert three(LorePosition.OUTLET, outlet="law").outlets == {"law": "first\nsecond\nlow"}
    assert three(LorePosition.OUTLET).outlets == {}


def test_regex_scripts_see_a_depth_only_for_entries_at_depth() -> None:
    entries = [an_entry("k", uid=0, position=LorePosition.AT_DEPTH, depth=3), an_entry("k", uid=1)]
    seen: list[int | None] = []

    def regex(text: str, depth: int | None) -> str:
        seen.append(depth)
        return "" if depth is None else text.upper()

    found = place(a_scan(*entries, chat=["k"]), regex)
    assert sorted(seen, key=str) == [3, None]
    assert found.before == ""
    assert found.at_depth == {(3, 0): "CONTENT 0"}
    assert [placed.entry.uid for placed in found.placed] == [0]


def test_the_trace_can_ask_which_entries_are_where() -> None:
    found = slots(
        an_entry("k", uid=0, position=LorePosition.AT_DEPTH, depth=3, role=9),
        an_entry("k", uid=1, position=LorePosition.OUTLET, outlet="law"),
        an_entry("k", uid=2),
    )
    assert [placed.entry.uid for placed in found.placed_in_chat(3, 0)] == [0]
    assert [placed.entry.uid for placed in found.placed_in_outlet("law")] == [1]
    assert [placed.entry.uid for placed in found.placed_at(LorePosition.BEFORE_CHAR)] == [2]
