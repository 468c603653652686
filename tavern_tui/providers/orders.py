"""The order a server applies its samplers in: numbers or names, each kind with its own."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.samplers import OMIT, Maker, Values

KOBOLD_ORDER = (6, 0, 1, 3, 4, 2, 5)


def kobold_order(value: SamplerValue, values: Values) -> object:
    """All of 0..6, each once; an order of another server's names is left out.

    What is missing comes last, but 6 first, as KoboldAI has it: old presets do not know it."""
    items = value if isinstance(value, tuple) else ()
    numbers = [int(item) for item in items if str(item).isdigit() and int(item) <= 6]
    if not numbers or len(numbers) < len(items):
        return OMIT
    first = [] if 6 in numbers else [6]
    return list(dict.fromkeys((*first, *numbers, *KOBOLD_ORDER)))


LLAMACPP_ORDER = (
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature",
)  # fmt: skip
LLAMACPP_NAMES = {name: name for name in (*LLAMACPP_ORDER, "adaptive_p", "infill")} | {"typical_p": "typ_p"}


def llamacpp_order(value: SamplerValue, values: Values) -> object:
    """Sampler names; unknown ones are left out here because the server drops them silently."""
    items = value if isinstance(value, tuple) else ()
    names = [LLAMACPP_NAMES[item] for item in items if isinstance(item, str) and item in LLAMACPP_NAMES]
    if values.number("adaptive_target") >= 0 and names and "adaptive_p" not in names:
        names.append("adaptive_p")
    return names or OMIT


OOBA_ORDER = (
    "repetition_penalty", "presence_penalty", "frequency_penalty", "dry", "top_n_sigma", "temperature",
    "dynamic_temperature", "quadratic_sampling", "top_k", "top_p", "typical_p", "epsilon_cutoff",
    "eta_cutoff", "tfs", "top_a", "min_p", "adaptive_p", "mirostat", "xtc", "encoder_repetition_penalty",
    "no_repeat_ngram",
)  # fmt: skip
APHRODITE_ORDER = (
    "dry", "penalties", "no_repeat_ngram", "temperature", "top_nsigma", "top_p_top_k", "top_a", "min_p",
    "tfs", "eta_cutoff", "epsilon_cutoff", "typical_p", "quadratic", "xtc",
)  # fmt: skip


USUAL_ORDERS: Mapping[str, tuple[str | int, ...]] = {
    "llamacpp": LLAMACPP_ORDER,
    "koboldcpp": KOBOLD_ORDER,
    "kobold": (6, 0, 1, 2, 3, 4, 5),
    "horde": (6, 0, 1, 2, 3, 4, 5),
    "novelai": (1, 5, 0, 2, 3, 4),
    "ooba": OOBA_ORDER,
    "aphrodite": APHRODITE_ORDER,
}
"""Provider -> the order its samplers have by themselves."""


def order_of(known: tuple[str, ...], **renamed: str) -> Maker:
    """All of a server's names, each once: the user's first, in their order. Names of other servers
    are left out, and an order that has none of this server's is not sent."""

    def make(value: SamplerValue, values: Values) -> object:
        items = [renamed.get(str(item), str(item)) for item in value] if isinstance(value, tuple) else []
        wanted = [item for item in items if item in known]
        return list(dict.fromkeys((*wanted, *known))) if wanted else OMIT

    return make
