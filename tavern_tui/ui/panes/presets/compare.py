"""CompareDialog: what differs between two presets, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tavern_tui.services.preset_compare import Difference
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog

MOST = 150
"""Differences that are shown."""
LONGEST = 20_000
"""Characters of a text that are compared line by line; longer ones are shown by their beginnings."""
LINES = 40
"""Lines of a text that are shown."""

Styled = tuple[str, str]


class CompareDialog(Dialog[None]):
    """Reads like two columns; Escape leaves."""

    hint = "↑↓  scroll    Esc  back"
    DEFAULT_CSS = """
    CompareDialog #heads { height: 1; margin-bottom: 1; }
    CompareDialog #heads Static { width: 1fr; text-style: bold; color: $primary; }
    CompareDialog #differences { height: 1fr; scrollbar-size-vertical: 1; }
    CompareDialog .what { height: 1; text-style: bold; }
    CompareDialog .sides { height: auto; margin-bottom: 1; }
    CompareDialog .sides Static { width: 1fr; height: auto; padding: 0 1 0 0; }
    """

    def __init__(self, left: str, right: str, differences: Sequence[Difference]) -> None:
        super().__init__(f"{left} and {right}")
        self._names = left, right
        self._differences = differences

    def body(self) -> ComposeResult:
        with Horizontal(id="heads"):
            for name in self._names:
                yield Static(Content(clean_line(name)))
        with VerticalScroll(id="differences"):
            if not self._differences:
                yield Static("They say the same.", markup=False)
            for one in islice(self._differences, MOST):
                yield from self._difference(one)
            if len(self._differences) > MOST:
                yield Static(f"{len(self._differences) - MOST:,} more differ.", markup=False)

    def _difference(self, one: Difference) -> ComposeResult:
        yield Static(
            Content.assemble(clean_line(one.place), (f"  {one.field}", "$foreground-muted")), classes="what"
        )
        left, right = side_by_side(one.left, one.right)
        with Horizontal(classes="sides"):
            yield Static(left)
            yield Static(right)

    def on_mount(self) -> None:
        self.add_class("-tall")
        window = self.query_one("#window")
        window.styles.width, window.styles.max_width, window.styles.height = "100%", 160, "94%"
        self.query_one("#differences").focus()


def side_by_side(left: str | None, right: str | None) -> tuple[Content, Content]:
    """Two texts with the lines that only one of them has in colour; equal lines far from them are left
    out."""
    sides: tuple[list[Styled], list[Styled]] = ([], [])
    for at, style, words in _pieces(left, right):
        sides[at].append((words, style))
    return Content.assemble(*sides[0]), Content.assemble(*sides[1])


def _pieces(left: str | None, right: str | None) -> Iterator[tuple[int, str, str]]:
    """Which side, its style, its words."""
    texts = (left, right)
    if left is None or right is None or max(map(len, (left, right))) > LONGEST:
        for at, text in enumerate(texts):
            yield at, *_alone(text, ("$error", "$success")[at])
        return
    lines = [clean_text(text).split("\n") for text in (left, right)]
    matcher = SequenceMatcher(None, lines[0], lines[1], autojunk=False)
    for tag, a, b, c, d in islice(matcher.get_opcodes(), LINES):
        for at, (start, end) in enumerate(((a, b), (c, d))):
            found = lines[at][start:end]
            if tag == "equal":
                yield at, "$foreground-muted", _folded(found)
            elif found:
                yield at, ("$error", "$success")[at], _clipped(found)


def _alone(text: str | None, colour: str) -> Styled:
    """A text that has nothing to be compared with."""
    if text is None:
        return "$foreground-disabled", "not there"
    return colour, _clipped(clean_text(text[:LONGEST]).split("\n"))


def _folded(lines: Sequence[str]) -> str:
    """Equal lines: the first and the last of them."""
    if len(lines) > 3:
        lines = [lines[0], f"… {len(lines) - 2} equal lines …", lines[-1]]
    return "".join(f"{line}\n" for line in lines)


def _clipped(lines: Sequence[str]) -> str:
    more = [f"… {len(lines) - LINES} more lines …"] if len(lines) > LINES else []
    return "".join(f"{line}\n" for line in (*lines[:LINES], *more))
