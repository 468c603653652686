"""Which samplers each chat service takes, under which names."""

from __future__ import annotations

from collections.abc import Iterable

from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.samplers import (
    OMIT,
    WITH_ANOTHER,
    SamplerTable,
    Values,
    Wire,
    at_least,
    between,
    bias_object,
    if_more_than_one,
    random_if_negative,
)

TINY = 2.220446049250313e-16
"""The smallest share that is not nothing; services that refuse 0 take it."""


def _plain(names: Iterable[str]) -> dict[str, Wire]:
    return {name: Wire((name,)) for name in names}


def above_zero(value: SamplerValue, values: Values) -> object:
    """For services that refuse 0 where others mean "off" by it."""
    return value if isinstance(value, int) and value > 0 else OMIT


def seed_or_random(value: SamplerValue, values: Values) -> object:
    """Pollinations wants a seed, or it answers out of its cache."""
    return value if isinstance(value, int) and value >= 0 else OMIT


def up_to_50(value: SamplerValue, values: Values) -> object:
    """Workers AI: 1 to 50; 0 is off and not sent."""
    return min(value, 50) if isinstance(value, int) and value > 0 else OMIT


TEMPERATURE = {"temperature": Wire(("temperature",), between(0, 2))}
CORE = {**TEMPERATURE, **_plain(("top_p",))}
COOL = {"temperature": Wire(("temperature",), between(0, 1))}
"""For services that take no temperature above 1."""
PENALTIES = _plain(("frequency_penalty", "presence_penalty"))
SEED = {"seed": Wire(("seed",), random_if_negative)}
TOP_K = {"top_k": Wire(("top_k",), at_least(0))}
BIAS = {"logit_bias": Wire(("logit_bias",), bias_object, needs_ids=True)}
LOGPROBS = {"logprobs": WITH_ANOTHER}
"""Written by the recipe: it takes two keys."""
SEVERAL = {"n": Wire(("n",), if_more_than_one)}

USUAL: SamplerTable = {**CORE, **PENALTIES}
SEEDED: SamplerTable = {**USUAL, **SEED}
OPENAI: SamplerTable = {**SEEDED, **BIAS, **LOGPROBS, **SEVERAL}
REPETITION = {"repetition_penalty": Wire(("repetition_penalty",), between(0, 2))}
WIDE = {**SEEDED, **TOP_K, **REPETITION, **_plain(("min_p", "top_a"))}
OPENROUTER: SamplerTable = {**WIDE, **BIAS, **LOGPROBS}
NANOGPT: SamplerTable = WIDE
CHUTES: SamplerTable = {
    **SEEDED, **BIAS, **LOGPROBS,
    **_plain(("min_p", "repetition_penalty")),
    "top_k": Wire(("top_k",), above_zero),
}  # fmt: skip
ELECTRONHUB: SamplerTable = {**SEEDED, **TOP_K, **BIAS}
AIMLAPI: SamplerTable = {**SEEDED, **LOGPROBS, **SEVERAL}
XAI: SamplerTable = {**SEEDED, **LOGPROBS, **SEVERAL}
MOONSHOT: SamplerTable = {**USUAL, **COOL, **SEVERAL}
PERPLEXITY: SamplerTable = {**USUAL, **TOP_K}
DEEPSEEK: SamplerTable = {**USUAL, **LOGPROBS, "top_p": Wire(("top_p",), at_least(TINY))}
AI21: SamplerTable = {**CORE, "top_p": Wire(("top_p",), at_least(TINY))}
ZAI: SamplerTable = {**COOL, "top_p": Wire(("top_p",), at_least(0.01))}
MINIMAX: SamplerTable = {"temperature": Wire(("temperature",), between(TINY, 1)), **_plain(("top_p",))}
WORKERS_AI: SamplerTable = {
    **PENALTIES,
    **REPETITION,
    "temperature": Wire(("temperature",), between(0, 5)),
    "top_p": Wire(("top_p",), at_least(0.001)),
    "top_k": Wire(("top_k",), up_to_50),
    "seed": Wire(("seed",), above_zero),
}
MISTRAL: SamplerTable = {
    **PENALTIES,
    **_plain(("top_p",)),
    "temperature": Wire(("temperature",), between(0, 1.5)),
    "seed": Wire(("random_seed",), random_if_negative),
}
COHERE: SamplerTable = {
    **COOL, **SEED,
    "top_p": Wire(("p",), between(0.01, 0.99)),
    "top_k": Wire(("k",), between(0, 500)),
    "frequency_penalty": Wire(("frequency_penalty",), between(0, 1)),
    "presence_penalty": Wire(("presence_penalty",), between(0, 1)),
}  # fmt: skip
CLAUDE: SamplerTable = {**COOL, **_plain(("top_p",)), **TOP_K}
GOOGLE: SamplerTable = {
    "temperature": Wire(("temperature",), between(0, 2)),
    "top_p": Wire(("topP",)),
    "top_k": Wire(("topK",), above_zero),
    **SEED,
}
