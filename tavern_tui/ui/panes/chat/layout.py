"""Lays a message out: its text -> lines of a width, with style runs. No colours yet.

A layout can grow: `Layout.extend` lays out again only what more text may change, which is the last block.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tavern_tui.text.clean import clean_line
from tavern_tui.text.inline import CODE, FAINT, Run
from tavern_tui.text.markup import Block, Kind, parse, restart
from tavern_tui.ui.panes.chat.highlight import highlighted
from tavern_tui.ui.panes.chat.message import TranscriptMessage, duration
from tavern_tui.ui.panes.chat.wrap import Piece, cells, chop, graphemes, screen_text, wrap

NAME = 512
THOUGHT = 1024
LEAD = 2048
"""Bullets, bars, rules and the fold mark."""

MAX_LINES = 60_000
"""Lines of one message that are shown; selections count them in 16 bits."""
MAX_TEXT = 1_000_000
"""Characters of one message that are shown: a book of 500 pages. All of it is kept and sent."""
_TOO_LONG = "… more than can be shown here"
_NARROWEST = 8
"""Below this many columns bullets and bars are left out."""


class Line:
    """One line of a layout, and its strip once it was painted."""

    __slots__ = ("indent", "join", "runs", "strip", "text")

    def __init__(self, text: str, runs: Sequence[Run] = (), join: str = "\n", indent: int = 0) -> None:
        self.text = text
        self.runs = runs
        self.join = join
        """What stood between this line and the next one."""
        self.indent = indent
        """Characters at its beginning that are not the message's own."""
        self.strip: Strip | None = None

    def same(self, other: Line) -> bool:
        return self.text == other.text and tuple(self.runs) == tuple(other.runs) and self.join == other.join


class Layout:
    """A message's lines at one width: a head, the reasoning, the body and an empty line."""

    __slots__ = (
        "_blocks",
        "_body",
        "_lines_at",
        "_looks",
        "_open_ended",
        "_text",
        "_width",
        "first",
        "fold_line",
        "left",
        "lines",
        "message",
    )

    def __init__(
        self,
        message: TranscriptMessage,
        width: int,
        *,
        like: Layout | None = None,
        style: str = "flat",
        left: int = 0,
    ) -> None:
        """`like`: a layout of the message as it was, at the same width; what is still so is taken from it.
        `left`: how far the text stands in from the left."""
        self.message = message
        self._width = max(1, width)
        self._looks = self._width, message.speaker, message.hidden, style
        self.left = left
        self._open_ended = message.streaming
        self._text = ""
        self._blocks: list[Block] = []
        self._lines_at: list[int] = []
        self.lines = _heading(message, self._width, style)
        self.first = len(self.lines)
        """The first line below the name."""
        self.fold_line = -1
        """The line that folds and unfolds the reasoning; -1: there is none."""
        if message.reasoning:
            self.fold_line = len(self.lines)
            self.lines += _thoughts(message, self._width)
        room = self._width - 2
        self.lines += [_led("▣ ", fitted(screen_text(clean_line(one)), room)) for one in message.files]
        self._body = len(self.lines)
        text = screen_text(message.text[:MAX_TEXT])
        self._lay_from(self._taken_from(like, text) if like is not None else 0, text)

    def _taken_from(self, like: Layout, text: str) -> int:
        """Take over the blocks that must be the same; returns from which one on they may be others."""
        kept = restart(like._blocks, like._text)
        if not kept or kept >= len(like._lines_at) or like._looks != self._looks:
            return 0
        sure = like._text.find("\n", like._blocks[kept].start) + 1
        if not sure or not text.startswith(like._text[:sure]):
            return 0
        shift = self._body - like._body
        self.lines += like.lines[like._body : like._lines_at[kept]]
        self._blocks = like._blocks[: kept + 1]
        self._lines_at = [at + shift for at in like._lines_at[: kept + 1]]
        return kept

    def extend(self, text: str) -> int:
        """Lay out the message's text, as `screen_text` gives it, which has only grown since the last time.

        Returns the first line that is different; lines that stayed as they were keep their strips."""
        kept = restart(self._blocks, self._text)
        before = self.lines
        first = self._lines_at[kept] if kept < len(self._lines_at) else self._body
        self.lines = before[:first]
        self._lay_from(kept, text)
        return _reuse(before, self.lines, first)

    def _lay_from(self, index: int, text: str) -> None:
        """Lay out block `index` and what follows it; the lines before it are there."""
        start = self._blocks[index].start if index < len(self._blocks) else 0
        gap = index < len(self._blocks) and self._blocks[index].gap
        del self._blocks[index:], self._lines_at[index:]
        for block in parse(text[start:], open_ended=self._open_ended, divide=True):
            if len(self.lines) > MAX_LINES:
                break
            self._lines_at.append(len(self.lines))
            if block.gap or (gap and block.start == 0):
                self.lines.append(Line(""))
                block = block._replace(gap=True)
            self._blocks.append(block._replace(start=block.start + start) if start else block)
            self.lines += _block_lines(block, self._width)
            self.lines[-1].join = "\n"
        self._text = text
        if len(self.lines) > MAX_LINES or len(self.message.text) > MAX_TEXT:
            del self.lines[MAX_LINES:]
            self.lines.append(Line(_TOO_LONG, ((0, len(_TOO_LONG), FAINT),)))
        elif len(self.lines) == self._body and not (self.message.files or self.message.folded_as):
            self.lines.append(Line("…", ((0, 1, FAINT),)))
        if self.message.sources and not self.message.streaming:
            self.lines += _sources(self.message.sources, self._width)
        self.lines.append(Line(""))


