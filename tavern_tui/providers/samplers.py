"""Our sampler names and what each family of servers calls them, with what it takes and refuses.

A table maps our name to a `Wire`. Values the caller did not set are left to the server; values
that are set go out even when neutral, because several servers have defaults that are not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerValue


@dataclass(frozen=True, slots=True)
class Values:
    """The request a value is translated for."""

    samplers: Mapping[str, SamplerValue]
    context_size: int
    max_tokens: int

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


SamplerTable = Mapping[str, Wire]


def encode_samplers(table: SamplerTable, values: Values) -> dict[str, object]:
    """The sampler part of a request body. Raises UsageError for a value of the wrong kind."""
    body: dict[str, object] = {}
    for name, wire in table.items():
        if name not in values.samplers:
            continue
        made = wire.make(checked(name, values.samplers[name]), values)
        if isinstance(made, _Omit):
            continue
        for wire_name in wire.names:
            body[wire_name] = made
    return body


def checked(name: str, value: SamplerValue) -> SamplerValue:
    """`value` in the type its sampler has. Raises UsageError if it cannot be that."""
    spec = SAMPLERS[name]
    match spec.kind:
        case SamplerKind.BOOL if isinstance(value, bool | int):
            return bool(value)
        case SamplerKind.FLOAT if isinstance(value, int | float) and math.isfinite(value):
            return value
        case SamplerKind.INT if isinstance(value, int | float) and math.isfinite(value):
            return int(value)
        case SamplerKind.TEXT if isinstance(value, str):
            return value
        case SamplerKind.STRINGS if isinstance(value, list | tuple):
            if all(isinstance(item, str) for item in value):
                return tuple(str(item) for item in value)
            if all(isinstance(item, int) for item in value):
                return tuple(int(item) for item in value)
    raise UsageError(f'The sampler "{spec.title}" cannot be {str(value)[:40]!r}; it takes {spec.kind}.')


# --- how single values are written


def at_least(low: float) -> Maker:
    """Raise values below `low` to it."""
    return lambda value, values: max(low, value) if isinstance(value, int | float) else value


def between(low: float, high: float) -> Maker:
    return lambda value, values: min(high, max(low, value)) if isinstance(value, int | float) else value


def or_context(value: SamplerValue, values: Values) -> object:
    """0 and -1 mean the whole context, which these servers want to have in tokens."""
    return value if isinstance(value, int) and value > 0 else values.context_size


def unless(*off: SamplerValue) -> Maker:
    """Leave the key out for these values."""
    return lambda value, values: OMIT if value in off else _same(value, values)


def random_if_negative(value: SamplerValue, values: Values) -> object:
    """A seed below 0 is random: every server does that if it gets none."""
    return OMIT if isinstance(value, int) and value < 0 else value


def as_json_text(value: SamplerValue, values: Values) -> object:
    """A list as JSON text in a string."""
    return json.dumps(value, ensure_ascii=False) if value else OMIT


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


def if_dry(value: SamplerValue, values: Values) -> object:
    return _same(value, values) if values.number("dry_multiplier") > 0 else OMIT


def if_mirostat(value: SamplerValue, values: Values) -> object:
    return value if values.number("mirostat_mode") in (1, 2) else OMIT


def if_adaptive(value: SamplerValue, values: Values) -> object:
    return value if values.number("adaptive_target") >= 0 else OMIT


def kobold_order(value: SamplerValue, values: Values) -> object:
    """A permutation of 0..6 as numbers; a preset of another server's names is left out."""
    items = value if isinstance(value, tuple) else ()
    numbers = [int(item) for item in items if str(item).isdigit() and int(item) <= 6]
    return numbers if numbers and len(numbers) == len(items) else OMIT


LLAMACPP_ORDER = (
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature",
)  # fmt: skip
LLAMACPP_NAMES = frozenset({*LLAMACPP_ORDER, "adaptive_p", "typical_p", "infill"})


def llamacpp_order(value: SamplerValue, values: Values) -> object:
    """Sampler names; unknown ones are left out here because the server drops them silently."""
    items = value if isinstance(value, tuple) else ()
    names = [item for item in items if item in LLAMACPP_NAMES]
    if values.number("adaptive_target") >= 0 and names and "adaptive_p" not in names:
        names.append("adaptive_p")
    return names or OMIT


def named_order(value: SamplerValue, values: Values) -> object:
    items = value if isinstance(value, tuple) else ()
    return list(items) if items and all(isinstance(item, str) for item in items) else OMIT


def no_longer_than_reply(value: SamplerValue, values: Values) -> object:
    """TabbyAPI and vLLM refuse a minimum above the maximum."""
    return min(value, values.max_tokens) if isinstance(value, int) and value > 0 else OMIT


# --- the tables


def _plain(names: Iterable[str]) -> dict[str, Wire]:
    return {name: Wire((name,)) for name in names}


