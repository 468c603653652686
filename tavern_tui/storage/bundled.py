"""What ships with the program: themes, templates, pictures; found in wheels and in checkouts."""

from __future__ import annotations

from pathlib import Path

import tavern_tui

PACKAGE = Path(tavern_tui.__file__).parent


def bundled_folder(name: str) -> Path:
    """The folder `themes`, `instruct_templates` or `bundled`.

    A wheel carries it inside the package; a checkout (and an editable install, to which the
    wheel's inclusion rules do not apply) has it beside the package."""
    for folder in (PACKAGE / "_bundled" / name, PACKAGE / name):
        if folder.is_dir():
            return folder
    return PACKAGE.parent / name


def bundled_files(name: str, ending: str) -> list[Path]:
    """The files of a bundled folder with this ending, by name; empty if the folder is missing."""
    folder = bundled_folder(name)
    return sorted(folder.glob(f"*{ending}")) if folder.is_dir() else []


def art(name: str) -> bytes | None:
    """A bundled file such as a picture or a card, or None if it was not installed."""
    try:
        return (bundled_folder("bundled") / name).read_bytes()
    except OSError:
        return None
