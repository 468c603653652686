"""Our theme files as Textual themes; the colours of chat and prompt become CSS variables.

A file's `user_name` is `$chat-user-name`, its `part_lore` is `$part-lore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.color import Color, ColorParseError
from textual.theme import Theme

TEXTUAL = frozenset(
    {
        "primary",
        "secondary",
        "accent",
        "foreground",
        "background",
        "surface",
        "panel",
        "success",
        "warning",
        "error",
        "boost",
    }
)
"""Colours Textual has a place for."""

STAND_INS: dict[str, str] = {
    "chat-user-name": "secondary",
    "chat-char-name": "primary",
    "chat-narrator": "warning",
    "chat-emphasis": "foreground",
    "chat-strong": "foreground",
    "chat-quote": "accent",
    "chat-code": "success",
    "chat-code-background": "surface",
    "chat-cursor": "primary",
    "chat-selection": "panel",
    "chat-dim": "foreground",
    "part-system": "primary",
    "part-card": "accent",
    "part-persona": "secondary",
    "part-lore": "success",
    "part-note": "warning",
    "part-examples": "secondary",
    "part-history": "foreground",
    "part-template": "foreground",
    "part-injection": "warning",
}
"""Our variables -> the general colour that stands in where a theme is silent."""

DARK = {
    "primary": "#7aa2f7",
    "secondary": "#7fb4ca",
    "accent": "#e0af68",
    "foreground": "#d8d8d8",
    "background": "#16161d",
    "surface": "#1c1c25",
    "panel": "#262631",
    "success": "#98bb6c",
    "warning": "#ffa066",
    "error": "#e46876",
}
"""For what a theme leaves out, and while there is no theme of our own at all."""


def to_textual(theme: Mapping[str, object]) -> Theme:
    """A theme mapping (`name`, `dark`, `colors`) as Textual wants it. Unusable colours are left out."""
    given = theme.get("colors")
    colours = {
        str(name).replace("_", "-"): str(value)
        for name, value in (given.items() if isinstance(given, Mapping) else ())
        if is_colour(str(value))
    }
    plain = {**DARK, **{name: value for name, value in colours.items() if name in TEXTUAL}}
    return Theme(
        name=str(theme.get("name", "unnamed")),
        dark=bool(theme.get("dark", True)),
        variables={**default_variables(plain), **_own(colours)},
        primary=plain["primary"],
        secondary=plain["secondary"],
        accent=plain["accent"],
        foreground=plain["foreground"],
        background=plain["background"],
        surface=plain["surface"],
        panel=plain["panel"],
        success=plain["success"],
        warning=plain["warning"],
        error=plain["error"],
        boost=plain.get("boost"),
    )


def default_variables(plain: Mapping[str, str] = DARK) -> dict[str, str]:
    """All our variables, from the general colours alone."""
    return {
        **{name: plain[stand_in] for name, stand_in in STAND_INS.items()},
        **_quiet(plain["background"], plain["foreground"]),
    }


def _own(colours: Mapping[str, str]) -> dict[str, str]:
    """What a theme says beyond the general colours, under our variables' names."""
    named = {
        name if name.startswith("part-") else f"chat-{name}": value
        for name, value in colours.items()
        if name not in TEXTUAL and name != "border"
    }
    if "border" in colours:
        named["border-blurred"] = named["line"] = colours["border"]
    return named


def _quiet(background: str, foreground: str) -> dict[str, str]:
    """Lines, scrollbars and list cursors that keep close to the background."""
    ground, words = Color.parse(background), Color.parse(foreground)

    def shade(share: float) -> str:
        return ground.blend(words, share, 1.0).hex

    bars = ("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active")
    return {
        "line": shade(0.25),
        "scrollbar": shade(0.25),
        "scrollbar-hover": shade(0.4),
        "scrollbar-active": shade(0.5),
        **dict.fromkeys((*bars, "scrollbar-corner-color"), background),
        "block-cursor-background": shade(0.18),
        "block-cursor-foreground": foreground,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": shade(0.08),
        "block-cursor-blurred-foreground": foreground,
        "block-cursor-blurred-text-style": "none",
    }


def is_colour(value: str) -> bool:
    try:
        Color.parse(value)
    except ColorParseError:
        return False
    return True


def chosen_theme(
    wanted: str, appearance: str, themes: Iterable[Theme], background_is_dark: bool | None
) -> str:
    """The name of the theme to use: the wanted one, else the first that suits the appearance."""
    known = list(themes)
    if any(theme.name == wanted for theme in known):
        return wanted
    dark = appearance != "light"
    if appearance == "auto" and background_is_dark is not None:
        dark = background_is_dark
    suited = next((theme.name for theme in known if theme.dark == dark), None)
    return suited or ("textual-dark" if dark else "textual-light")


def background_is_dark(colorfgbg: str) -> bool | None:
    """What the terminal says of its background in `COLORFGBG` (`15;0`); None: nothing."""
    background = colorfgbg.rpartition(";")[2]
    return int(background) in (0, 1, 2, 3, 4, 5, 6, 8) if background.isdigit() else None
