"""Chat-completion presets (SillyTavern's `OpenAI Settings`) to ChatPreset and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
    as_list,
    as_object,
    flag,
    key,
    kind_of,
    lay_over,
    plain,
    text,
    texts,
    whole,
)

GLOBAL_ORDER = 100001
"""`character_id` of the order SillyTavern uses; 100000 is a leftover in old files."""

DEFAULT_ORDER: tuple[tuple[str, bool], ...] = (
    ("main", True),
    ("worldInfoBefore", True),
    ("personaDescription", True),
    ("charDescription", True),
    ("charPersonality", True),
    ("scenario", True),
    ("enhanceDefinitions", False),
    ("nsfw", True),
    ("worldInfoAfter", True),
    ("dialogueExamples", True),
    ("chatHistory", True),
    ("jailbreak", True),
)

PROMPT = KeyTable(
    ManagedPrompt,
    key("identifier", "identifier"),
    key("name", "name"),
    key("role", "role"),
    key("content", "content"),
    key("system_prompt", "system_prompt", flag),
    key("marker", "marker", flag),
    key("injection_position", "injection_position", whole),
    key("injection_depth", "injection_depth", whole),
    key("injection_order", "injection_order", whole),
    key("injection_trigger", "injection_trigger", texts),
    key("forbid_overrides", "forbid_overrides", flag),
)
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

LEGACY_PROMPTS = {"main_prompt": "main", "nsfw_prompt": "nsfw", "jailbreak_prompt": "jailbreak"}
LEGACY_SYSPROMPT = ("claude_use_sysprompt", "use_makersuite_sysprompt")


def chat_preset_from_json(name: str, preset: Mapping[str, object], warnings: list[str]) -> ChatPreset:
    """The preset of a file called `name`. Odd values become defaults with a warning each."""
    where = f'Preset "{name}"'
    modern = _modern(preset)
    return ChatPreset(
        name=name,
        prompts=_prompts(modern, where, warnings),
        order=_order(modern, where, warnings),
        source=preset,
        **PRESET.read(modern, where, warnings),
    )


def chat_preset_to_json(preset: ChatPreset) -> dict[str, object]:
    """The preset as SillyTavern keeps it: what did not change stays as it was read."""
    before = chat_preset_from_json(preset.name, preset.source, []) if preset.source else None
    made = lay_over(preset.source, PRESET.values(before) if before else {}, PRESET.values(preset))
    if before is None or before.prompts != preset.prompts:
        unused = [one for one in as_list(preset.source.get("prompts")) if not _is_prompt(one)]
        made["prompts"] = [*(_prompt_json(one) for one in preset.prompts), *unused]
        for old in LEGACY_PROMPTS:
            made.pop(old, None)
    if before is None or before.order != preset.order:
        made["prompt_order"] = _orders_json(made.get("prompt_order"), preset.order)
    return made


def _modern(preset: Mapping[str, object]) -> Mapping[str, object]:
    """The preset with the keys of older versions under their present names."""
    modern = dict(preset)
    if preset.get("names_in_completion") is True:
        modern.setdefault("names_behavior", 1)
    if any(preset.get(old) is True for old in LEGACY_SYSPROMPT):
        modern.setdefault("use_sysprompt", True)
    return modern


def _prompts(preset: Mapping[str, object], where: str, warnings: list[str]) -> tuple[ManagedPrompt, ...]:
    found = preset.get("prompts")
    if found is not None and not isinstance(found, list):
        warnings.append(f"{where}: its prompts should be a list, but are {kind_of(found)}.")
    prompts: list[ManagedPrompt] = []
    for at, one in enumerate(as_list(found), start=1):
        if not _is_prompt(one):
            warnings.append(f"{where}: prompt {at} has no identifier; it is kept, but not used.")
            continue
        row = as_object(one)
        prompts.append(ManagedPrompt(source=row, **PROMPT.read(row, f"{where}, prompt {at}", warnings)))
    return _with_legacy(tuple(prompts), preset)


def _is_prompt(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("identifier"), str)


def _with_legacy(
    prompts: tuple[ManagedPrompt, ...], preset: Mapping[str, object]
) -> tuple[ManagedPrompt, ...]:
    """Prompts of presets from before the prompt manager, under their identifiers."""
    for old, identifier in LEGACY_PROMPTS.items():
        content = preset.get(old)
        if not isinstance(content, str):
            continue
        held = {one.identifier: one for one in prompts}
        if identifier not in held:
            fresh = ManagedPrompt(identifier=identifier, name=identifier, content=content, system_prompt=True)
            prompts = (*prompts, fresh)
        elif not held[identifier].content:
            prompts = tuple(
                replace(one, content=content) if one.identifier == identifier else one for one in prompts
            )
    return prompts


def _order(preset: Mapping[str, object], where: str, warnings: list[str]) -> tuple[tuple[str, bool], ...]:
    found = preset.get("prompt_order")
    if found is not None and not isinstance(found, list):
        warnings.append(f"{where}: its prompt order should be a list, but is {kind_of(found)}.")
    for one in as_list(found):
        if as_object(one).get("character_id") in (GLOBAL_ORDER, str(GLOBAL_ORDER)):
            return tuple(
                (str(row["identifier"]), row.get("enabled") is not False)
                for row in map(as_object, as_list(as_object(one).get("order")))
                if isinstance(row.get("identifier"), str)
            )
    return DEFAULT_ORDER


def _prompt_json(prompt: ManagedPrompt) -> dict[str, object]:
    after = PROMPT.values(prompt)
    if prompt.source:
        before = ManagedPrompt(source=prompt.source, **PROMPT.read(prompt.source, "", None))
        return lay_over(prompt.source, PROMPT.values(before), after)
    unsaid: dict[KeyPath, object] = {
        one.path: plain(getattr(ManagedPrompt(identifier=""), one.field))
        for one in PROMPT.keys
        if one.reader is not text
    }
    return lay_over({}, unsaid, after)


def _orders_json(found: object, order: tuple[tuple[str, bool], ...]) -> list[object]:
    """All orders of the file with ours in its place; rows keep what else they say."""
    orders = list(as_list(found))
    at = next((i for i, one in enumerate(orders) if as_object(one).get("character_id") == GLOBAL_ORDER), None)
    held = as_object(orders[at]) if at is not None else {}
    rows = {row.get("identifier"): row for row in map(as_object, as_list(held.get("order")))}
    fresh = {
        **(held or {"character_id": GLOBAL_ORDER}),
        "order": [{**rows.get(name, {}), "identifier": name, "enabled": on} for name, on in order],
    }
    if at is None:
        return [*orders, fresh]
    orders[at] = fresh
    return orders
