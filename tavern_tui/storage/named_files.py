"""Folders of files whose name is the thing's name: lorebooks, presets, templates."""

from __future__ import annotations

import os
from pathlib import Path

from tavern_tui.storage.folders import inside, safe_name


def names_in(folder: Path, ending: str) -> list[str]:
    """The names of the files with this ending, without it, in alphabetical order."""
    try:
        entries = [one.name for one in os.scandir(folder) if one.is_file()]
    except OSError:
        return []
    found = [one[: -len(ending)] for one in entries if one.lower().endswith(ending)]
    return sorted((one for one in found if one), key=lambda name: (name.casefold(), name))


def path_in(folder: Path, name: str, ending: str) -> Path:
    """The file of this name; made safe when there is none spelled just so. Raises DataError."""
    if "/" not in name and "\\" not in name and "\0" not in name:
        exact = folder / f"{name}{ending}"
        if os.path.lexists(exact):
            return inside(folder, exact.name)
    return inside(folder, f"{safe_name(name)}{ending}")
