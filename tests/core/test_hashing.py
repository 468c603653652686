"""cyrb53, against values SillyTavern computed."""

import pytest

from tavern_tui.core.hashing import cyrb53


@pytest.mark.parametrize(
    ("text", "number"), [("", 3338908027751811), ("abc", 5059922895146125), ("日本", 402342642078485)]
)
def test_hashes_are_sillytaverns(text: str, number: int) -> None:
    assert cyrb53(text) == number


def test_half_a_surrogate_pair_has_a_hash() -> None:
    assert cyrb53("\ud83d") != cyrb53("\ude00")
