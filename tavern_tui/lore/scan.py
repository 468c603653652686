"""Which lorebook entries take part in a prompt: the scan with its passes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum, auto
from functools import lru_cache

from tavern_tui.core.generation import GenerationType
from tavern_tui.core.lorebook import LoreEntry, LoreSettings
from tavern_tui.core.prompt import LoreVerdict
from tavern_tui.lore.groups import filter_groups
from tavern_tui.lore.haystack import MAX_DEPTH, Haystack
from tavern_tui.lore.inputs import Activation, ActiveEntry, MatchSources, ScanInput
from tavern_tui.lore.match import Matcher
from tavern_tui.lore.order import Listed, list_entries
from tavern_tui.lore.probes import WORD
from tavern_tui.lore.timed import TimedEffects

__all__ = ["Activation", "ActiveEntry", "MatchSources", "ScanInput", "scan"]

_LONGEST_LEAP = 256
"""Messages looked ahead at once, at most, while the scan widens and nothing new comes up."""


class _Pass(Enum):
    """Why a pass over the entries is made."""

    INITIAL = auto()
    RECURSION = auto()
    MIN_ACTIVATIONS = auto()


def scan(inp: ScanInput) -> Activation:
    """Find the active entries. Never raises for any book, chat or settings.

    The budget counts what `inp.count` says; macros in contents are resolved in order of activation."""
    return _Scan(inp).run()


def token_budget(settings: LoreSettings, room: int) -> int:
    """Tokens lore may take of `room`; at least 1."""
    percent = settings.budget if settings.budget <= 100 else LoreSettings().budget
    budget = math.floor(percent * room / 100 + 0.5) or 1
    return min(budget, settings.budget_cap) if settings.budget_cap > 0 else budget


class _Scan:
    def __init__(self, inp: ScanInput) -> None:
        self.inp = inp
        self.settings = inp.settings
        self.listed = list_entries(inp.books, inp.settings.character_strategy)
        self.timed = TimedEffects(inp.timed, len(inp.messages), self.listed)
        self.haystack = Haystack(inp.messages, inp.sources, inp.injections)
        self.matcher = Matcher(
            self.haystack,
            inp.settings,
            substitute=inp.substitute,
            time_limit=inp.key_time_limit,
            message_numbers=inp.message_numbers,
        )
        self.budget = token_budget(inp.settings, inp.room)
        self.spent_text = ""
        self.overflow = False
        self.active: list[Listed] = []
        self.contents: dict[Listed, str] = {}
        self.idle: set[_Pass] = set()
        """Kinds of passes made since something was found."""
        self.leap = 2
        deepest = inp.settings.min_activations_depth_max
        self.widest = min(len(inp.messages), MAX_DEPTH - 1, deepest if deepest > 0 else MAX_DEPTH) + 1
        """Messages beyond which the scan is not widened."""
        self._prepare()
        self.waiting = [listed for listed in self.listed if not listed.barred]
        self.levels = sorted({listed.entry.delay_until_recursion for listed in self.listed} - {0})
        self.level = self.levels.pop(0) if self.levels else 0

    def run(self) -> Activation:
        current: _Pass | None = _Pass.INITIAL
        passes = 0
        limit = self.settings.max_recursion_steps
        while current is not None and not (limit > 0 and passes >= limit):
            passes += 1
            current = self._pass(current)
        return Activation(
            entries=tuple(
                ActiveEntry(
                    book=listed.book, source=listed.source, entry=listed.entry, content=self.contents[listed]
                )
                for listed in self.active
            ),
            verdicts=tuple(
                _verdict(listed.book, listed.entry.uid, listed.probe.title, listed.active, listed.reason)
                for listed in self.listed
            ),
            timed=None if self.inp.dry_run else self.timed.after(self.active),
            warnings=(*self.timed.warnings, *self.matcher.troubles()),
            overflow=self.overflow,
        )

    # -- before the first pass -----------------------------------------------------------------

    def _prepare(self) -> None:
        known = {kind.value for kind in GenerationType}
        kind = self.inp.generation_type if self.inp.generation_type in known else GenerationType.NORMAL.value
        forced = set(self.inp.forced)
        if self.timed.is_idle and not forced:  # most entries are as they always are
            concerned = [listed for listed in self.listed if not listed.probe.always_takes_part]
        else:
            concerned = self.listed
        for listed in concerned:
            listed.sticky = self.timed.is_sticky(listed)
            listed.barred = self._bar(listed, kind)
            listed.reason = listed.barred or listed.reason
            listed.forced = (listed.book, listed.entry.uid) in forced
            if listed.sticky or listed.forced:
                listed.is_quiet = False

    def _bar(self, listed: Listed, kind: str) -> str:
        """Why an entry cannot take part whatever the passes find; empty: it can."""
        entry = listed.entry
        if entry.disabled:
            return "switched off"
        if entry.triggers and kind not in entry.triggers:
            return f"not for replies of the type {kind}"
        if not self._fits_character(entry):
            return "not for this character"
        if self.timed.is_delayed(listed):
            return f"delayed until the chat has {entry.delay} messages"
        if self.timed.cools_down(listed) and not listed.sticky:
            return "cooling down"
        return ""

    def _fits_character(self, entry: LoreEntry) -> bool:
        wanted = entry.character_filter
        if wanted.names and (self.inp.character_file in wanted.names) is wanted.exclude:
            return False
        tags = self.inp.character_tags
        if not wanted.tags or tags is None:
            return True
        return any(tag in wanted.tags for tag in tags) is not wanted.exclude

    # -- one pass ------------------------------------------------------------------------------

    def _pass(self, current: _Pass) -> _Pass | None:
        """Activate what matches now; returns why to make another pass, or None."""
        self.matcher.with_recursion = current is not _Pass.MIN_ACTIVATIONS
        found = [listed for listed in self._promising() if self._is_candidate(listed, current)]
        self.idle = {*self.idle, current} if not found else set()
        found.sort(key=lambda listed: not listed.sticky)
        found = filter_groups(
            found,
            self.active,
            score=self.matcher.score,
            scoring=self.settings.use_group_scoring,
            rng=self.inp.rng,
        )
        self._activate(found)
        feeding = [listed for listed in found if not listed.failed and not listed.entry.prevent_recursion]
        following = self._following(current, feeding)
        if following is not None:
            self._feed(feeding)
            self.waiting = [listed for listed in self.waiting if not (listed.active or listed.failed)]
        return following

    def _promising(self) -> list[Listed]:
        """The waiting entries but for those whose keys occur nowhere. A book may have thousands of
        entries, of which a text names a few."""
        news = self.matcher.news()
        if news is None:
            return self.waiting
        words = frozenset(WORD.findall(news))
        by_default = self.settings.match_whole_words
        promising: list[Listed] = []
        for listed in self.waiting:
            if listed.is_quiet:
                probe = listed.probe
                whole = by_default if probe.whole_words is None else probe.whole_words
                absent = words.isdisjoint(probe.words) if whole else not _occurs(probe.words, news)
                if absent and not (probe.phrases and _occurs(probe.phrases, news)):
                    continue
                listed.is_quiet = False
            promising.append(listed)
        return promising

    def _is_candidate(self, listed: Listed, current: _Pass) -> bool:
        entry = listed.entry
        if not listed.sticky and (waits := self._waits_for_recursion(entry, current)):
            listed.reason = waits
            return False
        if listed.activates:
            listed.reason = "@@activate"
        elif listed.stays_out:
            listed.reason = "@@dont_activate"
            return False
        elif listed.forced:
            listed.reason = "chosen by similarity"
        elif entry.constant:
            listed.reason = "constant"
        elif listed.sticky:
            listed.reason = "sticky"
        else:
            return self.matcher.matches(listed)
        return True

    def _waits_for_recursion(self, entry: LoreEntry, current: _Pass) -> str:
        if current is not _Pass.RECURSION:
            return "waits for recursion" if entry.delay_until_recursion else ""
        if entry.delay_until_recursion > self.level:
            return f"waits for recursion level {entry.delay_until_recursion}"
        return "not by recursion" if self.settings.recursive and entry.exclude_recursion else ""

    def _activate(self, found: list[Listed]) -> None:
        if not found:
            return
        spent = self.inp.count(self.spent_text)
        new = ""
        free_left = sum(listed.entry.ignore_budget for listed in found)
        for listed in found:
            free = listed.entry.ignore_budget
            free_left -= free
            if self.overflow and not free:
                listed.reason = "the lore budget is used up"
                if free_left > 0:
                    continue
                break
            if not self._rolled(listed):
                continue
            content = self.inp.substitute(listed.content)
            self.contents[listed] = content
            new += content + "\n"
            if not free and spent + self.inp.count(new) >= self.budget:
                self.overflow = True
                listed.reason = "the lore budget is used up"
                continue
            listed.active = True
            self.active.append(listed)
        if self.overflow:
            self._explain_overflow(found)

    def _explain_overflow(self, found: list[Listed]) -> None:
        for listed in found:
            if not (listed.active or listed.failed):
                listed.reason = "the lore budget is used up"

    def _rolled(self, listed: Listed) -> bool:
        entry = listed.entry
        if not entry.use_probability or entry.probability == 100 or listed.sticky:
            return True
        if self.inp.rng.random() * 100 <= entry.probability:
            return True
        listed.failed = True
        listed.reason = f"probability {entry.probability:g}%, and the roll failed"
        return False

    # -- what comes next -----------------------------------------------------------------------

    def _following(self, current: _Pass, feeding: list[Listed]) -> _Pass | None:
        if self.settings.recursive and not self.overflow:
            widened = current is _Pass.MIN_ACTIVATIONS and self.haystack.chunks > 0
            if feeding or widened:
                return _Pass.RECURSION
        if not self.overflow and self._may_widen():
            return _Pass.MIN_ACTIVATIONS
        if self.levels:
            self.level = self.levels.pop(0)
            return _Pass.RECURSION
        return None

    def _may_widen(self) -> bool:
        """Widen the scan if more activations are wanted and there is more to scan."""
        depth = self.matcher.global_depth
        if len(self.active) >= self.settings.min_activations or depth >= self.widest:
            return False
        self.matcher.skew += self._leap(depth)
        return True

    def _leap(self, depth: int) -> int:
        """Messages to widen by: more than one where the steps between would find nothing."""
        if depth <= 0 or self.settings.max_recursion_steps > 0 or not self._is_idle():
            return 1
        waiting = [listed for listed in self.waiting if not (listed.active or listed.failed)]
        size = min(self.leap, self.widest - depth)
        while size > 1 and not self.matcher.is_quiet(waiting, depth, depth + size):
            size //= 2
        self.leap = min(2 * size, _LONGEST_LEAP) if size > 1 else 2
        return max(size, 1)

    def _is_idle(self) -> bool:
        """Whether every kind of pass that widening leads to has found nothing as things stand."""
        if not self.haystack.chunks:
            return bool(self.idle & {_Pass.INITIAL, _Pass.MIN_ACTIVATIONS})
        return {_Pass.RECURSION, _Pass.MIN_ACTIVATIONS} <= self.idle

    def _feed(self, feeding: list[Listed]) -> None:
        """Let later passes scan what these entries say, and count it against the budget."""
        text = "\n".join(self.contents.get(listed, listed.content) for listed in feeding)
        if text:
            self.haystack.add_recursion(text)
            self.spent_text = f"{text}\n{self.spent_text}"


def _occurs(keys: Iterable[str], text: str) -> bool:
    return any(key in text for key in keys)


@lru_cache(maxsize=16384)
def _verdict(book: str, uid: int, title: str, active: bool, reason: str) -> LoreVerdict:
    """Most entries are judged as they were at the last keystroke."""
    return LoreVerdict(book=book, uid=uid, title=title, active=active, reason=reason)