def _reuse(before: list[Line], lines: list[Line], first: int) -> int:
    """Put the old lines where the new ones are the same; returns the first that is not."""
    changed = min(len(before), len(lines))
    for at in range(changed - 1, first - 1, -1):
        if lines[at].same(before[at]):
            lines[at] = before[at]
        else:
            changed = at
    return changed


def _heading(message: TranscriptMessage, width: int, style: str) -> list[Line]:
    """The line with the name. In a document the characters' words need none, and others a small one."""
    if style != "document" or message.hidden:
        return [_head(message, width)]
    if message.speaker == "character":
        return []
    name = fitted(screen_text(clean_line(f"— {message.name}")), width)
    return [Line(name, ((0, len(name), FAINT),) if name else ())]


def _head(message: TranscriptMessage, width: int) -> Line:
    """The name at the left, what is known about the message at the right."""
    name = screen_text(clean_line(message.name))
    note = " · ".join(filter(None, _facts(message)))
    name = fitted(name, width)
    room = width - cells(name) - 2
    note = fitted(note, room) if room > 3 else ""
    padding = " " * (width - cells(name) - cells(note)) if note else ""
    runs = [(0, len(name), NAME)] if name else []
    if note:
        start = len(name) + len(padding)
        runs.append((start, start + len(note), FAINT))
    return Line(name + padding + note, runs)


def _facts(message: TranscriptMessage) -> tuple[str, ...]:
    return (
        "not sent" if message.hidden else "",
        screen_text(clean_line(message.note)),
        "writing" if message.streaming else "",
        swipe_counter(message),
    )


def swipe_counter(message: TranscriptMessage) -> str:
    """Which of its versions is shown, at the end of the line with its name; empty where there is one."""
    return f"‹ {message.swipe}/{message.swipes} ›" if message.swipes > 1 else ""


def fitted(text: str, width: int) -> str:
    """`text`, cut with an ellipsis if it is wider."""
    if cells(text) <= width:
        return text
    used, end = 0, 0
    for _start, stop, size in graphemes(text):
        if used + size > width - 1:
            break
        used, end = used + size, stop
    return text[:end] + "…"


