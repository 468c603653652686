"""Which samplers each family of servers has, under which names. Add a row, not a branch."""

from __future__ import annotations

from collections.abc import Iterable

from tavern_tui.providers.orders import (
    APHRODITE_ORDER,
    OOBA_ORDER,
    kobold_order,
    llamacpp_order,
    order_of,
)
from tavern_tui.providers.samplers import (
    OMIT,
    WITH_ANOTHER,
    SamplerTable,
    Wire,
    as_json_text,
    at_least,
    at_most,
    at_most_if_several,
    banned_ids_list,
    banned_ids_text,
    banned_phrases,
    between,
    bias_object,
    bias_object_with_bans,
    bias_pairs_with_bans,
    grammar_unless_schema,
    half_range,
    highest_if_dynatemp,
    if_adaptive,
    if_any,
    if_dry,
    if_dynatemp,
    if_mirostat,
    if_more_than_one,
    if_whole_and_more_than_one,
    lowest_if_dynatemp,
    no_longer_than_reply,
    or_context,
    random_if_negative,
    schema,
    seed_up_to,
    since,
    strictly_between_0_and_1,
    temperature_with_range,
    unless,
)


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
    "dynatemp_low": WITH_ANOTHER,
    "dynatemp_high": WITH_ANOTHER,
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
    "logit_bias": Wire(("logit_bias",), bias_pairs_with_bans, also=("banned_tokens",)),
    "banned_tokens": WITH_ANOTHER,
    "logprobs": Wire(("n_probs",), at_most(10)),
    "n": Wire(("n",), if_more_than_one),
}  # fmt: skip

