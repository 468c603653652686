"""Emphasis, speech, code and links inside one paragraph -> its words with style runs.

Kinds of style are independent: speech may begin inside emphasis and end outside it. Every mark is looked at
once and every opened mark is closed or dropped once, so hostile text costs no more than any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

ITALIC = 1
BOLD = 2
SPEECH = 4
CODE = 8
STRIKE = 16
LINK = 32
HEADING = 64
FAINT = 128

Run = tuple[int, int, int]
"""Start, end, flags. Runs are in order, do not overlap and are not empty; text between them is plain."""

_UNDERSCORE_ITALIC = 256
_UNDERSCORE_BOLD = 512
_OWN = 255

_TOKEN = re.compile(
    r"\\[\\`*_~\"#>\[\]()!|.+-]"  # an escaped mark
    r"|`+|\*+|_+|~~+"
    r"|[\"“”„«»「」『』＂]"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<url>[^()\s]*)\)"
)
_MARK = re.compile(r"[\\`*_~\[\"“”„«»「」『』＂]")
"""What every token has, found much faster."""
_CLOSERS = {
    '"': '"”',
    "“": '”"',
    "”": "”",
    "„": '“”"',
    "«": "»",
    "»": "«»",
    "「": "」",
    "『": "』",
    "＂": "＂",
}
"""Opening quotation mark -> what may close it."""
_ALWAYS_OPEN = "“„«「『"
_MAY_PRECEDE_SPEECH = frozenset(" \n\t*_~([{<—–-…:;,/|>=‘'“”\"«»「」『』")
_LONGEST_URL = 80

_Event = tuple[int, int, int]
"""Where, which flags turn over there, and up to where the source is not shown."""


def scan(text: str, base: int = 0, *, open_ended: bool = False) -> tuple[str, Sequence[Run]]:
    """The words of a paragraph without their marks, and where which styles hold.

    `base` flags hold throughout. An emphasis that is never closed stays as it was typed, except that in an
    `open_ended` text (one still being written) it holds to the end."""
    if _MARK.search(text) is None:
        return text, ((0, len(text), base),) if base and text else ()
    return _apply(text, _Scanner(text).events(open_ended), base)


def is_closed(text: str) -> bool:
    """Whether no style that begins in `text` could hold on behind it: what follows on the next line reads
    the same without it."""
    if _MARK.search(text) is None:
        return True
    scanner = _Scanner(text)
    scanner.events(open_ended=False)
    return not scanner.is_open


class _Scanner:
    """One pass over the marks of a paragraph."""

    __slots__ = ("_closers", "_marks", "_speech_from", "_stars", "_strike", "_text", "_ticks", "_underscores",
                 "_unpaired")  # fmt: skip

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks: list[_Event] = []
        self._closers = ""
        self._speech_from = 0
        self._strike = -1
        self._ticks: dict[int, list[int]] | None = None
        self._unpaired = False
        self._stars = _Emphasis(ITALIC, BOLD)
        self._underscores = _Emphasis(_UNDERSCORE_ITALIC, _UNDERSCORE_BOLD)

    @property
    def is_open(self) -> bool:
        """Whether something waits for its end, once `events` has gone through the text."""
        return bool(
            self._closers
            or self._strike >= 0
            or self._unpaired
            or self._stars.is_open
            or self._underscores.is_open
        )

    def events(self, open_ended: bool) -> list[_Event]:
        text, marks, stars = self._text, self._marks, self._stars
        skip = 0
        for match in _TOKEN.finditer(text):
            start, end = match.span()
            if start < skip:
                continue
            first = text[start]
            if first in _CLOSERS or first == "」" or first == "』":
                self._quote(first, start)
            elif first == "*":
                stars.mark(marks, start, end, text[start - 1 : start], text[end : end + 1])
            elif first == "_":
                self._underscore(start, end)
            elif first == "~":
                self._strike_out(start, end)
            elif first == "`":
                skip = self._code(start, end)
            elif first == "\\":
                marks.append((start, 0, start + 1))
            else:
                self._link(match)
        if self._closers:
            marks.append((self._speech_from, SPEECH, self._speech_from))
        if open_ended:
            stars.leave_open(marks)
            self._underscores.leave_open(marks)
            if self._strike >= 0:
                marks.append((self._strike, STRIKE, self._strike + 2))
        return marks

    def _quote(self, mark: str, at: int) -> None:
        before = self._text[at - 1 : at]
        after = self._text[at + 1 : at + 2]
        opens_here = not after.isspace() and (
            not before or before in _MAY_PRECEDE_SPEECH or before > "\u2e7f"
        )
        if self._closers:
            on_new_line = mark in _CLOSERS and opens_here and (before == "\n")
            if mark in self._closers and not (on_new_line or (opens_here and before == " " and after)):
                self._end_speech(at + 1)
            elif on_new_line:
                self._end_speech(at)
                self._closers, self._speech_from = _CLOSERS[mark], at
        elif mark in _CLOSERS and after and (opens_here or mark in _ALWAYS_OPEN):
            self._closers, self._speech_from = _CLOSERS[mark], at

    def _end_speech(self, at: int) -> None:
        self._marks.append((self._speech_from, SPEECH, self._speech_from))
        self._marks.append((at, SPEECH, at))
        self._closers = ""

    def _underscore(self, start: int, end: int) -> None:
        """Like a star, but not inside a word."""
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        if not (before.isalnum() and after.isalnum()):
            opens = "" if before.isalnum() else after
            self._underscores.mark(self._marks, start, end, "" if after.isalnum() else before, opens)

    def _strike_out(self, start: int, end: int) -> None:
        if end - start != 2:
            return
        if self._strike >= 0 and not self._text[start - 1].isspace():
            self._marks += ((self._strike, STRIKE, self._strike + 2), (start, STRIKE, end))
            self._strike = -1
        elif self._strike < 0 and not (self._text[end : end + 1] or " ").isspace():
            self._strike = start

    def _code(self, start: int, end: int) -> int:
        """Where to go on reading: behind the code span, if the run of backticks has a partner."""
        size = end - start
        if self._ticks is None:
            self._ticks = {}
            for run in reversed([*re.finditer("`+", self._text)]):
                self._ticks.setdefault(run.end() - run.start(), []).append(run.start())
        places = self._ticks.get(size, [])
        while places and places[-1] <= start:
            places.pop()
        if not places:
            self._unpaired = True
            return end
        close = places[-1]
        self._marks += ((start, CODE, end), (close, CODE, close + size))
        return close + size

    def _link(self, match: re.Match[str]) -> None:
        label_end, url_start, url_end = match.end("label"), match.start("url"), match.end("url")
        self._marks.append((match.start(), LINK, match.start("label")))
        self._marks.append((label_end, LINK | FAINT, label_end + 1))
        if url_end - url_start > _LONGEST_URL:
            self._marks.append((url_start + _LONGEST_URL, 0, url_end))
        self._marks.append((url_end + 1, FAINT, url_end + 1))


class _Emphasis:
    """Italic and bold of one mark: `*` or `_`."""

    __slots__ = ("_flags", "_open", "_open_count")

    def __init__(self, italic: int, bold: int) -> None:
        self._flags = (0, italic, bold)
        self._open: list[tuple[int, int]] = []
        self._open_count = [0, 0, 0]

    def mark(self, events: list[_Event], start: int, end: int, before: str, after: str) -> None:
        """A run of marks from `start` to `end`. An empty neighbour, or a space, keeps it from that side."""
        size = end - start
        if size > 3:
            return
        if before and not before.isspace():
            while size and (closing := self._closable(size, after)):
                self._close(events, start, closing)
                start += closing
                size -= closing
        if size and after and not after.isspace():
            for part in (2, 1) if size == 3 else (size,):
                self._open.append((start, part))
                self._open_count[part] += 1
                start += part

    def _closable(self, size: int, after: str) -> int:
        """How many of `size` marks close something: 2, 1 or none."""
        if size == 3 and self._open:
            return self._open[-1][1]
        if size >= 2 and self._open_count[2]:
            return 2
        if self._open_count[1] and (size == 1 or not after or after.isspace()):
            return 1
        return 0

    def _close(self, events: list[_Event], at: int, size: int) -> None:
        while True:
            start, opened = self._open.pop()
            self._open_count[opened] -= 1
            if opened == size:
                break
        events += ((start, self._flags[size], start + size), (at, self._flags[size], at + size))

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def leave_open(self, events: list[_Event]) -> None:
        events += [(start, self._flags[size], start + size) for start, size in self._open]


def _apply(text: str, events: list[_Event], base: int) -> tuple[str, Sequence[Run]]:
    events.sort()
    events.append((len(text), 0, len(text)))
    words: list[str] = []
    runs: list[Run] = []
    flags = shown = base
    position = length = run_start = 0
    for at, turned, skip in events:
        if at > position:
            words.append(text[position:at])
            length += at - position
            position = at
        if turned:
            flags ^= turned
            now = flags & _OWN
            if flags > _OWN:
                now |= (flags & _UNDERSCORE_ITALIC and ITALIC) | (flags & _UNDERSCORE_BOLD and BOLD)
            if now != shown:
                if shown and length > run_start:
                    runs.append((run_start, length, shown))
                shown, run_start = now, length
        if skip > position:
            position = skip
    if shown and length > run_start:
        runs.append((run_start, length, shown))
    return "".join(words), _merged(runs)


def _merged(runs: list[Run]) -> Sequence[Run]:
    """Neighbouring runs of the same flags as one."""
    merged: list[Run] = []
    for run in runs:
        if merged and merged[-1][1] == run[0] and merged[-1][2] == run[2]:
            merged[-1] = (merged[-1][0], run[1], run[2])
        else:
            merged.append(run)
    return merged
