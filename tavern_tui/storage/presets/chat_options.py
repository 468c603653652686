"""What chat-completion presets say of a request besides samplers and prompts."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.biases import write_bias
from tavern_tui.core.chat_options import (
    ASPECT_RATIOS,
    EFFORTS,
    IMAGE_SIZES,
    TOOL_THOUGHTS,
    VERBOSITIES,
    ChatOptions,
)
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.storage.json_keep import (
    KeyTable,
    as_list,
    as_object,
    dig,
    flag,
    key,
    number,
    one_of,
    read_value,
    whole,
)

CHAT_OPTIONS = KeyTable(
    ChatOptions,
    key("reasoning_effort", "reasoning_effort", one_of(EFFORTS)),
    key("verbosity", "verbosity", one_of(VERBOSITIES)),
    key("show_thoughts", "show_thoughts", flag),
    key("web_search", "enable_web_search", flag),
    key("use_sysprompt", "use_sysprompt", flag),
    key("request_images", "request_images", flag),
    key("image_aspect_ratio", "request_image_aspect_ratio", one_of(ASPECT_RATIOS)),
    key("image_size", "request_image_resolution", one_of(IMAGE_SIZES)),
    key("tool_thoughts", "tool_reasoning_mode", one_of(TOOL_THOUGHTS)),
)

IN_SETTINGS: Mapping[str, str] = {
    "temp_openai": "temperature",
    "freq_pen_openai": "frequency_penalty",
    "pres_pen_openai": "presence_penalty",
    "top_p_openai": "top_p",
    "top_k_openai": "top_k",
    "top_a_openai": "top_a",
    "min_p_openai": "min_p",
    "repetition_penalty_openai": "repetition_penalty",
}
"""What settings.json calls them -> what presets do. All other keys are called the same."""


def chat_options_from(
    preset: Mapping[str, object], where: str = "", warnings: list[str] | None = None
) -> ChatOptions:
    """The options a preset sets; defaults for what it does not, and for what cannot be read."""
    return ChatOptions(**CHAT_OPTIONS.read(preset, where, warnings))


def wants_tools(preset: Mapping[str, object]) -> bool:
    """Whether tools may be offered to the model."""
    return bool(read_value(preset.get("function_calling"), flag, False, "", None))


TOOL_ROUNDS = 5
"""How often in a row a model may call tools before it has to answer, unless the preset says otherwise."""
MOST_TOOL_ROUNDS = 100


def tool_rounds(preset: Mapping[str, object]) -> int:
    """How often in a row a model may call tools; 1 at least."""
    found: int = read_value(preset.get("tool_call_recurse_limit"), whole, TOOL_ROUNDS, "", None)
    return min(max(found, 1), MOST_TOOL_ROUNDS)


def shows_media(preset: Mapping[str, object]) -> bool:
    """Whether the model sees the pictures in messages."""
    return bool(read_value(preset.get("media_inlining"), flag, True, "", None))


def picture_detail(preset: Mapping[str, object]) -> str:
    """How closely the model looks at pictures: `auto`, `low` or `high`."""
    found = preset.get("inline_image_quality")
    return found if isinstance(found, str) and found in ("low", "high") else "auto"


def preset_of_settings(settings: Mapping[str, object]) -> dict[str, object]:
    """The `oai_settings` of a settings.json as the object of a preset file."""
    return {IN_SETTINGS.get(name, name): value for name, value in settings.items()}


def chat_biases(preset: Mapping[str, object]) -> dict[str, SamplerValue]:
    """The logit biases of the chosen bias preset, as our sampler; nothing if there are none."""
    chosen = dig(preset, ("bias_presets", str(preset.get("bias_preset_selected") or "")))
    lines: list[str] = []
    for row in map(as_object, as_list(chosen)):
        text, value = row.get("text"), read_value(row.get("value"), number, 0.0, "", None)
        if isinstance(text, str) and text:
            lines.append(write_bias(text, value))
    return {"logit_bias": tuple(lines)} if lines else {}
