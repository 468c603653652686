"""What is kept of a text prompt when the context is too small for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from tavern_tui.prompt.fit_text import Candidates, Fitted, fit, shrink


class Letters:
    """Counts one token per character."""

    name = "letters"
    exact = True

    def count(self, text: str) -> int:
        return len(text)

    def count_message(self, role: str, content: str, name: str = "") -> int:
        return len(content)

    def count_loose(self, text: str) -> int:
        return len(text)


def keep(
    room: int,
    *,
    lines: Sequence[str] = ("1111", "2222", "3333", "4444"),
    injected: Sequence[int] = (),
    examples: Sequence[str] = (),
    alignment: str = "",
) -> Fitted:
    """Lines are given newest first; the odd ones are the user's."""
    candidates = Candidates(
        fixed="FIXED" + alignment,
        lines=len(lines),
        line=lambda number: lines[number],
        injected=injected,
        examples=examples,
        is_user=lambda number: number % 2 == 1,
        alignment=alignment,
    )
    return fit(candidates, Letters(), room, 0)


def test_the_newest_lines_are_kept_below_the_room() -> None:
    assert keep(14).lines == [1, 0]
    assert keep(13).lines == [0], "a prompt must stay below the room, not reach it"


def test_a_line_that_does_not_fit_ends_the_history() -> None:
    assert keep(12, lines=("1111", "2" * 50, "3")).lines == [0]


def test_injections_outrank_messages() -> None:
    assert keep(14, injected=(2,)).lines == [2, 0]


def test_examples_get_only_what_is_left() -> None:
    assert keep(30, examples=("E" * 5, "F" * 5)).examples == 1
    assert keep(21, examples=("E" * 5,)).examples == 0


def test_an_alignment_message_is_sent_unless_the_history_begins_with_the_user() -> None:
    assert keep(50, alignment="AL").aligned is False
    assert keep(50, alignment="AL", lines=("1111",)).aligned is True
    assert keep(5, alignment="AL").aligned is True


def test_lines_that_cannot_fit_are_never_made() -> None:
    made: list[int] = []

    def line(number: int) -> str:
        made.append(number)
        return "x" * 10

    candidates = Candidates(
        fixed="", lines=5000, line=line, injected=(), examples=(), is_user=lambda number: True, alignment=""
    )
    assert len(fit(candidates, Letters(), 100, 0).lines) == 9
    assert max(made) == 9


def test_shrinking_drops_examples_from_the_last_then_the_oldest_lines() -> None:
    fitted = Fitted(lines=[2, 1, 0], examples=2)
    seen: list[tuple[int, int]] = []

    def assemble(kept: Fitted) -> str:
        seen.append((kept.examples, len(kept.lines)))
        return "x" * (10 * kept.examples + len(kept.lines))

    shrink(fitted, assemble, Letters(), 2, 0)
    assert seen == [(2, 3), (1, 3), (0, 3), (0, 2)]
    assert fitted.lines == [1, 0]
