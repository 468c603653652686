"""PriceList: what the user says a model costs, for services whose lists do not tell."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import Model
from tavern_tui.core.price import Price
from tavern_tui.services.settings import SettingsService

MILLION = 1_000_000
MOST = 1_000_000.0
"""US dollars for a million tokens that are believed."""
FIELDS = ("prompt", "reply", "cached")
_NUMBER = re.compile(r"\$?\s*(\d+(?:[.,]\d+)?|[.,]\d+)\s*$")


class PriceList:
    """The table `[prices]` of the settings: `provider/model` -> US dollars for a million tokens each of
    `prompt`, `reply` and, perhaps, `cached`. What stands there goes before what a service's list says."""

    def __init__(self, settings: SettingsService) -> None:
        self._settings = settings

    def stated(self, provider: str, model: str) -> Price | None:
        """What the user says of a model; None: nothing that can be used."""
        row = self._settings.value.prices.get(f"{provider}/{model}")
        if not isinstance(row, Mapping):
            return None
        numbers = {name: _per_token(row.get(name)) for name in FIELDS}
        return Price(**numbers) if numbers["prompt"] is not None and numbers["reply"] is not None else None

    def known(self, provider: str, model: Model) -> Model:
        """A model of a list with the user's price, if there is one."""
        price = self.stated(provider, model.id)
        if price is None:
            return model
        return replace(model, prompt_price=price.prompt, reply_price=price.reply, cached_price=price.cached)

    def state(self, provider: str, model: str, words: str) -> None:
        """Keep what the user writes: `5 / 25 / 0.5`; nothing takes it back. Raises UsageError."""
        name = f"{provider}/{model}"
        kept = {key: row for key, row in self._settings.value.prices.items() if key != name}
        if words.strip():
            kept[name] = dict(zip(FIELDS, read_price(words), strict=False))
        self._settings.change(prices=kept)


def read_price(words: str) -> tuple[float, ...]:
    """US dollars for a million tokens of the prompt, of the reply, and perhaps of what was cached.

    Raises UsageError."""
    parts = [_NUMBER.match(part.strip()) for part in re.split(r"[/;|]", words)]
    numbers = tuple(float(part.group(1).replace(",", ".")) for part in parts if part is not None)
    if len(numbers) != len(parts) or len(numbers) not in (2, 3) or any(one > MOST for one in numbers):
        raise UsageError(
            f'"{words.strip()[:40]}" is no price.',
            hint="Two or three numbers: prompt / reply / cached prompt, in US dollars for a million tokens.",
        )
    return numbers


def price_as_written(price: Price) -> str:
    """The same, as it is typed; empty: unknown."""
    numbers = (price.prompt, price.reply, price.cached)
    if price.prompt is None or price.reply is None:
        return ""
    return " / ".join(f"{one * MILLION:.12g}" for one in numbers if one is not None)


def _per_token(value: object) -> float | None:
    is_price = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) / MILLION if is_price and 0 <= value <= MOST else None  # type: ignore[operator,arg-type]
