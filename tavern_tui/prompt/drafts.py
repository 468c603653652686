"""Drafts: the messages of a chat completion while it is put together, and the room they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.chat import Role
from tavern_tui.core.prompt import NO_CARGO, Cargo, PromptMessage
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.prompt.trace import Span, Spans, concat, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One message to be."""

    role: Role
    spans: Spans
    name: str = ""
    label: str = ""
    """What it is, for those the squashing leaves alone."""
    cargo: Cargo = NO_CARGO

    @property
    def content(self) -> str:
        return self.spans[0].text if len(self.spans) == 1 else text_of(self.spans)

    def message(self) -> PromptMessage:
        return PromptMessage(role=self.role, content=self.content, name=self.name, cargo=self.cargo)

    @property
    def counted(self) -> str:
        """The text its tokens are counted by: the words, and the calls to tools."""
        if not self.cargo.calls:
            return self.content
        return self.content + "".join(f"{call.name}{call.arguments}" for call in self.cargo.calls)


def control(text: str, title: str, origin: str, *, role: Role = Role.SYSTEM, label: str = "") -> Draft:
    """A message that tells the model what to do now."""
    span = Span(text=text, kind="control", title=title, origin=origin)
    return Draft(role=role, spans=(span,), label=label)


class RoomSpent(Exception):  # not an error: it ends the filling of the prompt
    """A message that must be sent does not fit any more."""


@dataclass(slots=True)
class Budget:
    """Tokens that are left. Messages are counted one by one."""

    counter: TokenCounter
    left: int
    used: int = 0

    def tokens(self, drafts: Iterable[Draft]) -> int:
        """What the drafts take together."""
        return sum(
            self.counter.count_message(one.role, one.counted, one.name)
            + sum(medium.tokens for medium in one.cargo.media)
            for one in drafts
        )

    def affords(self, *drafts: Draft) -> bool:
        """Whether all of them still fit."""
        return self.tokens(drafts) <= self.left

    def takes(self, *drafts: Draft) -> bool:
        """Take their tokens off if all of them fit; says whether they do."""
        tokens = self.tokens(drafts)
        if tokens > self.left:
            return False
        self.left -= tokens
        self.used += tokens
        return True

    def reserve(self, *drafts: Draft) -> None:
        """Take their tokens off, whether there is room or not."""
        tokens = self.tokens(drafts)
        self.left -= tokens
        self.used += tokens

    def set_aside(self, tokens: int) -> None:
        """Take tokens off that no message needs."""
        self.left -= tokens
        self.used += tokens

    def require(self, *drafts: Draft) -> None:
        """Take their tokens off. Raises RoomSpent if there are not enough."""
        if not self.affords(*drafts):
            raise RoomSpent
        self.reserve(*drafts)


SET_APART = frozenset({"newChat", "newExample", "groupNudge"})
"""Labels of messages that squashing leaves as they are."""


def squash(drafts: Sequence[Draft]) -> list[Draft]:
    """Neighbouring system messages as one, empty ones dropped."""
    squashed: list[Draft] = []
    for draft in drafts:
        if draft.role is Role.SYSTEM and not draft.content:
            continue
        if squashed and _mergeable(draft) and _mergeable(squashed[-1]):
            spans = concat((squashed[-1].spans, draft.spans), "\n")
            squashed[-1] = replace(squashed[-1], spans=spans)
        else:
            squashed.append(draft)
    return squashed


def _mergeable(draft: Draft) -> bool:
    plain = draft.role is Role.SYSTEM and not draft.name and not draft.cargo
    return plain and draft.label not in SET_APART
