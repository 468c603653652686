"""Chat titles beside the name of whom they are with."""

from __future__ import annotations

from tavern_tui.text.clean import clean_line


def beside_name(title: str, name: str) -> str:
    """A title on the screen where the name stands already: SillyTavern's titles begin with it."""
    return clean_line(title.removeprefix(f"{name} - ") or title)
