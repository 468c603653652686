"""Our sampler names and what each family of servers calls them, with what it takes and refuses.

A table maps our name to a `Wire`. Values the caller did not set are left to the server; values
that are set go out even when neutral, because several servers have defaults that are not.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from tavern_tui.core.biases import TokenText, read_bans, read_biases
from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerValue


@dataclass(frozen=True, slots=True)
class Values:
    """The request a value is translated for."""

    samplers: Mapping[str, SamplerValue]
    context_size: int
    max_tokens: int
    token_ids: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Ids of the texts in biases and bans, as far as they are known."""
    stream: bool = True
    max_replies: int | None = None
    server_version: str = ""

    def ids(self, what: TokenText) -> tuple[int, ...]:
        """The tokens of a text; none if they are not known."""
        return what.ids or self.token_ids.get(what.text, ())

    def number(self, name: str) -> float:
        """A sampler's value as a number, its neutral one if it is not set."""
        value = self.samplers.get(name, SAMPLERS[name].neutral)
        return float(value) if isinstance(value, int | float) else 0.0


class _Omit:
    """The value that is not sent."""


OMIT = _Omit()
Maker = Callable[[SamplerValue, Values], object]


def _same(value: SamplerValue, values: Values) -> object:
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Wire:
    """What a server calls a sampler, and how its value is written."""

    names: tuple[str, ...]
    make: Maker = _same
    needs_ids: bool = False
    """Its texts are sent as token ids."""
    also: tuple[str, ...] = ()
    """Samplers whose values are written into this one; it is sent if only they are set."""


SamplerTable = Mapping[str, Wire]

WITH_ANOTHER = Wire(())
"""For a sampler that is written into another one (`Wire.also`)."""


def encode_samplers(table: SamplerTable, values: Values) -> dict[str, object]:
    """The sampler part of a request body. Raises UsageError for a value of the wrong kind."""
    body: dict[str, object] = {}
    for name, wire in table.items():
        if not any(one in values.samplers for one in (name, *wire.also)):
            continue
        value = values.samplers.get(name, SAMPLERS[name].neutral)
        made = wire.make(checked(name, value), values)
        if isinstance(made, _Omit):
            continue
        for wire_name in wire.names:
            body[wire_name] = made
    return body


def texts_for_ids(table: SamplerTable, samplers: Mapping[str, SamplerValue]) -> list[str]:
    """The texts whose token ids a request with these values needs."""
    wanted: list[TokenText] = []
    for name, read in (("logit_bias", _bias_texts), ("banned_tokens", _ban_texts)):
        if name in samplers and name in table and table[name].needs_ids:
            wanted += read(samplers[name])
    return list(dict.fromkeys(one.text for one in wanted if one.text))


def _bias_texts(value: SamplerValue) -> list[TokenText]:
    return [bias.what for bias in read_biases(value)]


def _ban_texts(value: SamplerValue) -> list[TokenText]:
    return list(read_bans(value).tokens)


def checked(name: str, value: SamplerValue) -> SamplerValue:
    """`value` in the type its sampler has. Raises UsageError if it cannot be that."""
    spec = SAMPLERS[name]
    match spec.kind:
        case SamplerKind.BOOL if isinstance(value, bool | int):
            return bool(value)
        case SamplerKind.FLOAT if _is_number(value):
            return value
        case SamplerKind.INT if _is_number(value):
            return int(value)
        case SamplerKind.TEXT if isinstance(value, str):
            return value
        case SamplerKind.STRINGS if isinstance(value, list | tuple):
            if all(isinstance(item, str) for item in value):
                return tuple(str(item) for item in value)
            if all(isinstance(item, int) for item in value):
                return tuple(int(item) for item in value)
    raise UsageError(f'The sampler "{spec.title}" cannot be {str(value)[:40]!r}; it takes {spec.kind}.')


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# --- how single values are written


def at_least(low: float) -> Maker:
    """Raise values below `low` to it."""
    return lambda value, values: max(low, value) if isinstance(value, int | float) else value


def between(low: float, high: float) -> Maker:
    return lambda value, values: min(high, max(low, value)) if isinstance(value, int | float) else value


def strictly_between_0_and_1(value: SamplerValue, values: Values) -> object:
    """A share that may be neither nothing nor all; all is what the server does without it."""
    number = float(value) if isinstance(value, int | float) else 1.0
    return OMIT if number >= 1 else max(0.001, number)


def or_context(value: SamplerValue, values: Values) -> object:
    """0 and -1 mean the whole context, which these servers want to have in tokens."""
    return value if isinstance(value, int) and value > 0 else values.context_size


def unless(*off: SamplerValue) -> Maker:
    """Leave the key out for these values."""
    return lambda value, values: OMIT if value in off else _same(value, values)


def random_if_negative(value: SamplerValue, values: Values) -> object:
    """A seed below 0 is random: every server does that if it gets none."""
    return OMIT if isinstance(value, int) and value < 0 else value


def seed_up_to(high: int) -> Maker:
    """Seeds 1 to `high`; larger ones are folded into that range, 0 and below are random."""
    return lambda value, values: 1 + (value - 1) % high if isinstance(value, int) and value > 0 else OMIT


def as_json_text(value: SamplerValue, values: Values) -> object:
    """A list as JSON text in a string."""
    return json.dumps(value, ensure_ascii=False)


def schema(value: SamplerValue, values: Values) -> object:
    """A JSON schema as an object. Raises UsageError if the text is not JSON."""
    if not value:
        return OMIT
    try:
        return json.loads(str(value))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The JSON schema of the samplers is not JSON: {error}.") from error


