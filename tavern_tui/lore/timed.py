"""Sticky, cooldown and delay: effects that last for a number of messages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard

from tavern_tui.core.hashing import cyrb53
from tavern_tui.core.lorebook import LoreEntry
from tavern_tui.lore.books import entry_to_json
from tavern_tui.lore.order import Listed

STICKY, COOLDOWN = "sticky", "cooldown"


@dataclass(frozen=True, slots=True)
class _Effect:
    """One stored effect: from message `start` until the chat has `end` messages."""

    hash: object
    start: float
    end: float
    protected: bool
    """Stays although the chat has not grown since it began."""

    def to_json(self) -> dict[str, object]:
        return {"hash": self.hash, "start": self.start, "end": self.end, "protected": self.protected}


class TimedEffects:
    """The timed effects of one scan: which are active now, and which are after it."""

    def __init__(self, stored: Mapping[str, object], length: int, entries: Iterable[Listed]) -> None:
        """`length` is the number of messages the scan is given."""
        self._stored = stored
        self._length = length
        self._entries = list(entries)
        self.warnings: list[str] = []
        self._sticky = self._read(STICKY)
        self._cooldown = self._read(COOLDOWN)
        if self._sticky or self._cooldown:
            by_key = {_key(listed): listed for listed in self._entries}
            self._age(self._sticky, STICKY, by_key)
            self._age(self._cooldown, COOLDOWN, by_key)

    @property
    def is_idle(self) -> bool:
        """No earlier activation has an effect on anything."""
        return not (self._sticky or self._cooldown)

    def is_sticky(self, listed: Listed) -> bool:
        """Whether an earlier activation keeps it active."""
        return bool(self._sticky) and self._is_active(self._sticky, listed)

    def cools_down(self, listed: Listed) -> bool:
        """Whether an earlier activation keeps it out."""
        return bool(self._cooldown) and self._is_active(self._cooldown, listed)

    def is_delayed(self, listed: Listed) -> bool:
        """Whether the chat is still too short for it."""
        return bool(listed.entry.delay) and self._length < (listed.entry.delay or 0)

    def after(self, activated: Iterable[Listed]) -> Mapping[str, object] | None:
        """New value of `chat_metadata.timedWorldInfo`, or None if it stays as it is."""
        for listed in activated:
            self._begin(self._sticky, listed, listed.entry.sticky)
            self._begin(self._cooldown, listed, listed.entry.cooldown)
        new = {
            **self._stored,
            STICKY: {key: effect.to_json() for key, effect in self._sticky.items()},
            COOLDOWN: {key: effect.to_json() for key, effect in self._cooldown.items()},
        }
        was_empty = not self._stored.get(STICKY) and not self._stored.get(COOLDOWN)
        if new == self._stored or (was_empty and not self._sticky and not self._cooldown):
            return None
        return new

    def _read(self, kind: str) -> dict[str, _Effect]:
        raw = self._stored.get(kind)
        found: dict[str, _Effect] = {}
        for key, value in raw.items() if isinstance(raw, Mapping) else ():
            effect = _effect(value)
            if effect is None:
                self.warnings.append(f'The {kind} effect "{str(key)[:60]}" of this chat was not readable.')
            else:
                found[str(key)] = effect
        return found

    def _age(self, effects: dict[str, _Effect], kind: str, by_key: Mapping[str, Listed]) -> None:
        """Drop what is over; a sticky time that ends may begin a cooldown."""
        for key, effect in list(effects.items()):
            listed = by_key.get(key)
            over = self._length >= effect.end
            if self._length <= effect.start and not effect.protected:
                del effects[key]  # the chat has not grown: the reply it belonged to is replaced
            elif listed is None or entry_hash(listed) != effect.hash:
                if over:
                    del effects[key]
            elif over or not getattr(listed.entry, kind):
                del effects[key]
                if over and kind == STICKY and listed.entry.cooldown:
                    self._cooldown[key] = self._new(listed, listed.entry.cooldown, protected=True)

    def _is_active(self, effects: Mapping[str, _Effect], listed: Listed) -> bool:
        effect = effects.get(_key(listed))
        return effect is not None and effect.hash == entry_hash(listed)

    def _begin(self, effects: dict[str, _Effect], listed: Listed, span: int | None) -> None:
        if span and span > 0 and _key(listed) not in effects:
            effects[_key(listed)] = self._new(listed, span, protected=False)

    def _new(self, listed: Listed, span: int, *, protected: bool) -> _Effect:
        return _Effect(entry_hash(listed), self._length, self._length + span, protected)


def entry_hash(listed: Listed) -> int:
    """Identifies an entry in its present wording: any edit gives another number."""
    entry: LoreEntry = replace(listed.entry, content=listed.content)
    return cyrb53(json.dumps(entry_to_json(entry), ensure_ascii=False, separators=(",", ":"), default=str))


def _key(listed: Listed) -> str:
    return f"{listed.book}.{listed.entry.uid}"


def _effect(raw: object) -> _Effect | None:
    if not isinstance(raw, Mapping):
        return None
    start, end = raw.get("start"), raw.get("end")
    if not (_is_number(start) and _is_number(end)):
        return None
    return _Effect(raw.get("hash"), start, end, raw.get("protected") is True)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
