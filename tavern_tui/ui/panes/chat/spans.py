"""Style flags -> colours: the one table the transcript paints with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.strip import Strip

from tavern_tui.text.inline import BOLD, CODE, FAINT, HEADING, ITALIC, LINK, SPEECH, STRIKE, Run
from tavern_tui.ui.panes.chat.highlight import COMMENT, KEYWORD, NUMBER, STRING
from tavern_tui.ui.panes.chat.layout import LEAD, NAME, THOUGHT, Line
from tavern_tui.ui.panes.chat.message import TranscriptMessage
from tavern_tui.ui.panes.chat.wrap import cells

FOUND = 4096
"""A place the search found."""
SELECTED = 8192
"""Under the mouse selection."""

ChatColours = Mapping[str, str]
"""Name -> colour, for the names of `FALLBACKS`. What is missing or unreadable falls back."""

FALLBACKS: dict[str, str] = {
    "foreground": "#d8d8d8",
    "user-name": "secondary",
    "char-name": "primary",
    "narrator": "warning",
    "emphasis": "foreground",
    "strong": "foreground",
    "quote": "accent",
    "code": "success",
    "code-background": "surface",
    "code-keyword": "primary",
    "code-string": "warning",
    "code-number": "secondary",
    "cursor": "primary",
    "selection": "panel",
    "found": "warning",
    "dim": "",
}
"""Names of the colours -> a colour, or the theme's variable that stands in; `dim` is mixed."""

SPEAKERS = {"user": "user-name", "character": "char-name", "narrator": "narrator"}

GUTTER = 2
"""Columns left of the text; the message under the cursor has its bar there."""
_BAR = "▌"
_COLOUR_OF = (
    (KEYWORD, "code-keyword"),
    (STRING, "code-string"),
    (NUMBER, "code-number"),
    (COMMENT, "dim"),
    (CODE, "code"),
    (FAINT, "dim"),
    (THOUGHT, "dim"),
    (LEAD, "dim"),
    (SPEECH, "quote"),
    (HEADING, "strong"),
    (BOLD, "strong"),
    (ITALIC, "emphasis"),
)
"""The first of these flags decides the colour."""


def theme_colours(variables: Mapping[str, str]) -> ChatColours:
    """The chat's colours as a theme's variables have them: `chat-quote`, or else `accent`, ..."""
    colours = {}
    for name, fallback in FALLBACKS.items():
        value = variables.get(f"chat-{name}") or variables.get(name) or variables.get(fallback)
        if value is not None:
            colours[name] = value
    return colours


@dataclass(frozen=True, slots=True)
class Box:
    """The part of a bubble around one line."""

    aside: int
    """Blank cells left of it."""
    inner: int
    """Cells between its borders' blanks."""
    edge: str
    """`top`, `side` or `bottom`."""


class Paints:
    """Every style of the transcript, for one set of colours."""

    def __init__(self, colours: ChatColours, background: Color) -> None:
        self.background = background
        foreground = _parse(colours.get("foreground"), Color.parse(FALLBACKS["foreground"]), background)
        quiet = background.blend(foreground, 0.55, 1.0)
        self.colours = {
            name: _parse(colours.get(name), quiet if name == "dim" else foreground, background)
            for name in FALLBACKS
        }
        self.plain = self._ground(foreground)
        self._bar = self._ground(self.colours["cursor"])
        self._table: dict[tuple[int, str, bool], Style] = {}

    def style(self, flags: int, speaker: str, hidden: bool) -> Style:
        key = (flags, speaker if flags & NAME else "", hidden)
        style = self._table.get(key)
        if style is None:
            style = self._table[key] = self._mix(*key)
        return style

    def _mix(self, flags: int, speaker: str, hidden: bool) -> Style:
        if flags & NAME:
            colour = self.colours[SPEAKERS.get(speaker, "char-name")]
        else:
            colour = self.colours[next((name for flag, name in _COLOUR_OF if flags & flag), "foreground")]
        if hidden:
            colour = self.background.blend(colour, 0.6, 1.0)
        ground = self.colours["code-background"] if flags & CODE else self.background
        if flags & SELECTED:
            ground = self.colours["selection"]
        elif flags & FOUND:
            colour, ground = self.background, self.colours["found"]
        return Style(
            color=colour.rich_color,
            bgcolor=ground.rich_color,
            bold=bool(flags & (BOLD | NAME | HEADING)) or None,
            italic=bool(flags & (ITALIC | THOUGHT)) or None,
            strike=bool(flags & STRIKE) or None,
            underline=bool(flags & LINK) or None,
        )

    def _ground(self, colour: Color) -> Style:
        return Style(color=colour.rich_color, bgcolor=self.background.rich_color)

    def strip(
        self,
        line: Line,
        message: TranscriptMessage,
        width: int,
        *,
        cursor: bool,
        over: tuple[Run, ...] = (),
        box: Box | None = None,
    ) -> Strip:
        """`line` as a strip of `width` cells. `over`: runs of more flags, in order, on top of its own."""
        speaker, hidden = message.speaker, message.hidden
        segments = (
            [Segment(_BAR, self._bar), Segment(" ", self.plain)] if cursor else [Segment("  ", self.plain)]
        )
        frame = self.style(LEAD, speaker, hidden)
        if box is not None:
            segments.append(Segment(" " * box.aside, self.plain))
            if box.edge == "bottom":
                segments.append(Segment(f"╰{'─' * (box.inner + 2)}╯", frame))
                return Strip(segments).adjust_cell_length(width, self.plain)
            segments.append(Segment("╭ " if box.edge == "top" else "│ ", frame))
        runs = _overlaid(line.runs, over) if over else line.runs
        plain = self.style(0, speaker, hidden)
        text, position = line.text, 0
        for start, end, flags in runs:
            if start > position:
                segments.append(Segment(text[position:start], plain))
            segments.append(Segment(text[start:end], self.style(flags, speaker, hidden)))
            position = end
        if position < len(text):
            segments.append(Segment(text[position:], plain))
        if box is not None:
            rest = box.inner - cells(text)
            fill = f" {'─' * (rest - 1)}" if box.edge == "top" and rest > 1 else " " * rest
            segments.append(Segment(fill, frame if box.edge == "top" else self.plain))
            segments.append(Segment(" ╮" if box.edge == "top" else " │", frame))
            return Strip(segments).adjust_cell_length(width, self.plain)
        blank = width - GUTTER - cells(text)
        if blank > 0:
            segments.append(Segment(" " * blank, self.plain))
        strip = Strip(segments, width - min(0, blank))
        return strip if blank >= 0 else strip.crop(0, width)


def _overlaid(runs: Sequence[Run], over: Sequence[Run]) -> list[Run]:
    """Runs with the flags of both; `over` may overlap itself."""
    edges = sorted({edge for start, end, _ in (*runs, *over) for edge in (start, end)})
    mixed = []
    for start, end in pairwise(edges):
        flags = 0
        for run_start, run_end, run_flags in (*runs, *over):
            if run_start <= start and end <= run_end:
                flags |= run_flags
        if flags:
            mixed.append((start, end, flags))
    return mixed


def _parse(value: str | None, fallback: Color, background: Color) -> Color:
    """A colour without transparency; `fallback` for an unreadable one."""
    try:
        colour = Color.parse(value or "")
    except ColorParseError:
        return fallback
    if colour.auto or colour.ansi is not None or colour.a == 1:
        return fallback if colour.auto else colour
    return background.blend(colour, colour.a, 1.0)
