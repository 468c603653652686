"""Theme files: a name, dark or light, and colours. Nothing else of a theme is known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tavern_tui.core.errors import DataError
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import kind_of, read_file
from tavern_tui.storage.yaml_files import parse_yaml

REQUIRED = ("primary", "foreground", "background")
"""Colours without which nothing can be drawn; the others have defaults where they are used."""
COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3}(?:[0-9a-fA-F]{2})?)?")
COLOUR_NAME = re.compile(r"[a-z_]{1,40}")
MAX_THEME = 2**20
_PLAIN = re.compile(
    r"name: (?P<name>[A-Za-z]+(?: [A-Za-z]+)*)"
    r"|dark: (?P<dark>true|false)"
    r"|(?P<colors>colors):"
    r'|  (?P<key>[a-z_]+): "(?P<colour>#[0-9a-fA-F]+)"'
    r"| *(?:#[ -~]*)?"
)
_NO_TEXT = ("none", "null", "true", "false", "yes", "no", "on", "off", "y", "n")
"""Names that YAML takes for something else."""


def load_themes(folders: Folders, warn: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """All themes by name, the user's in the place of ours of the same name.

    Each is a mapping of `name`, `dark` and `colors`. Broken files are left out; `warn` is told."""
    found: dict[str, dict[str, Any]] = {}
    for path in [*_user_files(folders), *bundled_files("themes", ".yaml")]:
        warnings: list[str] = []
        try:
            theme = read_theme(path, warnings)
            found.setdefault(theme["name"], theme)
        except DataError as error:
            warnings.append(str(error))
        for sentence in warnings if warn is not None else ():
            assert warn is not None
            warn(sentence)
    return [found[name] for name in sorted(found, key=str.casefold)]


def read_theme(path: Path, warnings: list[str] | None = None) -> dict[str, Any]:
    """A theme file: `{name, dark, colors}`. Colours that are none are left out with a warning.

    Raises UnreadableFile, DataError."""
    data = read_file(path, MAX_THEME)
    found = _plainly(data)
    return theme_from(parse_yaml(data, path.name) if found is None else found, path.name, warnings)


def _plainly(data: bytes) -> dict[str, object] | None:
    """The theme in a file that is written as ours are; None for any other, which is left to the library.

    The first frame waits for the themes, and the YAML library takes ten times as long to load as they do
    to read, and a megabyte."""
    theme: dict[str, object] = {}
    colours: dict[str, object] = {}
    inside = False
    for line in data.decode("utf-8", "replace").split("\n"):
        match = _PLAIN.fullmatch(line)
        if match is None or match["colors"] in theme or (match["key"] and not inside):
            return None
        if match["key"]:
            colours[match["key"]] = match["colour"]
        elif match["colors"]:
            inside, theme["colors"] = True, colours
        elif match["name"] or match["dark"]:
            inside = False
            theme |= {"name": match["name"]} if match["name"] else {"dark": match["dark"] == "true"}
    if str(theme.get("name")).lower() in _NO_TEXT:
        return None
    return theme


def theme_from(theme: Mapping[str, object], where: str, warnings: list[str] | None = None) -> dict[str, Any]:
    """The theme in a parsed file called `where`. Raises DataError."""
    given = theme.get("colors")
    if not isinstance(given, Mapping):
        raise DataError(f'{where} is not a theme: "colors" should be an object, but is {kind_of(given)}.')
    colours: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not COLOUR_NAME.fullmatch(name):
            fault = "is no name for a colour"
        elif not isinstance(value, str) or not COLOUR.fullmatch(value):
            fault = "should be a colour like #80a0ff"
        else:
            colours[name] = value.lower()
            continue
        if warnings is not None:
            warnings.append(f'{where}: "{name}" {fault}; it was ignored.')
    missing = [name for name in REQUIRED if name not in colours]
    if missing:
        raise DataError(f"{where} is not a usable theme: it has no colour for {', '.join(missing)}.")
    name = theme.get("name")
    return {
        "name": name if isinstance(name, str) and name.strip() else Path(where).stem,
        "dark": theme.get("dark") is not False,
        "colors": colours,
    }


def _user_files(folders: Folders) -> list[Path]:
    return sorted(folders.themes.glob("*.yaml")) if folders.themes.is_dir() else []