SEED = {"seed": Wire(("seed",), random_if_negative)}
CORE = _plain(("temperature", "top_p"))
PENALTIES = _plain(("frequency_penalty", "presence_penalty"))
OPENAI: SamplerTable = {**CORE, **PENALTIES, **SEED}
OPENAI_NO_SEED: SamplerTable = {**CORE, **PENALTIES}

OPENROUTER: SamplerTable = {
    **OPENAI, **_plain(("top_k", "min_p", "top_a", "repetition_penalty")),
}  # fmt: skip

MISTRAL: SamplerTable = {
    **CORE, **PENALTIES,
    "temperature": Wire(("temperature",), between(0, 1.5)),
    "seed": Wire(("random_seed",), random_if_negative),
}  # fmt: skip

XTC = _plain(("xtc_threshold", "xtc_probability"))
DRY = _plain(("dry_multiplier", "dry_base", "dry_allowed_length"))
SMOOTHING = _plain(("smoothing_factor", "smoothing_curve"))

LLAMACPP: SamplerTable = {
    **_plain(("top_k", "top_p", "min_p", "typical_p", "frequency_penalty", "presence_penalty")),
    **XTC, **DRY, **SEED,
    "temperature": Wire(("temperature",), temperature_with_range),
    "nsigma": Wire(("top_n_sigma",)),
    "min_keep": Wire(("min_keep",)),
    "repetition_penalty": Wire(("repeat_penalty",)),
    "repetition_range": Wire(("repeat_last_n",), or_context),
    "dry_penalty_last_n": Wire(("dry_penalty_last_n",), or_context),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), unless(())),
    "dynatemp": Wire(("dynatemp_range",), half_range),
    "dynatemp_exponent": Wire(("dynatemp_exponent",)),
    "adaptive_target": Wire(("adaptive_target",)),
    "adaptive_decay": Wire(("adaptive_decay",)),
    "mirostat_mode": Wire(("mirostat",)),
    "mirostat_tau": Wire(("mirostat_tau",)),
    "mirostat_eta": Wire(("mirostat_eta",)),
    "ban_eos_token": Wire(("ignore_eos",)),
    "grammar": Wire(("grammar",), grammar_unless_schema),
    "json_schema": Wire(("json_schema",), schema),
    "sampler_order": Wire(("samplers",), llamacpp_order),
}  # fmt: skip

KOBOLD: SamplerTable = {
    **_plain(("top_k", "top_p", "top_a", "min_p", "tfs", "nsigma", "presence_penalty")),
    **XTC, **DRY, **SMOOTHING,
    "temperature": Wire(("temperature",), temperature_with_range),
    "typical_p": Wire(("typical",)),
    "repetition_penalty": Wire(("rep_pen",), at_least(1)),
    "repetition_range": Wire(("rep_pen_range",), or_context),
    "repetition_slope": Wire(("rep_pen_slope",), lambda value, values: value or 1),
    "dry_penalty_last_n": Wire(("dry_penalty_last_n",), or_context),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",)),
    "dynatemp": Wire(("dynatemp_range",), half_range),
    "dynatemp_exponent": Wire(("dynatemp_exponent",)),
    "adaptive_target": Wire(("adaptive_target",)),
    "adaptive_decay": Wire(("adaptive_decay",)),
    "mirostat_mode": Wire(("mirostat",)),
    "mirostat_tau": Wire(("mirostat_tau",)),
    "mirostat_eta": Wire(("mirostat_eta",)),
    "ban_eos_token": Wire(("ban_eos_token", "use_default_badwordsids")),
    "guidance_scale": Wire(("guidance_scale",), unless(1)),
    "negative_prompt": Wire(("negative_prompt",), unless("")),
    "grammar": Wire(("grammar",), grammar_unless_schema),
    "json_schema": Wire(("grammar",), unless("")),
    "banned_strings": Wire(("banned_tokens",), unless(())),
    "sampler_order": Wire(("sampler_order",), kobold_order),
    "seed": Wire(("sampler_seed",), random_if_negative),
}  # fmt: skip

# KoboldCpp's OpenAI routes read the same names, but for these.
KOBOLD_CHAT: SamplerTable = {
    **KOBOLD,
    "mirostat_mode": Wire(("mirostat_mode",)),
    "seed": Wire(("seed",), random_if_negative),
}

OLLAMA: SamplerTable = {
    **_plain(("temperature", "top_p", "top_k", "min_p", "typical_p")), **PENALTIES, **SEED,
    "repetition_penalty": Wire(("repeat_penalty",)),
    "repetition_range": Wire(("repeat_last_n",), or_context),
}  # fmt: skip

