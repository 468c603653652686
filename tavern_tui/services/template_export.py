"""Writes templates as files for elsewhere: SillyTavern's JSON or our YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tavern_tui.storage.atomic import write_json, write_text
from tavern_tui.storage.json_keep import as_object
from tavern_tui.storage.templates import join_yaml

YAML = (".yaml", ".yml")


def write_templates(file: str, parts: Mapping[str, Mapping[str, object]], *, bare: bool = False) -> Path:
    """Write template objects by kind, as the file's ending asks; without one it is JSON.

    `bare`: SillyTavern's file of the one template there is, instead of a master export.
    Raises WriteFailed."""
    path = Path(file).expanduser()
    if not path.suffix:
        path = path.with_name(f"{path.name}.json")
    if path.suffix.lower() in YAML:
        first = as_object(next(iter(parts.values()), {}))
        write_text(path, join_yaml(str(first.get("name") or path.stem), parts))
    else:
        write_json(path, next(iter(parts.values())) if bare else parts)
    return path
