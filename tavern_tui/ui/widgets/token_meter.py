"""token_bar: how much of the context is used, and by what, as one line of coloured cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

FULL = "━"


def token_bar(shares: Sequence[tuple[str, int]], total: int, width: int) -> Content:
    """A bar of `width` cells for `total` tokens; `shares` are (style, tokens), in order.

    Every share that is not zero gets at least one cell while there is room."""
    if width <= 0:
        return Content("")
    used = sum(tokens for _, tokens in shares)
    scale = width / max(total, used, 1)
    pieces: list[tuple[str, str]] = []
    left = width
    for style, tokens in shares:
        if tokens <= 0:
            continue
        cells = min(left, max(1, round(tokens * scale)))
        pieces.append((FULL * cells, style))
        left -= cells
    return Content.assemble(*pieces, (FULL * left, "$foreground 15%"))


def sum_by(shares: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Tokens added up by style, in the order the styles first appear."""
    sums: dict[str, int] = {}
    for style, tokens in shares:
        sums[style] = sums.get(style, 0) + tokens
    return list(sums.items())
