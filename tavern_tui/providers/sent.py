"""What becomes of sampler values on the way to a server: sent as they are, lowered, or left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.samplers import FOLLOWERS, SamplerTable, Values, Wire, encode_samplers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The part of a request one sampler makes."""

    body: Mapping[str, object]
    """Wire names and values; empty: it is left out."""
    changed: bool = False
    """A number that is not sent as it was set."""
    held_back: bool = False
    """The server has it, but is not sent this value, or not in a request like this."""
    error: str = ""
    """Why it cannot be sent."""

    @property
    def words(self) -> str:
        """In a few words: `rep_pen 1.1`."""
        return ", ".join(
            f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in self.body.items()
        )


def sent_values(table: SamplerTable, values: Values) -> dict[str, Sent]:
    """What is sent for each sampler that is set and that the server has."""
    found: dict[str, Sent] = {}
    for name in table:
        if name not in values.samplers:
            continue
        try:
            body = encode_samplers({name: table[name]}, values)
        except UsageError as error:
            found[name] = Sent(body={}, error=str(error))
            continue
        found[name] = Sent(
            body=body,
            changed=_differs(values.samplers[name], body),
            held_back=not body and _speaks_for_itself(table[name]),
        )
    return found


def _speaks_for_itself(wire: Wire) -> bool:
    """Whether it would be sent without regard to other samplers or to what a tokenizer says."""
    return bool(wire.names) and not wire.needs_ids and wire.make not in FOLLOWERS


def _differs(value: SamplerValue, body: Mapping[str, object]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    numbers = [one for one in body.values() if isinstance(one, int | float) and not isinstance(one, bool)]
    return any(one != value for one in numbers)
