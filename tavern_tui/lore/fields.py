"""Every field of an entry: its name in world files, its place in cards, how it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tavern_tui.core.lorebook import LoreEntry, LorePosition
from tavern_tui.lore import values
from tavern_tui.lore.values import Reader, nullable

_OPTIONAL_NUMBER = nullable(values.whole)
_OPTIONAL_FLAG = nullable(values.flag)

WORLD: tuple[tuple[str, str, Reader], ...] = (
    ("uid", "uid", values.whole),
    ("keys", "key", values.texts),
    ("secondary_keys", "keysecondary", values.texts),
    ("comment", "comment", values.text),
    ("content", "content", values.text),
    ("constant", "constant", values.flag),
    ("vectorized", "vectorized", values.flag),
    ("selective", "selective", values.flag),
    ("logic", "selectiveLogic", values.logic),
    ("order", "order", values.whole),
    ("position", "position", values.position),
    ("disabled", "disable", values.flag),
    ("ignore_budget", "ignoreBudget", values.flag),
    ("exclude_recursion", "excludeRecursion", values.flag),
    ("prevent_recursion", "preventRecursion", values.flag),
    ("delay_until_recursion", "delayUntilRecursion", values.whole),
    ("probability", "probability", values.number),
    ("use_probability", "useProbability", values.flag),
    ("depth", "depth", values.whole),
    ("outlet", "outletName", values.text),
    ("group", "group", values.text),
    ("group_override", "groupOverride", values.flag),
    ("group_weight", "groupWeight", values.number),
    ("scan_depth", "scanDepth", _OPTIONAL_NUMBER),
    ("case_sensitive", "caseSensitive", _OPTIONAL_FLAG),
    ("match_whole_words", "matchWholeWords", _OPTIONAL_FLAG),
    ("use_group_scoring", "useGroupScoring", _OPTIONAL_FLAG),
    ("automation_id", "automationId", values.text),
    ("role", "role", values.whole),
    ("sticky", "sticky", _OPTIONAL_NUMBER),
    ("cooldown", "cooldown", _OPTIONAL_NUMBER),
    ("delay", "delay", _OPTIONAL_NUMBER),
    ("match_persona_description", "matchPersonaDescription", values.flag),
    ("match_character_description", "matchCharacterDescription", values.flag),
    ("match_character_personality", "matchCharacterPersonality", values.flag),
    ("match_character_depth_prompt", "matchCharacterDepthPrompt", values.flag),
    ("match_scenario", "matchScenario", values.flag),
    ("match_creator_notes", "matchCreatorNotes", values.flag),
    ("character_filter", "characterFilter", values.character_filter),
    ("triggers", "triggers", values.texts),
    ("display_index", "displayIndex", values.whole),
)
"""(field, key in a world file, reader), in the order a new entry is written."""

CARD: tuple[tuple[str, str, Reader], ...] = (
    ("uid", "id", values.whole),
    ("keys", "keys", values.texts),
    ("secondary_keys", "secondary_keys", values.texts),
    ("comment", "comment", values.text),
    ("content", "content", values.text),
    ("constant", "constant", values.flag),
    ("selective", "selective", values.flag),
    ("order", "insertion_order", values.whole),
    ("disabled", "enabled", values.negated),
)
"""The same for the entries of a card's `character_book`."""

CARD_EXTENSIONS: tuple[tuple[str, str, Reader], ...] = (
    ("position", "position", values.position),
    ("exclude_recursion", "exclude_recursion", values.flag),
    ("prevent_recursion", "prevent_recursion", values.flag),
    ("delay_until_recursion", "delay_until_recursion", values.whole),
    ("display_index", "display_index", values.whole),
    ("probability", "probability", values.number),
    ("use_probability", "useProbability", values.flag),
    ("depth", "depth", values.whole),
    ("logic", "selectiveLogic", values.logic),
    ("outlet", "outlet_name", values.text),
    ("group", "group", values.text),
    ("group_override", "group_override", values.flag),
    ("group_weight", "group_weight", values.number),
    ("scan_depth", "scan_depth", _OPTIONAL_NUMBER),
    ("case_sensitive", "case_sensitive", _OPTIONAL_FLAG),
    ("match_whole_words", "match_whole_words", _OPTIONAL_FLAG),
    ("use_group_scoring", "use_group_scoring", _OPTIONAL_FLAG),
    ("automation_id", "automation_id", values.text),
    ("role", "role", values.whole),
    ("vectorized", "vectorized", values.flag),
    ("sticky", "sticky", _OPTIONAL_NUMBER),
    ("cooldown", "cooldown", _OPTIONAL_NUMBER),
    ("delay", "delay", _OPTIONAL_NUMBER),
    ("match_persona_description", "match_persona_description", values.flag),
    ("match_character_description", "match_character_description", values.flag),
    ("match_character_personality", "match_character_personality", values.flag),
    ("match_character_depth_prompt", "match_character_depth_prompt", values.flag),
    ("match_scenario", "match_scenario", values.flag),
    ("match_creator_notes", "match_creator_notes", values.flag),
    ("triggers", "triggers", values.texts),
    ("ignore_budget", "ignore_budget", values.flag),
)
"""The same for the `extensions` of such an entry."""

Table = Sequence[tuple[str, str, Reader]]

_DEFAULTS: dict[str, object] = {
    field.name: field.default
    for field in dataclasses.fields(LoreEntry)
    if field.name not in ("uid", "source")
}


@dataclass(slots=True)
class Found:
    """What a table found in an object: the fields, and the keys it could not read."""

    fields: dict[str, object]
    oddities: list[str]


def read_fields(raw: Mapping[str, object], table: Table) -> Found:
    """The fields `table` finds in `raw`. Null and unreadable values take the default."""
    found = Found({}, [])
    for name, key, reader in table:
        if key not in raw:
            continue
        value = raw[key]
        try:
            found.fields[name] = reader(value)
        except (ValueError, TypeError, OverflowError):
            if value is not None:
                found.oddities.append(key)
    return found


def write_fields(
    onto: Mapping[str, object], entry: LoreEntry, table: Table, *, whole: bool
) -> dict[str, object]:
    """`onto` with the fields of `entry` laid over it, its keys in their order.

    A value that already reads as the field does is left as it is spelled. A missing key is added
    when its field is not at the default, or always if `whole`."""
    written = dict(onto)
    known = read_fields(onto, table).fields
    for name, key, reader in table:
        value = getattr(entry, name)
        held = known.get(name, _DEFAULTS.get(name, _MISSING))
        if held == value and not (whole and key not in onto):
            continue
        raw = not value if reader is values.negated else values.to_json(value)
        written[key] = raw
    return written


_MISSING = object()


def position_in_card(entry: LoreEntry) -> str:
    """The nearest of the two positions a card knows."""
    return "before_char" if entry.position is LorePosition.BEFORE_CHAR else "after_char"
