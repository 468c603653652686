"""JavaScript regular expressions, run under a time limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from tavern_tui.core.errors import DataError
from tavern_tui.text.js_syntax import BadPattern

__all__ = ["BadPattern", "JsMatch", "JsRegex", "TooSlow", "compile_js", "parse_literal"]

SEARCH_TIME = 0.05
"""Seconds one search may take."""
REPLACE_TIME = 0.25
"""Seconds one replacement over a whole text may take."""


class TooSlow(DataError):
    """A regular expression took longer than it may on some text."""

    hint = "Simplify the pattern: nested repeats such as (a+)+ take endless time."


class JsMatch(Protocol):
    """What a match can be asked."""

    def group(self, number: int, /) -> str | None: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class JsRegex:
    """A compiled JavaScript regular expression.

    One that ran out of time is not run again: every later call raises TooSlow at once, so that a
    bad pattern costs its time limit once and not once per message."""

    __slots__ = ("_pattern", "_too_slow", "flags", "groups", "names", "one_line", "source")

    def __init__(self, source: str, flags: str) -> None:
        from tavern_tui.text.js_translate import translate  # not before there is a pattern

        self.source = source
        self.flags = flags
        translation = translate(source, flags)
        self.groups = translation.groups
        """How many capture groups there are."""
        self.names = translation.names
        """Group name -> number."""
        self.one_line = translation.one_line and "y" not in flags
        """Searching a text line by line finds the same as searching it whole."""
        self._pattern = _compiled(source, translation.pattern, flags)
        self._too_slow = False

    def __repr__(self) -> str:
        return f"JsRegex(/{self.source}/{self.flags})"

    def search(self, text: str, timeout: float = SEARCH_TIME) -> JsMatch | None:
        """The first match in `text`. Raises TooSlow after `timeout` seconds."""
        for match in self._matches(text, timeout):
            return match
        return None

    def sub(self, replacement: Callable[[JsMatch], str], text: str, timeout: float = REPLACE_TIME) -> str:
        """`text` with its matches replaced: all with the flag g, else the first.
        Raises TooSlow when finding them takes longer than `timeout` seconds."""
        every = self._matches(text, timeout)
        # The list first: the time `replacement` takes is not the pattern's.
        found = list(every) if "g" in self.flags else list(islice(every, 1))
        pieces: list[str] = []
        done = 0
        for match in found:
            pieces += (text[done : match.start()], replacement(match))
            done = match.end()
        return "".join((*pieces, text[done:]))

    def _matches(self, text: str, timeout: float) -> Iterator[JsMatch]:
        if self._too_slow:
            raise self._slowness()
        try:
            yield from self._pattern.finditer(text, timeout=timeout)
        except (TimeoutError, MemoryError, RecursionError) as error:
            self._too_slow = True
            raise self._slowness() from error

    def _slowness(self) -> TooSlow:
        shown = self.source if len(self.source) <= 60 else self.source[:57] + "..."
        return TooSlow(f"The regular expression /{shown}/{self.flags} takes too long.")


@lru_cache(maxsize=2048)
def compile_js(pattern: str, flags: str = "") -> JsRegex:
    """The JavaScript regular expression `/pattern/flags`. Raises BadPattern with a sentence."""
    unknown = [flag for flag in flags if flag not in "dgimsuvy"]
    if unknown or len(set(flags)) < len(flags) or ("u" in flags and "v" in flags):
        raise BadPattern(f'JavaScript does not know the regular-expression flags "{flags[:20]}".')
    return JsRegex(pattern, flags)


_LITERAL = re.compile(r"/(.+?)/([gimsuy]*)", re.DOTALL)
_BARE_SLASH = re.compile(r"(?:^|[^\\])/", re.DOTALL)


def parse_literal(text: str) -> JsRegex | None:
    """The regular expression `text` spells as `/pattern/flags`, or None if it is not one
    (then it is plain text, also when the pattern is not valid)."""
    if not text.startswith("/"):
        return None
    literal = _LITERAL.fullmatch(text)
    if literal is None or _BARE_SLASH.search(literal[1]):
        return None
    try:
        return compile_js(literal[1], literal[2])
    except BadPattern:
        return None


def _compiled(source: str, pattern: str, flags: str) -> Any:
    import regex  # 15 ms, and many chats use no regular expression

    options = regex.IGNORECASE if "i" in flags else 0
    if "y" in flags:
        pattern = rf"\G(?:{pattern})"
    try:
        return regex.compile(pattern, options | regex.VERSION0)
    except (
        regex.error,
        RecursionError,
        OverflowError,
        MemoryError,
        ValueError,
        IndexError,
        KeyError,
    ) as error:
        raise BadPattern(f"The regular expression /{source[:60]}/ is not valid: {error}.") from error
