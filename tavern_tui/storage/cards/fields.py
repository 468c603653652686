"""A card's JSON to a Character and back, without losing a key."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.character import Character, DepthPrompt
from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import Lorebook
from tavern_tui.lore.books import from_character_book, to_character_book
from tavern_tui.storage.cards.versions import MIRRORED, V2, V3, lift_card
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
    as_object,
    dig,
    flag,
    key,
    kind_of,
    lay_over,
    number,
    put,
    texts,
    whole,
)

CHARACTER = KeyTable(
    Character,
    key("name", "data.name"),
    key("description", "data.description"),
    key("personality", "data.personality"),
    key("scenario", "data.scenario"),
    key("first_message", "data.first_mes"),
    key("example_messages", "data.mes_example"),
    key("creator_notes", "data.creator_notes"),
    key("system_prompt", "data.system_prompt"),
    key("post_history", "data.post_history_instructions"),
    key("alternate_greetings", "data.alternate_greetings", texts),
    key("group_only_greetings", "data.group_only_greetings", texts),
    key("tags", "data.tags", texts),
    key("creator", "data.creator"),
    key("version", "data.character_version"),
    key("nickname", "data.nickname"),
    key("talkativeness", "data.extensions.talkativeness", number),
    key("favourite", "data.extensions.fav", flag),
    key("world", "data.extensions.world"),
)
DEPTH_PROMPT = KeyTable(
    DepthPrompt,
    key("text", "data.extensions.depth_prompt.prompt"),
    key("depth", "data.extensions.depth_prompt.depth", whole),
    key("role", "data.extensions.depth_prompt.role"),
)
BOOK: KeyPath = ("data", "character_book")
V3_ONLY: tuple[KeyPath, ...] = (("data", "group_only_greetings"), ("data", "nickname"))
"""Left out of new cards while they are empty: V2 readers do not know them."""


def character_from_json(card: Mapping[str, object], file: str, warnings: list[str]) -> Character:
    """The character of a card of any version. `file`: the card's file name without its ending.

    Odd values become defaults with a warning each. Raises DataError if it is no card."""
    what = f"The card {file}" if file else "The card"
    lifted = lift_card(card, what)
    return Character(
        file=file,
        depth_prompt=DepthPrompt(**DEPTH_PROMPT.read(lifted, what, warnings)),
        lorebook=_book(lifted, what, warnings),
        source=lifted,
        **CHARACTER.read(lifted, what, warnings),
    )


def card_json(character: Character) -> dict[str, object]:
    """The card as SillyTavern writes it: `data` and its flat mirror, foreign keys kept.

    An unchanged card keeps its `spec`; a changed one becomes V2."""
    after = _values(character)
    if character.source:
        before_character = character_from_json(character.source, character.file, [])
        before = _values(before_character)
        book_changed = before_character.lorebook != character.lorebook
    else:
        before = {path: after[path] for path in V3_ONLY if not after[path]}
        book_changed = character.lorebook is not None
    card = lay_over(character.source, before, after)
    if book_changed:
        _put_book(card, character.lorebook)
    if book_changed or any(before.get(path, _NEVER) != value for path, value in after.items()):
        card["spec"], card["spec_version"] = V2
    for path, name in MIRRORED.items():
        value = dig(card, path)
        if value is not None or name in ("talkativeness", "fav"):
            card[name] = after[path] if value is None else value
    return card


_NEVER = object()


def as_v3(card: Mapping[str, object]) -> dict[str, object]:
    """The same card under the V3 spec, for the `ccv3` chunk."""
    lifted: dict[str, object] = {**card, "spec": V3[0], "spec_version": V3[1]}
    if dig(lifted, ("data", "group_only_greetings")) is None:
        put(lifted, ("data", "group_only_greetings"), [])
    return lifted


def _values(character: Character) -> dict[KeyPath, object]:
    return CHARACTER.values(character) | DEPTH_PROMPT.values(character.depth_prompt)


def _book(lifted: Mapping[str, object], what: str, warnings: list[str]) -> Lorebook | None:
    found = dig(lifted, BOOK)
    if found is None:
        return None
    if not isinstance(found, Mapping):
        warnings.append(f"{what}: its lorebook should be an object, but is {kind_of(found)}.")
        return None
    try:
        return from_character_book(found, str(dig(lifted, ("data", "name")) or ""), warnings)
    except DataError as error:
        warnings.append(f"{what}: its lorebook was not understood: {error}")
        return None


def _put_book(card: dict[str, object], book: Lorebook | None) -> None:
    if book is not None:
        put(card, BOOK, to_character_book(book))
        return
    card["data"] = {name: value for name, value in as_object(card.get("data")).items() if name != BOOK[-1]}
