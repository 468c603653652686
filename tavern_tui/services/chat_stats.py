"""ChatStatistics: how much was written, by whom, with which models and when."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from pathlib import Path

from tavern_tui.core.chat import Message, Swipe
from tavern_tui.core.errors import DataError, TavernError
from tavern_tui.macros.builtin.moments import parse_moment
from tavern_tui.services.chat_places import ENDING, ChatOwner, ChatPlaces
from tavern_tui.services.threads import Progress, in_thread, told_in_loop
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.chats.layout import Stamp, stamp_of

LONGEST = 24 * 60 * 60
"""Seconds; who claims to have written for longer has a wrong clock."""
_CHARACTERS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Each counts as a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatStats:
    """The numbers of one chat, or of several together."""

    chats: int = 0
    messages: int = 0
    by_user: int = 0
    hidden: int = 0
    words: int = 0
    """Of the swipes that are shown."""
    words_by_user: int = 0
    tokens: int = 0
    """Of all replies whose tokens were counted when they were written."""
    counted: int = 0
    """How many replies those are."""
    swipes: int = 0
    """Texts beside the first of each message, greetings left out."""
    cost: float = 0.0
    """US dollars for all replies whose price was known."""
    seconds: float = 0.0
    """Spent waiting for replies, as far as the files say."""
    first: datetime | None = None
    last: datetime | None = None
    """Dates of the oldest and the newest message; aware."""
    models: Mapping[str, int] = field(default_factory=dict)
    """Model (or service, where no model is known) -> replies it wrote, the busiest first."""

    @property
    def by_others(self) -> int:
        """Messages of characters and narrators."""
        return self.messages - self.by_user

    def __add__(self, other: ChatStats) -> ChatStats:
        models = Counter(self.models)
        models.update(other.models)
        return ChatStats(
            chats=self.chats + other.chats,
            messages=self.messages + other.messages,
            by_user=self.by_user + other.by_user,
            hidden=self.hidden + other.hidden,
            words=self.words + other.words,
            words_by_user=self.words_by_user + other.words_by_user,
            tokens=self.tokens + other.tokens,
            counted=self.counted + other.counted,
            swipes=self.swipes + other.swipes,
            cost=self.cost + other.cost,
            seconds=self.seconds + other.seconds,
            first=min(filter(None, (self.first, other.first)), default=None),
            last=max(filter(None, (self.last, other.last)), default=None),
            models=dict(models.most_common()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsRow:
    """The numbers of one chat or one owner, with its name."""

    owner: ChatOwner
    name: str
    """The chat's title, or the owner's name."""
    stats: ChatStats


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsTable:
    """A sum and what it is made of, the most messages first."""

    total: ChatStats
    rows: tuple[StatsRow, ...]
    problems: tuple[str, ...] = ()
    """A sentence for each chat that could not be read."""


class ChatStatistics:
    """Counts in threads; what did not change is counted once. A count that is cancelled stops."""

    def __init__(self, places: ChatPlaces) -> None:
        self._places = places
        self._known: dict[Path, tuple[Stamp, ChatStats]] = {}

    async def of_chat(self, owner: ChatOwner, title: str) -> ChatStats:
        """The numbers of one chat. Raises UsageError, DataError."""
        path = self._places.existing(owner, title)
        return await in_thread(lambda stop: self._count(path))

    async def of_owner(self, owner: ChatOwner, progress: Progress | None = None) -> StatsTable:
        """The numbers of a character's or group's chats. Raises UsageError, DataError."""
        paths = self._places.paths(owner)
        tell = told_in_loop(progress)
        return await in_thread(lambda stop: self._table([(owner, path) for path in paths], tell, stop))

    async def of_all(self, progress: Progress | None = None) -> StatsTable:
        """The numbers of everybody's chats, a row for each character and group."""
        tell = told_in_loop(progress)
        table = await in_thread(lambda stop: self._table(self._all_chats(), tell, stop))
        sums: dict[ChatOwner, ChatStats] = {}
        for row in table.rows:
            sums[row.owner] = sums.get(row.owner, ChatStats()) + row.stats
        names = self._places.names()
        rows = (StatsRow(owner=one, name=names.get(one, one.id), stats=stats) for one, stats in sums.items())
        return StatsTable(total=table.total, rows=_busiest_first(rows), problems=table.problems)

    def _all_chats(self) -> list[tuple[ChatOwner, Path]]:
        found: list[tuple[ChatOwner, Path]] = []
        for owner in self._places.owners():
            try:
                found += ((owner, path) for path in self._places.paths(owner))
            except TavernError:
                continue  # its folder or group file went away
        return found

    def _table(
        self, chats: Sequence[tuple[ChatOwner, Path]], tell: Progress, stop: threading.Event
    ) -> StatsTable:
        rows: list[StatsRow] = []
        problems: list[str] = []
        for done, (owner, path) in enumerate(chats):
            if stop.is_set():
                break
            tell(done, len(chats))
            try:
                stats = self._count(path)
            except DataError as error:
                problems.append(str(error))
            else:
                rows.append(StatsRow(owner=owner, name=path.name.removesuffix(ENDING), stats=stats))
        tell(len(chats), len(chats))
        total = reduce(ChatStats.__add__, (row.stats for row in rows), ChatStats())
        return StatsTable(total=total, rows=_busiest_first(rows), problems=tuple(problems))

    def _count(self, path: Path) -> ChatStats:
        stamp = stamp_of(path)
        held = self._known.get(path)
        if held is not None and held[0] == stamp:
            return held[1]
        stats = count(read_chat(path).chat.messages)
        if stamp is not None:
            self._known[path] = stamp, stats
        return stats