OOBA: SamplerTable = {
    **OPENAI, **XTC, **DRY, **SMOOTHING,
    **_plain((
        "top_k", "top_a", "min_p", "typical_p", "tfs", "epsilon_cutoff", "eta_cutoff",
        "repetition_penalty", "encoder_repetition_penalty", "no_repeat_ngram_size",
        "mirostat_mode", "mirostat_tau", "mirostat_eta", "temperature_last",
        "ban_eos_token", "add_bos_token", "skip_special_tokens",
    )),
    "nsigma": Wire(("top_n_sigma",)),
    "repetition_range": Wire(("repetition_penalty_range",), or_context),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), as_json_text),
    "dynatemp": Wire(("dynamic_temperature",)),
    "dynatemp_low": Wire(("dynatemp_low",), if_dynatemp),
    "dynatemp_high": Wire(("dynatemp_high",), if_dynatemp),
    "dynatemp_exponent": Wire(("dynatemp_exponent",), if_dynatemp),
    "adaptive_target": Wire(("adaptive_target",), at_least(0)),
    "adaptive_decay": Wire(("adaptive_decay",)),
    "guidance_scale": Wire(("guidance_scale",), unless(1)),
    "negative_prompt": Wire(("negative_prompt",), unless("")),
    "grammar": Wire(("grammar_string",), unless("")),
    "sampler_order": Wire(("sampler_priority",), named_order),
}  # fmt: skip

TABBY: SamplerTable = {
    **CORE, **XTC,
    **_plain(("min_p", "top_a", "tfs", "skew", "smoothing_factor", "repetition_decay")),
    **_plain(("temperature_last", "ban_eos_token", "add_bos_token")),
    "temperature": Wire(("temperature",), between(0, 10)),
    "top_k": Wire(("top_k",), at_least(-1)),
    "typical_p": Wire(("typical",)),
    "repetition_penalty": Wire(("repetition_penalty",), at_least(0.01)),
    "repetition_range": Wire(("penalty_range",), lambda value, values: value or -1),
    "frequency_penalty": Wire(("frequency_penalty",), at_least(0)),
    "presence_penalty": Wire(("presence_penalty",), at_least(0)),
    "dry_multiplier": Wire(("dry_multiplier",), unless(0)),
    "dry_base": Wire(("dry_base",), if_dry),
    "dry_allowed_length": Wire(("dry_allowed_length",), if_dry),
    "dry_penalty_last_n": Wire(("dry_range",), if_dry),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), if_dry),
    "dynatemp_low": Wire(("min_temp",), if_dynatemp),
    "dynatemp_high": Wire(("max_temp",), if_dynatemp),
    "dynatemp_exponent": Wire(("temp_exponent",), if_dynatemp),
    # A target below 1 switches the sampler on here, also the -0.01 that means "off" elsewhere.
    "adaptive_target": Wire(("adaptive_target",), lambda value, values: value if float(value) >= 0 else 1.0),  # type: ignore[arg-type]  # checked() made it a number
    "adaptive_decay": Wire(("adaptive_decay",), if_adaptive),
    "mirostat_mode": Wire(("mirostat_mode",), unless(0)),
    "mirostat_tau": Wire(("mirostat_tau",), if_mirostat),
    "mirostat_eta": Wire(("mirostat_eta",), if_mirostat),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "banned_strings": Wire(("banned_strings",), unless(())),
    "grammar": Wire(("grammar_string",), grammar_unless_schema),
    "json_schema": Wire(("json_schema",), schema),
}  # fmt: skip

VLLM: SamplerTable = {
    **OPENAI,
    **_plain(("min_p", "repetition_penalty", "skip_special_tokens")),
    "top_k": Wire(("top_k",), lambda value, values: value or -1),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ignore_eos",)),
    "banned_strings": Wire(("bad_words",), unless(())),
    "add_bos_token": Wire(("add_special_tokens",)),
    "grammar": Wire(("structured_outputs",), lambda value, values: {"grammar": value} if value else OMIT),
    "json_schema": Wire(
        ("structured_outputs",),
        lambda value, values: {"json": schema(value, values)} if value else OMIT,
    ),
}  # fmt: skip

APHRODITE: SamplerTable = {
    **OPENAI, **XTC, **DRY, **SMOOTHING,
    **_plain((
        "min_p", "top_a", "tfs", "typical_p", "repetition_penalty", "epsilon_cutoff", "eta_cutoff",
        "no_repeat_ngram_size", "temperature_last", "nsigma", "skew", "skip_special_tokens",
    )),
    "top_k": Wire(("top_k",), lambda value, values: value or -1),
    "dry_penalty_last_n": Wire(("dry_range",)),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), unless(())),
    "dynatemp_low": Wire(("dynatemp_min",), if_dynatemp),
    "dynatemp_high": Wire(("dynatemp_max",), if_dynatemp),
    "dynatemp_exponent": Wire(("dynatemp_exponent",), if_dynatemp),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ignore_eos",)),
    "add_bos_token": Wire(("add_special_tokens",)),
    "grammar": Wire(("guided_grammar",), grammar_unless_schema),
    "json_schema": Wire(("guided_json",), schema),
    "sampler_order": Wire(("sampler_priority",), named_order),
}  # fmt: skip

LMSTUDIO: SamplerTable = {
    **OPENAI,
    "top_k": Wire(("top_k",)),
    "min_p": Wire(("min_p",)),
    "repetition_penalty": Wire(("repeat_penalty",)),
}
