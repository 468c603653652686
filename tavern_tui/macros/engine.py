"""Which engine replaces the macros of a text: the one the context asks for."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.evaluate import substitute_new


def substitute(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced. Never raises; what is wrong in it becomes a warning.

    `original`: what `{{original}}` stands for, once. `extra`: more names, which win over the
    table. `card_fields`: False while the card's own fields are made ready; macros of card fields
    are then empty."""
    if not ("{{" in text or "<" in text or "\\{" in text or "\\}" in text):
        return text
    if context.legacy:
        from tavern_tui.macros.legacy import substitute_legacy  # few users still choose it

        return substitute_legacy(text, context, original=original, extra=extra, card_fields=card_fields)
    return substitute_new(text, context, original=original, extra=extra, card_fields=card_fields)
