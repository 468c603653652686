"""Themes written as ours are: read without the YAML library, and with the same result."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.storage import themes
from tavern_tui.storage.yaml_files import parse_yaml

THEMES = Path(__file__).resolve().parents[2] / "themes"


@pytest.mark.parametrize("path", sorted(THEMES.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_themes_are_read_without_the_yaml_library_and_mean_the_same(path: Path) -> None:
    found = themes._plainly(path.read_bytes())
    assert found == parse_yaml(path.read_bytes(), path.name)


LINES = st.sampled_from(
    ["name: Dusk", "name: No", "name: a: b", "dark: true", "dark: yes", "colors:", '  primary: "#fff"', "  # x",
     '  quote: "#a0b1c2"', "  quote: #fff", "", "# y", "quote: x", '    odd: "#000"', "\t", "colors: {}", "---"]
)  # fmt: skip


@given(st.lists(LINES, max_size=8))
def test_a_theme_that_is_read_without_the_yaml_library_means_the_same(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    found = themes._plainly(data)
    if found and found.get("colors"):
        assert found == parse_yaml(data, "a theme")
