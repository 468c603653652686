"""A preset's `prompt_order` to orders of prompts and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tavern_tui.core.preset import CharacterOrder, PromptOrder
from tavern_tui.storage.json_keep import as_list, as_object, flag, kind_of, read_value
from tavern_tui.storage.presets.weave import weave

GLOBAL_ORDER = 100001
"""`character_id` of the order SillyTavern uses; 100000 is a leftover in old files."""

DEFAULT_ORDER: PromptOrder = (
    ("main", True),
    ("worldInfoBefore", True),
    ("personaDescription", True),
    ("charDescription", True),
    ("charPersonality", True),
    ("scenario", True),
    ("enhanceDefinitions", False),
    ("nsfw", True),
    ("worldInfoAfter", True),
    ("dialogueExamples", True),
    ("chatHistory", True),
    ("jailbreak", True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a `prompt_order` says, and where it says it."""

    everybody: PromptOrder | None = None
    """None: the file has no order for everybody."""
    characters: tuple[CharacterOrder, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    """`character_id` -> member of the list."""

    def of(self, who: str) -> PromptOrder | None:
        """The order with this `character_id`."""
        if who == str(GLOBAL_ORDER):
            return self.everybody
        return next((one.order for one in self.characters if one.who == who), None)


def read_orders(found: object, where: str, warnings: list[str]) -> Orders:
    """The orders of a file. Of two with one `character_id`, the first counts."""
    if found is not None and not isinstance(found, list):
        warnings.append(f"{where}: its prompt order should be a list, but is {kind_of(found)}.")
    orders: dict[str, PromptOrder] = {}
    places: dict[str, int] = {}
    for at, one in enumerate(as_list(found)):
        who, rows = _who(one), as_object(one).get("order")
        name = f"{where}, prompt order {at + 1}"
        if who is None or not isinstance(rows, list):
            missing = "character_id" if who is None else "list of prompts"
            warnings.append(f"{name} has no {missing}; it is kept, but not used.")
        elif who in orders:
            warnings.append(f"{name} is a second one for {who}; it is kept, but not used.")
        else:
            places[who] = at
            orders[who] = tuple((row[0], row[1]) for row in _rows(rows, name, warnings).values())
    everybody = orders.pop(str(GLOBAL_ORDER), None)
    characters = tuple(CharacterOrder(who=who, order=order) for who, order in orders.items())
    return Orders(everybody=everybody, characters=characters, places=places)


def write_orders(found: object, after: Orders) -> list[object]:
    """The list with these orders in it; whatever else stands in it stays."""
    raw, before = as_list(found), read_orders(found, "", [])
    wanted: list[tuple[str, PromptOrder]] = [(one.who, one.order) for one in after.characters]
    if after.everybody is not None:
        wanted.append((str(GLOBAL_ORDER), after.everybody))
    # Known ones first, in the file's order, so that only new ones move anything.
    wanted.sort(key=lambda one: before.places.get(one[0], len(raw)))
    made: list[tuple[int | None, object]] = []
    for who, order in wanted:
        at = before.places.get(who)
        held = as_object(raw[at]) if at is not None else {}
        if at is None or before.of(who) != order:
            held = {**(held or {"character_id": _id(who)}), "order": _write_rows(held.get("order"), order)}
        made.append((at, held))
    return weave(raw, before.places.values(), made)


def _who(one: object) -> str | None:
    found = as_object(one).get("character_id")
    is_name = isinstance(found, str | int) and not isinstance(found, bool)
    return str(found) if is_name else None


def _id(who: str) -> object:
    return GLOBAL_ORDER if who == str(GLOBAL_ORDER) else who


def _rows(rows: list[object], where: str, warnings: list[str]) -> dict[int, tuple[str, bool]]:
    """Place in the list -> identifier and whether it is on; what is odd is left out."""
    found: dict[int, tuple[str, bool]] = {}
    seen: set[str] = set()
    for at, one in enumerate(rows):
        row, name = as_object(one), f"{where}, row {at + 1}"
        identifier = row.get("identifier")
        if not isinstance(identifier, str):
            warnings.append(f"{name} names no prompt; it is kept, but not used.")
        elif identifier in seen:
            warnings.append(f'{name} names "{identifier}" again; it is kept, but the first place counts.')
        else:
            seen.add(identifier)
            is_on = read_value(row.get("enabled"), flag, True, f'{name}: "enabled"', warnings)
            found[at] = (identifier, is_on)
    return found


def _write_rows(found: object, order: PromptOrder) -> list[object]:
    raw = as_list(found)
    before = _rows(raw, "", [])
    places = {identifier: at for at, (identifier, _) in before.items()}
    made: list[tuple[int | None, object]] = []
    for identifier, is_on in order:
        at = places.get(identifier)
        if at is not None and before[at][1] == is_on:
            made.append((at, raw[at]))
        else:
            held = as_object(raw[at]) if at is not None else {}
            made.append((at, {**held, "identifier": identifier, "enabled": is_on}))
    return weave(raw, before.keys(), made)