KOBOLD: SamplerTable = {
    **_plain(("top_p", "top_a", "min_p", "tfs", "nsigma", "presence_penalty")),
    **XTC, **DRY, **SMOOTHING,
    "temperature": Wire(("temperature",), temperature_with_range),
    "top_k": Wire(("top_k",), at_least(0)),
    "typical_p": Wire(("typical",)),
    "repetition_penalty": Wire(("rep_pen",), at_least(1)),
    "repetition_range": Wire(("rep_pen_range",), or_context),
    "repetition_slope": Wire(("rep_pen_slope",), lambda value, values: value or 1),
    "dry_penalty_last_n": Wire(("dry_penalty_last_n",), or_context),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",)),
    "dynatemp": Wire(("dynatemp_range",), half_range),
    "dynatemp_low": WITH_ANOTHER,
    "dynatemp_high": WITH_ANOTHER,
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
    "banned_strings": Wire(("banned_tokens",), banned_phrases, also=("banned_tokens",)),
    "banned_tokens": Wire(("custom_token_bans",), banned_ids_text, needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "logprobs": Wire(("logprobs",), if_any),
    "sampler_order": Wire(("sampler_order",), kobold_order),
    "seed": Wire(("sampler_seed",), seed_up_to(999_999)),
}  # fmt: skip

# KoboldCpp's OpenAI routes read the same names, but for these.
KOBOLD_CHAT: SamplerTable = {
    **KOBOLD,
    "mirostat_mode": Wire(("mirostat_mode",)),
    "seed": Wire(("seed",), seed_up_to(999_999)),
}

OLLAMA: SamplerTable = {
    **_plain(("temperature", "top_p", "top_k", "min_p", "typical_p")), **PENALTIES, **SEED,
    "repetition_penalty": Wire(("repeat_penalty",)),
    "repetition_range": Wire(("repeat_last_n",), or_context),
    "json_schema": Wire(("format",), schema),
    "logprobs": Wire(("top_logprobs",), at_most(20)),
}  # fmt: skip

OOBA: SamplerTable = {
    **OPENAI, **XTC, **DRY, **SMOOTHING,
    **_plain((
        "top_k", "top_a", "min_p", "typical_p", "tfs", "epsilon_cutoff", "eta_cutoff",
        "repetition_penalty", "encoder_repetition_penalty", "no_repeat_ngram_size",
        "mirostat_mode", "mirostat_tau", "mirostat_eta", "temperature_last",
        "penalty_alpha", "ban_eos_token", "add_bos_token", "skip_special_tokens",
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
    "sampler_order": Wire(
        ("sampler_priority",), order_of(OOBA_ORDER, no_repeat_ngram_size="no_repeat_ngram")
    ),
    "banned_tokens": Wire(("custom_token_bans",), banned_ids_text, needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "logprobs": Wire(("logprobs",), at_most(10)),
    "n": Wire(("n",), if_whole_and_more_than_one),
}  # fmt: skip

TABBY: SamplerTable = {
    **CORE, **XTC,
    **_plain(("min_p", "top_a", "tfs", "skew", "smoothing_factor", "repetition_decay")),
    **_plain(("temperature_last", "ban_eos_token", "add_bos_token")),
    "temperature": Wire(("temperature",), between(0, 10)),
    "top_k": Wire(("top_k",), at_least(-1)),
    "typical_p": Wire(("typical",), at_least(0.01)),
    "repetition_penalty": Wire(("repetition_penalty",), at_least(0.01)),
    "repetition_range": Wire(("penalty_range",), lambda value, values: value or -1),
    "frequency_penalty": Wire(("frequency_penalty",), at_least(0)),
    "presence_penalty": Wire(("presence_penalty",), at_least(0)),
    "dry_multiplier": Wire(("dry_multiplier",), unless(0)),
    "dry_base": Wire(("dry_base",), if_dry),
    "dry_allowed_length": Wire(("dry_allowed_length",), if_dry),
    "dry_penalty_last_n": Wire(("dry_range",), if_dry),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), if_dry),
    "dynatemp": WITH_ANOTHER,
    "dynatemp_low": Wire(("min_temp",), lowest_if_dynatemp, also=("dynatemp_high",)),
    "dynatemp_high": Wire(("max_temp",), highest_if_dynatemp, also=("dynatemp_low",)),
    "dynatemp_exponent": Wire(("temp_exponent",), if_dynatemp),
    # A target below 1 switches the sampler on here, also the -0.01 that means "off" elsewhere.
    "adaptive_target": Wire(("adaptive_target",), lambda value, values: value if float(value) >= 0 else 1.0),  # type: ignore[arg-type]  # checked() made it a number
    "adaptive_decay": Wire(("adaptive_decay",), if_adaptive),
    "mirostat_mode": Wire(("mirostat_mode",), unless(0)),
    "mirostat_tau": Wire(("mirostat_tau",), if_mirostat),
    "mirostat_eta": Wire(("mirostat_eta",), if_mirostat),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "banned_strings": Wire(("banned_strings",), banned_phrases, also=("banned_tokens",)),
    "banned_tokens": Wire(("banned_tokens",), banned_ids_list, needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "logprobs": Wire(("logprobs",), at_most(10)),
    "n": Wire(("n",), if_more_than_one),
    "grammar": Wire(("grammar_string",), grammar_unless_schema),
    "json_schema": Wire(("json_schema",), schema),
}  # fmt: skip

VLLM: SamplerTable = {
    **OPENAI,
    **_plain(("min_p", "repetition_penalty", "skip_special_tokens", "spaces_between_special_tokens")),
    "top_p": Wire(("top_p",), at_least(0.001)),
    "top_k": Wire(("top_k",), lambda value, values: value or -1),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ignore_eos",)),
    "banned_strings": Wire(("bad_words",), banned_phrases, also=("banned_tokens",)),
    "banned_tokens": Wire((), needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object_with_bans, needs_ids=True, also=("banned_tokens",)),
    "add_bos_token": Wire(("add_special_tokens",)),
    "grammar": Wire(
        ("structured_outputs",), lambda value, values: {"grammar": value} if value else OMIT
    ),
    "json_schema": Wire(
        ("structured_outputs",), lambda value, values: {"json": schema(value, values)} if value else OMIT
    ),
    # Older versions stop at 5 candidates unless they are started otherwise.
    "logprobs": Wire(("logprobs",), at_most(5)),
    "n": Wire(("n",), if_more_than_one),
}  # fmt: skip

APHRODITE: SamplerTable = {
    **OPENAI, **XTC, **DRY, **SMOOTHING,
    **_plain((
        "min_p", "top_a", "tfs", "repetition_penalty", "epsilon_cutoff", "eta_cutoff",
        "no_repeat_ngram_size", "temperature_last", "nsigma", "skew", "skip_special_tokens",
        "spaces_between_special_tokens",
    )),
    "top_p": Wire(("top_p",), at_least(0.001)),
    "top_k": Wire(("top_k",), lambda value, values: value or -1),
    "typical_p": Wire(("typical_p",), at_least(0.001)),
    "dry_penalty_last_n": Wire(("dry_range",)),
    "dry_sequence_breakers": Wire(("dry_sequence_breakers",), unless(())),
    "dynatemp": WITH_ANOTHER,
    "dynatemp_low": Wire(("dynatemp_min",), lowest_if_dynatemp, also=("dynatemp_high",)),
    "dynatemp_high": Wire(("dynatemp_max",), highest_if_dynatemp, also=("dynatemp_low",)),
    "dynatemp_exponent": Wire(("dynatemp_exponent",), if_dynatemp),
    "min_tokens": Wire(("min_tokens",), no_longer_than_reply),
    "ban_eos_token": Wire(("ignore_eos",)),
    "banned_tokens": Wire(("custom_token_bans",), banned_ids_list, needs_ids=True),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "add_bos_token": Wire(("add_special_tokens",)),
    "grammar": Wire(("guided_grammar",), grammar_unless_schema),
    "json_schema": Wire(("guided_json",), schema),
    "sampler_order": Wire(("sampler_priority",), order_of(APHRODITE_ORDER)),
    "logprobs": Wire(("logprobs",), at_most(10)),
    "n": Wire(("n",), if_more_than_one),
}  # fmt: skip

LMSTUDIO: SamplerTable = {
    **OPENAI,
    "top_k": Wire(("top_k",)),
    "min_p": Wire(("min_p",)),
    "repetition_penalty": Wire(("repeat_penalty",)),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
}

GENERIC: SamplerTable = {
    **OPENAI,
    "temperature": Wire(("temperature",), between(0, 2)),
    "logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True),
    "logprobs": Wire(("logprobs",), at_most(5)),
    "n": Wire(("n",), if_more_than_one),
}

TGI: SamplerTable = {
    **SEED,
    **_plain(("frequency_penalty", "repetition_penalty")),
    "temperature": Wire(("temperature",), at_least(0.01)),
    "top_p": Wire(("top_p",), strictly_between_0_and_1),
}

KOBOLDAI: SamplerTable = {
    **_plain(("top_p", "top_a", "tfs")),
    "temperature": Wire(("temperature",), at_least(0.01)),
    "top_k": Wire(("top_k",), at_least(0)),
    "typical_p": Wire(("typical",)),
    "repetition_penalty": Wire(("rep_pen",), at_least(1)),
    "repetition_range": Wire(("rep_pen_range",), at_least(0)),
    "repetition_slope": Wire(("rep_pen_slope",)),
    "ban_eos_token": Wire(("use_default_badwordsids",), since("1.2.4")),
    "sampler_order": Wire(("sampler_order",), kobold_order),
    "seed": Wire(("sampler_seed",), random_if_negative),
    "n": Wire(("n",), at_most_if_several(5)),
}
