"""One key of an entry, and where it has been found so far."""

from __future__ import annotations

from functools import lru_cache

from tavern_tui.core.lorebook import LoreEntry
from tavern_tui.lore.haystack import Block, Haystack
from tavern_tui.text.js_regex import JsRegex, TooSlow, parse_literal
from tavern_tui.text.whitespace import SPACES, js_trim

MAX_REGEX_CHARS = 10_000_000
"""Characters one regex key may search during one scan, all passes together."""
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class PreparedKey:
    """A key's text, read once: plain words or a regular expression."""

    __slots__ = ("is_one_word", "lower", "piecewise", "regex", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = text.lower()
        self.regex: JsRegex | None = parse_literal(text)
        self.is_one_word = not any(space in text for space in SPACES)
        """Whole-word matching applies; keys of several words are looked for as they are."""
        if self.regex is None:
            self.piecewise = "\n" not in text and "\x01" not in text
            """It cannot match across two pieces of text, so that each needs searching only once."""
        else:
            self.piecewise = self.regex.one_line


@lru_cache(maxsize=16384)
def prepare_key(text: str) -> PreparedKey:
    """`text` read as a key, surrounding white space ignored."""
    return PreparedKey(js_trim(text))


class Key:
    """A key during one scan. Remembers what it has searched, so that passes search only what is new."""

    __slots__ = (
        "_chars", "_extras", "_limit", "_needle", "_recursion", "_searched", "_seen_chunks",
        "_whole_word", "found_between", "is_case_sensitive", "prepared", "trouble",
    )  # fmt: skip

    def __init__(
        self, prepared: PreparedKey, case_sensitive: bool, whole_words: bool, time_limit: float
    ) -> None:
        self.prepared = prepared
        self.is_case_sensitive = case_sensitive
        self._needle = prepared.text if case_sensitive else prepared.lower
        self._whole_word = whole_words and prepared.is_one_word
        self._limit = time_limit
        self._searched = 0
        self._extras: bool | None = None
        self._recursion = False
        self._seen_chunks = 0
        self._chars = 0
        self.found_between: tuple[int, int] | None = None
        """The messages it was found in, or None."""
        self.trouble = ""
        """Why it is not searched any more; empty: it is."""

    def found(self, haystack: Haystack, entry: LoreEntry, depth: int, *, recursion: bool) -> bool:
        """Whether it occurs in what is scanned for `entry`; `depth` never shrinks during a scan."""
        if not self._needle or self.trouble:
            return False
        if not self.prepared.piecewise:
            return self.occurs_in(haystack.whole(depth, entry, recursion=recursion))
        if self.found_between is not None:
            return True
        if depth > self._searched:
            start, self._searched = self._searched, depth
            if self.occurs_in(haystack.messages(start, depth)):
                self.found_between = (start, depth)
                return True
        if self._extras is None:
            self._extras = self.occurs_in(haystack.extras(entry))
        return self._extras or (recursion and self._found_in_recursion(haystack))

    def _found_in_recursion(self, haystack: Haystack) -> bool:
        if not self._recursion and haystack.chunks > self._seen_chunks:
            start, self._seen_chunks = self._seen_chunks, haystack.chunks
            self._recursion = self.occurs_in(haystack.recursion(start))
        return self._recursion

    def is_absent(self, haystack: Haystack, start: int, end: int) -> bool:
        """Whether messages `start` to `end` certainly do not hold it; they are then not searched again."""
        if not self._needle or self.trouble:
            return True
        if not self.prepared.piecewise or self.occurs_in(haystack.messages(start, end)):
            return False
        if self._searched >= start:
            self._searched = max(self._searched, end)
        return True

    def occurs_in(self, block: Block) -> bool:
        """Whether it occurs in one text."""
        if self.prepared.regex is not None:
            return self._matches(self.prepared.regex, block.text)
        text = block.text if self.is_case_sensitive else block.lower
        needle = self._needle
        return needle in text and (not self._whole_word or _is_whole_word(needle, text))

    def _matches(self, regex: JsRegex, text: str) -> bool:
        self._chars += len(text)
        if self._chars > MAX_REGEX_CHARS:
            self.trouble = "it would search too much text"
            return False
        try:
            return regex.search(text, timeout=self._limit) is not None
        except TooSlow:
            self.trouble = "its pattern takes too long"
            return False


def _is_whole_word(needle: str, text: str) -> bool:
    """Whether `needle` stands somewhere in `text` without a letter of ASCII next to it."""
    size, at = len(needle), text.find(needle)
    while at >= 0:
        end = at + size
        if (at == 0 or text[at - 1] not in _WORD) and (end == len(text) or text[end] not in _WORD):
            return True
        at = text.find(needle, at + 1)
    return False
