"""Tabs: the chats that are open side by side, one of which is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.session import ChatSession
from tavern_tui.services.signal import Signal


@dataclass(slots=True, eq=False)
class Tab:
    """One open chat. After a start only the one that is looked at is read; the others when it is their
    turn."""

    _owner: ChatOwner
    _title: str
    _name: str = ""
    session: ChatSession | None = None
    news: bool = False
    """A reply ended here while another tab was looked at."""

    @property
    def owner(self) -> ChatOwner:
        """Whom the chat is with."""
        return ChatOwner.of_session(self.session) if self.session is not None else self._owner

    @property
    def title(self) -> str:
        """The chat's title."""
        return self.session.chat.title if self.session is not None else self._title

    @property
    def name(self) -> str:
        """The name of the character or group."""
        return self.session.name if self.session is not None else self._name or self._owner.id

    @property
    def busy(self) -> bool:
        """A reply is on its way here."""
        return self.session is not None and self.session.busy

    def rename(self, title: str) -> None:
        """The chat has another title now."""
        self._title = title
        if self.session is not None:
            self.session.chat.title = title

    def written(self) -> dict[str, object]:
        """The tab as the settings file keeps it."""
        kind = "group" if self.owner.is_group else "character"
        return {kind: self.owner.id, "chat": self.title, "name": self.name}


class Tabs:
    """A row of tabs that is never empty."""

    def __init__(self, first: ChatSession) -> None:
        self._tabs = [a_tab(first)]
        self._at = 0
        self.changed: Signal[None] = Signal()
        """A tab came, went, or has another name or state."""

    def __len__(self) -> int:
        return len(self._tabs)

    def __iter__(self) -> Iterator[Tab]:
        return iter(self._tabs)

    @property
    def at(self) -> int:
        """Number of the tab that is looked at, from 0."""
        return self._at

    @property
    def current(self) -> Tab:
        return self._tabs[self._at]

    @property
    def sessions(self) -> list[ChatSession]:
        """The chats that are read, in the order of the tabs."""
        return [tab.session for tab in self._tabs if tab.session is not None]

    def of(self, owner: ChatOwner, title: str) -> Tab | None:
        """The tab in which this chat is open."""
        return next((tab for tab in self._tabs if tab.owner == owner and tab.title == title), None)

    def of_session(self, session: ChatSession) -> Tab | None:
        """The tab in which a session lives."""
        return next((tab for tab in self._tabs if tab.session is session), None)

    def add(self, session: ChatSession) -> None:
        """A tab behind the current one, which is looked at from now on."""
        self._at += 1
        self._tabs.insert(self._at, a_tab(session))

    def put(self, session: ChatSession) -> None:
        """Another chat in the current tab."""
        self._tabs[self._at] = a_tab(session)

    def look_at(self, tab: Tab) -> None:
        """This tab is the current one from now on."""
        self._at = self._tabs.index(tab)
        tab.news = False

    def remove(self, tab: Tab) -> None:
        """Take a tab out. The current one can only be taken out when another is looked at."""
        at = self._tabs.index(tab)
        if at == self._at:
            raise ValueError("the current tab is looked at")
        del self._tabs[at]
        self._at -= at < self._at

    def move(self, step: int) -> None:
        """Let the current tab change places with the one before (-1) or after it (1)."""
        other = self._at + step
        if 0 <= other < len(self._tabs):
            self._tabs[self._at], self._tabs[other] = self._tabs[other], self._tabs[self._at]
            self._at = other

    def next_to(self, step: int) -> Tab:
        """The tab so many places on; after the last comes the first."""
        return self._tabs[(self._at + step) % len(self._tabs)]

    def written(self) -> tuple[Mapping[str, object], ...]:
        """What the settings file keeps: nothing where there is one tab only, which it names anyway."""
        kept = [tab for tab in self._tabs if tab.session is None or tab.session.store.path is not None]
        return tuple(tab.written() for tab in kept) if len(kept) > 1 else ()

    def restore(self, kept: tuple[Mapping[str, object], ...]) -> None:
        """Put the tabs of the last run around the current one."""
        tabs = [tab for tab in map(read_tab, kept) if tab is not None]
        here = self.current
        at = next((i for i, tab in enumerate(tabs) if (tab.owner, tab.title) == (here.owner, here.title)), -1)
        if at < 0:  # another chat was wanted this time
            tabs.append(here)
        tabs[at] = here
        unique = {(tab.owner, tab.title): tab for tab in tabs}
        self._tabs = list(unique.values())
        self._at = self._tabs.index(here)


def a_tab(session: ChatSession) -> Tab:
    """The tab of a session."""
    return Tab(ChatOwner.of_session(session), session.chat.title, session=session)


def read_tab(kept: Mapping[str, object]) -> Tab | None:
    """A tab of the settings file that was not read yet; None: it names nobody."""
    title, name = kept.get("chat"), kept.get("name")
    for kind in ("group", "character"):
        id = kept.get(kind)
        if isinstance(id, str) and id and isinstance(title, str) and title:
            owner = ChatOwner(id=id, is_group=kind == "group")
            return Tab(owner, title, name if isinstance(name, str) else "")
    return None
