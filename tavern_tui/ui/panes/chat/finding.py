"""Where a layout has the words one searches for."""

from __future__ import annotations

import re

from tavern_tui.text.inline import Run
from tavern_tui.ui.panes.chat.layout import Layout
from tavern_tui.ui.panes.chat.spans import FOUND

MOST_HITS = 1_000
"""Places of one message that are shown."""


def needle(words: str) -> re.Pattern[str]:
    """Finds `words` as they are, but for case and the kind of blank between them."""
    return re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)


def hits(layout: Layout, pattern: re.Pattern[str]) -> list[dict[int, Run]]:
    """The places `pattern` has in the lines, as runs by line: one that goes over a line's end has several."""
    text, starts = _flat(layout)
    places: list[dict[int, Run]] = []
    line = 0
    for match in pattern.finditer(text):
        while line + 1 < len(starts) and starts[line + 1] <= match.start():
            line += 1
        found: dict[int, Run] = {}
        for at in range(line, len(starts)):
            if starts[at] >= match.end():
                break
            length = len(layout.lines[at].text)
            start, end = max(0, match.start() - starts[at]), min(length, match.end() - starts[at])
            if start < end:
                found[at] = (start, end, FOUND)
        places.append(found)
        if len(places) >= MOST_HITS:
            break
    return [found for found in places if found]


def _flat(layout: Layout) -> tuple[str, list[int]]:
    """The lines as one text, and where each begins in it."""
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for line in layout.lines:
        starts.append(length)
        # A line's own indent is blank, which the pattern's blanks match.
        parts += (line.text, line.join)
        length += len(line.text) + len(line.join)
    return "".join(parts), starts
