"""Do an entry's keys match what is scanned?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tavern_tui.core.lorebook import KeyLogic, LoreEntry, LoreSettings
from tavern_tui.lore.haystack import MAX_DEPTH, Haystack
from tavern_tui.lore.keys import Key, prepare_key
from tavern_tui.lore.order import NO_MATCH, Listed

NO_KEYS = "it has no keys"
NO_DEPTH = "its scan depth is 0"


class _EntryKeys:
    """The keys of one entry during one scan."""

    __slots__ = ("primary", "secondary")

    def __init__(self, primary: tuple[Key, ...], secondary: tuple[Key, ...]) -> None:
        self.primary = primary
        self.secondary = secondary


class Matcher:
    """Asks entries' keys of one scan's texts."""

    def __init__(
        self,
        haystack: Haystack,
        settings: LoreSettings,
        *,
        substitute: Callable[[str], str],
        time_limit: float,
        message_numbers: Sequence[int],
    ) -> None:
        self._haystack = haystack
        self._settings = settings
        self._substitute = substitute
        self._limit = time_limit
        self._numbers = message_numbers
        self._keys: dict[Listed, _EntryKeys] = {}
        self._raw_keys: dict[Listed, _EntryKeys] = {}
        self._seen = (-1, 0)
        """Depth and additions for recursion of what was handed out as news."""
        self.skew = 0
        """Messages the scan has been widened by to reach the wanted number of activations."""
        self.with_recursion = True
        """What activated entries say is searched as well."""

    @property
    def global_depth(self) -> int:
        """Messages scanned for entries without a depth of their own."""
        return self._settings.depth + self.skew

    def matches(self, listed: Listed) -> bool:
        """Whether the keys of an entry match now. Notes in it why or why not."""
        entry = listed.entry
        if not entry.keys:
            listed.reason = NO_KEYS
            return False
        depth = self._depth(entry)
        if depth < 0:
            listed.reason = NO_DEPTH
            return False
        keys = self._keys.get(listed) or self._prepared(listed)
        found = next((key for key in keys.primary if self._found(key, entry, depth)), None)
        if found is None:
            listed.reason = NO_MATCH
            return False
        if entry.selective and keys.secondary and not self._second_opinion(keys.secondary, entry, depth):
            listed.reason = f"{self._describe(found)}, but not as its secondary keys ask"
            return False
        listed.reason = self._describe(found)
        return True

    def news(self) -> str | None:
        """What there is to scan, in lower case, that was not there when this was asked last.

        Plain keys cannot reach from one text into the next, so a key that is not in the news and was
        not in those before is nowhere. None: keys in lower case tell nothing here."""
        if self.global_depth <= 0 or self._settings.case_sensitive:
            return None
        depth, chunks = min(self.global_depth, MAX_DEPTH, self._haystack.depth), self._haystack.chunks
        seen, self._seen = self._seen, (depth, chunks)
        if depth != seen[0]:
            return self._haystack.everything(depth)
        return self._haystack.recursion(seen[1]).lower if chunks > seen[1] else ""

    def score(self, listed: Listed) -> int:
        """How many keys match, for entries that compete in a group. Macros in keys are not read."""
        entry = listed.entry
        depth = self._depth(entry)
        if not entry.keys or depth < 0:
            return 0
        keys = self._unresolved(listed)
        first = self._count(keys.primary, entry, depth)
        second = self._count(keys.secondary, entry, depth)
        if entry.logic is KeyLogic.AND_ANY:
            return first + second
        if entry.logic is KeyLogic.AND_ALL and second == len(keys.secondary):
            return first + second
        return first

    def is_quiet(self, waiting: Iterable[Listed], start: int, end: int) -> bool:
        """Whether widening the scan from `start` to `end` messages can change nothing for these."""
        deepest = self._haystack.depth
        start, end = min(start, deepest), min(end, deepest)
        for listed in waiting:
            if listed.entry.scan_depth is not None or not listed.entry.keys:
                continue
            keys = self._keys.get(listed) or self._prepared(listed)
            if not all(key.is_absent(self._haystack, start, end) for key in (*keys.primary, *keys.secondary)):
                return False
        return True

    def troubles(self) -> list[str]:
        """One sentence for each key that was given up."""
        return [
            f'Lorebook "{listed.book}", entry {_title(listed.entry)}: the key {key.prepared.text[:60]} '
            f"was skipped, because {key.trouble}."
            for listed, keys in self._keys.items()
            for key in (*keys.primary, *keys.secondary)
            if key.trouble
        ]

    def _depth(self, entry: LoreEntry) -> int:
        """Messages scanned for `entry`; -1: nothing at all is scanned."""
        depth = self.global_depth if entry.scan_depth is None else entry.scan_depth
        return min(depth, MAX_DEPTH, self._haystack.depth) if depth > 0 else -1

    def _found(self, key: Key, entry: LoreEntry, depth: int) -> bool:
        return key.found(self._haystack, entry, depth, recursion=self.with_recursion)

    def _count(self, keys: Sequence[Key], entry: LoreEntry, depth: int) -> int:
        return sum(self._found(key, entry, depth) for key in keys)

    def _second_opinion(self, keys: Sequence[Key], entry: LoreEntry, depth: int) -> bool:
        found = (self._found(key, entry, depth) for key in keys)
        match entry.logic:
            case KeyLogic.AND_ANY:
                return any(found)
            case KeyLogic.AND_ALL:
                return all(found)
            case KeyLogic.NOT_ANY:
                return not any(found)
            case KeyLogic.NOT_ALL:
                return not all(found)

    def _prepared(self, listed: Listed) -> _EntryKeys:
        keys = self._made(listed.entry, self._resolved)
        self._keys[listed] = keys
        return keys

    def _unresolved(self, listed: Listed) -> _EntryKeys:
        entry = listed.entry
        if not any("{{" in key or "<" in key for key in (*entry.keys, *entry.secondary_keys)):
            return self._keys.get(listed) or self._prepared(listed)
        if listed not in self._raw_keys:
            self._raw_keys[listed] = self._made(entry, lambda key: key)
        return self._raw_keys[listed]

    def _made(self, entry: LoreEntry, resolve: Callable[[str], str]) -> _EntryKeys:
        settings = self._settings
        case = settings.case_sensitive if entry.case_sensitive is None else entry.case_sensitive
        words = settings.match_whole_words if entry.match_whole_words is None else entry.match_whole_words
        limit = self._limit
        return _EntryKeys(
            tuple([Key(prepare_key(resolve(key)), case, words, limit) for key in entry.keys]),
            tuple([Key(prepare_key(resolve(key)), case, words, limit) for key in entry.secondary_keys]),
        )

    def _resolved(self, key: str) -> str:
        return self._substitute(key) if "{{" in key or "<" in key else key

    def _describe(self, key: Key) -> str:
        return f'key "{key.prepared.text[:60]}" {self._place(key)}'

    def _place(self, key: Key) -> str:
        if key.found_between is None:
            return "in the scanned text"
        start, end = key.found_between
        for index in range(start, end):
            if key.occurs_in(self._haystack.messages(index, index + 1)):
                return self._message_name(index)
        return "in the messages"

    def _message_name(self, index: int) -> str:
        if index < len(self._numbers):
            return f"in message #{self._numbers[index]}"
        return "in the newest message" if index == 0 else f"in the message {index} above the newest"


def _title(entry: LoreEntry) -> str:
    return f'{entry.uid} "{entry.comment[:40]}"' if entry.comment else str(entry.uid)
