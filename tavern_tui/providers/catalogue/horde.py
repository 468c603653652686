"""The row of the AI Horde: its samplers with their ranges, and the choices only it has."""

from __future__ import annotations

from tavern_tui import __version__
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.base import Auth, ProviderOption, ProviderSpec
from tavern_tui.providers.dialects.horde import HordeDialect
from tavern_tui.providers.horde_workers import SERVER
from tavern_tui.providers.orders import kobold_order
from tavern_tui.providers.samplers import (
    WITH_ANOTHER,
    Maker,
    SamplerTable,
    Values,
    Wire,
    between,
    bias_object,
    grammar_unless_schema,
    half_range,
    if_more_than_one,
    or_context,
    seed_up_to,
    temperature_with_range,
    unless,
)

ANONYMOUS = "0000000000"


def clamped(name: str, low: float, high: float, make: Maker = lambda value, values: value) -> Wire:
    """A parameter the Horde declares; outside its range it refuses the whole request."""
    clamp = between(low, high)

    def made(value: SamplerValue, values: Values) -> object:
        found = make(value, values)
        return clamp(found, values) if isinstance(found, int | float) else found

    return Wire((name,), made)


DECLARED: SamplerTable = {
    "temperature": clamped("temperature", 0, 5, temperature_with_range),
    "top_p": clamped("top_p", 0.001, 1),
    "top_k": clamped("top_k", 0, 200),
    "top_a": clamped("top_a", 0, 1),
    "min_p": clamped("min_p", 0, 1),
    "typical_p": clamped("typical", 0, 1),
    "tfs": clamped("tfs", 0, 1),
    "repetition_penalty": clamped("rep_pen", 1, 3),
    "repetition_range": clamped("rep_pen_range", 0, 4096, or_context),
    "repetition_slope": clamped("rep_pen_slope", 0, 10, lambda value, values: value or 1),
    "smoothing_factor": clamped("smoothing_factor", 0, 10),
    "dynatemp": clamped("dynatemp_range", 0, 5, half_range),
    "dynatemp_low": WITH_ANOTHER,
    "dynatemp_high": WITH_ANOTHER,
    "dynatemp_exponent": clamped("dynatemp_exponent", 0, 5),
    "sampler_order": Wire(("sampler_order",), kobold_order),
    "ban_eos_token": Wire(("use_default_badwordsids",)),
    "n": Wire(("n",), if_more_than_one),
}

# The Horde hands these on unread. Most workers run KoboldCpp and know them under these names.
FORWARDED: SamplerTable = {
    **{name: Wire((name,)) for name in (
        "frequency_penalty", "presence_penalty", "dry_multiplier", "dry_base", "dry_allowed_length",
        "xtc_threshold", "xtc_probability", "mirostat_tau", "mirostat_eta",
    )},
    "dry_penalty_last_n": Wire(("dry_penalty_last_n",), or_context),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), unless(())),
    "mirostat_mode": Wire(("mirostat",)),
    "grammar": Wire(("grammar",), grammar_unless_schema),
    "json_schema": Wire(("grammar",), unless("")),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "seed": Wire(("sampler_seed",), seed_up_to(999_999)),
}  # fmt: skip

OPTIONS = (
    ProviderOption(
        id="models",
        title="Further models",
        help="Names between commas. Whichever worker is free first answers with its own; no model: any.",
    ),
    ProviderOption(
        id="adjust_reply",
        title="Adjust the reply length",
        help="Ask for no longer a reply than every worker with these models can write.",
        default=True,
    ),
    ProviderOption(
        id="adjust_context",
        title="Adjust the context",
        help="Build no longer a prompt than every worker with these models can read.",
        default=False,
    ),
    ProviderOption(
        id="trusted_workers",
        title="Trusted workers only",
        help="Workers the Horde trusts; the wait may be longer.",
        default=False,
    ),
    ProviderOption(
        id="slow_workers",
        title="Slow workers too",
        help="Switched off, replies come faster; this always costs kudos.",
        default=True,
    ),
    ProviderOption(
        id="extra_slow_workers",
        title="Very slow workers too",
        help="For large models on small machines, if you can wait.",
        default=False,
    ),
    ProviderOption(
        id="validated_backends",
        title="Validated programs only",
        help="Workers whose program the Horde knows to be a good one.",
        default=True,
    ),
    ProviderOption(
        id="workers",
        title="Workers",
        help="Names or ids between commas, five at most: only these may answer.",
    ),
    ProviderOption(
        id="worker_blacklist",
        title="Avoid these workers",
        help="The workers above may not answer, all others may.",
        default=False,
    ),
    ProviderOption(
        id="allow_downgrade",
        title="Shorten to stay free",
        help="When the Horde is busy, long replies cost kudos beforehand: take a shorter one instead.",
        default=False,
    ),
)

HORDE = (
    ProviderSpec(
        id="horde",
        title="AI Horde",
        prompt_kind="text",
        opener="horde",
        dialect=HordeDialect(),
        server=SERVER,
        default_url="https://aihorde.net",
        generate_path="/api/v2/generate/text/async",
        models_path="/api/v2/status/models?type=text",
        home="https://aihorde.net/register",
        key="optional",
        secret="api_key_horde",
        auth=Auth.APIKEY,
        headers={"apikey": ANONYMOUS, "Client-Agent": f"tavern-tui:{__version__}:unknown"},
        samplers={**DECLARED, **FORWARDED},
        options=OPTIONS,
    ),
)