def count(messages: Sequence[Message]) -> ChatStats:
    """The numbers of one chat's messages."""
    dates = _Dates()
    models: Counter[str] = Counter()
    by_user = hidden = words = words_by_user = tokens = counted = swipes = 0
    seconds = cost = 0.0
    talks = False
    for message in messages:
        length = words_in(message.text)
        words += length
        hidden += message.hidden
        if message.is_user:
            talks = True
            by_user += 1
            words_by_user += length
        elif talks:
            swipes += len(message.swipes) - 1
        dates.see(message.swipe.sent_at)
        for swipe in message.swipes:
            seconds += dates.between(swipe.started_at, swipe.finished_at)
            cost += cost_of(swipe.extra)
            size = swipe.extra.get("token_count")
            if isinstance(size, int) and not isinstance(size, bool) and size > 0 and not message.is_user:
                tokens += size
                counted += 1
            if not message.is_user and (model := _model(swipe)):
                models[model] += 1
    return ChatStats(
        chats=1,
        messages=len(messages),
        by_user=by_user,
        hidden=hidden,
        words=words,
        words_by_user=words_by_user,
        tokens=tokens,
        counted=counted,
        swipes=swipes,
        cost=cost,
        seconds=seconds,
        first=dates.first,
        last=dates.last,
        models=dict(models.most_common()),
    )


def cost_of(extra: Mapping[str, object]) -> float:
    """US dollars a reply took; 0: unknown, or free."""
    value = extra.get("cost")
    return float(value) if isinstance(value, int | float) and 0 < value < 1e6 else 0.0


class _Dates:
    """Reads dates, and remembers the first and the last of those it is shown."""

    def __init__(self) -> None:
        self._local = datetime.now().astimezone()
        self.first: datetime | None = None
        self.last: datetime | None = None

    def see(self, words: str) -> None:
        when = parse_moment(words, self._local) if words else None
        if when is not None:
            self.first = min(self.first or when, when)
            self.last = max(self.last or when, when)

    def between(self, start: str, end: str) -> float:
        """Seconds from one date to the other; 0 where they make no sense."""
        if not start or not end:
            return 0.0
        began, ended = parse_moment(start, self._local), parse_moment(end, self._local)
        span = (ended - began).total_seconds() if began is not None and ended is not None else 0.0
        return span if 0 < span < LONGEST else 0.0


def words_in(text: str) -> int:
    """How many words a text has; in scripts without blanks, how many characters."""
    if text.isascii():
        return len(text.split())
    spaced, characters = _CHARACTERS.subn(" ", text)
    return len(spaced.split()) + characters


def _model(swipe: Swipe) -> str:
    for key in ("model", "api"):
        value = swipe.extra.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _busiest_first(rows: Iterable[StatsRow]) -> tuple[StatsRow, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.stats.messages, row.name)))