def grammar_unless_schema(value: SamplerValue, values: Values) -> object:
    """Servers take one of the two; a schema is the more precise wish."""
    return value if value and not values.samplers.get("json_schema") else OMIT


def temperature_with_range(value: SamplerValue, values: Values) -> object:
    """With dynamic temperature: the middle of its range."""
    if not values.samplers.get("dynatemp"):
        return value
    return (values.number("dynatemp_low") + values.number("dynatemp_high")) / 2


def half_range(value: SamplerValue, values: Values) -> object:
    """Dynamic temperature as these servers want it: so much to either side."""
    if not value:
        return 0
    return max(0.0, (values.number("dynatemp_high") - values.number("dynatemp_low")) / 2)


def if_dynatemp(value: SamplerValue, values: Values) -> object:
    return value if values.samplers.get("dynatemp") else OMIT


def lowest_if_dynatemp(value: SamplerValue, values: Values) -> object:
    """For servers that refuse a lowest temperature above the highest."""
    low, high = values.number("dynatemp_low"), values.number("dynatemp_high")
    return if_dynatemp(min(low, high), values)


def highest_if_dynatemp(value: SamplerValue, values: Values) -> object:
    low, high = values.number("dynatemp_low"), values.number("dynatemp_high")
    return if_dynatemp(max(low, high), values)


def is_before(version: str, other: str) -> bool:
    """Whether one version, such as `0.10.1rc2`, came before another. What is no version did not."""
    numbers = [[int(part) for part in re.findall(r"\d{1,9}", one)[:3]] for one in (version, other)]
    return bool(numbers[0]) and numbers[0] < numbers[1]


def since(version: str) -> Maker:
    """For servers that refuse what they do not know: only if it says that it is at least this old."""
    return lambda value, values: (
        value if values.server_version and not is_before(values.server_version, version) else OMIT
    )


def if_dry(value: SamplerValue, values: Values) -> object:
    return _same(value, values) if values.number("dry_multiplier") > 0 else OMIT


def if_mirostat(value: SamplerValue, values: Values) -> object:
    return value if values.number("mirostat_mode") in (1, 2) else OMIT


def if_adaptive(value: SamplerValue, values: Values) -> object:
    return value if values.number("adaptive_target") >= 0 else OMIT


FOLLOWERS = frozenset(
    {if_dynatemp, lowest_if_dynatemp, highest_if_dynatemp, if_dry, if_mirostat, if_adaptive}
)
"""What is left out for a good reason: the sampler it belongs to is off."""


def no_longer_than_reply(value: SamplerValue, values: Values) -> object:
    """TabbyAPI and vLLM refuse a minimum above the maximum."""
    return min(value, values.max_tokens) if isinstance(value, int) and value > 0 else OMIT


# --- logit biases and banned tokens


def bias_object(value: SamplerValue, values: Values) -> object:
    """`{"id": value}`; each token of a text gets the text's value."""
    found = {str(id): bias.value for bias in read_biases(value) for id in values.ids(bias.what)}
    return found or OMIT


def bias_object_with_bans(value: SamplerValue, values: Values) -> object:
    """Biases, and banned tokens as -100: for servers that have no list of bans."""
    biases = bias_object(value, values) if value else {}
    bans = {str(id): -100 for id in _banned_ids(values)}
    merged = {**(biases if isinstance(biases, dict) else {}), **bans}
    return merged or OMIT


def bias_pairs_with_bans(value: SamplerValue, values: Values) -> object:
    """llama.cpp: `[[id, value]]`, and `[id, false]` for a ban. Texts may stand for their tokens."""
    pairs: list[list[object]] = []
    for bias in read_biases(value):
        pairs += [[id, bias.value] for id in bias.what.ids] or [[bias.what.text, bias.value]]
    for what in read_bans(values.samplers.get("banned_tokens", ())).tokens:
        pairs += [[id, False] for id in what.ids] or [[what.text, False]]
    return pairs or OMIT


def banned_ids_text(value: SamplerValue, values: Values) -> object:
    """Banned tokens as `"1,2,3"`."""
    return ",".join(map(str, _banned_ids(values))) or OMIT


def banned_ids_list(value: SamplerValue, values: Values) -> object:
    return _banned_ids(values) or OMIT


def banned_phrases(value: SamplerValue, values: Values) -> object:
    """Banned strings, with the quoted lines of the banned tokens."""
    own = value if isinstance(value, tuple) else ()
    quoted = read_bans(values.samplers.get("banned_tokens", ())).phrases
    return list(dict.fromkeys((*own, *quoted))) or OMIT


def _banned_ids(values: Values) -> list[int]:
    bans = read_bans(values.samplers.get("banned_tokens", ()))
    return list(dict.fromkeys(id for what in bans.tokens for id in values.ids(what)))


def if_any(value: SamplerValue, values: Values) -> object:
    """For servers that are only told whether."""
    return True if value else OMIT


def at_most(high: int) -> Maker:
    """Lower values above `high` to it; 0 is not sent."""
    return lambda value, values: min(high, value) if isinstance(value, int) and value > 0 else OMIT


def if_more_than_one(value: SamplerValue, values: Values) -> object:
    """As many replies as the server makes at once; one is not asked for by number."""
    most = values.max_replies or SAMPLERS["n"].high
    return min(value, int(most)) if isinstance(value, int) and min(value, most) > 1 else OMIT


def at_most_if_several(high: int) -> Maker:
    return lambda value, values: min(high, value) if isinstance(value, int) and value > 1 else OMIT


def if_whole_and_more_than_one(value: SamplerValue, values: Values) -> object:
    """For servers that refuse to stream several replies."""
    return OMIT if values.stream else if_more_than_one(value, values)
