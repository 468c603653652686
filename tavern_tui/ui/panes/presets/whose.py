"""Whose order of prompts is shown: everybody's, the open character's, or another one of the file."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.preset import ChatPreset
from tavern_tui.services.preset_edit import EVERYBODY
from tavern_tui.ui.dialogs.pick_one import Choice

DROP = "drop/"
"""Begins the choice that takes a character's own order away."""
OF = "of/"


def choices_of_orders(preset: ChatPreset, character: str, who: str) -> Iterator[Choice]:
    """What can be looked at; `who` is marked."""
    yield Choice(id=OF, title="Everybody", detail="who has none of their own", marked=who == EVERYBODY)
    own = [one.who for one in preset.character_orders]
    detail = "an order of its own" if character in own else "follows everybody until something is changed"
    yield Choice(id=f"{OF}{character}", title=_name(character), detail=detail, marked=who == character)
    for one in own:
        if one != character:
            yield Choice(id=f"{OF}{one}", title=_name(one), detail=_about(one), marked=who == one)
    if character in own:
        yield Choice(id=f"{DROP}{character}", title=f"{_name(character)} follows everybody again")


def order_title(preset: ChatPreset, who: str) -> str:
    """Whose order this is, in a few words."""
    if who == EVERYBODY:
        return "order of everybody"
    own = preset.own_order(who) is not None
    return f"order of {_name(who)}{'' if own else ': as everybody'}"


def _name(who: str) -> str:
    return f"SillyTavern's {who}" if who.isdigit() else who.removesuffix(".png")


def _about(who: str) -> str:
    return "in the file, but used nowhere" if who.isdigit() else "an order of its own"
