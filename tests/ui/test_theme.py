"""Theme files become Textual themes."""

from __future__ import annotations

from textual.theme import Theme

from tavern_tui.ui.theme import STAND_INS, background_is_dark, chosen_theme, to_textual

OAK = {
    "name": "Oak",
    "dark": True,
    "colors": {"primary": "#e0af68", "user_name": "#112233", "part_lore": "#445566"},
}


def test_colours_of_chat_and_prompt_become_variables() -> None:
    variables = to_textual(OAK).variables
    assert (variables["chat-user-name"], variables["part-lore"]) == ("#112233", "#445566")


def test_what_a_theme_leaves_out_has_a_stand_in() -> None:
    theme = to_textual(OAK)
    assert theme.primary == "#e0af68"
    assert set(STAND_INS) <= set(theme.variables)
    assert theme.variables["chat-char-name"] == "#e0af68"


def test_an_unusable_colour_is_left_out() -> None:
    theme = to_textual({"name": "Odd", "dark": True, "colors": {"primary": "[bold]", "quote": "url(x)"}})
    assert theme.primary.startswith("#")
    assert theme.variables["chat-quote"].startswith("#")


def test_the_wanted_theme_wins_and_otherwise_the_background_decides() -> None:
    themes = [Theme(name="Day", primary="#000000", dark=False), Theme(name="Night", primary="#ffffff")]
    assert chosen_theme("Day", "auto", themes, True) == "Day"
    assert chosen_theme("auto", "auto", themes, False) == "Day"
    assert chosen_theme("auto", "auto", themes, None) == "Night"
    assert chosen_theme("auto", "light", themes, True) == "Day"
    assert chosen_theme("gone", "dark", [], None) == "textual-dark"


def test_the_terminals_background_is_read_from_colorfgbg() -> None:
    assert [background_is_dark(value) for value in ("15;0", "0;15", "0;default;7", "", "x")] == [
        True,
        False,
        False,
        None,
        None,
    ]
