"""A preset's `prompts` to managed prompts and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from tavern_tui.core.chat import Role
from tavern_tui.core.preset import ManagedPrompt
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
from tavern_tui.storage.presets.weave import weave

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

LEGACY = {"main_prompt": "main", "nsfw_prompt": "nsfw", "jailbreak_prompt": "jailbreak"}
"""Keys from before the prompt manager -> the prompt they are now."""

ROLES = frozenset(role.value for role in Role)
POSITIONS = frozenset((0, 1))


def read_prompts(preset: Mapping[str, object], where: str, warnings: list[str]) -> tuple[ManagedPrompt, ...]:
    """The prompts of a preset's object, those under the keys of older versions included."""
    found = preset.get("prompts")
    if found is not None and not isinstance(found, list):
        warnings.append(f"{where}: its prompts should be a list, but are {kind_of(found)}.")
    prompts: list[ManagedPrompt] = []
    seen: set[str] = set()
    for at, one in enumerate(as_list(found), start=1):
        if not is_prompt(one):
            warnings.append(f"{where}: prompt {at} has no identifier; it is kept, but not used.")
            continue
        row = as_object(one)
        name = f"{where}, prompt {at}"
        prompts.append(ManagedPrompt(source=row, **PROMPT.read(row, name, warnings)))
        _look_at(prompts[-1], name, seen, warnings)
        seen.add(prompts[-1].identifier)
    return _with_legacy(tuple(prompts), preset)


def is_prompt(row: object) -> bool:
    """Whether a member of `prompts` is a prompt at all."""
    return isinstance(row, Mapping) and isinstance(row.get("identifier"), str)


def _look_at(prompt: ManagedPrompt, name: str, seen: Collection[str], warnings: list[str]) -> None:
    """Say what the program will not take literally."""
    if prompt.identifier in seen:
        warnings.append(f'{name} is a second "{prompt.identifier}"; both are kept, and this one is used.')
    if prompt.role and prompt.role not in ROLES:
        warnings.append(f'{name}: there is no role "{prompt.role}"; it counts as system.')
    if prompt.injection_position not in POSITIONS:
        warnings.append(
            f'{name}: "injection_position" is {prompt.injection_position}, which means nothing; '
            "the prompt stays in the list's order."
        )


def _with_legacy(
    prompts: tuple[ManagedPrompt, ...], preset: Mapping[str, object]
) -> tuple[ManagedPrompt, ...]:
    """Prompts of presets from before the prompt manager, under their identifiers."""
    for old, identifier in LEGACY.items():
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


def write_prompts(
    source: Mapping[str, object], before: tuple[ManagedPrompt, ...], after: tuple[ManagedPrompt, ...]
) -> dict[str, object]:
    """`source` with these prompts in the place of those `before`. What did not change stays as it was,
    members that are no prompts and unused texts of older versions included."""
    raw = as_list(source.get("prompts"))
    places = [at for at, one in enumerate(raw) if is_prompt(one)]
    origins: dict[int, list[int]] = {}
    for at in places:
        origins.setdefault(id(raw[at]), []).append(at)
    made: list[tuple[int | None, object]] = []
    for prompt in after:
        if not prompt.source and prompt in before:
            continue  # from a key of an older version, where it stays
        held = origins.get(id(prompt.source)) if prompt.source else None
        origin = held.pop(0) if held else None
        is_same = origin is not None and prompt in before
        made.append((origin, prompt.source if is_same else prompt_json(prompt)))
    result = dict(source)
    if made or isinstance(source.get("prompts"), list):
        result["prompts"] = weave(raw, places, made)
    for old, identifier in LEGACY.items():
        if isinstance(source.get(old), str) and _is_outdated(identifier, before, after):
            del result[old]
    return result


def _is_outdated(
    identifier: str, before: tuple[ManagedPrompt, ...], after: tuple[ManagedPrompt, ...]
) -> bool:
    """Whether a text of an older version would come back over what the user made of it."""
    held = {one.identifier: one for one in after}.get(identifier)
    was = {one.identifier: one for one in before}.get(identifier)
    return held != was and (held is None or not held.content or not was or not was.source)


def prompt_json(prompt: ManagedPrompt) -> dict[str, object]:
    """A prompt as SillyTavern keeps it; over its own object, if it has one."""
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
