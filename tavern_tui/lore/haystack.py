"""The texts keys are searched in, each made once and shared by all entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tavern_tui.core.lorebook import LoreEntry
from tavern_tui.lore.inputs import MatchSources
from tavern_tui.text.whitespace import js_trim

MAX_DEPTH = 1000
"""Messages; a larger scan depth finds no more."""
_MARK = "\x01"
_JOINT = "\n" + _MARK
_KEPT_BLOCKS = 16

_SOURCES = (
    "persona_description",
    "character_description",
    "character_personality",
    "character_depth_prompt",
    "scenario",
    "creator_notes",
)
"""The texts an entry can ask for, in the order they are scanned and of `_wanted`."""


class Block:
    """A piece of scanned text, with its lower-case form on demand."""

    __slots__ = ("_lower", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lower: str | None = None

    @property
    def lower(self) -> str:
        if self._lower is None:
            self._lower = self.text.lower()
        return self._lower


class Haystack:
    """What one scan searches. Grows by what activated entries say."""

    def __init__(self, messages: Sequence[str], sources: MatchSources, injections: Sequence[str]) -> None:
        self._messages = messages
        self.depth = min(len(messages), MAX_DEPTH)
        """Messages there are to scan."""
        self._trimmed: list[str] = []
        self._sources = sources
        self._injections = "".join(_JOINT + text for text in injections if text)
        self._blocks: dict[tuple[int, int], Block] = {}
        self._extras: dict[tuple[bool, ...], Block] = {}
        self._wholes: dict[tuple[int, tuple[bool, ...], int], Block] = {}
        self._recursion: list[str] = []
        self._recursion_blocks: dict[int, Block] = {}

    @property
    def chunks(self) -> int:
        """How often something was added for recursion."""
        return len(self._recursion)

    def add_recursion(self, text: str) -> None:
        """Let later passes search `text` as well."""
        self._recursion.append(text)
        self._recursion_blocks.clear()

    def message(self, index: int) -> str:
        """One message, 0 the newest, without white space at its ends."""
        while len(self._trimmed) <= index:
            self._trimmed.append(js_trim(self._messages[len(self._trimmed)]))
        return self._trimmed[index]

    def messages(self, start: int, end: int) -> Block:
        """Messages `start` to `end` (not included), newest first."""
        block = self._blocks.get((start, end))
        if block is None:
            texts = [self.message(index) for index in range(start, end)]
            block = Block(_MARK + _JOINT.join(texts)) if texts else _NOTHING
            _remember(self._blocks, (start, end), block)
        return block

    def extras(self, entry: LoreEntry) -> Block:
        """What is scanned for `entry` besides the chat: card fields it asks for, injections."""
        wanted = _wanted(entry)
        block = self._extras.get(wanted)
        if block is None:
            asked = [name for on, name in zip(wanted, _SOURCES, strict=True) if on]
            texts: list[str] = [getattr(self._sources, name) for name in asked]
            block = Block("".join(_JOINT + text for text in texts if text) + self._injections)
            self._extras[wanted] = block
        return block

    def recursion(self, start: int) -> Block:
        """What was added for recursion from the `start`-th time on."""
        block = self._recursion_blocks.get(start)
        if block is None:
            block = Block("".join(_JOINT + text for text in self._recursion[start:]))
            self._recursion_blocks[start] = block
        return block

    def everything(self, depth: int) -> str:
        """All there is to scan with this depth, whoever asks for it, in lower case."""
        texts = [self.messages(0, depth).lower]
        texts += [_JOINT + text.lower() for name in _SOURCES if (text := getattr(self._sources, name))]
        return "".join([*texts, self._injections.lower(), self.recursion(0).lower])

    def whole(self, depth: int, entry: LoreEntry, *, recursion: bool) -> Block:
        """Everything that is scanned for `entry`, as one text."""
        key = (depth, _wanted(entry), self.chunks if recursion else 0)
        block = self._wholes.get(key)
        if block is None:
            added = self.recursion(0).text if recursion else ""
            block = Block(self.messages(0, depth).text + self.extras(entry).text + added)
            _remember(self._wholes, key, block)
        return block


_NOTHING = Block("")
_K = TypeVar("_K")


def _wanted(entry: LoreEntry) -> tuple[bool, ...]:
    return (
        entry.match_persona_description,
        entry.match_character_description,
        entry.match_character_personality,
        entry.match_character_depth_prompt,
        entry.match_scenario,
        entry.match_creator_notes,
    )


def _remember(kept: dict[_K, Block], key: _K, block: Block) -> None:
    """Keep `block`, and only the latest few: a book may ask for a thousand different depths."""
    if len(kept) >= _KEPT_BLOCKS:
        del kept[next(iter(kept))]
    kept[key] = block
