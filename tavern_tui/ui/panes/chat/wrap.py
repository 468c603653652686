"""Breaks a paragraph into lines that fit the screen, measured in cells.

Widths are Textual's own (rich's tables): a line that is measured otherwise than it is drawn shifts all that
stands beside it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from tavern_tui.text.clean import clean_text

TAB = 4
"""Columns a tab goes to."""

_PICTURES = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_LOOSE_JOINER = re.compile(f"(?<![{_PICTURES}])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])")
_uneven = re.compile(
    "[^\n -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u0490-\u052f\u1e00-\u1eff"
    "\u2010-\u2027\u2030-\u205e\u2500-\u25fc]"
).search
_NO_LINE_BEGINS = frozenset(
    "、。，．：；！？」』）】〉》〕｝］”’…‥ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々%‰℃"
)
_NO_LINE_ENDS = frozenset("「『（【〈《〔｛［“‘")


class Piece(NamedTuple):
    """One line of a wrapped text."""

    start: int
    end: int
    join: str
    """What stood between this line and the next one: a space, nothing (a cut word) or a newline."""


def screen_text(text: str) -> str:
    """`text` as it may be laid out: harmless for a terminal, tabs as spaces, joiners only inside emoji.

    Works line by line: a text cut after a newline gives the same in two halves."""
    text = clean_text(text)
    if "\t" in text:
        text = text.expandtabs(TAB)
    if "\u200d" in text:
        # Elsewhere the terminal draws both neighbours, but the width tables count only the first.
        text = _LOOSE_JOINER.sub("", text)
    return text


def cells(text: str) -> int:
    """How many cells `text` takes on the screen."""
    return len(text) if _uneven(text) is None else cell_len(text)


def wrap(text: str, width: int) -> list[Piece]:
    """`text` (which may have newlines) in lines of at most `width` cells; never empty."""
    pieces: list[Piece] = []
    if "\n" not in text:
        _wrap_line(text, 0, len(text), width, pieces)
        return pieces
    start = 0
    while (end := text.find("\n", start)) >= 0:
        _wrap_line(text, start, end, width, pieces)
        last = pieces[-1]
        pieces[-1] = Piece(last.start, last.end, "\n")
        start = end + 1
    _wrap_line(text, start, len(text), width, pieces)
    return pieces


def chop(text: str, width: int) -> list[Piece]:
    """Like `wrap`, but only where a line is full: spaces are kept. For code."""
    pieces: list[Piece] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        spans = [start, *_cuts(line, start, width), end]
        pieces += (Piece(here, there, "") for here, there in pairwise(spans))
        pieces[-1] = Piece(pieces[-1].start, end, "\n")
        start = end + 1
    return pieces


def _cuts(line: str, offset: int, width: int) -> list[int]:
    if _uneven(line) is None:
        return list(range(offset + width, offset + len(line), width)) if width > 0 else []
    cuts, used = [], 0
    for start, _end, size in graphemes(line):
        if used and used + size > width:
            cuts.append(offset + start)
            used = 0
        used += size
    return cuts


def _wrap_line(text: str, start: int, end: int, width: int, pieces: list[Piece]) -> None:
    """Appends the lines of `text[start:end]`, which has no newline."""
    if end - start <= width and _uneven(text, start, end) is None:
        pieces.append(Piece(start, end, ""))
    elif _uneven(text, start, end) is None:
        _wrap_narrow(text, start, end, max(1, width), pieces)
    else:
        _wrap_uneven(text, start, end, max(1, width), pieces)


def _wrap_narrow(text: str, start: int, end: int, width: int, pieces: list[Piece]) -> None:
    while end - start > width:
        cut = text.rfind(" ", start, start + width + 1)
        if cut <= start or text[start:cut].isspace():
            cut = start + width
            pieces.append(Piece(start, cut, ""))
            start = cut
            continue
        line_end = cut
        while text[line_end - 1] == " ":
            line_end -= 1
        pieces.append(Piece(start, line_end, " "))
        start = cut + 1
        while start < end and text[start] == " ":
            start += 1
    pieces.append(Piece(start, end, ""))


def graphemes(text: str) -> list[tuple[int, int, int]]:
    """What must stay together: (start, end, cells) of every character with its marks and joined ones."""
    found: list[tuple[int, int, int]] = []
    start = width = 0
    joined = flag_open = False
    for at, character in enumerate(text):
        size = get_character_cell_size(character)
        is_flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        is_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
        if at and (size == 0 or joined or (is_flag and flag_open) or (is_tone and width)):
            if character == "\ufe0f":
                width = cell_len(text[start : at + 1])
            elif not joined:
                width += size
            flag_open = flag_open and not is_flag
            joined = character == "\u200d"
            continue
        if at:
            found.append((start, at, width))
        start, width, joined, flag_open = at, size, False, is_flag
    if text:
        found.append((start, len(text), width))
    return found


def _wrap_uneven(text: str, start: int, end: int, width: int, pieces: list[Piece]) -> None:
    """Cell by cell. Lines break at spaces and around wide characters, and inside a word that is too long."""
    line = start
    break_end = break_next = -1  # where the line may end, and where the next one then begins
    used = used_at_break = 0
    before = " "
    before_is_wide = False
    for first, last, size in graphemes(text[start:end]):
        here = start + first
        character = text[here : start + last]
        if character == " ":
            if before != " " or break_next < 0:
                break_end = here
            break_next, used_at_break = start + last, used + size
        elif here > line and _may_break(before, character, size == 2 or before_is_wide):
            break_end = break_next = here
            used_at_break = used
        if used + size > width and here > line and character != " ":
            if break_next > line and text[line:break_end].strip(" "):
                pieces.append(Piece(line, break_end, " " if break_next > break_end else ""))
                line, used = break_next, used - used_at_break
            if used + size > width and here > line:
                pieces.append(Piece(line, here, ""))
                line, used = here, 0
            break_end = break_next = -1
        used += size
        before, before_is_wide = character, size == 2
    pieces.append(Piece(line, end, ""))


def _may_break(before: str, character: str, beside_wide: bool) -> bool:
    """Whether a line may end between two characters that are not spaces."""
    return (
        beside_wide
        and before != " "
        and character[0] not in _NO_LINE_BEGINS
        and before[0] not in _NO_LINE_ENDS
    )