def _thoughts(message: TranscriptMessage, width: int) -> list[Line]:
    """The line that says the model thought, and what it thought if it is unfolded."""
    seconds = message.reasoning_seconds
    if message.folded_as:
        said = message.folded_as
    elif message.streaming and not message.text:
        said = "thinking"
    else:
        said = f"thought for {duration(seconds)}" if seconds else "thought"
    title = fitted(f"{'▾' if message.unfolded else '▸'} {said}", width)
    lines = [_led(title[:1], title[1:])]
    if message.unfolded:
        text = screen_text(message.reasoning).strip("\n")
        lead = "┊ " if width > _NARROWEST else ""
        for start, end, join in wrap(text, width - len(lead))[:MAX_LINES]:
            lines.append(_led(lead, text[start:end], join))
        if not message.folded_as:
            lines.append(Line(""))
    return lines


def _sources(urls: Sequence[str], width: int) -> list[Line]:
    """The pages a reply draws on, a line for each."""
    lines = [Line("")]
    for number, url in enumerate(urls, start=1):
        mark = f"[{number}] "
        text = fitted(f"{mark}{screen_text(clean_line(url))}", width)
        lines.append(Line(text, ((0, len(text), FAINT),), indent=len(mark)))
    return lines


def _led(lead: str, thought: str, join: str = "\n") -> Line:
    runs = ((0, len(lead), LEAD), (len(lead), len(lead) + len(thought), THOUGHT))
    return Line(lead + thought, [run for run in runs if run[0] < run[1]], join, len(lead))


def _block_lines(block: Block, width: int) -> list[Line]:
    if block.kind is Kind.RULE:
        rule = "─" * min(width, 24)
        return [Line(rule, ((0, len(rule), LEAD),))]
    text = block.text
    if block.kind is Kind.FENCE or block.kind is Kind.TABLE:
        colours = highlighted(text, block.language) if block.language else ()
        pieces = chop(text, max(1, width))
        return _code_lines(text, pieces, width if block.kind is Kind.FENCE else 0, colours)
    first, rest = (block.first, block.rest) if width > _NARROWEST else ("", "")
    pieces = wrap(text, width - len(first))
    if not first and not block.runs:
        return [Line(text[start:end], (), join) for start, end, join in pieces]
    return _styled_lines(block, pieces, first, rest)


def _code_lines(text: str, pieces: list[Piece], padded_to: int, colours: Sequence[Run] = ()) -> list[Line]:
    """Lines of code, filled up so that their ground is a rectangle; rows of a table as they are."""
    lines = []
    for start, end, join in pieces:
        code = text[start:end]
        shown = code + " " * (padded_to - cells(code))
        ground = ((0, len(shown), CODE),) if padded_to else ()
        lines.append(Line(shown, _coloured(colours, start, end, len(shown)) or ground, join))
    return lines


def _coloured(colours: Sequence[Run], start: int, end: int, length: int) -> list[Run]:
    """The runs of one line of code: its colours, and plain code between them."""
    inside = [
        (max(a, start) - start, min(b, end) - start, flags)
        for a, b, flags in colours
        if a < end and b > start
    ]
    runs: list[Run] = []
    at = 0
    for a, b, flags in inside:
        if a > at:
            runs.append((at, a, CODE))
        runs.append((a, b, flags))
        at = b
    if inside and at < length:
        runs.append((at, length, CODE))
    return runs


def _styled_lines(block: Block, pieces: list[Piece], first: str, rest: str) -> list[Line]:
    """Cuts the block's runs at the ends of its lines."""
    text, runs = block.text, block.runs
    lines: list[Line] = []
    lead, at, count = first, 0, len(runs)
    for start, end, join in pieces:
        line_runs: list[Run] = [(0, len(lead), LEAD)] if lead else []
        shift = len(lead) - start
        while at < count:
            run_start, run_end, flags = runs[at]
            if run_start >= end:
                break
            if run_end > start:
                line_runs.append(
                    (max(run_start, start) + shift, (run_end if run_end < end else end) + shift, flags)
                )
            if run_end > end:
                break
            at += 1
        lines.append(Line(lead + text[start:end], line_runs, join, len(lead)))
        lead = rest
    return lines
