"""Every version of a card's JSON, lifted to the shape of V2: `{spec, spec_version, data}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tavern_tui.core.errors import DataError
from tavern_tui.storage.json_keep import KeyPath, as_object, put

V2 = ("chara_card_v2", "2.0")
V3 = ("chara_card_v3", "3.0")

MIRRORED: dict[KeyPath, str] = {
    ("data", "name"): "name",
    ("data", "description"): "description",
    ("data", "personality"): "personality",
    ("data", "scenario"): "scenario",
    ("data", "first_mes"): "first_mes",
    ("data", "mes_example"): "mes_example",
    ("data", "tags"): "tags",
    ("data", "extensions", "talkativeness"): "talkativeness",
    ("data", "extensions", "fav"): "fav",
}
"""What SillyTavern repeats at the top level of the card."""

_V1 = {name: path for path, name in MIRRORED.items()} | {
    "creatorcomment": ("data", "creator_notes"),
    "creator_notes": ("data", "creator_notes"),
    "creator": ("data", "creator"),
    "character_version": ("data", "character_version"),
    "system_prompt": ("data", "system_prompt"),
    "post_history_instructions": ("data", "post_history_instructions"),
    "alternate_greetings": ("data", "alternate_greetings"),
    "character_book": ("data", "character_book"),
}
_PYGMALION = {
    "char_name": ("data", "name"),
    "char_persona": ("data", "description"),
    "char_greeting": ("data", "first_mes"),
    "example_dialogue": ("data", "mes_example"),
    "world_scenario": ("data", "scenario"),
}
_WEBUI = {
    "name": ("data", "name"),
    "context": ("data", "description"),
    "greeting": ("data", "first_mes"),
}
"""text-generation-webui's YAML."""

Lift = Callable[[Mapping[str, object]], dict[str, object]]


def _lifting(names: Mapping[str, KeyPath]) -> Lift:
    def lift(card: Mapping[str, object]) -> dict[str, object]:
        lifted = {"spec": V2[0], "spec_version": V2[1], **card, "data": dict(as_object(card.get("data")))}
        for name, path in names.items():
            if card.get(name) is not None:
                put(lifted, path, card[name])
        return lifted

    return lift


FORMATS: tuple[tuple[Callable[[Mapping[str, object]], bool], Lift], ...] = (
    (lambda card: "spec" in card and isinstance(card.get("data"), Mapping), dict),
    (lambda card: "name" in card and "context" in card and "first_mes" not in card, _lifting(_WEBUI)),
    (lambda card: "name" in card or "first_mes" in card, _lifting(_V1)),
    (lambda card: "char_name" in card, _lifting(_PYGMALION)),
    (lambda card: isinstance(card.get("data"), Mapping), lambda card: {"spec": V2[0], **card}),
)
"""The first test that holds says how the card is read."""


def lift_card(card: Mapping[str, object], what: str) -> dict[str, object]:
    """The card in the shape of V2, its own keys included. Raises DataError if it is no card."""
    for fits, lift in FORMATS:
        if fits(card):
            return lift(card)
    raise DataError(f"{what} is not a character card: it has neither `spec` nor `name` nor `char_name`.")
