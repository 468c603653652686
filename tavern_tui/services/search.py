"""SearchService: words in all chats of all characters and groups."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from tavern_tui.core.errors import TavernError
from tavern_tui.services.chat_places import ENDING, ChatOwner, ChatPlaces
from tavern_tui.services.threads import Progress, in_thread, told_in_loop
from tavern_tui.storage.chat_index import ChatIndex, Found, IndexedChat, Terms
from tavern_tui.storage.folders import Folders

AROUND = 60
"""Characters shown before the first word that was found."""
SNIPPET = 200
"""Characters of a snippet, at most."""
USUAL = 200
"""Hits of one search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A message that holds the words."""

    owner: ChatOwner
    owner_name: str
    """The character's or group's name."""
    title: str
    """The chat."""
    index: int
    """Number of the message, from 0."""
    speaker: str
    snippet: str
    """The message around the first place that was found, on one line. Not cleaned for the screen."""
    matches: tuple[tuple[int, int], ...]
    """Start and end of each place in the snippet."""
    date: datetime | None
    """Local time, aware; None: the message does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What one search found."""

    hits: tuple[SearchHit, ...]
    more: bool = False
    """There are further ones."""
    problems: tuple[str, ...] = ()
    """A sentence for each chat that could not be searched."""


class SearchService:
    """Searches chats, and keeps their index up to date. Work is done in threads; a search that is
    cancelled stops there, too."""

    def __init__(self, folders: Folders, places: ChatPlaces) -> None:
        name = hashlib.sha256(str(folders.data.absolute()).encode("utf-8", "replace")).hexdigest()[:16]
        self._index = ChatIndex(folders.cache / f"chats-{name}.sqlite")
        self._places = places
        self._one_at_a_time = asyncio.Lock()

    async def search(
        self,
        query: str,
        *,
        owner: ChatOwner | None = None,
        limit: int = USUAL,
        best_first: bool = False,
        progress: Progress | None = None,
    ) -> SearchResults:
        """Messages with all of these words, the newest first, or those in which they weigh most.

        Words in quotation marks are found as they stand. `owner`: only in this one's chats.
        `progress` is called with how many changed chats were read, of how many. Raises WriteFailed."""
        terms = Terms.of(query)
        if not terms.all:
            return SearchResults(hits=())
        problems = await self.update(progress)
        found = await in_thread(
            lambda stop: self._index.find(
                terms,
                owner=owner.key if owner is not None else "",
                limit=limit + 1,
                best_first=best_first,
                stop=stop,
            )
        )
        names = await asyncio.to_thread(self._places.names)
        pattern = terms.pattern()
        hits = (hit for one in found[:limit] if (hit := _hit(one, names, pattern)) is not None)
        return SearchResults(hits=tuple(hits), more=len(found) > limit, problems=tuple(problems))

    async def update(self, progress: Progress | None = None) -> list[str]:
        """Read the chats that changed; returns a sentence for each that cannot be read. The next
        search is quicker then. Raises WriteFailed."""
        tell = told_in_loop(progress)
        async with self._one_at_a_time:
            return await in_thread(
                lambda stop: self._index.update(self._all_chats(), progress=tell, stop=stop)
            )

    def close(self) -> None:
        """Let go of what is in memory."""
        self._index.close()

    def _all_chats(self) -> list[IndexedChat]:
        found: list[IndexedChat] = []
        for owner in self._places.owners():
            try:
                paths = self._places.paths(owner)
            except (TavernError, OSError):
                continue  # its folder or group file went away, or says so elsewhere
            found += (
                IndexedChat(path=path, owner=owner.key, title=path.name.removesuffix(ENDING))
                for path in paths
            )
        return found


def _hit(found: Found, names: dict[ChatOwner, str], pattern: re.Pattern[str]) -> SearchHit | None:
    owner = ChatOwner.of_key(found.owner)
    if owner is None:
        return None
    text, matches = snippet(found.text, pattern)
    return SearchHit(
        owner=owner,
        owner_name=names.get(owner, owner.id),
        title=found.title,
        index=found.index,
        speaker=found.name,
        snippet=text,
        matches=matches,
        date=_date(found.sent),
    )


def snippet(text: str, pattern: re.Pattern[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The part of a text around its first match, on one line, and where the matches stand in it."""
    line = " ".join(text.split())
    first = pattern.search(line)
    at = first.start() if first is not None else 0
    start = 0 if at <= AROUND else at - AROUND
    if start:
        blank = line.find(" ", start, at)
        start = blank + 1 if blank >= 0 else start
    piece = line[start : start + SNIPPET]
    before, after = "…" if start else "", "…" if start + SNIPPET < len(line) else ""
    shift = len(before)
    matches = tuple((one.start() + shift, one.end() + shift) for one in pattern.finditer(piece))
    return f"{before}{piece}{after}", matches


def _date(sent: float | None) -> datetime | None:
    if sent is None:
        return None
    try:
        return datetime.fromtimestamp(sent).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
