"""Preset files from elsewhere and for elsewhere: what they are, and what must not leave the house."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import ChatPreset
from tavern_tui.services.template_import import clean_name
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.json_keep import as_object, read_object
from tavern_tui.storage.presets import (
    PresetKind,
    chat_preset_from_json,
    list_presets,
    preset_from_json,
    preset_kind,
    preset_path,
    save_preset,
)
from tavern_tui.storage.presets.chat import whole_preset_json

CONNECTION_KEY = re.compile(
    r"chat_completion_source|custom_(url|include_body|exclude_body|include_headers|prompt_post_processing)"
    r"|reverse_proxy|proxy_password|bypass_status_check"
    r"|(openai|claude|windowai|ai21|google|makersuite|mistralai|custom|cohere|perplexity|groq|chutes"
    r"|electronhub|deepseek|aimlapi|xai|moonshot|fireworks|cometapi)_model"
    r"|(openrouter|vertexai|azure|workers_ai|zai|siliconflow|minimax|nanogpt|pollinations)_\w+"
)
"""Keys of a chat preset that say where SillyTavern sent its requests, and with what password."""

PROMPT_EXPORT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPreset:
    """What became of a file."""

    kind: PresetKind
    name: str
    is_new: bool
    """False: the same preset was here already."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Where a preset was written, and the keys that were left out."""

    path: Path
    left_out: tuple[str, ...] = ()


def import_preset(folders: Folders, stem: str, value: Mapping[str, object]) -> ImportedPreset:
    """Take over a preset of any kind as it is. Nothing is written over: a name that is taken gets a
    number. Raises DataError, WriteFailed."""
    kind = preset_kind(value)
    if kind is None:
        raise DataError(f'"{stem}" is not a preset: it sets no sampler and has no prompts.')
    warnings: list[str] = []
    name = clean_name(stem) or "Preset"
    preset_from_json(name, value, warnings)
    if name in list_presets(folders, kind) and _same(folders, kind, name, value):
        return ImportedPreset(kind=kind, name=name, is_new=False, warnings=tuple(warnings))
    free = free_name(preset_path(folders, kind, name).parent, name, ".json")
    save_preset(folders, kind, free, value)
    return ImportedPreset(kind=kind, name=free, is_new=True, warnings=tuple(warnings))


def _same(folders: Folders, kind: PresetKind, name: str, value: Mapping[str, object]) -> bool:
    try:
        return read_object(preset_path(folders, kind, name)) == value
    except DataError:
        return False


def prompts_in(value: Mapping[str, object]) -> Mapping[str, object] | None:
    """The prompts and orders of a prompt manager's export; None if the object is none."""
    data = as_object(value.get("data"))
    is_export = "version" in value and isinstance(data.get("prompts"), list)
    return data if is_export else None


def with_prompts(preset: ChatPreset, data: Mapping[str, object], warnings: list[str]) -> ChatPreset:
    """The preset with the prompts of an export: those it has under the same identifier are replaced,
    others added; an order for everybody takes the place of its own."""
    if "prompt_order" in data and isinstance(data["prompt_order"], list):
        data = {**data, "prompt_order": _orders(data["prompt_order"])}
    found = chat_preset_from_json("export", data, warnings)
    fresh = {one.identifier: one for one in found.prompts}
    kept = tuple(fresh.pop(one.identifier, one) for one in preset.prompts)
    order = found.order if data.get("prompt_order") else preset.order
    listed = {identifier for identifier, _ in order}
    added = tuple((identifier, False) for identifier in fresh if identifier not in listed)
    return replace(preset, prompts=(*kept, *fresh.values()), order=(*order, *added))


def _orders(found: list[object]) -> list[object]:
    """An export for one character holds the rows alone: they count for everybody."""
    is_bare = bool(found) and all("identifier" in as_object(one) for one in found)
    return [{"character_id": 100001, "order": found}] if is_bare else found


def export_preset(preset: Mapping[str, object], kind: PresetKind, file: str) -> Exported:
    """Write a preset's object without what belongs to a connection; `~` means the home folder.

    Raises WriteFailed."""
    is_private = CONNECTION_KEY.fullmatch if kind is PresetKind.CHAT else lambda _: None
    left_out = tuple(key for key in preset if is_private(key))
    path = file_named(file)
    write_json(path, {key: value for key, value in preset.items() if key not in left_out})
    return Exported(path=path, left_out=left_out)


def export_prompts(preset: ChatPreset, file: str) -> Path:
    """Write the prompts and orders alone, as SillyTavern's prompt manager does. Raises WriteFailed."""
    whole = whole_preset_json(preset)
    data = {"prompts": whole["prompts"], "prompt_order": whole["prompt_order"]}
    path = file_named(file)
    write_json(path, {"version": PROMPT_EXPORT_VERSION, "type": "full", "data": data})
    return path


def file_named(file: str) -> Path:
    """A path a user typed; without an ending it gets `.json`."""
    path = Path(file).expanduser()
    return path if path.suffix else path.with_name(f"{path.name}.json")
