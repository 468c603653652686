"""Which samplers the hosted text services have, under which names.

A row names what its service takes and nothing else: unknown keys are refused there or do nothing."""

from __future__ import annotations

from collections.abc import Iterable

from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.samplers import (
    WITH_ANOTHER,
    SamplerTable,
    Values,
    Wire,
    at_least,
    at_most,
    banned_ids_list,
    between,
    bias_object,
    bias_object_with_bans,
    grammar_unless_schema,
    highest_if_dynatemp,
    if_dynatemp,
    if_more_than_one,
    lowest_if_dynatemp,
    no_longer_than_reply,
    random_if_negative,
    schema,
    temperature_with_range,
    unless,
)


def _plain(names: Iterable[str]) -> dict[str, Wire]:
    return {name: Wire((name,)) for name in names}


def thousandth(value: SamplerValue, values: Values) -> object:
    """Cutoffs are set in thousandths of what Mancer wants to have."""
    return value / 1000 if isinstance(value, int | float) else value


def minus_one_is_off(value: SamplerValue, values: Values) -> object:
    """vLLM's word for "no top k", also in versions that refuse 0."""
    return value or -1


SEED = {"seed": Wire(("seed",), random_if_negative)}
COMMON = _plain(("temperature", "top_p", "frequency_penalty", "presence_penalty"))
WIDE = {
    **COMMON, **SEED,
    **_plain((
        "top_k", "top_a", "min_p", "typical_p", "tfs", "repetition_penalty",
        "smoothing_factor", "smoothing_curve", "dry_multiplier", "dry_base", "dry_allowed_length",
    )),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), unless(())),
    "logprobs": Wire(("logprobs",), at_most(10)),
}  # fmt: skip
"""What Mancer and DreamGen share."""

MANCER: SamplerTable = {
    **WIDE,
    **_plain(("xtc_threshold", "xtc_probability")),
    "temperature": Wire(("temperature",), temperature_with_range),
    "epsilon_cutoff": Wire(("epsilon_cutoff",), thousandth),
    "eta_cutoff": Wire(("eta_cutoff",), thousandth),
    "dynatemp": Wire(("dynatemp_mode",), lambda value, values: int(bool(value))),
    "dynatemp_low": Wire(("dynatemp_min",), lowest_if_dynatemp, also=("dynatemp_high",)),
    "dynatemp_high": Wire(("dynatemp_max",), highest_if_dynatemp, also=("dynatemp_low",)),
    "dynatemp_exponent": Wire(("dynatemp_exponent",), if_dynatemp),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "banned_tokens": Wire(("custom_token_bans",), banned_ids_list, needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "n": Wire(("n",), if_more_than_one),
}

DREAMGEN: SamplerTable = {
    **WIDE,
    "min_tokens": Wire(("minimum_message_content_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ban_eos_token",)),
}

TOGETHER: SamplerTable = {**COMMON, **_plain(("top_k", "min_p", "repetition_penalty"))}

VLLM_LIKE: SamplerTable = {
    **COMMON, **SEED,
    **_plain(("min_p", "repetition_penalty", "skip_special_tokens", "spaces_between_special_tokens")),
    "top_p": Wire(("top_p",), at_least(0.001)),
    "top_k": Wire(("top_k",), minus_one_is_off),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ignore_eos",)),
    "logprobs": Wire(("logprobs",), at_most(5)),
    "n": Wire(("n",), if_more_than_one),
}  # fmt: skip

INFERMATIC: SamplerTable = VLLM_LIKE

FEATHERLESS: SamplerTable = {
    **VLLM_LIKE,
    "grammar": Wire(("guided_grammar",), grammar_unless_schema),
    "json_schema": Wire(("guided_json",), schema),
    "logit_bias": Wire(("logit_bias",), bias_object_with_bans, needs_ids=True, also=("banned_tokens",)),
    "banned_tokens": Wire((), needs_ids=True),
}

OPENROUTER: SamplerTable = {
    **COMMON, **SEED,
    **_plain(("top_a", "min_p", "repetition_penalty")),
    "temperature": Wire(("temperature",), between(0, 2)),
    "top_k": Wire(("top_k",), at_least(0)),
    "logit_bias": Wire(("logit_bias",), bias_object_with_bans, needs_ids=True, also=("banned_tokens",)),
    "banned_tokens": Wire((), needs_ids=True),
}  # fmt: skip

LONGEST_RANGE = 8192
"""Tokens NovelAI's penalties look back at most."""


def novel_range(value: SamplerValue, values: Values) -> object:
    """0 and -1 mean all of the context."""
    wanted = value if isinstance(value, int) and value > 0 else values.context_size
    return min(wanted, LONGEST_RANGE)


def at_least_one_token(value: SamplerValue, values: Values) -> object:
    return max(1, min(int(value), values.max_tokens)) if isinstance(value, int | float) else 1


NOVEL: SamplerTable = {
    **_plain((
        "top_p", "top_a", "typical_p", "min_p", "mirostat_tau", "math1_temp", "math1_quad",
        "math1_quad_entropy_scale", "repetition_penalty", "phrase_rep_pen", "prefix",
    )),
    "temperature": Wire(("temperature",), at_least(0.1)),
    "top_k": Wire(("top_k",), at_least(0)),
    "tfs": Wire(("tail_free_sampling",)),
    "mirostat_mode": WITH_ANOTHER,
    "mirostat_eta": Wire(("mirostat_lr",)),
    "repetition_range": Wire(("repetition_penalty_range",), novel_range),
    "repetition_slope": Wire(("repetition_penalty_slope",)),
    "frequency_penalty": Wire(("repetition_penalty_frequency",)),
    "presence_penalty": Wire(("repetition_penalty_presence",)),
    "min_tokens": Wire(("min_length",), at_least_one_token),
    "sampler_order": WITH_ANOTHER,
    "banned_tokens": WITH_ANOTHER,
    "banned_strings": WITH_ANOTHER,
    "logit_bias": WITH_ANOTHER,
    "logprobs": Wire(("num_logprobs",), at_most(10)),
}  # fmt: skip
"""Orders, bans and biases are written by the dialect, which knows the model's own."""

NOVEL_GLM: SamplerTable = {**COMMON, "top_k": Wire(("top_k",), at_least(0))}
