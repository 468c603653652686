"""Chat-completion presets (SillyTavern's `OpenAI Settings`) to ChatPreset and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.storage.json_keep import KeyTable, flag, key, lay_over, whole
from tavern_tui.storage.presets.orders import DEFAULT_ORDER, Orders, read_orders, write_orders
from tavern_tui.storage.presets.prompts import read_prompts, write_prompts

__all__ = [
    "BUILT_IN_PROMPTS",
    "DEFAULT_ORDER",
    "PRESET",
    "chat_preset_from_json",
    "chat_preset_to_json",
    "whole_preset_json",
]

BUILT_IN_PROMPTS = frozenset(identifier for identifier, _ in DEFAULT_ORDER)
"""Prompts an order may name although the preset does not hold them."""

PRESET = KeyTable(
    ChatPreset,
    *(
        key(name, name)
        for name in (
            "impersonation_prompt", "new_chat_prompt", "new_group_chat_prompt", "new_example_chat_prompt",
            "continue_nudge_prompt", "group_nudge_prompt", "send_if_empty", "wi_format", "scenario_format",
            "personality_format", "assistant_prefill", "assistant_impersonation", "continue_postfix",
        )
    ),
    *(key(name, name, flag) for name in ("use_sysprompt", "squash_system_messages", "continue_prefill")),
    key("names_behavior", "names_behavior", whole),
    key("max_context", "openai_max_context", whole),
    key("max_tokens", "openai_max_tokens", whole),
    key("max_context_unlocked", "max_context_unlocked", flag),
)  # fmt: skip

LEGACY_SYSPROMPT = ("claude_use_sysprompt", "use_makersuite_sysprompt")


def chat_preset_from_json(name: str, preset: Mapping[str, object], warnings: list[str]) -> ChatPreset:
    """The preset of a file called `name`. Odd values become defaults with a warning each."""
    where = f'Preset "{name}"'
    modern = _modern(preset)
    prompts = read_prompts(modern, where, warnings)
    orders = read_orders(modern.get("prompt_order"), where, warnings)
    _look_at(orders, prompts, where, warnings)
    return ChatPreset(
        name=name,
        prompts=prompts,
        order=DEFAULT_ORDER if orders.everybody is None else orders.everybody,
        character_orders=orders.characters,
        source=preset,
        **PRESET.read(modern, where, warnings),
    )


def chat_preset_to_json(preset: ChatPreset) -> dict[str, object]:
    """The preset as SillyTavern keeps it: what did not change stays as it was read, or absent."""
    before = chat_preset_from_json(preset.name, preset.source, [])
    made = lay_over(preset.source, PRESET.values(before), PRESET.values(preset))
    if before.prompts != preset.prompts:
        made = write_prompts(made, before.prompts, preset.prompts)
    if (before.order, before.character_orders) != (preset.order, preset.character_orders):
        had = read_orders(made.get("prompt_order"), "", []).everybody
        is_unsaid = had is None and preset.order == before.order
        orders = Orders(everybody=None if is_unsaid else preset.order, characters=preset.character_orders)
        made["prompt_order"] = write_orders(made.get("prompt_order"), orders)
    return made


def whole_preset_json(preset: ChatPreset) -> dict[str, object]:
    """The preset with every key we know spelled out, for a file that leaves nothing open."""
    made = lay_over(preset.source, {}, PRESET.values(preset))
    made |= write_prompts({"prompts": []}, (), preset.prompts)
    orders = Orders(everybody=preset.order, characters=preset.character_orders)
    made["prompt_order"] = write_orders([], orders)
    return made


def _modern(preset: Mapping[str, object]) -> Mapping[str, object]:
    """The preset with the keys of older versions under their present names."""
    modern = dict(preset)
    if preset.get("names_in_completion") is True:
        modern.setdefault("names_behavior", 1)
    if any(preset.get(old) is True for old in LEGACY_SYSPROMPT):
        modern.setdefault("use_sysprompt", True)
    return modern


def _look_at(orders: Orders, prompts: Sequence[ManagedPrompt], where: str, warnings: list[str]) -> None:
    """Say which orders name prompts that are not there, and whether the one that counts is missing."""
    if orders.everybody is None and prompts:
        warnings.append(f"{where}: it has no order for all characters (100001); the usual one is used.")
    known = BUILT_IN_PROMPTS | {one.identifier for one in prompts}
    for identifier, _ in orders.everybody or ():
        if identifier not in known:
            warnings.append(
                f'{where}: its order names "{identifier}", but there is no such prompt; '
                "the row is kept, but not used."
            )
