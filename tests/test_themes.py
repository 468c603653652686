"""The themes in `themes/`: complete, readable, and different enough to choose between."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.themes import load_themes, read_theme
from tavern_tui.ui.theme import STAND_INS, chosen_theme, to_textual

INK = (
    *("primary", "secondary", "accent", "foreground", "success", "warning", "error", "dim"),
    *("user_name", "char_name", "narrator", "emphasis", "strong", "quote"),
    *("part_system", "part_card", "part_persona", "part_lore", "part_note"),
    *("part_examples", "part_history", "part_template", "part_injection"),
)
PAPER = ("background", "surface", "panel")
OTHER = ("border", "code", "code_background", "cursor", "selection")
THEMES = {path.stem: read_theme(path) for path in bundled_files("themes", ".yaml")}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it, 0 black to 1 white."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.fixture(params=sorted(THEMES))
def theme(request: pytest.FixtureRequest) -> dict[str, Any]:
    return THEMES[request.param]


def test_there_are_dark_light_and_high_contrast_themes() -> None:
    assert len(THEMES) == 6
    assert len({one["name"] for one in THEMES.values()}) == 6
    assert sum(one["dark"] for one in THEMES.values()) == 4
    lantern = THEMES["lantern"]["colors"]
    assert min(contrast(lantern[ink], lantern["background"]) for ink in INK) > 7


def test_a_theme_names_every_colour(theme: dict[str, Any]) -> None:
    assert set(theme["colors"]) == {*INK, *PAPER, *OTHER}


def test_all_text_can_be_read_on_every_ground(theme: dict[str, Any]) -> None:
    colours = theme["colors"]
    faint = [(ink, paper) for ink in INK for paper in PAPER if contrast(colours[ink], colours[paper]) < 4.5]
    assert faint == []
    assert contrast(colours["code"], colours["code_background"]) >= 4.5
    assert contrast(colours["foreground"], colours["selection"]) >= 4.5
    assert contrast(colours["cursor"], colours["background"]) >= 3


def test_dark_is_dark_and_light_is_light(theme: dict[str, Any]) -> None:
    assert (luminance(theme["colors"]["background"]) < 0.2) is theme["dark"]


def test_speakers_and_parts_of_the_prompt_can_be_told_apart(theme: dict[str, Any]) -> None:
    colours = theme["colors"]
    for group in (("user_name", "char_name", "narrator"), [one for one in INK if one.startswith("part_")]):
        assert all(colours[one] != colours[other] for one, other in combinations(group, 2))
    assert colours["quote"] not in (colours["foreground"], colours["emphasis"])


def test_a_theme_reaches_the_screen_whole(theme: dict[str, Any]) -> None:
    shown = to_textual(theme)
    assert (shown.name, shown.dark) == (theme["name"], theme["dark"])
    assert shown.background == theme["colors"]["background"]
    for variable in STAND_INS:
        name = variable.removeprefix("chat-").replace("-", "_")
        assert shown.variables[variable] == theme["colors"][name]


def test_the_warm_themes_are_the_defaults(folders: Folders) -> None:
    themes = [to_textual(one) for one in load_themes(folders)]
    assert chosen_theme("auto", "dark", themes, None) == "Alehouse"
    assert chosen_theme("auto", "light", themes, None) == "Parchment"
