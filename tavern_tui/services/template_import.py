"""Takes over template files and master exports of SillyTavern, and YAML files of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tavern_tui.core.errors import DataError
from tavern_tui.services.template_export import YAML
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.json_keep import read_file, read_object
from tavern_tui.storage.presets import PresetKind, save_preset
from tavern_tui.storage.templates import (
    TemplateStore,
    context_from_json,
    instruct_from_json,
    reasoning_from_json,
    split_master,
    split_yaml,
    system_prompt_from_json,
    template_to_json,
)

MAX_YAML = 4 * 2**20
LONGEST_NAME = 120
"""Characters of a template's name."""

READERS: Mapping[str, tuple[Callable[..., Any], str, str]] = {
    "instruct": (instruct_from_json, "instruct", "instruct template"),
    "context": (context_from_json, "context", "context template"),
    "sysprompt": (system_prompt_from_json, "system_prompt", "system prompt"),
    "reasoning": (reasoning_from_json, "reasoning", "reasoning template"),
}
"""Kind -> how its object is read, the store's method that finds one by name, what it is called."""


def import_templates(folders: Folders, store: TemplateStore, path: Path) -> list[str]:
    """Take over what a template file or a master export holds; says each part in a few words.

    Nothing is written over: a template whose name one of the user's own has gets another.
    Raises DataError, UnreadableFile, WriteFailed."""
    said = [_take(folders, store, kind, part, path.stem) for kind, part in _parts(path)]
    if not said:
        raise DataError(f"{path.name} holds no template.")
    return said


def _parts(path: Path) -> list[tuple[str, Mapping[str, object]]]:
    if path.suffix.lower() in YAML:
        return split_yaml(read_file(path, MAX_YAML), path.name)
    return list(split_master(read_object(path)))


def _take(folders: Folders, store: TemplateStore, kind: str, part: Mapping[str, object], stem: str) -> str:
    if kind not in READERS:
        return _preset(folders, part, stem)
    reader, getter, title = READERS[kind]
    name = clean_name(str(part.get("name") or "")) or clean_name(stem)
    template = reader({**part, "name": name})
    known = getattr(store, getter)(name)
    if known is not None and template_to_json(known) == template_to_json(template):
        return f"the {title} {known.name}, which was here already"
    if known is not None and store.sources(kind, known.name)[0].is_relative_to(folders.data):
        number = 2
        while getattr(store, getter)(f"{name} {number}") is not None:
            number += 1
        template = reader({**part, "name": f"{name} {number}"})
    store.save(template)
    return f"the {title} {template.name}"


def _preset(folders: Folders, part: Mapping[str, object], stem: str) -> str:
    """The sampler settings of a master export."""
    name = free_name(folders.textgen_settings, str(part.get("name") or stem), ".json")
    return f"the text preset {save_preset(folders, PresetKind.TEXT, name, part).stem}"


def clean_name(name: str) -> str:
    """A name on one line and not endless; empty if nothing is left."""
    return " ".join(name.split())[:LONGEST_NAME].strip()
