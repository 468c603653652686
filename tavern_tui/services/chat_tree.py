"""Which chat began in which: a character's or group's chats as trees of branches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tavern_tui.storage.chats.links import ChatLink, ChatLinks, LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRecord:
    """What a tree is made of: one chat and whom it names."""

    title: str
    links: ChatLinks
    modified: datetime
    """Local time, aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """One chat of a tree."""

    title: str
    depth: int = 0
    """0: it began by itself."""
    parent: str = ""
    index: int | None = None
    """The message of the parent it begins after; None: no message of the parent names it."""
    kind: LinkKind | None = None
    """As what that message names it."""
    children: int = 0
    messages: int = 0
    own: int = 0
    """Messages after those it took over from its parent."""
    modified: datetime | None = None
    missing: bool = False
    """Other chats name it, but it has no file."""


@dataclass(frozen=True, slots=True)
class ChatTree:
    """Chats in the order of a drawing: each parent before its children, which come one deeper."""

    nodes: tuple[TreeNode, ...]

    def find(self, title: str) -> TreeNode | None:
        """The node of a chat."""
        return next((node for node in self.nodes if node.title == title), None)

    def around(self, title: str) -> ChatTree:
        """The one tree in which this chat stands; empty if it is in none."""
        at = next((at for at, node in enumerate(self.nodes) if node.title == title), None)
        if at is None:
            return ChatTree(())
        first = next(one for one in range(at, -1, -1) if self.nodes[one].depth == 0)
        later = range(first + 1, len(self.nodes))
        end = next((one for one in later if self.nodes[one].depth == 0), len(self.nodes))
        return ChatTree(self.nodes[first:end])


def build_tree(records: Iterable[ChatRecord]) -> ChatTree:
    """The trees of these chats, the one changed last first. Chats that would be their own ancestors
    begin by themselves; chats that are only named are there as missing ones."""
    known = {record.title: record for record in records}
    named = _named(known)
    parents = _without_cycles(_parents(known, named), known)
    children: dict[str, list[str]] = {}
    for title, parent in parents.items():
        children.setdefault(parent, []).append(title)
    nodes = {
        title: _node(title, parent, known, named.get(title, {}), len(children.get(title, ())))
        for title, parent in parents.items()
    }
    for below in children.values():
        below.sort(key=lambda title: _place(nodes[title]))
    newest = _newest(parents, children, known)
    roots = sorted(children.get("", ()), key=lambda title: (-newest[title], title))
    return ChatTree(tuple(_in_order(roots, children, nodes)))


Named = Mapping[str, Mapping[str, ChatLink]]
"""Title -> the chats that name it, with the first message that does."""


def _named(known: Mapping[str, ChatRecord]) -> Named:
    found: dict[str, dict[str, ChatLink]] = {}
    for record in known.values():
        for link in record.links.links:
            if link.title != record.title:
                found.setdefault(link.title, {}).setdefault(record.title, link)
    return found


def _parents(known: Mapping[str, ChatRecord], named: Named) -> dict[str, str]:
    """Every title with its parent; the empty string where it has none."""
    parents: dict[str, str] = {}
    for title, record in known.items():
        said = record.links.parent
        parents[title] = said if said != title else ""
    for title in tuple(parents.values()):
        if title and title not in parents:
            parents[title] = ""
    for title in (*named, *known):
        if not parents.get(title):
            # Branches hold copies of the messages before them and so name the same chats as their
            # parents do: whoever began by themselves is most likely the true parent.
            candidates = [known[one] for one in named.get(title, ())]
            likely = min(candidates, key=_begun_first, default=None)
            parents[title] = likely.title if likely is not None else ""
    return parents


def _begun_first(record: ChatRecord) -> tuple[bool, datetime, str]:
    return bool(record.links.parent), record.modified, record.title


def _without_cycles(parents: dict[str, str], known: Mapping[str, ChatRecord]) -> dict[str, str]:
    """The same, with one chat of each cycle (the oldest) beginning by itself."""
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        seen: set[str] = set()
        title = start
        while title and title not in settled and title not in seen:
            path.append(title)
            seen.add(title)
            title = parents[title]
        if title in seen:
            cycle = path[path.index(title) :]
            parents[min(cycle, key=lambda one: (_age(known.get(one)), one))] = ""
        settled.update(path)
    return parents


def _age(record: ChatRecord | None) -> float:
    return record.modified.timestamp() if record is not None else 0.0


def _node(
    title: str, parent: str, known: Mapping[str, ChatRecord], naming: Mapping[str, ChatLink], children: int
) -> TreeNode:
    link = naming.get(parent)
    record = known.get(title)
    messages = record.links.messages if record is not None else 0
    return TreeNode(
        title=title,
        parent=parent,
        index=link.index if link is not None else None,
        kind=link.kind if link is not None else None,
        children=children,
        messages=messages,
        own=max(0, messages - link.index - 1) if link is not None else messages,
        modified=record.modified if record is not None else None,
        missing=record is None,
    )


def _place(node: TreeNode) -> tuple[bool, int, str]:
    return node.index is None, node.index or 0, node.title


def _newest(
    parents: Mapping[str, str], children: Mapping[str, Sequence[str]], known: Mapping[str, ChatRecord]
) -> dict[str, float]:
    """When each chat or one of its descendants changed last."""
    newest = {title: _age(known.get(title)) for title in parents}
    waiting = {title: len(children.get(title, ())) for title in parents}
    ready = [title for title, count in waiting.items() if not count]
    while ready:
        title = ready.pop()
        parent = parents[title]
        if parent:
            newest[parent] = max(newest[parent], newest[title])
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return newest


def _in_order(
    roots: Sequence[str], children: Mapping[str, Sequence[str]], nodes: Mapping[str, TreeNode]
) -> Iterable[TreeNode]:
    waiting = [(title, 0) for title in reversed(roots)]
    while waiting:
        title, depth = waiting.pop()
        yield replace(nodes[title], depth=depth)
        waiting += [(child, depth + 1) for child in reversed(children.get(title, ()))]
