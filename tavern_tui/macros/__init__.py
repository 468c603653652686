"""The `{{...}}` language. Pure: clock, dice and variables are passed in."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.evaluate import substitute_new

__all__ = ["MacroContext", "substitute"]


def substitute(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced, by the engine the context asks for. Never raises.

    `original`: what `{{original}}` stands for, once. `extra`: more names, which win over the
    table. `card_fields`: False while the card's own fields are made ready; macros of card fields
    are then empty."""
    if context.legacy and "original" not in (extra or {}):
        from tavern_tui.macros.legacy import substitute_legacy  # few users still choose it

        return substitute_legacy(text, context, original=original, extra=extra, card_fields=card_fields)
    return substitute_new(text, context, original=original, extra=extra, card_fields=card_fields)
